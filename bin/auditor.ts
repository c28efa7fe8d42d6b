import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { App } from 'aws-cdk-lib';
import { readConfigFiles } from '../cli/config-files.ts';
import { ConfigError } from '../lambda/config-file.ts';
import { AuditorStack } from '../lib/auditor-stack.ts';

/** `audit.yaml`, or the file that `-c config=PATH` names; its `waivers.yaml` stands beside it. */
const configFileOf = (app: App): string => {
  const path: unknown = app.node.tryGetContext('config');
  return typeof path === 'string' ? path : 'audit.yaml';
};

const auditorStack = (app: App): AuditorStack => {
  const configFile = configFileOf(app);
  const { config } = readConfigFiles(configFile, Date.now());
  const waiversFile = resolve(dirname(configFile), 'waivers.yaml');

  return new AuditorStack(app, 'FinSpaceUserAuditor', {
    config,
    configFile: resolve(configFile),
    ...(existsSync(waiversFile) && { waiversFile }),
  });
};

try {
  auditorStack(new App());
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
