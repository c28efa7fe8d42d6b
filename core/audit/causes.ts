import type { ConfiguredRule } from '../../rules/engine/configure.ts';
import { beginEvaluation } from '../../rules/engine/evaluate.ts';
import { findingId, partsOfFindingId } from '../../rules/engine/finding.ts';
import type { Roster } from '../../rules/engine/memory/roster.ts';
import { judgeBy, type PrincipalSubject, type Rule, type Subject } from '../../rules/engine/rule.ts';
import { isPositionName, readUser, type UserFacts } from '../../rules/engine/user.ts';
import { ifSound } from '../archive/errors.ts';
import type { Manifest } from '../archive/manifest.ts';
import { findRepeated, RecordIds, usersByRecords } from '../archive/repeated-records.ts';
import type { Criteria } from './criteria.ts';
import type { EarlierRun, FindEarlierRun } from './earlier-runs.ts';
import { type ConcludedListing, type LostGroups, readLostGroups, settleLostGroups } from './lost-groups.ts';

const sortedText = (accounts: Iterable<string>): string => [...accounts].toSorted().join();

/** Tells whether a run judged by the very criteria and code of this one; of an older version's it can't be told. */
const isJudgedAlike = ({ hashes, trustedAccounts, code }: Manifest, now: Criteria): boolean =>
  hashes.ruleset === now.hashes.ruleset &&
  code?.sha256 === now.code.sha256 &&
  sortedText(trustedAccounts) === sortedText(now.context.trustedAccounts);

/**
 * Finds out what became of the findings that were open and did not fail again: the cause for which each is over, or
 * that it is carried. Earlier records are read only where that can't be told without.
 * @param unjudged ids of rules that had no say, whose findings are carried
 */
export const settleFindings = async (
  listing: ConcludedListing,
  unjudged: ReadonlySet<string>,
  findEarlierRun: FindEarlierRun,
): Promise<void> => {
  const { criteria, open } = listing;
  const lost: LostGroups[] = [];
  for (const [lastSeen, { ruleIds, ofUsers }] of settleWithoutRecords(listing, unjudged)) {
    const earlier = await findEarlierRun(lastSeen);
    await settleByUsers(listing, ofUsers, earlier);
    const isAlike = earlier !== undefined && isJudgedAlike(earlier.manifest, criteria);
    const rules = criteria.rules.filter(({ rule }) => ruleIds.has(rule.id) && (rule.kind === 'directory' || !isAlike));
    const groups = earlier && (await judgeAnew(listing, earlier, rules));
    lost.push(...(groups ?? []));
    for (const { id, lastSeen: seen } of open.withFate('unsettled')) {
      if (seen !== lastSeen || !ruleIds.has(ruleIdOf(id, criteria))) continue;
      open.settle(id, groups !== undefined && isAlike ? 'failed-then' : 'rule-changed');
    }
  }
  await settleLostGroups(listing, lost);
  for (const { id } of open.withFate('failed-then')) open.settle(id, 'fixed');
};

const ruleIdOf = (id: string, { context }: Criteria): string => partsOfFindingId(context.environmentId, id).ruleId;

/** Findings of which it takes earlier records to tell what became of them. */
interface LeftFindings {
  readonly ruleIds: Set<string>;
  /** The ids of those that may be over for want of a user, of whom the run before does not tell. */
  readonly ofUsers: string[];
}

/** Settles what can be told without earlier records; gives the others by the instant they were last seen. */
const settleWithoutRecords = (
  listing: ConcludedListing,
  unjudged: ReadonlySet<string>,
): ReadonlyMap<string, LeftFindings> => {
  const { criteria, open, roster } = listing;
  const { rules, context } = criteria;
  const configured = new Map(rules.map((one) => [one.rule.id, one]));
  const left = new Map<string, LeftFindings>();
  for (const { id, lastSeen, wasCarried } of open.withFate('unsettled')) {
    const { ruleId, subjectId } = partsOfFindingId(context.environmentId, id);
    if (unjudged.has(ruleId)) continue;
    const one = configured.get(ruleId);
    const isOfUser = isAboutUser(one?.rule);
    const isOfRole = one !== undefined && lacksHolders(listing, subjectId, one);
    const byUsers =
      (isOfUser ? causeByPresence(roster, subjectId) : undefined) ??
      (isOfRole ? causeByHolders(listing, subjectId, holdersBefore(roster, subjectId)) : undefined);
    const cause = byUsers ?? (one?.state === 'on' ? undefined : 'rule-changed');
    // The run before may have seen somebody disabled, or gone, and not have judged it; and it does not know records without
    // a userId.
    const isToldEarlier = isOfRole
      ? wasCarried === true || byUsers === undefined
      : isOfUser && wasCarried === true && roster.presenceOf(subjectId) === 'disabled';
    if (cause !== undefined && !isToldEarlier) {
      open.settle(id, cause);
      continue;
    }
    const others = left.get(lastSeen) ?? { ruleIds: new Set(), ofUsers: [] };
    left.set(lastSeen, others);
    others.ruleIds.add(ruleId);
    if (isToldEarlier) others.ofUsers.push(id);
  }
  return left;
};

const isAboutUser = (rule: Rule | undefined): boolean =>
  rule?.kind === 'user' || (rule?.kind === 'directory' && rule.about === 'user');

/**
 * The cause, where the subject is a user who went, or who was disabled since the run before. Of a record without a userId
 * nobody can tell what became of it.
 */
const causeByPresence = (
  roster: Roster,
  id: string,
): 'user-vanished' | 'user-disabled' | 'rule-changed' | undefined => {
  if (isPositionName(id)) return 'rule-changed';
  const presence = roster.presenceOf(id);
  if (presence === 'gone') return 'user-vanished';
  return presence === 'disabled' && roster.baselineOf(id)?.status !== 'DISABLED' ? 'user-disabled' : undefined;
};

