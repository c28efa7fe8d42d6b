import type { ConfiguredRule } from '../../rules/engine/configure.ts';
import type { Context } from '../../rules/engine/context.ts';
import type { EnrichmentName } from '../../rules/engine/facts.ts';
import type { Reminders } from '../../rules/engine/reminder.ts';
import type { Rule } from '../../rules/engine/rule.ts';
import type { Waiver } from '../../rules/engine/waiver.ts';
import type { Manifest } from '../archive/manifest.ts';
import { hashOf } from '../archive/staging.ts';
import { type JudgingCode, judgingCode } from '../model/judging-code.ts';
import { dayEnds } from '../schedule/zoned-clock.ts';
import type { AuditRequest } from './request.ts';
import type { AuditSettings } from './settings.ts';

/** The rules and settings that users are held against: the "audit criteria" of ISO 19011. */
export interface Criteria {
  readonly rules: readonly ConfiguredRule[];
  /** The same rules by id. */
  readonly catalogue: ReadonlyMap<string, Rule>;
  readonly waivers: readonly Waiver[];
  /** Gives the end of a day in the schedule's time zone, in milliseconds since the epoch. */
  readonly dayEnd: (day: string) => number;
  readonly reminders: Reminders;
  readonly context: Context;
  /** The facts that are read beside the listing. */
  readonly enrich: ReadonlySet<EnrichmentName>;
  /** ISO 8601, UTC. */
  readonly asOf: string;
  readonly hashes: Manifest['hashes'];
  readonly code: JudgingCode;
}

type CriteriaSettings = Pick<
  AuditSettings,
  'rules' | 'waivers' | 'reminders' | 'trustedAccounts' | 'config' | 'enrich' | 'code' | 'timeZone'
>;

/** The criteria of one run. */
export const criteriaOf = (
  { environmentId, accountId, partition, asOf, roster }: AuditRequest,
  {
    rules,
    waivers,
    reminders,
    trustedAccounts,
    config,
    enrich = new Set(),
    code = judgingCode(),
    timeZone = 'UTC',
  }: CriteriaSettings,
): Criteria => ({
  rules,
  catalogue: new Map(rules.map(({ rule }) => [rule.id, rule])),
  waivers,
  dayEnd: dayEnds(timeZone),
  reminders,
  enrich,
  asOf: asOf.toISOString(),
  code,
  context: {
    now: asOf.getTime(),
    readAt: asOf.getTime(),
    ...(roster?.hasGaps && { hasGaps: true }),
    environmentId,
    partition,
    trustedAccounts: new Set([accountId, ...trustedAccounts]),
  },
  hashes: { ruleset: hashOf(rules), config: hashOf(config), waivers: hashOf(waivers) },
});
