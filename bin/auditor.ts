import { writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, NIST80053R5Checks, ServerlessChecks } from 'cdk-nag';
import { readConfigFiles, readStacks } from '../cli/arguments/config-files.ts';
import { ConfigError } from '../core/config/errors.ts';
import { assignStacks, STACKS_FILE } from '../core/config/stacks.ts';
import { addAuditorStacks } from '../lib/auditor-stack.ts';
import { ENVIRONMENTS_PER_STACK } from '../lib/audits.ts';
import { QuotaChecks } from '../lib/quotas.ts';

/**
 * Builds the stacks by `audit.yaml`, or the file that `-c config=PATH` names; its `waivers.yaml` stands beside it. Which
 * stack has which environment stands in `stacks.json`, in the working directory; what is new is appended to it.
 */
const auditorStacks = (app: App): void => {
  const path: unknown = app.node.tryGetContext('config');
  const configFile = typeof path === 'string' ? path : 'audit.yaml';
  const { config } = readConfigFiles(configFile, Date.now());
  const known = readStacks() ?? {};
  const file = assignStacks(config, known, ENVIRONMENTS_PER_STACK);

  addAuditorStacks(app, { config, configFile }, file[config.name]?.stacks ?? {});

  if (!isDeepStrictEqual(file, known)) writeFileSync(STACKS_FILE, `${JSON.stringify(file, undefined, 2)}\n`);
};

try {
  const app = new App();
  // They judge every synthesis: a finding that no construct acknowledges, with its reason, fails it.
  Validations.of(app).addPlugins(
    new AwsSolutionsChecks(app),
    new NIST80053R5Checks(app),
    new ServerlessChecks(app),
    new QuotaChecks(),
  );
  auditorStacks(app);
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
