import type { ConfiguredRule } from '../../rules/engine/configure.ts';
import type { Context } from '../../rules/engine/context.ts';
import {
  beginEvaluation,
  type Evaluation,
  type OutcomeSink,
  type RuleFailure,
  type RuleOutcome,
} from '../../rules/engine/evaluate.ts';
import { type Finding, findingId, type ResolutionCause } from '../../rules/engine/finding.ts';
import { beginLifecycle, type FindingBaseline } from '../../rules/engine/lifecycle.ts';
import type { Roster } from '../../rules/engine/memory/roster.ts';
import { isReminderDue } from '../../rules/engine/reminder.ts';
import { readUser } from '../../rules/engine/user.ts';
import { openWaivers, type WaiverTrouble } from '../../rules/engine/waiver.ts';
import type { Manifest } from '../archive/manifest.ts';
import { sortedSpool } from '../archive/sorted-spool.ts';
import type { Evidence, Spool, SpoolFolder } from '../archive/staging.ts';
import { collectHighlights, type Highlight } from '../model/highlights.ts';
import { countFindings, type FindingCounts } from '../model/report.ts';
import { FINDING_OUTPUTS, OUTPUTS } from '../outputs/index.ts';
import type { FindingOutput } from '../outputs/output.ts';
import type { Criteria } from './criteria.ts';

/** The state that the last complete run left, for this one to compare with. */
export interface Baseline {
  readonly manifest: Manifest | undefined;
  readonly findingBaseline: FindingBaseline;
  readonly roster: Roster;
  /** Every line of its findings file; read only where the run is complete. */
  findings(): AsyncIterable<unknown>;
}

export interface Judgement {
  readonly outcomes: readonly RuleOutcome[];
  readonly findings: FindingCounts;
  readonly highlights: readonly Highlight[];
  /** Undefined where not everything was judged, and none can be told. */
  readonly waiverTroubles: readonly WaiverTrouble[] | undefined;
  readonly evidence: Readonly<Record<keyof typeof FINDING_OUTPUTS | 'resolved', Evidence>>;
}

/** A listing being judged, user by user. */
export interface Judging {
  readonly users: number;
  readonly duplicates: number;
  /** Says when the users that follow were read, in milliseconds since the epoch; called once a page. */
  readAt(moment: number): void;
  /** Judges one record: false where its userId came before, and it is dropped. Await `settled` now and then. */
  see(record: unknown): boolean;
  /** Waits until what was found so far is on disk. */
  settled(): Promise<void>;
  /** @param isWhole whether every user of the directory was seen, so that findings may resolve */
  conclude(isWhole: boolean): Promise<Judgement>;
}

/**
 * The rules that judge otherwise than in the run before, with the settings that they had then: what these would still
 * find has not been fixed, the rule has changed.
 */
const formerRules = (
  rules: readonly ConfiguredRule[],
  { rules: records }: Manifest,
  isSameContext: boolean,
): readonly ConfiguredRule[] =>
  rules.flatMap(({ rule, state, options }): readonly ConfiguredRule[] => {
    const former = records[rule.id];
    if (former?.state !== 'on' || rule.kind === 'change') return [];
    const isSame = isSameContext && state === 'on' && JSON.stringify(former.options) === JSON.stringify(options);
    return isSame ? [] : [{ rule, state: 'on', options: former.options }];
  });

const sortedText = (accounts: ReadonlySet<string>): string => [...accounts].toSorted().join();

/** Judges as the run before did where this one judges otherwise, and knows what that would have found. */
const beginFormerEvaluation = (
  rules: readonly ConfiguredRule[],
  context: Context,
  manifest: Manifest | undefined,
): { readonly evaluation: Evaluation; readonly failed: ReadonlySet<string> } => {
  const failed = new Set<string>();
  const sink: OutcomeSink = {
    fail: ({ rule, subject }) => failed.add(findingId(context.environmentId, rule.id, subject)),
    notAssessed: () => {},
  };
  const trustedAccounts = new Set(manifest?.trustedAccounts);
  const isSameContext = sortedText(trustedAccounts) === sortedText(context.trustedAccounts);
  const former = manifest === undefined ? [] : formerRules(rules, manifest, isSameContext);
  return { failed, evaluation: beginEvaluation(former, { ...context, trustedAccounts }, undefined, sink) };
};

