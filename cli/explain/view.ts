import type { Explained, ExplainedRule } from '../../core/explain/explain.ts';
import type { ClearingChange } from '../../core/explain/what-if.ts';
import { causeText } from '../../core/model/words.ts';
import { plainLine, plural, truncate } from '../../core/text/plain-text.ts';
import type { Context } from '../../rules/engine/context.ts';
import type { Finding } from '../../rules/engine/finding.ts';
import { serialiseRecord } from '../../rules/engine/record.ts';
import { givesEvents } from '../../rules/engine/rule.ts';
import { daysBetween, readTime } from '../../rules/engine/time.ts';
import type { ConditionState, CountedGroup, Explanation, MemberValue } from '../../rules/explain/explain.ts';
import type { SideEffect } from '../../rules/explain/remedy.ts';
import { type Cell, table } from '../terminal/table.ts';
import { type Format, SEVERITY_FORMATS, type Terminal } from '../terminal/terminal.ts';

/** The setting that an explanation is shown in. */
export interface ViewSetting {
  readonly run: string;
  /** ISO 8601, UTC. */
  readonly asOf: string;
  readonly environmentId: string;
  readonly context: Context;
  /** Why the users of the run may not be everybody of its night, in sentences. */
  readonly notes: readonly string[];
  /** Names and e-mail addresses are shown. */
  readonly isNaming: boolean;
  /** Tells of the waivers of today for a finding; undefined where there is no file of them. */
  waiverToday(ruleId: string, subjectId: string): string | undefined;
}

const MAX_TEXT = 600;

/** Members that say who a person is. */
const NAMING = new Set(['firstName', 'lastName', 'emailAddress']);
const HIDDEN = 'not shown without --names';

const HOLDS: Readonly<Record<string, { readonly text: string; readonly format: Format }>> = {
  true: { text: 'true', format: 'red' },
  false: { text: 'false', format: 'green' },
  undefined: { text: 'unknown', format: 'yellow' },
};

const OUTCOMES: Readonly<Record<Explanation['outcome'], { readonly text: string; readonly format: Format }>> = {
  FAIL: { text: 'FAILS', format: ['bold', 'red'] },
  PASS: { text: 'PASSES', format: 'green' },
  NOT_ASSESSED: { text: 'NOT ASSESSED', format: ['bold', 'yellow'] },
};

/** One line, which no record can make anything else of. */
const plain = (text: string, isNaming: boolean): string =>
  isNaming ? truncate(text.replaceAll(/[\p{Cc}\p{Cf}]/gu, ''), MAX_TEXT) : plainLine(text, MAX_TEXT);

const timeText = (value: unknown, context: Context): string => {
  // A number that no double gives back comes as its text.
  const time = readTime(JSON.isRawJSON(value) ? Number(JSON.stringify(value)) : value, context);
  if (typeof time !== 'number') return time === 'never' ? ' (never)' : ' (unusable)';
  return ` (${new Date(time).toISOString()}, ${plural(daysBetween(time, context.now), 'day')} before)`;
};

const valueText = (member: string, value: unknown, { context, isNaming }: ViewSetting): string => {
  if (value === undefined) return 'missing';
  if (value !== null && NAMING.has(member) && !isNaming) return HIDDEN;
  const text = plain(serialiseRecord(value), isNaming);
  return member.endsWith('Time') ? text + timeText(value, context) : text;
};

const valueRow = ({ member, value, before }: MemberValue, isChange: boolean, setting: ViewSetting): readonly Cell[] => {
  const now = valueText(member, value, setting);
  return [`  ${member}`, isChange ? `was ${valueText(member, before, setting)}, is ${now}` : now];
};

const conditionRows = (conditions: readonly ConditionState[], indent = '  '): readonly (readonly Cell[])[] =>
  conditions.flatMap(({ text, holds, alternatives = [] }) => {
    const mark = HOLDS[String(holds)] ?? { text: 'unknown', format: 'yellow' };
    return [[{ text: indent + mark.text, format: mark.format }, text], ...conditionRows(alternatives, `${indent}  `)];
  });

