import type { Options } from '../../rules/engine/context.ts';
import { SEVERITIES, type Severity } from '../../rules/engine/severity.ts';
import { DAY_MS } from '../../rules/engine/time.ts';
import type { Waiver } from '../../rules/engine/waiver.ts';
import { aContext, ENVIRONMENT, type UserRecord } from './builders.ts';
import { choices, completions, ON_CHANGE, ON_USER, outcomeOfAll } from './rule-oracle.ts';

// The life of findings as the contract words it, by plain sets and whole copies of every night's directory: what a
// million users forbid the auditor, and what makes it easy to see that this is right.

/** The records that a listing gives of a user: one, or several that differ, the last of which counts in the directory. */
export type Directory = ReadonlyMap<string, readonly UserRecord[]>;

export interface Night {
  readonly now: number;
  readonly directory: Directory;
  /** The options of the rules that are on. */
  readonly rules: ReadonlyMap<string, Options>;
  readonly waivers: readonly Waiver[];
}

/** The members of a finding that the model speaks of; those that are undefined are left out. */
export interface ModelFinding {
  readonly id: string;
  readonly state: string;
  readonly severity: Severity;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly runs: number;
  readonly carried?: true;
  /** This night was the first that could not assess it. */
  readonly isNewlyCarried?: true;
  readonly assessedAgain?: true;
  readonly escalatedFrom?: Severity;
  readonly loweredFrom?: Severity;
  readonly waiverBegan?: true;
  readonly waiverEnded?: true;
  readonly resolvedAt?: string;
  readonly cause?: string;
  readonly regroupedTo?: string;
}

interface Open {
  readonly rule: string;
  readonly subject: string;
  readonly finding: ModelFinding;
  /** The night on which it last failed. */
  readonly failedOn: Night;
}

type Outcome = 'PASS' | 'NOT_ASSESSED' | `FAIL ${Severity}`;

/** A finding without what was news of the night that had it. */
const withoutNews = ({
  assessedAgain: _again,
  escalatedFrom: _raised,
  isNewlyCarried: _newly,
  loweredFrom: _lowered,
  waiverBegan: _began,
  waiverEnded: _ended,
  ...kept
}: ModelFinding) => kept;

const last = (records: readonly UserRecord[] | undefined): UserRecord | undefined => records?.at(-1);
const oneEach = (directory: Directory): readonly UserRecord[] =>
  [...directory.values()].flatMap((all) => all.slice(-1));
const idOf = ({ userId }: UserRecord): string => String(userId);
const isActive = (record: UserRecord | undefined): boolean => record !== undefined && record.status !== 'DISABLED';
const isAbsent = (value: unknown): boolean => value === undefined || value === null || value === '';
const severityOf = (outcome: Outcome | undefined): Severity | undefined =>
  SEVERITIES.find((severity) => outcome === `FAIL ${severity}`);

/** The worst first. */
const RANKED: readonly Outcome[] = [
  ...SEVERITIES.toReversed().map((severity) => `FAIL ${severity}` as const),
  'NOT_ASSESSED',
  'PASS',
];

/** @param wasOpen whether the rule failed the user before: a login that was there can't be unmade */
const judgeUser = (rule: string, records: readonly UserRecord[], night: Night, wasOpen: boolean): Outcome => {
  const options = night.rules.get(rule);
  const answer = ON_USER[rule];
  if (options === undefined || answer === undefined) return 'PASS';
  const outcomes = records.map((record) =>
    outcomeOfAll(
      completions(record, 0).map((user) =>
        rule === 'stale-login' && wasOpen && user.status === 'ENABLED' && isAbsent(record.lastLoginTime)
          ? undefined
          : answer(user, options, aContext({ now: night.now })),
      ),
    ),
  );
  return RANKED.find((outcome) => outcomes.includes(outcome)) ?? 'PASS';
};

// Rules on the whole directory: which users count, for sure or perhaps, and what groups them.

type Count = 'sure' | 'perhaps' | 'no';
type Keyed = readonly (string | undefined)[];

const whereDocumented = (value: unknown, wanted: string, other: string): Count => {
  if (value === wanted) return 'sure';
  return value === other ? 'no' : 'perhaps';
};

