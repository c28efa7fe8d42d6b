import { crc32 } from 'node:zlib';
import { beginEvaluation, type RuleFailure, type RuleOutcome } from '../../rules/engine/evaluate.ts';
import { type Finding, findingId } from '../../rules/engine/finding.ts';
import { beginLifecycle, type FindingBaseline } from '../../rules/engine/lifecycle.ts';
import type { Roster } from '../../rules/engine/memory/roster.ts';
import { Principals } from '../../rules/engine/principals.ts';
import { keepAsGiven } from '../../rules/engine/record.ts';
import { isReminderDue } from '../../rules/engine/reminder.ts';
import { readUser, type User } from '../../rules/engine/user.ts';
import { openWaivers, type WaiverTrouble } from '../../rules/engine/waiver.ts';
import type { Manifest } from '../archive/manifest.ts';
import { type ArchivedUser, usersByRecords } from '../archive/repeated-records.ts';
import { linesOf, type SpoolFolder } from '../archive/staging.ts';
import { collectHighlights, type Highlight } from '../model/highlights.ts';
import { countFindings, type FindingCounts } from '../model/report.ts';
import type { Roles } from '../model/roles.ts';
import { UserOrder } from '../model/user-order.ts';
import { settleFindings } from './causes.ts';
import type { Criteria } from './criteria.ts';
import type { FindEarlierRun } from './earlier-runs.ts';
import type { Facts } from './enriching.ts';
import { type FindingEvidence, type FindingsKeeper, type JudgedEvidence, openFindingFiles } from './finding-files.ts';

/** The state that the last complete run left, for this one to compare with. */
export interface Baseline {
  readonly manifest: Manifest | undefined;
  readonly findingBaseline: FindingBaseline;
  readonly roster: Roster;
  /** The roles that it read; undefined where it read none, or this run reads none. */
  readonly roles?: Roles | undefined;
  /** Is given the users of this run, where one that follows compares with them. */
  readonly next?: Roster | undefined;
  /** Every line of its findings file; read only where the run is complete. */
  findings(): AsyncIterable<unknown>;
  readonly findEarlierRun: FindEarlierRun;
}

/** @typeParam Kept what is kept of the findings: their files, as a rule */
export interface Judgement<Kept = JudgedEvidence> {
  readonly outcomes: readonly RuleOutcome[];
  readonly findings: FindingCounts;
  readonly highlights: readonly Highlight[];
  readonly userOrder: UserOrder;
  /** Undefined where not everything was judged, and none can be told. */
  readonly waiverTroubles: readonly WaiverTrouble[] | undefined;
  readonly evidence: Kept;
}

/** A listing being judged, record by record. */
export interface Judging<Kept = JudgedEvidence> {
  readonly users: number;
  readonly duplicates: number;
  /** Says when the users that follow were read, in milliseconds since the epoch; called once a page. */
  readAt(moment: number): void;
  /** Gives a function that tells when the record of a position in the snapshot was read; undefined: nobody said. */
  moments(): (position: number) => number | undefined;
  /** Users of whom there are records that differ. */
  readonly conflicting: number;
  /**
   * Judges one record: false where it came before, and is dropped. Await `settled` now and then.
   * @param text the record as it is kept
   */
  see(record: unknown, text: string): boolean;
  /** Waits until what was found so far is on disk. */
  settled(): Promise<void>;
  /**
   * @param isWhole whether every user of the directory was seen, so that findings may resolve
   * @param records gives those that were kept, anew each time
   * @param facts what was read beside the listing; nothing where undefined
   */
  conclude(isWhole: boolean, records: () => AsyncIterable<unknown>, facts?: Facts): Promise<Judgement<Kept>>;
  /** The ARNs of the roles that rules judge, each once. */
  arns(): Iterable<string>;
}

/**
 * Begins to judge a listing. Where facts are read beside the listing, which takes all users to be known, everybody is
 * judged at the end.
 * @param openKeeper opens what takes the findings as they are found: a keeper for each time that everybody is judged
 */
