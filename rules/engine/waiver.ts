import type { Severity } from './severity.ts';
import { DAY_MS } from './time.ts';

/** An accepted finding. Its history of approvals is the Git history of the file that it stands in. */
export interface Waiver {
  readonly rule: string;
  /** The exact id of the finding's subject: a user, an ARN or the environment. */
  readonly user: string;
  readonly reason: string;
  readonly ticket?: string;
  readonly owner: string;
  readonly approver: string;
  /** The last day it holds, `YYYY-MM-DD`, in the schedule's time zone. */
  readonly expires: string;
}

export interface WaiverTrouble {
  readonly kind: 'expired' | 'expiring' | 'unused' | 'unknown-rule';
  readonly rule: string;
  readonly user: string;
  readonly expires: string;
  /** Of the finding that it accepts, or accepted until it ended; left out where there is none. */
  readonly severity?: Severity;
}

/** The time before a waiver's end from which people are reminded of it. */
const EXPIRING_MS = 14 * DAY_MS;

const keyOf = (rule: string, user: string): string => `${rule}/${user}`;

/** The waivers of one run, and which of them were of use. */
export interface WaiverBook {
  /** The waiver that accepts this finding today. */
  find(ruleId: string, subjectId: string, severity: Severity): Waiver | undefined;
  /** Notes that the rule could not judge the subject: whether there is a finding to accept is not known. */
  notAssessed(ruleId: string, subjectId: string): void;
  /**
   * Lists the waivers that somebody has to see to; call it when every finding was looked up.
   * @param unjudged ids of rules that had no say
   */
  troubles(unjudged?: ReadonlySet<string>): readonly WaiverTrouble[];
}

/**
 * @param now the run's instant, in milliseconds since the epoch
 * @param dayEnd gives the end of a day, as `2026-11-24`, in milliseconds since the epoch
 * @param rules by id, whether the rule is on in this run: a waiver is unused only where its rule had its say
 */
export const openWaivers = (
  waivers: readonly Waiver[],
  now: number,
  dayEnd: (day: string) => number,
  rules: ReadonlyMap<string, boolean>,
): WaiverBook => {
  const byKey = new Map(waivers.map((waiver) => [keyOf(waiver.rule, waiver.user), waiver]));
  /** The severities of the findings that were looked up and have a waiver, whether it holds or not. */
  const covered = new Map<Waiver, Severity>();
  const doubtful = new Set<Waiver>();
  const endOf = ({ expires }: Waiver): number => dayEnd(expires);

  const isUnused = (waiver: Waiver, unjudged: ReadonlySet<string>): boolean =>
    rules.get(waiver.rule) === true && !unjudged.has(waiver.rule) && !doubtful.has(waiver) && !covered.has(waiver);

  const troubleOf = (waiver: Waiver, unjudged: ReadonlySet<string>): WaiverTrouble['kind'] | undefined => {
    if (!rules.has(waiver.rule)) return 'unknown-rule';
    if (endOf(waiver) <= now) return 'expired';
    if (isUnused(waiver, unjudged)) return 'unused';
    return endOf(waiver) - now <= EXPIRING_MS ? 'expiring' : undefined;
  };

  return {
    find(ruleId, subjectId, severity) {
      const waiver = byKey.get(keyOf(ruleId, subjectId));
      if (waiver === undefined) return undefined;
      covered.set(waiver, severity);
      return endOf(waiver) <= now ? undefined : waiver;
    },
    notAssessed(ruleId, subjectId) {
      const waiver = byKey.get(keyOf(ruleId, subjectId));
      if (waiver !== undefined) doubtful.add(waiver);
    },
    troubles: (unjudged = new Set()) =>
      waivers.flatMap((waiver) => {
        const kind = troubleOf(waiver, unjudged);
        const { rule, user, expires } = waiver;
        const severity = covered.get(waiver);
        return kind === undefined ? [] : [{ kind, rule, user, expires, ...(severity !== undefined && { severity }) }];
      }),
  };
};
