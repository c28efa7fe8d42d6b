import { configureRules } from '../../rules/engine/configure.ts';
import type { Waiver } from '../../rules/engine/waiver.ts';
import { rules } from '../../rules/index.ts';
import { kmsSigner } from '../archive/kms.ts';
import type { Config } from '../config/config.ts';
import type { AuditSettings } from './run.ts';

/** The part of the settings that the config files decide. */
export const configuredSettings = (
  config: Config,
  waivers: readonly Waiver[],
  environmentId: string,
): Omit<AuditSettings, 'listUsers' | 'archive' | 'sendAlert' | 'publishEvents'> => {
  const name = config.environments.find(({ id }) => id === environmentId)?.name;
  return {
    rules: configureRules(rules, config.rules),
    waivers,
    trustedAccounts: config.trustedAccounts,
    maxDropPercent: config.maxDropPercent,
    reminders: config.reminders,
    timeZone: config.schedule.timezone,
    config,
    ...(name !== undefined && { environmentName: name }),
    ...(config.signing !== undefined && {
      signManifestDigest: kmsSigner(config.signing.key, config.signing.algorithm),
    }),
  };
};

/** An instant to the whole second: the precision of a run's name. */
export const wholeSecond = (instant: number): Date => new Date(Math.floor(instant / 1000) * 1000);

/** Names an attempt: when it began, and letters that two at the same second don't share. */
export const attemptName = (now: number, random: string): string =>
  `${wholeSecond(now).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z-${random.slice(0, 8)}`;