/** The members that are made keys of. */
const NAMING = ['emailAddress', 'firstName', 'lastName'] as const;

const emailOf = ({ emailAddress }: UserRecord): string | undefined =>
  isAbsent(emailAddress) ? undefined : `mail ${String(emailAddress).toLowerCase().replace(/\+.*@/, '@')}`;
const nameOf = ({ firstName, lastName }: UserRecord): string | undefined =>
  isAbsent(firstName) || isAbsent(lastName)
    ? undefined
    : `name ${String(firstName)}\n${String(lastName)}`.toLowerCase();

interface Grouping {
  readonly severity: Severity;
  counts(record: UserRecord): Count;
  /** The things that a user has in common with others, in as many ways as there are kinds of groups. */
  keys(record: UserRecord): Keyed;
  /** The users that a group must have to fail. */
  least(options: Options): number;
  subject(key: string, members: readonly UserRecord[]): string;
  /** The users without a key are in no group by then, and that is no reason for one to end. */
  readonly isKeyUnknown: boolean;
}

const GROUPINGS: Readonly<Record<string, Grouping>> = {
  'shared-principal': {
    severity: 'HIGH',
    counts: (record) => (isActive(record) ? whereDocumented(record.apiAccess, 'ENABLED', 'DISABLED') : 'no'),
    keys: ({ apiAccessPrincipalArn: arn }) => [isAbsent(arn) ? undefined : String(arn)],
    least: () => 2,
    subject: (key) => key,
    isKeyUnknown: false,
  },
  'duplicate-person': {
    severity: 'LOW',
    counts: (record) => (isActive(record) ? 'sure' : 'no'),
    keys: (record) => [emailOf(record), nameOf(record)],
    least: () => 2,
    subject: (_key, members) => members.map(idOf).toSorted()[0] ?? '',
    isKeyUnknown: true,
  },
  'too-many-super-users': {
    severity: 'MEDIUM',
    counts: (record) => (isActive(record) ? whereDocumented(record.type, 'SUPER_USER', 'APP_USER') : 'no'),
    keys: () => ['all'],
    least: ({ max }) => Number(max) + 1,
    subject: () => ENVIRONMENT,
    isKeyUnknown: false,
  },
};

interface Group {
  readonly key: string;
  readonly subject: string;
  readonly outcome: 'FAIL' | 'NOT_ASSESSED';
  readonly members: readonly UserRecord[];
}

/** The groups that fail or might. */
const groupsOf = (rule: string, users: readonly (readonly [UserRecord, Keyed])[], options: Options): Group[] => {
  const grouping = GROUPINGS[rule];
  if (grouping === undefined) return [];
  const byKey = new Map<string, UserRecord[]>();
  for (const [record, keys] of users) {
    if (grouping.counts(record) === 'no') continue;
    for (const key of keys) if (key !== undefined) byKey.set(key, [...(byKey.get(key) ?? []), record]);
  }
  const least = grouping.least(options);
  return [...byKey].flatMap(([key, members]) => {
    const sure = members.filter((record) => grouping.counts(record) === 'sure');
    if (new Set(members.map(idOf)).size < least) return [];
    const outcome = new Set(sure.map(idOf)).size >= least ? 'FAIL' : 'NOT_ASSESSED';
    return [{ key, members, outcome, subject: grouping.subject(key, outcome === 'FAIL' ? sure : members) }];
  });
};

const keyed = (rule: string, records: readonly UserRecord[]): (readonly [UserRecord, Keyed])[] =>
  records.map((record) => [record, GROUPINGS[rule]?.keys(record) ?? []]);

const judgeDirectory = (rule: string, night: Night): ReadonlyMap<string, Outcome> => {
  const options = night.rules.get(rule);
  const groups = options === undefined ? [] : groupsOf(rule, keyed(rule, oneEach(night.directory)), options);
  const outcomes = new Map<string, Outcome>();
  for (const { outcome, subject } of groups.toSorted((one, other) => (one.outcome > other.outcome ? -1 : 1)))
    outcomes.set(subject, outcome === 'FAIL' ? `FAIL ${GROUPINGS[rule]?.severity ?? 'HIGH'}` : 'NOT_ASSESSED');
  return outcomes;
};