/** Begins to judge a listing; what is found goes to files in `spools` as it is found. */
export const beginJudging = (
  { rules, catalogue, waivers, reminders, context, asOf }: Criteria,
  baseline: Baseline,
  spools: SpoolFolder,
): Judging => {
  const { roster, findingBaseline } = baseline;
  const { run: baselineRun, asOf: baselineAsOf } = baseline.manifest ?? {};
  const book = openWaivers(waivers, context.now, new Map(rules.map(({ rule, state }) => [rule.id, state === 'on'])));
  const unjudged = new Set<string>();
  const lifecycle = beginLifecycle(context.environmentId, asOf, findingBaseline, book, unjudged);
  const counted = countFindings();
  const highlights = collectHighlights(
    (finding) => baselineAsOf !== undefined && isReminderDue(finding, reminders, baselineAsOf, asOf),
  );
  const outputs = Object.entries(FINDING_OUTPUTS).map(([name, output]: [string, FindingOutput]) => ({
    name,
    output,
    spool: output.keyOf === undefined ? spools.open(output.file) : sortedSpool(spools, output.file),
  }));
  const former = beginFormerEvaluation(rules, context, baseline.manifest);
  let found: RuleFailure[] = [];
  let pending: Promise<void>[] = [];
  let users = 0;
  let duplicates = 0;

  const keep = (write: Promise<void> | undefined): void => {
    if (write !== undefined) pending.push(write);
  };
  const written = async (): Promise<void> => {
    const waiting = pending;
    pending = [];
    await Promise.all(waiting);
  };
  const emit = (finding: Finding): void => {
    counted.add(finding);
    highlights.add(finding);
    const rule = catalogue.get(finding.ruleId);
    for (const { output, spool } of outputs) keep(spool.write(output.line(finding, rule), output.keyOf?.(finding)));
  };
  for (const { output, spool } of outputs) if (output.header !== undefined) keep(spool.write(output.header));

  // Findings are emitted here and not as they come: directory rules find theirs all at once, and those would wait in
  // memory for the disk.
  const settled = async (): Promise<void> => {
    const failures = found;
    found = [];
    for (const failure of failures) {
      emit(lifecycle.findingOf(failure));
      if (pending.length > 0) await written();
    }
    await written();
  };

  const evaluation = beginEvaluation(rules, context, baselineRun, {
    fail: (failure) => found.push(failure),
    notAssessed: (rule, subject) => lifecycle.notAssessed(rule, subject),
  });

  const causeOf = ({ id, ruleId, subject }: Finding): ResolutionCause => {
    if (former.failed.has(id) || !catalogue.has(ruleId)) return 'rule-changed';
    const presence = subject.kind === 'user' ? roster.presenceOf(subject.id) : 'active';
    if (presence === 'gone') return 'user-vanished';
    return presence === 'disabled' ? 'user-disabled' : 'fixed';
  };

  const settleBaseline = async (): Promise<void> => {
    for await (const line of baseline.findings()) {
      const finding = line as Finding;
      const settledFinding = lifecycle.carryOrResolve(finding, catalogue.get(finding.ruleId), () => causeOf(finding));
      if (settledFinding !== undefined) emit(settledFinding);
      if (pending.length > 0) await written();
    }
  };

  return {
    get users() {
      return users;
    },
    get duplicates() {
      return duplicates;
    },

    readAt(moment) {
      evaluation.readAt(moment);
      former.evaluation.readAt(moment);
    },

    see(record) {
      const user = readUser(record, users);
      if (!roster.arrive(user)) {
        duplicates += 1;
        return false;
      }
      users += 1;
      evaluation.see(user, user.hasUserId ? roster.baselineOf(user.id) : undefined);
      former.evaluation.see(user, undefined);
      return true;
    },

    settled,

    async conclude(isWhole) {
      if (isWhole) for (const user of roster.gone()) evaluation.vanished(user);
      const idAt = (position: number): string => roster.idAt(position);
      const outcomes = evaluation.conclude(idAt, isWhole);
      former.evaluation.conclude(idAt, isWhole);
      for (const { id, state } of outcomes) if (state === 'not-assessed') unjudged.add(id);

      const isComplete = isWhole && outcomes.every(({ error }) => error === undefined);
      await settled();
      if (isComplete) await settleBaseline();
      await written();
      return {
        outcomes,
        findings: counted.counts(),
        highlights: highlights.list(),
        waiverTroubles: isComplete ? book.troubles() : undefined,
        evidence: {
          ...(await finished(outputs)),
          resolved: await resolvedEvidence(spools, lifecycle.recentlyResolved()),
        },
      };
    },
  };
};

const finished = async (
  outputs: readonly { readonly name: string; readonly spool: Spool }[],
): Promise<Readonly<Record<keyof typeof FINDING_OUTPUTS, Evidence>>> => {
  const evidence: [string, Evidence][] = [];
  for (const { name, spool } of outputs) evidence.push([name, await spool.finish()]);
  return Object.fromEntries(evidence) as Record<keyof typeof FINDING_OUTPUTS, Evidence>;
};

const resolvedEvidence = async (spools: SpoolFolder, lines: readonly unknown[]): Promise<Evidence> => {
  const spool = spools.open(OUTPUTS.resolved.file);
  for (const line of lines) await spool.write(JSON.stringify(line));
  return spool.finish();
};