const sinceText = (finding: Finding): string => {
  const { state, firstSeen, lastSeen, runs, carried, resolvedAt } = finding;
  if (state === 'event') return `${firstSeen}: a change, told once`;
  if (state === 'resolved') return `${firstSeen} until ${resolvedAt}: ${causeText(finding)}`;
  const stands = `${firstSeen}, ${state}, in ${plural(runs, 'run')}`;
  return carried ? `${stands}; carried since ${lastSeen}, when it last could be judged` : stands;
};

/** The waiver that the run considered, and that of today's file. */
const waiverText = (
  { rule, finding }: ExplainedRule,
  subjectId: string,
  { isNaming, waiverToday }: ViewSetting,
): string => {
  const waiver = finding?.waiver;
  const then =
    waiver === undefined
      ? 'the run knew of none that held'
      : `the run accepted it until ${waiver.expires}: ${plain(waiver.reason, isNaming)} (${
          waiver.ticket === undefined ? '' : `${plain(waiver.ticket, isNaming)}, `
        }owner ${plain(waiver.owner, isNaming)}, approver ${plain(waiver.approver, isNaming)})`;
  const today = waiverToday(rule.id, finding?.subject.id ?? subjectId);
  return today === undefined ? then : `${then}; ${today}`;
};

const effectText = ({ ruleId, subject, becomes }: SideEffect, environmentId: string): string => {
  const whom = subject === environmentId ? 'the environment' : plainLine(subject, MAX_TEXT);
  return `${whom} becomes ${becomes === 'NOT_ASSESSED' ? 'not assessed' : becomes} by ${ruleId}`;
};

const MOST_EFFECTS = 10;

const changeText = ({ text, sideEffects }: ClearingChange, environmentId: string): string => {
  if (sideEffects.length === 0) return text;
  const told = sideEffects.slice(0, MOST_EFFECTS).map((effect) => effectText(effect, environmentId));
  const more = sideEffects.length - told.length;
  return `${text} (then ${[...told, ...(more > 0 ? [`${more} more become worse`] : [])].join(', and ')})`;
};

const NOTHING_CLEARS = 'none was found: nothing that can be done about a user clears it; see what to do below';

const changeRows = (
  { rule, smallestChanges }: ExplainedRule,
  environmentId: string,
): readonly (readonly [string, string])[] => {
  if (givesEvents(rule)) return [['Smallest change', 'none: it is an event, and the next run does not repeat it']];
  const [smallest, clean] = smallestChanges;
  if (smallest === undefined) return [['Smallest change', NOTHING_CLEARS]];
  return [
    ['Smallest change', changeText(smallest, environmentId)],
    ...(clean === undefined ? [] : [['  without that', changeText(clean, environmentId)] as const]),
  ];
};

const contextText = (
  { explanation }: ExplainedRule,
  { asOf, context }: ViewSetting,
): readonly (readonly [string, string])[] => {
  const used = explanation?.context ?? new Set();
  const isReadLater = used.has('readAt') && context.readAt > context.now;
  const readBy = isReadLater ? `; the users had been read by ${new Date(context.readAt).toISOString()}` : '';
  return [
    ...(used.has('now') ? [['Clock', asOf + readBy] as const] : []),
    ...(used.has('partition') ? [['Partition', context.partition] as const] : []),
    ...(used.has('trustedAccounts') ? [['Trusted accounts', [...context.trustedAccounts].join(', ')] as const] : []),
  ];
};

const optionRows = ({ explanation, rule }: ExplainedRule): readonly (readonly [string, string])[] =>
  rule.kind === 'change'
    ? []
    : Object.entries(explanation?.options ?? {}).map(([name, value]) => [
        `  ${name}`,
        Array.isArray(value) ? `[${value.join(', ')}]` : String(value),
      ]);

const todayText = ({ today, explanation }: ExplainedRule): string | undefined => {
  if (today === undefined || explanation === undefined) return undefined;
  if ('unjudged' in today) return `would not judge it: ${today.unjudged}`;
  const same = today.outcome === explanation.outcome && today.severity === explanation.severity;
  return same ? 'the same' : `otherwise: ${OUTCOMES[today.outcome].text}, severity ${today.severity}`;
};

const MOST_IDS = 10;