/** The end of a finding on a group that fails no more; undefined where neither users nor groups are the reason. */
const fateOfGroup = ({ rule, subject, failedOn }: Open, tonight: Night): readonly [string, string?] | undefined => {
  const options = tonight.rules.get(rule);
  const grouping = GROUPINGS[rule];
  if (options === undefined || grouping === undefined) return undefined;
  const then = groupsOf(rule, keyed(rule, oneEach(failedOn.directory)), options).filter(
    (group) => group.subject === subject && group.outcome === 'FAIL',
  );
  if (then.length === 0) return undefined;
  const keys = new Set(then.map(({ key }) => key));
  const members = new Map(then.flatMap((group) => group.members.map((record) => [idOf(record), record])));
  const now = (record: UserRecord) => last(tonight.directory.get(idOf(record)));
  const users = keyed(rule, oneEach(tonight.directory));
  // Or may, by what is unknown of those that are left.
  const fails = () => groupsOf(rule, users, options).find((group) => group.subject === subject && keys.has(group.key));
  const other = groupsOf(rule, users, options).find(
    (group) => group.outcome === 'FAIL' && group.subject !== subject && keys.has(group.key),
  );

  if (grouping.isKeyUnknown) {
    for (const before of members.values()) {
      const after = now(before);
      if (after === undefined) continue;
      const keysNow = grouping.keys(after);
      // What is told of a name stays: somebody called otherwise has it in common with nobody by the part that is missing.
      const absent = NAMING.filter((member) => isAbsent(after[member]));
      const restored = { ...after, ...Object.fromEntries(absent.map((member) => [member, before[member]])) };
      users.push([after, grouping.keys(restored).map((key, kind) => (keysNow[kind] === undefined ? key : undefined))]);
    }
    if (fails()) return ['carried'];
  }
  for (const before of members.values()) if (now(before) === undefined) users.push([before, grouping.keys(before)]);
  if (fails()) return ['user-vanished'];
  for (const before of members.values()) {
    const after = now(before);
    if (after !== undefined && !isActive(after)) users.push([before, grouping.keys(before)]);
  }
  if (fails()) return ['user-disabled'];
  return other === undefined ? undefined : ['regrouped', other.subject];
};

const local = new Intl.DateTimeFormat('sv-SE', { timeZone: 'America/New_York' });

