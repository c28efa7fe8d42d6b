import { allOf, firstReason, type Truth } from './condition.ts';
import type { Context, Options } from './context.ts';
import { NumberList } from './memory/number-list.ts';
import { SharedKeys } from './memory/shared-keys.ts';
import type { DirectoryRule, GroupFacts, Outcome, Subject } from './rule.ts';
import { positionName, type User } from './user.ts';

/** Gives the id of the user at a position of the listing. */
export type IdAt = (position: number) => string;

/** The two ends of what a group may be like: all that is unknown decided against its count, and for it. */
export interface Bounds {
  readonly low: GroupFacts;
  readonly high: GroupFacts;
  /** Names the members for lack of which the ends differ. */
  readonly doubt: string;
}

/** A key that users share, by the name of the key and its text. */
export interface SharedText {
  readonly name: string;
  readonly key: string;
}

/** The users that share a key, or where there are no keys all who count. */
export interface Group {
  readonly bounds: Bounds;
  /** The ids of those that count for sure, in the order of the listing. */
  readonly ids: Iterable<string>;
}

/** The judgement of a directory rule when every user was seen. */
export interface DirectoryJudgement {
  /** The number of subjects that got an answer. */
  readonly checked: number;
  /** The subjects that do not pass. */
  readonly outcomes: readonly { readonly subject: Subject; readonly outcome: Exclude<Outcome, undefined> }[];
}

/** One directory rule at work on one listing; keeps only the compact facts that it needs. */
export interface DirectoryCheck {
  see(user: User): void;
  judge(idAt: IdAt): DirectoryJudgement;
  /** @param shared undefined where there are no keys */
  groupOf(shared: SharedText | undefined, idAt: IdAt): Group;
}

/** Judges a group at both of its ends: undefined where it breaks the limit at one of them only. */
export const breaksLimit = (
  limit: DirectoryRule['limit'],
  { low, high }: Bounds,
  options: Options,
  context: Context,
): Truth => {
  const { holds } = limit(low, options, context);
  return holds === limit(high, options, context).holds ? holds : undefined;
};

/** The most ids that a finding about a group names; the count beside them says how many there are. */
const MOST_NAMED = 100;

const lowestIds = (ids: Iterable<string>): readonly string[] => {
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

/** Begins to judge a listing by a directory rule. */
export const beginDirectoryCheck = (rule: DirectoryRule, options: Options, context: Context): DirectoryCheck => {
  const { counts, outOf = [], keys, about } = rule;
  const conditions = [...outOf, ...(counts ?? [])];
  const belongs = rule.outOf && allOf(rule.outOf);
  const isCounted = allOf(counts ?? []);
  const shared = Object.entries(keys ?? {}).map(([name, key]) => ({ name, key, users: new SharedKeys() }));
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

  const noteDoubt = (user: User, unknown: number): void => {
    const reason = firstReason(conditions, user, options, context);
    const known = reasons.indexOf(reason);
    const number = known === -1 ? reasons.push(reason) - 1 : known;
    doubts.set(user.position, unknown + (number << REASON_SHIFT));
  };

  const file = (user: User): void => {
    if (keys === undefined) positions.push(user.position);
    let hasKey = false;
    for (const { key, users } of shared) {
      const text = key.of(user);
      if (text === undefined) continue;
      users.add(user.position, text);
      hasKey = true;
    }
    if (hasKey) usersWithKey += 1;
  };

  const groupOf = (members: Iterable<number>, idAt: IdAt): Group => {
    const unknowns = [0, 0, 0, 0];
    const why = new Set(reasonsOfOthers);
    for (const position of members) {
      const doubt = doubts.at(position);
      unknowns[doubt & 0b11] = (unknowns[doubt & 0b11] ?? 0) + 1;
      if (doubt !== SURE) why.add(reasons[doubt >> REASON_SHIFT] ?? '');
    }
    const [sure = 0, mayCount = 0, mayBelong = 0, mayBoth = 0] = unknowns;
    const doubtful = mayCount + maybeBelonging;
    return {
      bounds: {
        low: { count: sure, outOf: belonging + maybeBelonging - mayBelong },
        high: { count: sure + mayCount + mayBelong + mayBoth, outOf: belonging + mayBelong + mayBoth },
        doubt: `it depends on ${doubtful} user${doubtful === 1 ? '' : 's'}: ${[...why].join('; ')}`,
      },
      ids: (function* forSure() {
        for (const position of members) if (doubts.at(position) === SURE) yield idAt(position);
      })(),
    };
  };

  const outcomeOf = (sharing: string, key: string, { bounds, ids }: Group): Outcome => {
    const fails = breaksLimit(rule.limit, bounds, options, context);
    if (fails === false) return undefined;
    if (fails === undefined) return { notAssessed: bounds.doubt };
    const users = { userCount: bounds.low.count, userIds: lowestIds(ids) };
    return rule.violation({ sharing, key, ...bounds.low, users }, options, context);
  };

  const subjectId = (key: string, members: Iterable<number>, idAt: IdAt): string => {
    if (about === 'environment') return context.environmentId;
    return about === 'principal' ? key : lowestUser(members, idAt);
  };

  /** Makes one outcome of those of one subject, which fails where one of its groups does. */
  const merged = (outcomes: readonly Exclude<Outcome, undefined>[]): Outcome => {
    const violations = outcomes.filter((outcome) => 'message' in outcome);
    if (violations.length === 0) return outcomes[0];
    return rule.merge === undefined ? violations[0] : rule.merge(violations);
  };

  return {
    see(user) {
      if (counts === undefined) return;
      const isOneOf = belongs === undefined || belongs(user, options, context);
      if (isOneOf === false) return;
      if (isOneOf === true) belonging += 1;
      else maybeBelonging += 1;

      const truth = isCounted(user, options, context);
      if (truth === false) {
        if (isOneOf === undefined) reasonsOfOthers.add(firstReason(conditions, user, options, context));
        return;
      }
      const unknown = (truth === true ? SURE : MAY_COUNT) + (isOneOf === true ? SURE : MAY_BELONG);
      if (unknown !== SURE) noteDoubt(user, unknown);
      file(user);
    },

    judge(idAt) {
      const groups =
        keys === undefined
          ? [{ name: '', key: '', members: positions }]
          : shared.flatMap(({ name, users }) =>
              users.shared().map(({ key, positions: members }) => ({ name, key, members })),
            );
      const bySubject = new Map<string, Exclude<Outcome, undefined>[]>();
      for (const { name, key, members } of groups) {
        const outcome = outcomeOf(name, key, groupOf(members, idAt));
        if (outcome === undefined) continue;
        const id = subjectId(key, members, idAt);
        const others = bySubject.get(id);
        if (others === undefined) bySubject.set(id, [outcome]);
        else others.push(outcome);
      }
      const outcomes = [...bySubject].flatMap(([id, several]) => {
        const outcome = merged(several);
        return outcome === undefined ? [] : [{ subject: { kind: about, id }, outcome }];
      });
      const subjects = {
        environment: 1,
        principal: shared.reduce((sum, { users }) => sum + users.size, 0),
        user: usersWithKey,
      };
      const unanswered = outcomes.filter(({ outcome }) => 'notAssessed' in outcome).length;
      return { checked: subjects[about] - unanswered, outcomes };
    },

    groupOf(text, idAt) {
      const sharing = shared.find(({ name }) => name === text?.name);
      return groupOf(text && sharing ? sharing.users.positionsOf(text.key) : positions, idAt);
    },
  };
};
