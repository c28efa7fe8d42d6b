import type { Archive } from '../../core/archive/archive.ts';
import { lastCompleteRun } from '../../core/archive/head.ts';
import type { Manifest, RuleRecord } from '../../core/archive/manifest.ts';
import { hashOf } from '../../core/archive/staging.ts';
import { isCustomId } from '../../rules/custom/definition.ts';
import { configureRules } from '../../rules/engine/configure.ts';
import { rules } from '../../rules/index.ts';
import { UsageError } from '../terminal/exit-codes.ts';

/** As many differences as tell what kind of config it was. */
const MOST_TOLD = 8;

const settingsOf = ({
  state,
  severity = 'as it comes',
  options,
}: Omit<RuleRecord, 'severity'> & { severity?: string }) => ({ state, severity, ...options }) as const;

/** `stale-login maxDays 60 (by default 90)`, one for each setting of a rule that a config has set. */
const differencesOf = ({ rules: judgedBy, trustedAccounts, accountId, hashes }: Manifest): readonly string[] => {
  const ruleTexts = configureRules(rules).flatMap(({ rule, ...byDefault }) => {
    const then = judgedBy[rule.id];
    if (then === undefined) return [];
    const defaults: Readonly<Record<string, unknown>> = settingsOf(byDefault);
    return Object.entries(settingsOf(then))
      .filter(([name, value]) => name in defaults && JSON.stringify(value) !== JSON.stringify(defaults[name]))
      .map(
        ([name, value]) => `${rule.id} ${name} ${JSON.stringify(value)} (by default ${JSON.stringify(defaults[name])})`,
      );
  });
  const own = Object.keys(judgedBy).filter(isCustomId);
  const others = trustedAccounts.filter((account) => account !== accountId);
  return [
    ...ruleTexts,
    ...(own.length > 0 ? [`the custom rules ${own.join(', ')}`] : []),
    ...(others.length > 0 ? [`trustedAccounts ${others.join(', ')}`] : []),
    ...(hashes.waivers === hashOf([]) ? [] : ['waivers']),
  ];
};

/**
 * Refuses to judge an environment by the rules as they come where its last run was judged by a config: left out by
 * mistake, it would change findings for no other reason. Throws UsageError, which tells what differs.
 */
export const requireFormerCriteria = async (archive: Archive, environmentId: string): Promise<void> => {
  // What can't be read is for the audit to tell: it keeps no run then.
  const last = await lastCompleteRun(archive, environmentId).catch(() => undefined);
  const differences = last === undefined ? [] : differencesOf(last.manifest);
  if (last === undefined || differences.length === 0) return;
  const told = differences.slice(0, MOST_TOLD);
  const rest = differences.length > told.length ? ` and ${differences.length - told.length} more` : '';
  throw new UsageError([
    `one of --config FILE and --defaults must be given, got neither: run ${last.manifest.run} was judged by a config, with ${told.join('; ')}${rest}`,
  ]);
};
