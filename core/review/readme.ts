import type { RuleOutcome } from '../../rules/engine/evaluate.ts';
import { SEVERITIES } from '../../rules/engine/severity.ts';
import { isFullyJudged, type Report } from '../model/report.ts';
import { oneLine, plural, wrap } from '../text/plain-text.ts';
import { historyText } from './history-text.ts';
import type { PackDescription } from './pack-manifest.ts';

const bullet = (text: string): string => wrap(text, '- ');

const ruleText = ({ id, state, notAssessed, error, reason = 'no reason given' }: RuleOutcome): string =>
  `${id}: ${state === 'ran' ? `${plural(notAssessed, 'subject')} not assessed` : state} (${oneLine(error ?? reason)})`;

const section = (title: string, lines: readonly string[]): string =>
  `${title}\n${'-'.repeat(title.length)}\n${lines.join('\n')}\n`;

/** Writes `README.txt`: the contents of the pack, the gaps in it, and the instructions for its reader. */
export const readmeText = (
  pack: PackDescription,
  { rules, counts: { duplicates }, waiverTroubles = [] }: Pick<Report, 'rules' | 'counts' | 'waiverTroubles'>,
): string => {
  const { environmentId, accountId, period, counts } = pack;
  const open = SEVERITIES.toReversed().map((severity) => `${severity} ${counts.openFindings[severity]}`);
  const unjudged = rules.filter((outcome) => !isFullyJudged(outcome));
  const lastLogins = `${plural(counts.neverLoggedIn, 'user')} who never logged in, and ${counts.lastLoginUnknown} of whom it can't be told`;

  return [
    `ACCESS REVIEW of FinSpace environment ${environmentId}, account ${accountId}\nPeriod ${period.from} to ${period.to}\n`,
    section('What it speaks for', historyText(pack).map(bullet)),
    section(
      'What could not be judged',
      [
        ...unjudged.map(ruleText),
        ...(duplicates === 0 ? [] : [`${plural(duplicates, 'record')} came twice; the first of each userId counts`]),
        ...waiverTroubles.map(
          ({ kind, rule, user, expires }) =>
            `waiver of ${oneLine(rule)} for ${oneLine(user)}, to ${oneLine(expires)}: ${kind}`,
        ),
      ].map(bullet),
    ),
    section('The files', [
      bullet(`roster.csv: ${plural(counts.users, 'user')}, everyone there is; open findings ${open.join(', ')}`),
      bullet(
        `privileged.csv: ${plural(counts.superUsers, 'super user')}, and ${plural(counts.apiBound, 'user')} with API access and their principals`,
      ),
      bullet(`never-logged-in.csv: ${lastLogins}`),
      bullet(`waivers.csv: ${plural(counts.waivers, 'finding')} that waivers accept`),
      bullet(
        `changes.csv: ${counts.came} came, ${counts.gone} went, ${counts.changed} changed; ${plural(counts.events, 'event')} that nightly audits saw`,
      ),
      bullet('worksheet.csv: a line a user, to be filled in'),
      bullet('manifest.json: SHA-256 of each file, and the runs of the archive they were made from'),
      bullet('Times are ISO 8601 in UTC; columns that end in Raw hold what FinSpace gave.'),
      bullet("An apostrophe before a text that a spreadsheet could take for a formula is not the text's own."),
      bullet("openFindings counts a user's findings, and those on the principal of its API access."),
    ]),
    section('What to do', [
      bullet('Fill in a COPY of worksheet.csv; the files of the pack must stay as they are.'),
      bullet('decision: keep, revoke or justify (keep as an exception), in each line.'),
      bullet(
        `justification: why, wherever you justify, and wherever justificationToKeep says "required" and you keep (${plural(counts.justificationRequired, 'user')}: super users and those with an open HIGH or CRITICAL finding).`,
      ),
      bullet('reviewer: who decided. Nobody decides on themselves.'),
      bullet(
        'Change nothing in the other columns, leave no user out and add none; the order of the lines is free. Import the file with all columns as text, and save it as CSV UTF-8, with "," or ";" between cells.',
      ),
      bullet('Hand it in: finspace-audit review --pack THIS_FOLDER --ingest COPY.csv --reviewer NAME'),
    ]),
  ].join('\n');
};
