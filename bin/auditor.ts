import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, NIST80053R5Checks, ServerlessChecks } from 'cdk-nag';
import { readConfigFiles } from '../cli/arguments/config-files.ts';
import { ConfigError } from '../core/config/errors.ts';
import { AuditorStack } from '../lib/auditor-stack.ts';

try {
  const app = new App();
  // They judge every synthesis: a finding that no construct acknowledges, with its reason, fails it.
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new NIST80053R5Checks(app), new ServerlessChecks(app));
  const path: unknown = app.node.tryGetContext('config');
  // `-c config=PATH` names another file; a `waivers.yaml` stands beside either.
  const configFile = typeof path === 'string' ? path : 'audit.yaml';
  const { config } = readConfigFiles(configFile, Date.now());
  new AuditorStack(app, 'FinSpaceUserAuditor', { config, configFile });
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
