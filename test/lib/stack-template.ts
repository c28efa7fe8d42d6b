import { readFileSync } from 'node:fs';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { parseConfig } from '../../core/config/read-config.ts';
import { assignStacks } from '../../core/config/stacks.ts';
import { AuditorStack, addAuditorStacks } from '../../lib/auditor-stack.ts';
import { ENVIRONMENTS_PER_STACK } from '../../lib/audits.ts';

/** The flags of the CDK that the project deploys with, which decide what policies say. */
const { context } = JSON.parse(readFileSync('cdk.json', 'utf8'));

const testApp = (): App =>
  new App({
    context: {
      ...context,
      'aws:cdk:bundling-stacks': [],
      // Warnings are asked for by those tests that expect them.
      '@aws-cdk/core:annotationsInValidationReport': false,
    },
    builtinCloudFormationValidation: false,
  });

/** The stack of an `audit.yaml`, without its code. */
export const auditorStack = (text: string): AuditorStack => {
  const config = parseConfig(text, 'audit.yaml', []);
  return new AuditorStack(testApp(), 'Auditor', { config, configFile: '/audit.yaml' });
};

export const stackTemplate = (text: string): Template => Template.fromStack(auditorStack(text));

/** The templates of all stacks of an `audit.yaml`, by their names. */
export const appTemplates = (text: string): Readonly<Record<string, Template>> => {
  const config = parseConfig(text, 'audit.yaml', []);
  const app = testApp();
  const file = assignStacks(config, {}, ENVIRONMENTS_PER_STACK);
  addAuditorStacks(app, { config, configFile: '/audit.yaml' }, file[config.name]?.stacks ?? {});
  const stacks = app.node.children.filter((child) => Stack.isStack(child));
  return Object.fromEntries(stacks.map((stack) => [stack.stackName, Template.fromStack(stack)]));
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
