import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, NIST80053R5Checks, ServerlessChecks } from 'cdk-nag';
import { readConfigFiles } from '../cli/arguments/config-files.ts';
import { ConfigError } from '../core/config/errors.ts';
import { AuditorStack } from '../lib/auditor-stack.ts';

/** Builds the stack by `audit.yaml`, or the file that `-c config=PATH` names; its `waivers.yaml` stands beside it. */
const auditorStack = (app: App): AuditorStack => {
  const path: unknown = app.node.tryGetContext('config');
  const configFile = typeof path === 'string' ? path : 'audit.yaml';
  const { config } = readConfigFiles(configFile, Date.now());
  return new AuditorStack(app, 'FinSpaceUserAuditor', { config, configFile });
};

try {
  const app = new App();
  // They judge every synthesis: a finding that no construct acknowledges, with its reason, fails it.
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new NIST80053R5Checks(app), new ServerlessChecks(app));
  auditorStack(app);
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
