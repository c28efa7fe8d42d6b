import type { ConfiguredRule } from '../../rules/engine/configure.ts';
import type { DirectoryCheck, FailingGroup, IdAt } from '../../rules/engine/directory.ts';
import type { Evaluation } from '../../rules/engine/evaluate.ts';
import type { OpenFindings } from '../../rules/engine/memory/open-findings.ts';
import type { Roster } from '../../rules/engine/memory/roster.ts';
import type { DirectoryRule, Rule, Subject } from '../../rules/engine/rule.ts';
import { readUser, type User } from '../../rules/engine/user.ts';
import type { Criteria } from './criteria.ts';

/** A listing that was judged, and the findings that were open before it. */
export interface ConcludedListing {
  readonly criteria: Criteria;
  readonly open: OpenFindings;
  readonly roster: Roster;
  readonly evaluation: Evaluation;
  /** The number of records. */
  readonly lines: number;
  /** The records, read anew each time. */
  records(): AsyncIterable<unknown>;
}

/** A finding on groups that failed in an earlier run, and not in this one. */
interface LostFinding {
  readonly id: string;
  readonly subject: Subject;
  readonly groups: readonly FailingGroup[];
}

/** The groups of one rule that failed in an earlier run, and not in this one. */
export interface LostGroups {
  readonly rule: DirectoryRule;
  readonly findings: readonly LostFinding[];
  /** The users of the groups as they were, by id. Records without a userId can't be known again. */
  readonly members: ReadonlyMap<string, User>;
  /** The positions of records without a userId. */
  readonly nameless: ReadonlySet<number>;
}

/**
 * Reads the groups of the findings that failed in an earlier run, with their members.
 * @param failedThen notes that a subject failed then; undefined where there is no finding that it explains
 */
export const readLostGroups = async (
  rules: readonly ConfiguredRule[],
  evaluation: Evaluation,
  idAt: IdAt,
  failedThen: (rule: Rule, subject: Subject) => string | undefined,
  records: () => AsyncIterable<unknown>,
): Promise<readonly LostGroups[]> => {
  const lost: (LostGroups & {
    readonly positions: ReadonlySet<number>;
    readonly members: Map<string, User>;
    readonly nameless: Set<number>;
  })[] = [];
  for (const { rule } of rules) {
    const check = evaluation.directoryCheck(rule.id);
    if (rule.kind !== 'directory' || check === undefined) continue;
    const findings = unlessBroken(() => check.judge(idAt).outcomes)?.flatMap(({ subject, groups }) => {
      const id = groups.length === 0 ? undefined : failedThen(rule, subject);
      return id === undefined ? [] : [{ id, subject, groups }];
    });
    if (findings === undefined || findings.length === 0) continue;
    const positions = new Set(findings.flatMap(({ groups }) => groups.flatMap((group) => [...group.positions])));
    lost.push({ rule, findings, positions, members: new Map(), nameless: new Set() });
  }
  if (lost.length === 0) return lost;
  let position = 0;
  for await (const record of records()) {
    for (const { positions, members, nameless } of lost) {
      if (!positions.has(position)) continue;
      const user = readUser(record, position);
      if (user.hasUserId) members.set(user.id, user);
      else nameless.add(position);
    }
    position += 1;
  }
  return lost;
};

/** A rule that breaks on an earlier run's records has nothing to say of them. */
const unlessBroken = <T>(judge: () => T): T | undefined => {
  try {
    return judge();
  } catch {
    return undefined;
  }
};

/** The position of users that are known by their ids. */
const ANYWHERE = 0;

