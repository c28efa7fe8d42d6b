import type { Finding } from '../../rules/engine/finding.ts';
import { isStanding } from '../../rules/engine/lifecycle.ts';
import type { Rule } from '../../rules/engine/rule.ts';

/** What of a finding is told. */
export type ToldFinding = Pick<
  Finding,
  'id' | 'ruleId' | 'severity' | 'state' | 'subject' | 'message' | 'cause'
>;

export interface FindingDiff {
  readonly new: readonly ToldFinding[];
  readonly resolved: readonly ToldFinding[];
  /** Those whose severity or acceptance differs before those whose message alone does. */
  readonly different: readonly { readonly from: ToldFinding; readonly to: ToldFinding }[];
  readonly unchanged: number;
  /** On records without a userId. */
  readonly untraceable: { readonly from: number; readonly to: number };
}

const told = ({ id, ruleId, severity, state, subject, message, cause }: Finding): ToldFinding => ({
  id,
  ruleId,
  severity,
  state,
  subject,
  message,
  ...(cause !== undefined && { cause }),
});

const isUntraceable = ({ subject }: Finding): boolean =>
  subject.kind === 'user' && subject.id.startsWith('#');

/** New, open and reopened tell how old a finding is; what differs is whether it is accepted. */
const isWaived = ({ state }: ToldFinding): boolean => state === 'waived';

const isOtherwiseJudged = ({ from, to }: { readonly from: ToldFinding; readonly to: ToldFinding }): boolean =>
  from.severity !== to.severity || isWaived(from) !== isWaived(to);

/** Compares the findings that stood at the end of two runs; events of change rules stand in no run. */
export const diffFindings = async (
  from: AsyncIterable<unknown>,
  to: AsyncIterable<unknown>,
  rules: ReadonlyMap<string, Rule>,
): Promise<FindingDiff> => {
  const before = new Map<string, ToldFinding>();
  const ended = new Map<string, ToldFinding>();
  const untraceable = { from: 0, to: 0 };
  for await (const line of from) {
    const finding = line as Finding;
    if (!isStanding(finding, rules.get(finding.ruleId))) continue;
    if (isUntraceable(finding)) untraceable.from += 1;
    else before.set(finding.id, told(finding));
  }

  const fresh: ToldFinding[] = [];
  const different: { readonly from: ToldFinding; readonly to: ToldFinding }[] = [];
  let unchanged = 0;
  for await (const line of to) {
    const finding = line as Finding;
    if (finding.state === 'resolved' && before.has(finding.id)) ended.set(finding.id, told(finding));
    if (!isStanding(finding, rules.get(finding.ruleId))) continue;
    if (isUntraceable(finding)) {
      untraceable.to += 1;
      continue;
    }
    const pair = { from: before.get(finding.id), to: told(finding) };
    before.delete(finding.id);
    if (pair.from === undefined) fresh.push(pair.to);
    else if (isOtherwiseJudged({ from: pair.from, to: pair.to }) || pair.from.message !== pair.to.message)
      different.push({ from: pair.from, to: pair.to });
    else unchanged += 1;
  }

  return {
    new: fresh,
    // With the cause, where the later run is the one that resolved it.
    resolved: [...before].map(([id, finding]) => ended.get(id) ?? finding),
    different: different.toSorted((a, b) => Number(isOtherwiseJudged(b)) - Number(isOtherwiseJudged(a))),
    unchanged,
    untraceable,
  };
};
