import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, NIST80053R5Checks, ServerlessChecks } from 'cdk-nag';
import { readConfigFiles } from '../cli/arguments/config-files.ts';
import { ConfigError } from '../core/config/errors.ts';
import { AuditorStack } from '../lib/auditor-stack.ts';

/** `audit.yaml`, or the file that `-c config=PATH` names; its `waivers.yaml` stands beside it. */
const configFileOf = (app: App): string => {
  const path: unknown = app.node.tryGetContext('config');
  return typeof path === 'string' ? path : 'audit.yaml';
};

const auditorStack = (app: App): AuditorStack => {
  const configFile = configFileOf(app);
  const { config } = readConfigFiles(configFile, Date.now());
  return new AuditorStack(app, 'FinSpaceUserAuditor', { config, configFile });
};

/** Adds the rule packs that judge every synthesis: a finding that no construct acknowledges, with its reason, fails it. */
const addRulePacks = (app: App): void => {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new NIST80053R5Checks(app), new ServerlessChecks(app));
};

try {
  const app = new App();
  addRulePacks(app);
  auditorStack(app);
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
