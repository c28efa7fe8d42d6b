import type { Report } from '../model/report.ts';
import { WORST_FIRST } from '../model/trend.ts';
import { forewordTags } from '../model/words.ts';
import { numberText, plural } from '../text/plain-text.ts';
import { type EnvironmentState, worstStanding } from './read.ts';

/** The most rules that are named beside the worst severity. */
const MOST_RULES = 2;

/** `2 CRITICAL, 14 HIGH`; empty where nothing stands. */
export const standingText = ({ findings: { bySeverity } }: Report): string =>
  WORST_FIRST.filter((severity) => bySeverity[severity] > 0)
    .map((severity) => `${numberText(bySeverity[severity])} ${severity}`)
    .join(', ');

/** The rules that the worst findings are of, by the severity that the rules have; empty where it is of some findings only. */
export const worstRules = (state: EnvironmentState): string => {
  const worst = worstStanding(state);
  const ids = (state.last?.report.rules ?? [])
    .filter(({ severity, failed }) => severity === worst && failed > 0)
    .map(({ id }) => id);
  const rest = ids.length > MOST_RULES ? ` and ${ids.length - MOST_RULES} more` : '';
  return ids.slice(0, MOST_RULES).join(', ') + rest;
};

/** Says first of what was seen that it was late, or of another source, say. */
export const oddityText = ({ last }: EnvironmentState): string =>
  last === undefined ? '' : forewordTags(last.report).join(', ');

/** Whether somebody's word alone shows that what was seen is the whole directory. */
export const isAttested = ({ last }: EnvironmentState): boolean => last?.report.source?.attestedBy !== undefined;

/** Says what has to be said of users that were saved; empty where a service was asked. */
export const savedText = (state: EnvironmentState): string => {
  const { kind, instant = '' } = state.last?.report.source ?? {};
  if (kind !== 'roster') return '';
  return `${isAttested(state) ? 'ATTESTED, NOT SEEN, ' : ''}by a saved roster of ${instant.slice(0, 16)}Z`;
};

/** Says in a few words what the last complete run could not; empty of most: nothing that stands is then no good news. */
export const lackText = ({ last }: EnvironmentState): string => {
  if (last === undefined) return '';
  const { iamRoles, permissionGroups } = last.report.enriched ?? {};
  return [
    ...(iamRoles === undefined || iamRoles.unread === 0
      ? []
      : [`${numberText(iamRoles.unread)} of ${plural(iamRoles.principals, 'role')} NOT READ`]),
    ...(permissionGroups?.unread === undefined ? [] : ['groups NOT READ IN FULL']),
  ].join(', ');
};

/** Tells what changed, in the words of the digests without the names that they begin with; the latest first. */
export const changeTexts = ({ changes }: EnvironmentState): readonly string[] =>
  changes
    .flatMap(({ run, subject }) => (subject === undefined ? [] : [`${run}: ${subject.replace(/^FinSpace .*?: /, '')}`]))
    .toReversed();
