import { allOf, type Condition, checkReason, firstReason, kindOf, refuseAnswer } from './condition.ts';
import type { Context, Options } from './context.ts';
import { KeyGroups } from './memory/key-groups.ts';
import { NumberList } from './memory/number-list.ts';
import { SharedKeys } from './memory/shared-keys.ts';
import type { Bounds, DirectoryRule, Limit, Outcome, Subject } from './rule.ts';
import { positionName, type User } from './user.ts';
import { readViolation } from './violation.ts';

/** Gives the id of the user at a position of the listing. */
export type IdAt = (position: number) => string;

/** A key that users share, by the name of the key and its text. */
export interface SharedText {
  readonly name: string;
  readonly key: string;
}

/** The users that share a key, or where there are no keys all who count. */
export interface Group {
  readonly bounds: Bounds;
  /** Gives the ids of those that count for sure, in the order of the listing. */
  ids(): Iterable<string>;
}

/** A group of a directory rule, by the positions of its users. */
export interface FailingGroup {
  /** Undefined where there are no keys. */
  readonly shared: SharedText | undefined;
  readonly positions: Iterable<number>;
}

/** A subject that does not pass. */
export interface DirectoryOutcome {
  readonly subject: Subject;
  readonly outcome: Exclude<Outcome, undefined>;
  /** The groups for which it fails. */
  readonly groups: readonly FailingGroup[];
}

/** The judgement of a directory rule when every user was seen. */
export interface DirectoryJudgement {
  /** The number of subjects that got an answer; where they are users, nobody of a group that got none. */
  readonly checked: number;
  readonly outcomes: readonly DirectoryOutcome[];
}

interface JudgedGroup {
  readonly group: FailingGroup;
  readonly outcome: Exclude<Outcome, undefined>;
}

/** One directory rule at work on one listing; keeps only the compact facts that it needs. */
export interface DirectoryCheck {
  /** @param only the names of the keys to go by, of a user that was seen before; undefined: all */
  see(user: User, only?: ReadonlySet<string>): void;
  /** Tells whether a user counts, or may, whatever its keys. */
  mayCount(user: User): boolean;
  /**
   * The subject of a group that fails; undefined where it does not.
   * @param orMay also where it may, by what is unknown of it
   */
  failingSubject(shared: SharedText | undefined, idAt: IdAt, orMay?: boolean): string | undefined;
  /** @param begin is told which subject is judged next, whom a rule that breaks broke on */
  judge(idAt: IdAt, begin?: (subject: () => Subject) => void): DirectoryJudgement;
  /** @param shared undefined where there are no keys */
  groupOf(shared: SharedText | undefined, idAt: IdAt): Group;
}

/** Tells whether a limit holds; what is no limit, such as the promise of one, is refused. */
const isHeld = (limit: Limit): boolean =>
  typeof limit.holds === 'boolean' ? limit.holds : refuseAnswer(limit instanceof Promise ? limit : limit.holds);

/** Gives a test that tells whether a group fails: undefined where that depends on what is unknown of it. */
export const breaksLimit = ({ limit, clauses = [] }: DirectoryRule): Condition<Bounds>['holds'] => {
  if (limit === undefined) return allOf(clauses);
  return (bounds, options, context) => {
    const holds = isHeld(limit(bounds.low, options, context));
    return holds === isHeld(limit(bounds.high, options, context)) ? holds : undefined;
  };
};

/** The reason of a rule that has an answer only where somebody is counted. */
export const NOBODY_COUNTED = 'nobody is counted';

/** The most ids that a finding about a group names; the count beside them says how many there are. */
const MOST_NAMED = 100;

/** The lowest of some ids by code unit, as evidence names them. */
export const lowestIds = (ids: Iterable<string>): readonly string[] => {
  let lowest: string[] = [];
  for (const id of ids) {
    lowest.push(id);
    if (lowest.length === 2 * MOST_NAMED) lowest = lowest.toSorted().slice(0, MOST_NAMED);
  }
  return lowest.toSorted().slice(0, MOST_NAMED);
};

/** The lowest userId of a group by code unit; a `#N`, which changes from run to run, only where nobody has one. */
const lowestUser = (positions: Iterable<number>, idAt: IdAt): string => {
  let lowest: string | undefined;
  let nameless = '';
  for (const position of positions) {
    const id = idAt(position);
    if (id === positionName(position)) nameless ||= id;
    else if (lowest === undefined || id < lowest) lowest = id;
  }
  return lowest ?? nameless;
};

// The doubt about a user that counts or may, as a number: two bits for what is unknown of it, and above them the number
// of the reason.
const SURE = 0;
const MAY_COUNT = 1;
const MAY_BELONG = 2;
const REASON_SHIFT = 2;

