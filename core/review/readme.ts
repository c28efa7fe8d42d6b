import type { RuleOutcome } from '../../rules/engine/evaluate.ts';
import { SEVERITIES } from '../../rules/engine/severity.ts';
import { isFullyJudged, type Report } from '../model/report.ts';
import { oneLine, plural, wrap } from '../text/plain-text.ts';
import { historyText, superUsersText } from './history-text.ts';
import type { PackDescription } from './pack-manifest.ts';

const ruleText = ({ id, state, notAssessed, error, reason = 'no reason given' }: RuleOutcome): string =>
  `${id}: ${state === 'ran' ? `${plural(notAssessed, 'subject')} not assessed` : state} (${oneLine(error ?? reason)})`;

/** A part of a text file, a line an entry. */
export const section = (title: string, lines: readonly string[], none = ''): string =>
  `${title}\n${'-'.repeat(title.length)}\n${lines.map((line) => wrap(line, '- ')).join('\n') || none}\n`;

/** Writes `README.txt`: the contents of the pack, the gaps in it, and the instructions for its reader. */
export const readmeText = (
  pack: PackDescription,
  {
    rules,
    counts: { duplicates, conflicting = 0 },
    waiverTroubles = [],
  }: Pick<Report, 'rules' | 'counts' | 'waiverTroubles'>,
  reviewers: readonly string[],
): string => {
  const { environmentId, accountId, period, counts } = pack;
  const open = SEVERITIES.toReversed().map((severity) => `${severity} ${counts.openFindings[severity]}`);
  const unjudged = rules.filter((outcome) => !isFullyJudged(outcome));
  const lastLogins = `${plural(counts.neverLoggedIn, 'user')} who never logged in, and ${counts.lastLoginUnknown} of whom it can't be told`;

  return [
    `ACCESS REVIEW of FinSpace environment ${environmentId}, account ${accountId}\nPeriod ${period.from} to ${period.to}\n`,
    section('What it speaks for', historyText(pack)),
    section('What could not be judged', [
      ...unjudged.map(ruleText),
      ...(duplicates === 0 ? [] : [`${plural(duplicates, 'record')} came twice, and once is enough`]),
      ...(conflicting === 0
        ? []
        : [
            `${plural(conflicting, 'user')} had records that differ: here stands the last of each, the audit held the worst`,
          ]),
      ...waiverTroubles.map(
        ({ kind, rule, user, expires }) =>
          `waiver of ${oneLine(rule)} for ${oneLine(user)}, to ${oneLine(expires)}: ${kind}`,
      ),
    ]),
    section('The files', [
      `roster.csv: ${plural(counts.users, 'user')}, everyone whom the run saw; open findings ${open.join(', ')}`,
      `privileged.csv: ${superUsersText(counts)}, ${plural(counts.apiBound, 'user')} with API access and their principals, and ${counts.privilegeUnknown ?? 0} of whom type or API access can't be told`,
      `never-logged-in.csv: ${lastLogins}`,
      `waivers.csv: ${plural(counts.waivers, 'finding')} that waivers accept`,
      `changes.csv: ${counts.came} came, ${counts.gone} went, ${counts.changed} changed; ${plural(counts.events, 'event')} that nightly audits saw`,
      'worksheet.csv: a line a user, to be filled in',
      ...(reviewers.length === 0
        ? ['review.html: the same in a browser, offline; past 50,000 users with further pages, review-2.html and so on']
        : reviewers.map(
            (reviewer, index) => `review-${index + 1}.html: the same in a browser, offline, for ${oneLine(reviewer)}`,
          )),
      ...(reviewers.length === 0 ? [] : ['reviewers.csv: who reviews whom']),
      'manifest.json: SHA-256 of each file, and the runs of the archive they were made from',
      'Times are ISO 8601 in UTC; columns that end in Raw hold what FinSpace gave.',
      "An apostrophe before a text that a spreadsheet could take for a formula is not the text's own.",
      "openFindings counts a user's findings, and those on the principal of its API access.",
    ]),
    section('What to do', [
      'Open the page in a browser, decide, and export the worksheet; or fill in a COPY of worksheet.csv. The files of the pack must stay as they are.',
      'decision: keep, revoke or justify (keep as an exception), in each line.',
      `justification: why, wherever you justify, and wherever justificationToKeep says "required" and you keep (${plural(counts.justificationRequired, 'user')}: super users, those as good as one, and those with an open HIGH or CRITICAL finding).`,
      'reviewer: who decided. Nobody decides on themselves.',
      'Change nothing in the other columns, leave no user out and add none; the order of the lines is free. Import the file with all columns as text, and save it as CSV UTF-8, with "," or ";" between cells.',
      'Hand it in: finspace-audit review --pack THIS_FOLDER --ingest COPY.csv --reviewer NAME; several files where several people decided',
    ]),
  ].join('\n');
};