export const beginJudging = <Kept>(
  criteria: Criteria,
  baseline: Baseline,
  openKeeper: () => FindingsKeeper<Kept>,
): Judging<Kept> => {
  const { roster, findingBaseline, next } = baseline;
  const repeated = new Set<string>();
  const isDeferred = criteria.enrich.size > 0;
  const principals = criteria.enrich.has('iamRoles') ? new Principals(criteria.context) : undefined;
  let pass = isDeferred ? undefined : beginPass(criteria, baseline, openKeeper(), NO_FACTS);
  let lines = 0;
  let users = 0;
  let duplicates = 0;
  /** The moments at which pages were read, with the position after the last record of each. */
  const pages: { readonly at: number; upTo: number }[] = [];

  const moments: Judging<Kept>['moments'] = () => {
    let page = 0;
    return (position) => {
      // Records of a user that differ come last, from whatever page.
      if (position < (pages[page - 1]?.upTo ?? 0)) page = 0;
      while (position >= (pages[page]?.upTo ?? Number.POSITIVE_INFINITY)) page += 1;
      return pages[page]?.at;
    };
  };

  /** Judges all over again where records of a user differ: the worst of them holds, and the first was judged alone. */
  const judgeAnew = async (records: AsyncIterable<unknown>, facts: Facts) => {
    await pass?.abandon();
    findingBaseline.open.beginAnew();
    const anew = beginPass(criteria, baseline, openKeeper(), facts);
    const momentAt = moments();
    for await (const one of usersByRecords(records, repeated)) {
      const moment = momentAt((one.at(-1) ?? one[0]).user.position);
      if (moment !== undefined) anew.readAt(moment);
      anew.seeRecords(one);
      await anew.settled();
    }
    return anew;
  };

  return {
    get users() {
      return users;
    },
    get duplicates() {
      return duplicates;
    },
    get conflicting() {
      return repeated.size;
    },

    readAt(moment) {
      if (pages.at(-1)?.at === moment) return;
      pages.push({ at: moment, upTo: lines });
      pass?.readAt(moment);
    },

    moments,

    see(record, text) {
      const user = readUser(record, lines);
      const arrival = roster.arrive(user, crc32(text));
      if (arrival === 'same') {
        duplicates += 1;
        return false;
      }
      lines += 1;
      next?.addBaseline(user);
      const page = pages.at(-1);
      if (page !== undefined) page.upTo = lines;
      if (arrival === 'new') users += 1;
      else repeated.add(user.id);
      principals?.see(user);
      if (repeated.size === 0) pass?.see(user, record);
      return true;
    },

    settled: async () => pass?.settled(),

    arns: () => principals?.arns() ?? [],

    async conclude(isWhole, records, facts = NO_FACTS) {
      if (repeated.size > 0 || pass === undefined) pass = await judgeAnew(records(), facts);
      return pass.conclude(isWhole, lines, records);
    },
  };
};

/** A judgement without what it resolved: that is news of a complete run only, and this one is none after all. */
export const withoutResolved = <Kept>({ findings, highlights, ...judgement }: Judgement<Kept>): Judgement<Kept> => ({
  ...judgement,
  findings: { ...findings, byState: { ...findings.byState, resolved: 0 } },
  highlights: highlights.filter(({ kind }) => kind !== 'resolved'),
});

/** Writes the findings of a judgement anew, without those that resolved. */
export const openFindingsOf = async (
  { findings: { byState }, evidence: { resolved: _resolved, ...evidence } }: Judgement,
  { catalogue }: Criteria,
  spools: SpoolFolder,
): Promise<FindingEvidence> => {
  if (byState.resolved === 0) return evidence;
  const files = openFindingFiles(spools);
  for await (const line of linesOf(evidence.findings)) {
    const finding = line as Finding;
    if (finding.state === 'resolved') continue;
    await files.keep(finding, files.textsOf(finding, catalogue.get(finding.ruleId)));
  }
  return files.finishFindings();
};

const NO_FACTS: Facts = { evidence: {} };

