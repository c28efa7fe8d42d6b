import { another, type DeclareCommand, LAST_EXIT_CODES, NAME, REGION_DEFAULT } from '../arguments/declaration.ts';
import type { VerifyFlags } from './options.ts';

const NOTES = `
A folder needs no network and no credentials. Without --config, missed nights are not looked for; without --head, nobody
knows whether the last runs were taken away; without --public-key, signatures are not checked: the summary says so.
docs/runbook.md tells what each problem means.

Examples:
  $ ${NAME} verify --out audit-history
  $ ${NAME} verify --bucket my-evidence --public-key audit-key.pem --config audit.yaml --json

Exit codes:
  0  no problem in what was checked
  2  problems, or the archive can't be read
  3  the command line or a config file is wrong: nothing was done
${LAST_EXIT_CODES}`;

export const verifyCommand: DeclareCommand = (program, perform) =>
  program
    .command('verify')
    .description('check the history in an archive: nothing edited, missing, reordered or skipped')
    .option('--out <folder>', 'the archive is a folder')
    .option('--bucket <name>', 'the archive is an S3 bucket')
    .option('--region <region>', `the bucket's region (${REGION_DEFAULT})`)
    .option('--environment <id>', 'verify this one only; may be given more than once (default: all)', another)
    .option(
      '--public-key <file>',
      'every manifest must be signed by this key (PEM or DER), or by one of several, where it was replaced',
      another,
    )
    .option(
      '--config <file>',
      'an audit.yaml: its schedule tells which nights must have a run, made in their time; an accepted.yaml beside it counts',
    )
    .option(
      '--head <head>',
      'N:SHA256, as a mail, a log or an event has it, or a file of them: nothing up to it may be gone; may be given more than once',
      another,
    )
    .option(
      '--sign-events <file>',
      "CloudTrail's events (a log file, or what aws cloudtrail lookup-events prints; .gz too): each signature of the key has a run, and each signed run one; may be given more than once",
      another,
    )
    .option('--json', 'print JSON')
    .addHelpText('after', NOTES)
    .action((flags: VerifyFlags) => perform(async (io) => (await import('./action.ts')).verify(flags, io)));