const groupText = ({ bounds, ids }: CountedGroup): string => {
  const { count } = bounds.low;
  const unsure = bounds.high.count - count;
  const maybe = unsure === 0 ? '' : `; ${unsure} more may count`;
  if (count === 0) return `nobody${maybe}`;
  const shown = ids.slice(0, MOST_IDS).map((id) => plainLine(id, MAX_TEXT));
  return `${plural(count, 'user')}: ${shown.join(', ')}${count > shown.length ? ` and ${count - shown.length} more` : ''}${maybe}`;
};

const countedRows = ({ rule, explanation, groups }: ExplainedRule): readonly (readonly Cell[])[] => {
  if (rule.kind !== 'directory' || rule.counts === undefined) return [];
  const whom = explanation?.counted === undefined ? '' : `users of whom this holds: ${explanation.counted.join('; ')}`;
  return [
    [{ text: 'Counted', format: 'dim' }, whom],
    ...groups.map((group) => [`  ${group.shared?.name ?? 'userId'}`, groupText(group)]),
  ];
};

/** Tells whether the run said of the subject what is said now; undefined where that can't be told. */
export const agrees = ({ explanation, finding, groups }: ExplainedRule): boolean | undefined => {
  if (explanation === undefined || groups.some(({ bounds, ids }) => bounds.low.count > ids.length)) return undefined;
  const isOpen = finding !== undefined && finding.state !== 'resolved' && finding.carried === undefined;
  return isOpen === (explanation.outcome === 'FAIL');
};

const DISAGREEMENT = 'the run itself found otherwise, and its record is what counts; the rules have changed since';

const ruleText = (explained: ExplainedRule, subjectId: string, setting: ViewSetting, out: Terminal): string => {
  const { rule, explanation, unjudged, finding, besides } = explained;
  if (explanation === undefined) {
    const since = finding === undefined ? '' : `; its finding: ${sinceText(finding)}`;
    return `${out.paint('bold', rule.id)}: not judged: ${unjudged ?? ''}${since}\n`;
  }
  const { outcome, severity, severityReason, message, conditions, values } = explanation;
  const answer = OUTCOMES[outcome];
  const isFailing = outcome === 'FAIL';
  const label = (text: string): Cell => ({ text, format: 'dim' });
  const told = isFailing ? (finding?.message ?? message) : message;
  const options = optionRows(explained);
  const today = todayText(explained);
  const rows: readonly (readonly Cell[])[] = [
    ...(told === undefined ? [] : [[label('Finding'), plain(told, setting.isNaming)]]),
    ...(isFailing ? [[label('Severity'), `${severity} (${severityReason})`]] : []),
    ...(finding === undefined ? [] : [[label('Since'), sinceText(finding)]]),
    ...(besides === undefined
      ? []
      : [[label('Stands besides'), `${plain(besides.id, setting.isNaming)}: ${sinceText(besides)}`]]),
    ...(agrees(explained) === false ? [[{ text: 'Beware', format: 'yellow' } as const, DISAGREEMENT]] : []),
    ...contextText(explained, setting).map(([name, text]) => [label(name), text]),
    [label('Clauses'), 'it fails where all of them hold'],
    ...conditionRows(conditions),
    ...(values.length > 0 ? [[label('Values'), '']] : []),
    ...values.map((value) => valueRow(value, rule.kind === 'change', setting)),
    ...countedRows(explained),
    ...(options.length > 0 ? [[label('Options'), '']] : []),
    ...options,
    ...(isFailing || finding?.waiver !== undefined
      ? [[label('Waiver'), waiverText(explained, subjectId, setting)]]
      : []),
    ...(isFailing ? changeRows(explained, setting.environmentId).map(([name, text]) => [label(name), text]) : []),
    ...(isFailing ? [[label('What to do'), rule.remediation]] : []),
    ...(today === undefined ? [] : [[label("Today's config"), today]]),
  ];
  const head = isFailing ? out.paint(SEVERITY_FORMATS[severity], severity) : out.paint(answer.format, answer.text);
  return `${head}  ${out.paint('bold', rule.id)}: ${rule.title}\n\n${table(out, undefined, rows)}`;
};

