import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rules } from '../rules/index.ts';
import { parseConfig, parseWaivers } from './config.ts';

/** Reads the config files that were deployed beside the code. Throws `ConfigError`. */
export const readBundledConfig = (folder: string) => {
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  return {
    config: parseConfig(read('audit.yaml'), 'audit.yaml', rules),
    waivers: parseWaivers(read('waivers.yaml'), 'waivers.yaml', Date.now()),
  };
};
