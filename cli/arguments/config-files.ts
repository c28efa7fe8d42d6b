import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Accepted } from '../../core/config/accepted.ts';
import { type Config, defaultConfig } from '../../core/config/config.ts';
import { readConfigWithRules } from '../../core/config/custom-rules.ts';
import { parseAccepted, parseStacks, parseWaivers } from '../../core/config/read-config.ts';
import { readText } from '../../core/config/read-text.ts';
import { STACKS_FILE, type StacksFile } from '../../core/config/stacks.ts';
import type { Rule } from '../../rules/engine/rule.ts';
import type { Waiver } from '../../rules/engine/waiver.ts';
import { rules } from '../../rules/index.ts';
import { UsageError } from '../terminal/exit-codes.ts';

/** The settings, waivers and rules of the operators. */
export interface ConfigFiles {
  readonly config: Config;
  readonly waivers: readonly Waiver[];
  /** The catalogue, and after it the operators' own. */
  readonly rules: readonly Rule[];
}

/**
 * Reads a `waivers.yaml`. Throws ConfigError.
 * @param now in milliseconds since the epoch
 */
export const readWaivers = (file: string, now: number): readonly Waiver[] => parseWaivers(readText(file), file, now);

/**
 * Reads an `audit.yaml` and, where there are some beside it, its `waivers.yaml` and custom rules. Without a file every rule is as it
 * comes, and nothing is waived. Throws ConfigError.
 * @param now in milliseconds since the epoch
 * @param waiversFile is read in place of the one beside the config
 */
export const readConfigFiles = (configFile: string | undefined, now: number, waiversFile?: string): ConfigFiles => {
  const read =
    configFile === undefined
      ? { config: defaultConfig(rules), rules }
      : readConfigWithRules(readText(configFile), configFile, rules);
  const beside = configFile === undefined ? undefined : join(dirname(configFile), 'waivers.yaml');
  const file = waiversFile ?? (beside !== undefined && existsSync(beside) ? beside : undefined);
  return { config: read.config, rules: read.rules, waivers: file === undefined ? [] : readWaivers(file, now) };
};

/** Reads the `accepted.yaml` beside a config; nothing is accepted where there is none. Throws ConfigError. */
export const readAccepted = (configFile: string | undefined): readonly Accepted[] => {
  const file = configFile === undefined ? undefined : join(dirname(configFile), 'accepted.yaml');
  return file !== undefined && existsSync(file) ? parseAccepted(readText(file), file) : [];
};

/** Reads the `stacks.json` of the working directory, as synthesis does; undefined where there is none. Throws ConfigError. */
export const readStacks = (): StacksFile | undefined =>
  existsSync(STACKS_FILE) ? parseStacks(readText(STACKS_FILE), STACKS_FILE) : undefined;

/**
 * Reads the config of an audit, which must have the environment that is audited. Throws ConfigError, and UsageError.
 * @param now in milliseconds since the epoch
 */
export const readAuditConfig = (
  { configFile, environmentId }: { readonly configFile: string | undefined; readonly environmentId: string },
  now: number,
): ConfigFiles => {
  const files = readConfigFiles(configFile, now);
  const known = files.config.environments.map(({ id }) => id);
  if (configFile !== undefined && !known.includes(environmentId))
    throw new UsageError([
      `--environment must be one of ${known.join(', ')} as in ${configFile}, got ${environmentId}`,
    ]);
  return files;
};

/** Takes the signing off: what is no evidence needs no account, and must not have the signature of a key that vouches. */
export const withoutSigning = ({ config: { signing: _signing, ...config }, ...files }: ConfigFiles): ConfigFiles => ({
  ...files,
  config,
});