/** Judges the users of a listing once. */
const beginPass = <Kept>(
  given: Criteria,
  { manifest, roster, findingBaseline, findings, findEarlierRun, roles: earlierRoles }: Baseline,
  keeper: FindingsKeeper<Kept>,
  facts: Facts,
) => {
  const criteria: Criteria = {
    ...given,
    context: {
      ...given.context,
      roles: facts.roles?.book,
      earlierRoles: earlierRoles?.book,
      memberships: facts.groups,
    },
  };
  const { run: baselineRun, asOf: baselineAsOf } = manifest ?? {};
  const { rules, catalogue, waivers, dayEnd, reminders, context, asOf } = criteria;
  const { open } = findingBaseline;
  const isOnById = new Map(rules.map(({ rule, state }) => [rule.id, state === 'on']));
  const book = openWaivers(waivers, context.now, dayEnd, isOnById);
  const unjudged = new Set<string>();
  const lifecycle = beginLifecycle(context.environmentId, asOf, findingBaseline, book, unjudged);
  const counted = countFindings();
  const userOrder = new UserOrder();
  const highlights = collectHighlights(
    (finding) => baselineAsOf !== undefined && isReminderDue(finding, reminders, baselineAsOf, asOf),
  );
  let found: RuleFailure[] = [];
  /** The record that is judged, and others of the same user. */
  let seen: unknown;
  let seenBesides: readonly unknown[] = [];

  const textsOf = (finding: Finding): readonly string[] => keeper.textsOf(finding, catalogue.get(finding.ruleId));
  /** Gives what is to be waited for, if anything: most findings need no waiting. */
  const emit = (finding: Finding, texts = textsOf(finding)): ReturnType<typeof keeper.keep> => {
    counted.add(finding);
    highlights.add(finding);
    userOrder.add(finding);
    return keeper.keep(finding, texts);
  };
  /** Evidence that is no JSON is the fault of the rule that gave it, not of the archive that can't keep it. */
  const emitFailure = (failure: RuleFailure): ReturnType<typeof emit> => {
    const finding = lifecycle.findingOf(failure);
    let texts: readonly string[];
    try {
      texts = textsOf(finding);
    } catch (error) {
      evaluation.breakDown(failure, error);
      return undefined;
    }
    return emit(finding, texts);
  };

  // Findings are emitted here and not as they come: directory rules find theirs all at once, and those would wait in
  // memory for the disk.
  const settled = async (): Promise<void> => {
    const failures = found;
    found = [];
    for (const failure of failures) {
      const kept = emitFailure(failure);
      if (kept !== undefined) await kept;
    }
  };

  const evaluation = beginEvaluation(rules, context, baselineRun, {
    fail(failure) {
      keepAsGiven(seen, failure.violation.evidence);
      for (const record of seenBesides) keepAsGiven(record, failure.violation.evidence);
      found.push(failure);
    },
    notAssessed(rule, subject, reason) {
      lifecycle.notAssessed(rule, subject, reason);
      book.notAssessed(rule.id, subject.id);
    },
    wasFailing: (rule, subject) => open.has(findingId(context.environmentId, rule.id, subject)),
  });

  const settleBaseline = async (): Promise<void> => {
    for await (const line of findings()) {
      const finding = line as Finding;
      const settledFinding = lifecycle.carryOrResolve(finding, catalogue.get(finding.ruleId));
      const kept = settledFinding && emit(settledFinding);
      if (kept !== undefined) await kept;
    }
  };

  return {
    /** @param record the one that the user was read from */
    see(user: User, record: unknown): void {
      seen = record;
      evaluation.see(user, roster.baselineOf(user.id));
    },

    /** Judges a user of which there may be records that differ. */
    seeRecords([first, ...others]: readonly [ArchivedUser, ...ArchivedUser[]]): void {
      seen = first.record;
      seenBesides = others.map(({ record }) => record);
      evaluation.seeRecords([first.user, ...others.map(({ user }) => user)], roster.baselineOf(first.user.id));
      seenBesides = [];
    },

    readAt: (moment: number): void => evaluation.readAt(moment),

    settled,

    /** Ends what was begun, of which nothing is used. */
    async abandon(): Promise<void> {
      await keeper.finish([]);
    },

    async conclude(isWhole: boolean, lines: number, records: () => AsyncIterable<unknown>): Promise<Judgement<Kept>> {
      if (isWhole) for (const user of roster.gone()) evaluation.vanished(user);
      evaluation.conclude((position) => roster.idAt(position), isWhole);
      await settled();
      for (const { id, state } of evaluation.outcomes()) if (state === 'not-assessed') unjudged.add(id);

      const isComplete = isWhole && evaluation.outcomes().every(({ error }) => error === undefined);
      if (isComplete) {
        const listing = { criteria, open, roster, evaluation, lines, records };
        await settleFindings(listing, unjudged, findEarlierRun);
        await settleBaseline();
      }
      return {
        outcomes: evaluation.outcomes(),
        findings: counted.counts(),
        highlights: highlights.list(),
        userOrder,
        waiverTroubles: isComplete ? book.troubles(unjudged) : undefined,
        evidence: await keeper.finish(lifecycle.recentlyResolved()),
      };
    },
  };
};