/** A user that had a role. */
type Holder = Pick<UserFacts, 'id' | 'hasUserId' | 'status' | 'isApiBound'>;

function* holdersBefore(roster: Roster, arn: string): Generator<Holder> {
  for (const user of roster.baseline()) if (user.principalArn === arn) yield user;
}

const roleNow = ({ roster, evaluation }: ConcludedListing, arn: string): PrincipalSubject | undefined =>
  evaluation.principalOf(arn, (position) => roster.idAt(position));

/** Tells whether a finding on a role may be over for want of the users that had it: it would not pass whoever did. */
const lacksHolders = (listing: ConcludedListing, arn: string, { rule, options, state }: ConfiguredRule): boolean => {
  if (rule.kind !== 'principal' || state !== 'on') return false;
  const now = roleNow(listing, arn);
  return now === undefined || judgeBy(rule, options, listing.criteria.context)({ ...now, isInUse: true }) !== undefined;
};

/** The cause, where a finding on a role is over for want of one of those that had it. */
const causeByHolders = (
  listing: ConcludedListing,
  arn: string,
  holders: Iterable<Holder>,
): 'user-vanished' | 'user-disabled' | 'rule-changed' | undefined => {
  const isNobodys = roleNow(listing, arn) === undefined;
  let isDisabled = false;
  let isUnknown = false;
  for (const { id, hasUserId, status, isApiBound } of holders) {
    if (!isNobodys && (status === 'DISABLED' || isApiBound === false)) continue;
    if (!hasUserId) {
      isUnknown = true;
      continue;
    }
    const presence = listing.roster.presenceOf(id);
    if (presence === 'gone') return 'user-vanished';
    isDisabled ||= presence === 'disabled';
  }
  if (isDisabled && !isNobodys) return 'user-disabled';
  return isUnknown ? 'rule-changed' : undefined;
};

/** Settles findings by the users that there were when these last failed; where nobody knows them any more, by the run before. */
const settleByUsers = async (
  listing: ConcludedListing,
  ids: readonly string[],
  earlier: EarlierRun | undefined,
): Promise<void> => {
  if (ids.length === 0) return;
  const { criteria, open, roster } = listing;
  const subjectOf = (id: string): string => partsOfFindingId(criteria.context.environmentId, id).subjectId;
  const subjects = new Set(ids.map(subjectOf));
  const wasActive = new Map<string, boolean>();
  /** By the role and the user: of records that differ the last counts. */
  const holders = new Map<string, Map<string, Holder>>();
  let isRead = false;
  const read = async (): Promise<void> => {
    let position = 0;
    for await (const record of earlier?.records() ?? []) {
      const user = readUser(record, position);
      position += 1;
      const { id, isActive, principalArn = '' } = user;
      if (subjects.has(id)) wasActive.set(id, isActive);
      if (!subjects.has(principalArn)) continue;
      const { hasUserId, status, isApiBound } = user;
      const others = holders.get(principalArn) ?? new Map<string, Holder>();
      holders.set(principalArn, others.set(id, { id, hasUserId, status, isApiBound }));
    }
    isRead = earlier !== undefined;
  };
  await ifSound(read, () => undefined);
  for (const id of ids) {
    const subject = subjectOf(id);
    if (isAboutUser(criteria.catalogue.get(ruleIdOf(id, criteria)))) {
      const wasItActive = isRead ? wasActive.get(subject) : roster.baselineOf(subject)?.status !== 'DISABLED';
      if (wasItActive === true) open.settle(id, 'user-disabled');
      continue;
    }
    const had = isRead ? (holders.get(subject)?.values() ?? []) : holdersBefore(roster, subject);
    const cause = causeByHolders(listing, subject, had);
    if (cause !== undefined) open.settle(id, cause);
  }
};

/**
 * Judges an earlier run's records by the rules of today, at that run's instant: notes the findings that fail then, and
 * gives their groups. Undefined where the records are not what they were.
 */
const judgeAnew = async (
  { criteria: { context }, open }: ConcludedListing,
  { manifest, records, facts }: EarlierRun,
  rules: readonly ConfiguredRule[],
): Promise<readonly LostGroups[] | undefined> => {
  if (rules.length === 0) return [];
  const { asOf, counts, listing } = manifest;
  const failedThen = ({ id: ruleId }: Rule, subject: Subject): string | undefined => {
    const id = findingId(context.environmentId, ruleId, subject);
    if (!open.isUnsettled(id, asOf)) return undefined;
    open.settle(id, 'failed-then');
    return id;
  };
  const ids = new RecordIds();
  const idAt = (position: number): string => ids.at(position);
  const judge = async (): Promise<readonly LostGroups[]> => {
    const then = { ...context, ...(await facts()), now: Date.parse(asOf) };
    const evaluation = beginEvaluation(rules, then, undefined, {
      fail: ({ rule, subject }) => failedThen(rule, subject),
      notAssessed: () => {},
    });
    evaluation.readAt(Date.parse(listing?.endedAt ?? asOf));
    const repeated = counts.conflicting ? await findRepeated(records()) : new Set<string>();
    for await (const [{ user: first }, ...others] of usersByRecords(records(), repeated)) {
      const users = [first, ...others.map(({ user }) => user)] as const;
      for (const user of users) ids.add(user);
      evaluation.seeRecords(users, undefined);
    }
    evaluation.judgePrincipals(idAt, true);
    return readLostGroups(rules, evaluation, idAt, failedThen, records);
  };
  return ifSound(judge, () => {
    for (const { id, lastSeen } of open.withFate('failed-then')) if (lastSeen === asOf) open.settle(id, 'rule-changed');
    return undefined;
  });
};
