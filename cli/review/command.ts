import { archiveCommand, type DeclareCommand, LAST_EXIT_CODES, NAME } from '../arguments/declaration.ts';
import type { ReviewFlags } from './options.ts';

const NOTES = `
Builds a folder for people who review who has access: everybody, the privileged, who never logged in, waivers, what
changed, and a worksheet to be filled in. It speaks for the last complete run up to --to, and tells which days had none.
review.html is the worksheet in a browser: it loads nothing, keeps decisions in the browser, and exports the worksheet.
With --reviewers each has a page: FILE is a CSV with the columns user (an id, an e-mail address or a name; * for the
rest) and reviewer, and nobody reviews himself.
With --ingest it checks the filled worksheets and signs the review off, once, or tells all that is wrong with them.
With --follow-up it tells which revocations of a signed review later runs saw carried out, and which are overdue.
The pack names people, and must be kept as the archive is.

Examples:
  $ ${NAME} review --out audit-history --from 2026-10-01 --to 2026-12-31 --pack review-q4
  $ ${NAME} review --pack review-q4 --ingest filled.csv --reviewer "A. Reviewer"
  $ ${NAME} review --pack review-q4 --follow-up --out audit-history --within-days 14

Exit codes:
  0  the pack is built, the review is signed off, or nothing is overdue
  2  there is no complete run to review, something in the archive is altered or missing, or a revocation is overdue
  3  the command line, a file that was handed in or the pack is wrong: nothing was written
${LAST_EXIT_CODES}`;

export const reviewCommand: DeclareCommand = (program, perform) =>
  archiveCommand(program, 'review')
    .description('build the pack of an access review, and sign it off')
    .option('--from <day>', 'the first day of the period, in UTC, as 2026-10-01')
    .option('--to <day>', 'its last day')
    .option('--pack <folder>', 'the pack: a new folder, or the one to sign off')
    .option('--reviewers <file>', 'who reviews whom: a page each')
    .option('--ingest <file...>', 'sign off, by these filled worksheets')
    .option('--follow-up', 'tell which revocations of a signed review were carried out')
    .option('--within-days <n>', 'with --follow-up: overdue is what takes longer (default: 30)')
    .option('--reviewer <name>', 'who signs off, with --ingest')
    .option('--signed-off-at <time>', 'when: ISO 8601 with its zone, not to come (default: now)')
    .addHelpText('after', NOTES)
    .action((flags: ReviewFlags) => perform(async (io) => (await import('./action.ts')).review(flags, io)));
