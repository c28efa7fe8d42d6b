import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Config, defaultConfig } from '../../core/config/config.ts';
import { ConfigError } from '../../core/config/errors.ts';
import { parseConfig, parseWaivers } from '../../core/config/read-config.ts';
import type { Waiver } from '../../rules/engine/waiver.ts';
import { rules } from '../../rules/index.ts';

/** What operators have set. */
export interface ConfigFiles {
  readonly config: Config;
  readonly waivers: readonly Waiver[];
}

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const isCoded = typeof error === 'object' && error !== null && 'code' in error;
    const code = isCoded ? String(error.code) : 'unknown error';
    throw new ConfigError([`${file}: can't be read (${code})`]);
  }
};

/**
 * Reads a `waivers.yaml`. Throws ConfigError.
 * @param now in milliseconds since the epoch
 */
export const readWaivers = (file: string, now: number): readonly Waiver[] =>
  parseWaivers(read(file), file, now);

/**
 * Reads an `audit.yaml` and, where there is one beside it, its `waivers.yaml`. Without a file every rule is as it
 * comes, and nothing is waived. Throws ConfigError.
 * @param now in milliseconds since the epoch
 * @param waiversFile is read in place of the one beside the config
 */
export const readConfigFiles = (
  configFile: string | undefined,
  now: number,
  waiversFile?: string,
): ConfigFiles => {
  const config =
    configFile === undefined ? defaultConfig(rules) : parseConfig(read(configFile), configFile, rules);
  const file = waiversFile ?? waiversBeside(configFile);
  return { config, waivers: file === undefined ? [] : readWaivers(file, now) };
};

const waiversBeside = (configFile: string | undefined): string | undefined => {
  if (configFile === undefined) return undefined;
  const file = join(dirname(configFile), 'waivers.yaml');
  return existsSync(file) ? file : undefined;
};