const refuseKey = (key: unknown): never => {
  throw new TypeError(`a key must be a text or undefined, got ${kindOf(key)}`);
};

/** Begins to judge a listing by a directory rule. */
export const beginDirectoryCheck = (rule: DirectoryRule, options: Options, context: Context): DirectoryCheck => {
  const { counts, outOf = [], keys, about } = rule;
  const conditions = [...outOf, ...(counts ?? [])];
  const belongs = rule.outOf && allOf(rule.outOf);
  const isCounted = allOf(counts ?? []);
  const breaks = breaksLimit(rule);
  const shared = Object.entries(keys ?? {}).map(([name, key]) => ({
    name,
    key,
    users: key.unknown === undefined ? new SharedKeys() : new KeyGroups(),
  }));
  /** The positions of all who count or may, where they are one group. */
  const positions = new NumberList();
  /** The doubts, by position; see `SURE`. */
  const doubts = new NumberList();
  const reasons: string[] = [];
  const reasonsOfOthers = new Set<string>();
  // Those out of whom the rule counts, and those that may be of them.
  let belonging = 0;
  let maybeBelonging = 0;
  let usersWithKey = 0;
  // Those that may be in any group, and of them those that the rule counts out of for sure.
  let anywhere = 0;
  let belongingAnywhere = 0;

  const noteDoubt = (user: User, unknown: number): void => {
    const reason = firstReason(conditions, user, options, context);
    const known = reasons.indexOf(reason);
    const number = known === -1 ? reasons.push(reason) - 1 : known;
    doubts.set(user.position, unknown + (number << REASON_SHIFT));
  };

  const file = (user: User, only: ReadonlySet<string> | undefined, isBelonging: boolean): void => {
    if (keys === undefined) positions.push(user.position);
    let hasKey = false;
    for (const { name, key, users } of shared) {
      if (only !== undefined && !only.has(name)) continue;
      const text = key.of(user, options, context);
      if (text === undefined) {
        if (key.unknown === undefined) continue;
        anywhere += 1;
        if (isBelonging) belongingAnywhere += 1;
        reasonsOfOthers.add(checkReason(key.unknown(user, options, context)));
        continue;
      }
      if (typeof text !== 'string') refuseKey(text);
      users.add(user.position, text);
      hasKey = true;
    }
    if (hasKey && only === undefined) usersWithKey += 1;
  };

  /** Names what it depends on how a group is. */
  const doubtOf = (members: Iterable<number>, doubtful: number): string => {
    const why = new Set(reasonsOfOthers);
    for (const position of members) {
      const doubt = doubts.at(position);
      if (doubt !== SURE) why.add(reasons[doubt >> REASON_SHIFT] ?? '');
    }
    return `it depends on ${doubtful} user${doubtful === 1 ? '' : 's'}: ${[...why].join('; ')}`;
  };

  function* idsOf(members: Iterable<number>, idAt: IdAt): Generator<string> {
    for (const position of members) if (doubts.at(position) === SURE) yield idAt(position);
  }

  // There may be as many groups as users: what is asked of few of them is told only where it is asked, and by functions,
  // since an object with a getter of its own takes as long to make as the rest of a judgement.
  const groupOf = (members: Iterable<number>, key: string | undefined, idAt: IdAt): Group => {
    let [sure, mayCount, mayBelong, mayBoth] = [0, 0, 0, 0];
    for (const position of members) {
      const unknown = doubts.at(position) & (MAY_COUNT | MAY_BELONG);
      if (unknown === SURE) sure += 1;
      else if (unknown === MAY_COUNT) mayCount += 1;
      else if (unknown === MAY_BELONG) mayBelong += 1;
      else mayBoth += 1;
    }
    return {
      bounds: {
        low: { count: sure, outOf: belonging + maybeBelonging - mayBelong, key },
        high: {
          count: sure + mayCount + mayBelong + mayBoth + anywhere,
          outOf: belonging + mayBelong + mayBoth + anywhere - belongingAnywhere,
          key,
        },
        doubt: () => doubtOf(members, mayCount + maybeBelonging + belongingAnywhere),
      },
      ids: () => idsOf(members, idAt),
    };
  };

  const outcomeOf = (sharing: string, key: string, { bounds, ids }: Group): Outcome => {
    const fails = breaks(bounds, options, context);
    if (fails === false) return undefined;
    if (fails === undefined) {
      const { clauses } = rule;
      return { notAssessed: clauses === undefined ? bounds.doubt() : firstReason(clauses, bounds, options, context) };
    }
    const users = { userCount: bounds.low.count, userIds: lowestIds(ids()) };
    return readViolation(rule.violation({ sharing, ...bounds.low, key, users }, options, context));
  };

  const subjectId = (key: string, members: Iterable<number>, idAt: IdAt): string => {
    if (about === 'environment') return context.environmentId;
    return about === 'principal' ? key : lowestUser(members, idAt);
  };

  function* groups(): Generator<FailingGroup> {
    if (keys === undefined) yield { shared: undefined, positions };
    for (const { name, users } of shared)
      for (const { key, positions: members } of users.shared()) yield { shared: { name, key }, positions: members };
  }

  /** Tells what those leave open who may be in any group: they may be one of their own. Or nobody is counted at all. */
  const ofNoGroup = (idAt: IdAt): readonly DirectoryOutcome[] => {
    if (keys === undefined || rule.clauses === undefined) return [];
    const { bounds } = groupOf([], undefined, idAt);
    if (belonging + maybeBelonging > 0 && (anywhere === 0 || breaks(bounds, options, context) === false)) return [];
    const notAssessed = anywhere === 0 ? NOBODY_COUNTED : bounds.doubt();
    return [{ subject: { kind: 'environment', id: context.environmentId }, outcome: { notAssessed }, groups: [] }];
  };

  /** Makes one outcome of those of one subject, which fails where one of its groups does. */
  const merged = (id: string, judged: readonly [JudgedGroup, ...JudgedGroup[]]): DirectoryOutcome => {
    const subject = { kind: about, id };
    const failing = judged.flatMap(({ group, outcome }) => ('notAssessed' in outcome ? [] : [{ group, outcome }]));
    const violations = failing.map(({ outcome }) => outcome);
    const [violation] = violations;
    if (violation === undefined) return { subject, outcome: judged[0].outcome, groups: [] };
    const outcome = rule.merge === undefined ? violation : readViolation(rule.merge(violations));
    return { subject, outcome, groups: failing.map(({ group }) => group) };
  };

  /** Counts the users of some groups; one that is in several of them, several times. */
  const sizeOf = (judged: readonly JudgedGroup[]): number =>
    judged.reduce((sum, { group }) => sum + [...group.positions].length, 0);

  return {
    see(user, only) {
      if (counts === undefined) return;
      const isOneOf = belongs === undefined || belongs(user, options, context);
      if (isOneOf === false) return;
      if (isOneOf === undefined) maybeBelonging += only === undefined ? 1 : 0;
      else belonging += only === undefined ? 1 : 0;

      const truth = isCounted(user, options, context);
      if (truth === false) {
        if (isOneOf === undefined) reasonsOfOthers.add(firstReason(conditions, user, options, context));
        return;
      }
      const unknown = (truth === true ? SURE : MAY_COUNT) + (isOneOf === true ? SURE : MAY_BELONG);
      if (unknown !== SURE) noteDoubt(user, unknown);
      file(user, only, isOneOf === true);
    },

    mayCount: (user) =>
      counts !== undefined &&
      (belongs === undefined || belongs(user, options, context) !== false) &&
      isCounted(user, options, context) !== false,

    failingSubject(text, idAt, orMay = false) {
      const sharing = shared.find(({ name }) => name === text?.name);
      const members = text && sharing ? sharing.users.positionsOf(text.key) : positions;
      const fails = breaks(groupOf(members, text?.key, idAt).bounds, options, context);
      return fails === true || (orMay && fails === undefined) ? subjectId(text?.key ?? '', members, idAt) : undefined;
    },

    judge(idAt, begin = () => {}) {
      const bySubject = new Map<string, [JudgedGroup, ...JudgedGroup[]]>();
      for (const group of groups()) {
        const { name = '', key = '' } = group.shared ?? {};
        begin(() => ({ kind: about, id: subjectId(key, group.positions, idAt) }));
        const outcome = outcomeOf(name, key, groupOf(group.positions, group.shared?.key, idAt));
        if (outcome === undefined) continue;
        const id = subjectId(key, group.positions, idAt);
        const others = bySubject.get(id);
        if (others === undefined) bySubject.set(id, [{ group, outcome }]);
        else others.push({ group, outcome });
      }
      let unanswered = 0;
      let failed = 0;
      const outcomes = [...bySubject].map(([id, judged]) => {
        begin(() => ({ kind: about, id }));
        const told = merged(id, judged);
        if (!('notAssessed' in told.outcome)) failed += 1;
        else unanswered += about === 'user' ? sizeOf(judged) : 1;
        return told;
      });
      outcomes.push(...ofNoGroup(idAt));
      const subjects = {
        environment: 1,
        principal: shared.reduce((sum, { users }) => sum + users.size, 0),
        user: usersWithKey,
      };
      return { checked: Math.max(failed, subjects[about] - unanswered), outcomes };
    },

    groupOf(text, idAt) {
      const sharing = shared.find(({ name }) => name === text?.name);
      return groupOf(text && sharing ? sharing.users.positionsOf(text.key) : positions, text?.key, idAt);
    },
  };
};