/** A directory's findings, complete night by complete night. */
export const lifecycleModel = () => {
  let open = new Map<string, Open>();
  let before: Night | undefined;
  const resolved = new Map<string, ModelFinding>();

  const changes = (tonight: Night, add: (rule: string, subject: string, outcome: Outcome) => void): void => {
    if (before === undefined) return;
    for (const id of new Set([...before.directory.keys(), ...tonight.directory.keys()])) {
      const sides = [before, tonight].map(({ directory }) => {
        const record = last(directory.get(id));
        return record === undefined ? [undefined] : completions(record, 0);
      });
      for (const [rule, answer] of Object.entries(ON_CHANGE)) {
        if (!tonight.rules.has(rule)) continue;
        add(rule, id, outcomeOfAll(choices(sides).map(([was, is]) => answer(was, is))) as Outcome);
      }
    }
  };

  const causeOf = (one: Open, tonight: Night): readonly [string, string?] => {
    const { rule, subject, failedOn } = one;
    if (rule in ON_USER || rule === 'duplicate-person') {
      const after = last(tonight.directory.get(subject));
      if (after === undefined) return ['user-vanished'];
      const was = last(failedOn.directory.get(subject));
      if (!isActive(after) && isActive(was)) return ['user-disabled'];
    }
    const fate = fateOfGroup(one, tonight);
    if (fate !== undefined) return fate;
    const then = { ...failedOn, rules: tonight.rules };
    const outcome =
      rule in ON_USER
        ? judgeUser(rule, failedOn.directory.get(subject) ?? [], then, false)
        : judgeDirectory(rule, then).get(subject);
    return [severityOf(outcome) === undefined ? 'rule-changed' : 'fixed'];
  };

  return {
    /** Gives the findings of a complete night. */
    next(tonight: Night): readonly ModelFinding[] {
      const asOf = new Date(tonight.now).toISOString();
      const findings: ModelFinding[] = [];
      const stillOpen = new Map<string, Open>();
      const idFor = (rule: string, subject: string): string => `${ENVIRONMENT}/${rule}/${subject}`;
      const isWaived = (rule: string, subject: string): boolean =>
        tonight.waivers.some(
          (waiver) => waiver.rule === rule && waiver.user === subject && local.format(tonight.now) <= waiver.expires,
        );
      const keep = (one: Open): void => {
        findings.push(one.finding);
        stillOpen.set(one.finding.id, one);
      };
      const carry = ({ rule, subject, finding, failedOn }: Open): void => {
        const kept = withoutNews(finding);
        const waived = isWaived(rule, subject);
        const ended = finding.state === 'waived' && !waived && { waiverEnded: true as const };
        const began = finding.state !== 'waived' && waived && { waiverBegan: true as const };
        const state = waived ? 'waived' : 'open';
        const newly = finding.carried === undefined && { isNewlyCarried: true as const };
        const carried = { ...kept, state, runs: kept.runs + 1, carried: true as const, ...newly, ...ended, ...began };
        keep({ rule, subject, failedOn, finding: carried });
      };
      const fail = (rule: string, subject: string, severity: Severity): void => {
        const id = idFor(rule, subject);
        const earlier = open.get(id)?.finding;
        const back = resolved.get(id);
        const again = back && tonight.now - Date.parse(back.resolvedAt ?? '') <= 30 * DAY_MS ? back : undefined;
        resolved.delete(id);
        const waived = isWaived(rule, subject);
        const unwaived = earlier ? 'open' : again ? 'reopened' : 'new';
        const raisedBy = SEVERITIES.indexOf(severity) - SEVERITIES.indexOf(earlier?.severity ?? severity);
        const isEnded = earlier?.state === 'waived' && !waived;
        const first = earlier ?? again;
        const finding = {
          id,
          severity,
          state: waived ? 'waived' : unwaived,
          firstSeen: first?.firstSeen ?? asOf,
          lastSeen: asOf,
          runs: (first?.runs ?? 0) + 1,
          ...(earlier?.carried && { assessedAgain: true as const }),
          ...(earlier && raisedBy > 0 && { escalatedFrom: earlier.severity }),
          ...(earlier && raisedBy < 0 && { loweredFrom: earlier.severity }),
          ...(waived && earlier?.state !== 'waived' && { waiverBegan: true as const }),
          ...(isEnded && { waiverEnded: true as const }),
        };
        keep({ rule, subject, failedOn: tonight, finding });
      };

      changes(tonight, (rule, subject, outcome) => {
        const severity = severityOf(outcome);
        if (severity === undefined) return;
        const state = isWaived(rule, subject) ? 'waived' : 'event';
        findings.push({ id: idFor(rule, subject), severity, state, firstSeen: asOf, lastSeen: asOf, runs: 1 });
      });
      const outcomes = new Map<string, Outcome>();
      for (const rule of tonight.rules.keys()) {
        const judged =
          rule in ON_USER
            ? new Map(
                [...tonight.directory].map(([id, records]) => [
                  id,
                  judgeUser(rule, records, tonight, open.has(idFor(rule, id))),
                ]),
              )
            : judgeDirectory(rule, tonight);
        for (const [subject, outcome] of judged) {
          outcomes.set(idFor(rule, subject), outcome);
          const severity = severityOf(outcome);
          if (severity !== undefined) fail(rule, subject, severity);
        }
      }
      for (const [id, one] of open) {
        const outcome = outcomes.get(id);
        if (severityOf(outcome) !== undefined) continue;
        const [cause, regroupedTo] = outcome === 'NOT_ASSESSED' ? ['carried'] : causeOf(one, tonight);
        if (cause === 'carried') {
          carry(one);
          continue;
        }
        const { carried: _carried, ...kept } = withoutNews(one.finding);
        const finding: ModelFinding = {
          ...kept,
          state: 'resolved',
          resolvedAt: asOf,
          cause: cause ?? '',
          ...(regroupedTo !== undefined && { regroupedTo }),
        };
        resolved.set(id, finding);
        findings.push(finding);
      }
      open = stillOpen;
      before = tonight;
      return findings;
    },
  };
};
