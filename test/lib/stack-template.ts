import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { parseConfig } from '../../lambda/config-yaml.ts';
import { AuditorStack } from '../../lib/auditor-stack.ts';

/** The template of an `audit.yaml`, without its code. */
export const stackTemplate = (text: string): Template => {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] }, builtinCloudFormationValidation: false });
  const config = parseConfig(text, 'audit.yaml', []);
  return Template.fromStack(new AuditorStack(app, 'Auditor', { config, configFile: '/audit.yaml' }));
};

/** The only resource of a type (whose id holds `part`). */
export const only = (stack: Template, type: string, part = '') => {
  const [found, ...others] = Object.entries(stack.findResources(type)).filter(([id]) => id.includes(part));
  if (found === undefined || others.length > 0) throw new Error(`not one ${type} (${part})`);
  const [id, { Properties }] = found;
  return { id, arn: { 'Fn::GetAtt': [id, 'Arn'] }, properties: Properties };
};

export const statementsOf = (stack: Template, policy: string) =>
  only(stack, 'AWS::IAM::Policy', policy).properties.PolicyDocument.Statement;