/** Words for people what a run made of a subject. */
export const explainedText = (
  { subject, previousRun, records, rules }: Explained,
  isOfOneRule: boolean,
  setting: ViewSetting,
  out: Terminal,
): string => {
  const isTold = ({ explanation, finding }: ExplainedRule): boolean =>
    isOfOneRule ||
    (explanation === undefined
      ? finding !== undefined && finding.state !== 'resolved'
      : explanation.outcome !== 'PASS');
  const told = rules.filter(isTold);
  const passed = rules.filter((rule) => rule.explanation?.outcome === 'PASS' && !isTold(rule));
  const unjudged = rules.filter((rule) => rule.explanation === undefined && !isTold(rule));
  const idsOf = (some: readonly ExplainedRule[]): string => some.map(({ rule }) => rule.id).join(', ');
  const byReason = Map.groupBy(unjudged, (rule) => rule.unjudged ?? '');
  const previous = previousRun === undefined ? 'the first run' : `compared with run ${previousRun}`;
  const differing = records > 1 ? `; of its ${records} records, which differ, the worst outcome holds` : '';
  const summary: readonly (readonly Cell[])[] = [
    ...(passed.length > 0 ? [[{ text: 'Passes', format: 'green' } as const, idsOf(passed)]] : []),
    ...[...byReason].map(([reason, some]): readonly Cell[] => [
      { text: 'Not judged', format: 'yellow' },
      `${idsOf(some)} (${reason})`,
    ]),
  ];
  return [
    `${subject.kind} ${out.paint('bold', plainLine(subject.id, MAX_TEXT))} in run ${setting.run} of environment ${setting.environmentId}, as of ${setting.asOf}; ${previous}${differing}\n`,
    ...setting.notes.map((note) => `${plainLine(note)}\n`),
    ...told.map((rule) => ruleText(rule, subject.id, setting, out)),
    ...(told.length === 0 ? ['No rule that judged it fails.\n'] : []),
    ...(summary.length > 0 ? [table(out, undefined, summary)] : []),
  ].join('\n');
};

const maskedValue = ({ member, ...values }: MemberValue, isNaming: boolean): unknown =>
  NAMING.has(member) && !isNaming ? { member, hidden: HIDDEN } : { member, ...values };

/** The evidence of a finding names people; without `isNaming` it is left out. */
const findingJson = ({ evidence, waiver, ...finding }: Finding, isNaming: boolean): unknown => ({
  ...finding,
  ...(isNaming ? { evidence, waiver } : waiver !== undefined && { waiver: { expires: waiver.expires } }),
});

/** The same for programs. */
export const explainedJson = ({ subject, previousRun, records, rules }: Explained, setting: ViewSetting): unknown => ({
  schemaVersion: 1,
  environmentId: setting.environmentId,
  run: setting.run,
  asOf: setting.asOf,
  ...(previousRun !== undefined && { previousRun }),
  subject,
  ...(records > 1 && { records }),
  notes: setting.notes,
  rules: rules.map((explained) => {
    const { rule, explanation, unjudged, finding, besides, groups, smallestChanges, today } = explained;
    return {
      id: rule.id,
      outcome: explanation?.outcome ?? 'NOT_JUDGED',
      ...(unjudged !== undefined && { reason: unjudged }),
      ...(explanation !== undefined && {
        ...(explanation.message !== undefined && { message: explanation.message }),
        severity: explanation.severity,
        clauses: explanation.conditions,
        values: explanation.values.map((value) => maskedValue(value, setting.isNaming)),
        options: explanation.options,
        counted: groups.map(({ shared, bounds: { low, high }, ids }) => ({
          ...(shared !== undefined && { shared: shared.name }),
          count: low.count,
          ...(high.count > low.count && { mayCount: high.count - low.count }),
          ids,
        })),
        agreesWithRun: agrees(explained) ?? null,
      }),
      ...(finding !== undefined && { finding: findingJson(finding, setting.isNaming) }),
      ...(besides !== undefined && { besides: findingJson(besides, setting.isNaming) }),
      smallestChanges: smallestChanges.map(({ sideEffects, ...change }) => ({
        ...change,
        sideEffects: sideEffects.map(({ ruleId, subject: id, becomes }) => ({ ruleId, subject: id, becomes })),
      })),
      ...(today !== undefined && { today }),
    };
  }),
});
