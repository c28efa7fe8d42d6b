import type { Finding } from '../../rules/engine/finding.ts';
import { staysOpen } from '../../rules/engine/lifecycle.ts';
import type { Rule } from '../../rules/engine/rule.ts';
import { isPositionName } from '../../rules/engine/user.ts';

/** The members of a finding that `diff` shows. */
const diffFindingOf = ({ id, ruleId, severity, state, subject, message, cause, regroupedTo }: Finding) => ({
  id,
  ruleId,
  severity,
  state,
  subject,
  message,
  cause,
  regroupedTo,
});

export type DiffFinding = ReturnType<typeof diffFindingOf>;

/** A finding as the two runs have it. */
interface FindingPair {
  readonly from: DiffFinding;
  readonly to: DiffFinding;
}

export interface FindingDiff {
  readonly new: readonly DiffFinding[];
  readonly resolved: readonly DiffFinding[];
  /** First the pairs whose severity or acceptance differs, then those whose message alone does. */
  readonly different: readonly FindingPair[];
  readonly unchanged: number;
  /** Findings on records without a userId. */
  readonly untraceable: { readonly from: number; readonly to: number };
}

const isUntraceable = ({ subject }: Finding): boolean => subject.kind === 'user' && isPositionName(subject.id);

/** New, open and reopened say how old a finding is; a difference is whether it is accepted. */
const isWaived = ({ state }: DiffFinding): boolean => state === 'waived';

const isJudgedOtherwise = ({ from, to }: FindingPair): boolean =>
  from.severity !== to.severity || isWaived(from) !== isWaived(to);

const withoutAges = ({ message }: DiffFinding): string => message.replaceAll(/\b[\d.,]+ (?:day|hour)s?\b/g, 'N');

/** A finding that has merely grown older by the time between the runs. */
export const isMerelyOlder = (pair: FindingPair): boolean =>
  !isJudgedOtherwise(pair) && withoutAges(pair.from) === withoutAges(pair.to);

/** Compares the findings that are open at the end of two runs; events of change rules end with their run. */
export const diffFindings = async (
  from: AsyncIterable<Finding>,
  to: AsyncIterable<Finding>,
  rules: ReadonlyMap<string, Rule>,
): Promise<FindingDiff> => {
  const baseline = new Map<string, DiffFinding>();
  const untraceable = { from: 0, to: 0 };
  for await (const finding of from) {
    if (!staysOpen(finding, rules.get(finding.ruleId))) continue;
    if (isUntraceable(finding)) untraceable.from += 1;
    else baseline.set(finding.id, diffFindingOf(finding));
  }

  const resolvedByTo = new Map<string, DiffFinding>();
  const added: DiffFinding[] = [];
  const different: FindingPair[] = [];
  let unchanged = 0;
  for await (const finding of to) {
    if (finding.state === 'resolved' && baseline.has(finding.id)) resolvedByTo.set(finding.id, diffFindingOf(finding));
    if (!staysOpen(finding, rules.get(finding.ruleId))) continue;
    if (isUntraceable(finding)) {
      untraceable.to += 1;
      continue;
    }
    const current = diffFindingOf(finding);
    const previous = baseline.get(finding.id);
    baseline.delete(finding.id);
    if (previous === undefined) {
      added.push(current);
      continue;
    }
    const pair = { from: previous, to: current };
    if (isJudgedOtherwise(pair) || previous.message !== current.message) different.push(pair);
    else unchanged += 1;
  }

  return {
    new: added,
    // With the cause, where the later run is the one that resolved it.
    resolved: [...baseline].map(([id, finding]) => resolvedByTo.get(id) ?? finding),
    different: different.toSorted((a, b) => Number(isJudgedOtherwise(b)) - Number(isJudgedOtherwise(a))),
    unchanged,
    untraceable,
  };
};