/** Finds out for want of whom, or of what, groups do not fail any more. */
export const settleLostGroups = async (listing: ConcludedListing, lost: readonly LostGroups[]): Promise<void> => {
  if (lost.length === 0) return;
  const members = new Set(lost.flatMap((groups) => [...groups.members.keys()]));
  const now = new Map<string, User>();
  for await (const record of listing.records()) {
    const user = readUser(record, ANYWHERE);
    if (members.has(user.id)) now.set(user.id, user);
  }
  for (const groups of lost) {
    const check = listing.evaluation.directoryCheck(groups.rule.id);
    const settled = check && unlessBroken(() => settleGroups(listing, groups, check, now));
    if (settled === undefined) for (const { id } of groups.findings) listing.open.settle(id, 'rule-changed');
  }
};

const isMissing = (value: unknown): boolean => value === undefined || value === null || value === '';

/** The keys of a user that are not there any more, and the user as it is with what they were made of. */
const restoreKeys = (
  { keys = {} }: DirectoryRule,
  before: User,
  now: User,
): { readonly user: User; readonly names: ReadonlySet<string> } => {
  let user = now;
  const names = new Set<string>();
  for (const [name, { unknownWithout = [] }] of Object.entries(keys)) {
    const missing = unknownWithout.filter((member) => isMissing(now[member]) && !isMissing(before[member]));
    if (missing.length === 0) continue;
    user = { ...user, ...Object.fromEntries(missing.map((member) => [member, before[member]])) };
    names.add(name);
  }
  return { user, names };
};

/** Adds to the groups of today, step by step, what they lack; a finding is settled by the step at which it fails. */
const settleGroups = (
  { open, roster, evaluation, lines }: ConcludedListing,
  { rule, findings, members, nameless }: LostGroups,
  check: DirectoryCheck,
  now: ReadonlyMap<string, User>,
): true => {
  const added: string[] = [];
  const idAt: IdAt = (position) => (position < lines ? roster.idAt(position) : (added[position - lines] ?? ''));
  const add = (user: User, only?: ReadonlySet<string>): void => {
    added.push(user.id);
    check.see({ ...user, position: lines + added.length - 1 }, only);
  };
  const regrouped = findings.map(({ id, subject, groups }) => {
    const subjects = groups.map(({ shared }) => check.failingSubject(shared, idAt));
    return { id, to: subjects.find((to) => to !== undefined && to !== subject.id) };
  });
  const settleFailing = (settle: (finding: LostFinding) => void): void => {
    for (const finding of findings) {
      const { id, subject, groups } = finding;
      if (open.fateOf(id) !== 'failed-then') continue;
      // Only its own groups: what was added for another finding may complete one that it never was about. Where it may fail
      // again, by what is unknown of those that are left, it is over for want of what was added all the same.
      if (groups.some(({ shared }) => check.failingSubject(shared, idAt, true) === subject.id)) settle(finding);
    }
  };

  for (const before of members.values()) {
    const after = now.get(before.id);
    if (after === undefined) continue;
    const { user, names } = restoreKeys(rule, before, after);
    if (names.size > 0 && check.mayCount(user)) add(user, names);
  }
  settleFailing(({ subject }) => evaluation.notAssessed(rule, subject, LOST_KEY));
  for (const before of members.values()) if (!now.has(before.id)) add(before);
  settleFailing(({ id }) => open.settle(id, 'user-vanished'));
  for (const before of members.values()) {
    const after = now.get(before.id);
    const isDisabled = after !== undefined && !after.isActive && before.isActive;
    if (isDisabled && check.mayCount(before) && !check.mayCount(after)) add(before);
  }
  settleFailing(({ id }) => open.settle(id, 'user-disabled'));
  for (const { id, to } of regrouped) {
    if (to !== undefined && open.fateOf(id) === 'failed-then') open.settle(id, 'regrouped', to);
  }
  for (const { id, groups } of findings) {
    const hasNameless = groups.some(({ positions }) => [...positions].some((position) => nameless.has(position)));
    if (hasNameless && open.fateOf(id) === 'failed-then') open.settle(id, 'rule-changed');
  }
  return true;
};

const LOST_KEY = 'what a user had in common with others was there and is missing';
