import { auditCommand, type DeclareCommand, LAST_EXIT_CODES, NAME, rosterFlags } from '../arguments/declaration.ts';
import type { RunFlags } from './options.ts';

/** The exit codes of an audit, which the help of the program lists, too. */
export const AUDIT_EXIT_CODES = `
Exit codes:
  0  the audit is complete
  1  the audit is complete, and findings at or above --fail-on stand
  2  the audit is not complete (INCOMPLETE, FAILED), or its digest was not sent
  3  the command line or a config file is wrong: nothing was done
${LAST_EXIT_CODES}`;

const NOTES = `
Credentials come from where the AWS SDKs look for them: the environment, a profile, a role.
AWS_ENDPOINT_URL_FINSPACE_DATA points to another endpoint that speaks the FinSpace Data API,
such as the one of \`${NAME} simulate\`.

--roster takes what list-users gave: JSON (a page, several, an array, a user a line), --output text, CSV; gzipped or
not. Nothing in such a file shows that it is whole: somebody attests it, or the audit is INCOMPLETE. It speaks for
--as-of, else for the date of the answer that boto3 saves with it, else for the time of the file.

Examples:
  $ ${NAME} run --environment vs57phhvijir4kv5rf6ywt --out audit-history --roster users.json \\
      --as-of 2026-10-06T07:00:00Z --attested-by 'Ada Lovelace' --statement 'all pages, exported by me'
  $ ${NAME} run --environment vs57phhvijir4kv5rf6ywt --out audit-history
  $ ${NAME} run --environment vs57phhvijir4kv5rf6ywt --out audit-history --json --fail-on HIGH
  $ ${NAME} run --environment vs57phhvijir4kv5rf6ywt --config audit.yaml \\
      --bucket my-evidence --topic arn:aws:sns:us-east-1:123456789012:my-audits
  $ ${NAME} run --all --config audit.yaml --region us-east-1 --out audit-history
${AUDIT_EXIT_CODES}`;

export const runCommand: DeclareCommand = (program, perform) =>
  rosterFlags(auditCommand(program, 'run'))
    .description('audit an environment once, or all of a config')
    .option('--all', 'every environment of --config, by the role that it names; the worst exit code counts')
    .option('--partition <name>', 'the AWS partition (default: as the region tells it)')
    .option('--defaults', 'judge by the rules as they come, though the last run was judged by a config')
    .option(
      '--as-of <time>',
      'the instant to speak for: ISO 8601 with its zone, not to come (default: now, of a roster its own)',
    )
    .option(
      '--json',
      'print report.json, and the head of the chain, and nothing else; a digest for the terminal goes to stderr',
    )
    .option('--fail-on <severity>', 'exit 1 on findings of this severity or worse')
    .option('--deadline-seconds <n>', 'how long the listing may take (default: the config, or 840)')
    .option('--accept-roster-drop', 'believe a listing of far fewer users than the last one')
    .option('--accept-history <sha256>', 'go on from the run of this manifest, though the history does not hold')
    .option('--reason <text>', 'with --accept-history: why; it stands in the manifest for good')
    .addHelpText('after', NOTES)
    .action((flags: RunFlags) => perform(async (io) => (await import('./action.ts')).run(flags, io)));
