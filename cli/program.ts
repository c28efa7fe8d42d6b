import { Command } from 'commander';
import { CODE_VERSION } from '../core/model/version.ts';
import type { DemoFlags } from './demo/options.ts';
import type { DiffFlags } from './diff/command.ts';
import type { DoctorFlags } from './doctor/options.ts';
import type { ExplainFlags } from './explain/options.ts';
import type { HistoryFlags } from './history/command.ts';
import type { ReplayFlags } from './replay/options.ts';
import type { ReviewFlags } from './review/options.ts';
import type { RulesFlags } from './rules/command.ts';
import type { RunFlags } from './run/options.ts';
import type { SimulateFlags } from './simulate/options.ts';
import type { ExitCode } from './terminal/exit-codes.ts';
import type { Io } from './terminal/terminal.ts';
import type { VerifyFlags } from './verify/options.ts';

export const NAME = 'finspace-audit';

const EXIT_CODES = `
Exit codes:
  0  the audit is complete
  1  the audit is complete, and findings at or above --fail-on stand
  2  the audit is not complete (INCOMPLETE, FAILED), or its digest was not sent
  3  the command line or a config file is wrong: nothing was done`;

const EXAMPLES = `
Examples:
  $ ${NAME} demo
  $ ${NAME} run --environment vs57phhvijir4kv5rf6ywt --region us-east-1 --out audit-history
  $ ${NAME} rules stale-login
  $ ${NAME} history --out audit-history

\`${NAME} help COMMAND\` tells the flags of a command.
${EXIT_CODES}`;

const RUN_NOTES = `
Credentials come from where the AWS SDKs look for them: the environment, a profile, a role.
AWS_ENDPOINT_URL_FINSPACE_DATA points to another endpoint that speaks the FinSpace Data API,
such as the one of \`${NAME} simulate\`.

Examples:
  $ ${NAME} run --environment vs57phhvijir4kv5rf6ywt --out audit-history
  $ ${NAME} run --environment vs57phhvijir4kv5rf6ywt --out audit-history --json --fail-on HIGH
  $ ${NAME} run --environment vs57phhvijir4kv5rf6ywt --config audit.yaml \\
      --bucket my-evidence --topic arn:aws:sns:us-east-1:123456789012:my-audits
${EXIT_CODES}`;

const EXPLAIN_NOTES = `
It explains as the run judged: by the rules' options in its manifest, at its instant. With --config it says
where today's config would judge otherwise; which accounts a run trusted is known only from the config it ran with.
Exit code 2: the run has no such user. 3: the command line is wrong.

Examples:
  $ ${NAME} explain 01FXYZ --out audit-history
  $ ${NAME} explain vs57phhvijir4kv5rf6ywt/stale-login/01FXYZ --out audit-history --config audit.yaml
  $ ${NAME} explain vs57phhvijir4kv5rf6ywt --out audit-history --run 20261124T020000Z`;

const SIMULATE_NOTES = `
A fault is KIND, KIND@PAGE or KIND@exchange, with xTIMES at its end where it is played more than once:
pages count from 0, and xinf is for ever. The kinds are in simulator/faults.ts; a wrong one lists them.

Examples:
  $ ${NAME} simulate --users 1000 --rate 20 --burst 5
  $ ${NAME} simulate --port 8080 --fault internal-error@1x2 --fault denied@3`;

const VERIFY_NOTES = `
A folder needs no network and no credentials. Without --config, missed nights are not looked for; without
--public-key, signatures are not checked: the summary says so. docs/runbook.md tells what each problem means.

Examples:
  $ ${NAME} verify --out audit-history
  $ ${NAME} verify --bucket my-evidence --public-key audit-key.pem --config audit.yaml --json

Exit codes:
  0  no problem in what was checked
  2  problems, or the archive can't be read
  3  the command line or a config file is wrong: nothing was done`;

const READING_EXIT_CODES = `
Exit codes:
  0  all that was asked for could be read
  2  something of it is altered, missing or can't be read, or a run asked for is not there
  3  the command line or a config file is wrong`;

const HISTORY_NOTES = `
What could not end complete stands in its place, with the reason. Manifests and reports are held against their
hashes; \`verify\` holds everything else.

Examples:
  $ ${NAME} history --out audit-history
  $ ${NAME} history --bucket my-evidence --environment vs57phhvijir4kv5rf6ywt --last 30
${READING_EXIT_CODES}`;

const DIFF_NOTES = `
RUN is the name of a complete run (20261124T020000Z), a day that has one (2026-11-24), or latest.
The values of members that may name a person are masked unless --names is given.

Examples:
  $ ${NAME} diff 2026-11-23 latest --out audit-history
${READING_EXIT_CODES}`;

const REPLAY_NOTES = `
Judges archived listings night by night as if they had been tonight's. It reads the archive, writes nothing to it,
mails nobody and needs no FinSpace. The first night has no night before it: whatever fails there is new.

Examples:
  $ ${NAME} replay --out audit-history
  $ ${NAME} replay --out audit-history --from 2026-11-01 --against stricter.yaml

Exit codes:
  0  every archived listing of the stretch was judged
  2  one was not: it is altered or missing, or a rule failed
  3  the command line or a config file is wrong`;

const REVIEW_NOTES = `
Builds a folder for people who review who has access: everybody, the privileged, who never logged in, waivers, what
changed, and a worksheet to be filled in. It speaks for the last complete run up to --to, and tells which days had none.
With --ingest it checks the filled worksheet and signs the review off, once, or tells everything that is wrong with it.
The pack names people, and must be kept as the archive is.

Examples:
  $ ${NAME} review --out audit-history --from 2026-10-01 --to 2026-12-31 --pack review-q4
  $ ${NAME} review --pack review-q4 --ingest filled.csv --reviewer "A. Reviewer"

Exit codes:
  0  the pack is built, or the review is signed off
  2  there is no complete run to review, or something in the archive is altered or missing
  3  the command line, the filled worksheet or the pack is wrong: nothing was written`;

const DOCTOR_NOTES = `
Nothing is written and nobody is mailed, unless --send-test-mail is given; in a folder, what is tried is taken away.
not-checked is never good news: the line says why nothing is known.

Examples:
  $ ${NAME} doctor --environment vs57phhvijir4kv5rf6ywt --out audit-history
  $ ${NAME} doctor --environment vs57phhvijir4kv5rf6ywt --config audit.yaml --bucket my-evidence \\
      --topic arn:aws:sns:us-east-1:123456789012:my-audits \\
      --alarm-topic arn:aws:sns:us-east-1:123456789012:my-alarms --schedule my-schedule

Exit codes:
  0  nothing that was looked at failed
  2  something failed: an audit would, or nobody would start it or be told
  3  the command line or a config file is wrong: nothing was looked at`;

/** What each command does once its flags are read. */
export interface Actions {
  run(flags: RunFlags): Promise<ExitCode>;
  verify(flags: VerifyFlags): Promise<ExitCode>;
  demo(flags: DemoFlags): Promise<ExitCode>;
  explain(subject: string, flags: ExplainFlags): Promise<ExitCode>;
  simulate(flags: SimulateFlags): Promise<ExitCode>;
  rules(id: string | undefined, flags: RulesFlags): Promise<ExitCode>;
  history(flags: HistoryFlags): Promise<ExitCode>;
  diff(from: string, to: string, flags: DiffFlags): Promise<ExitCode>;
  doctor(flags: DoctorFlags): Promise<ExitCode>;
  replay(flags: ReplayFlags): Promise<ExitCode>;
  review(flags: ReviewFlags): Promise<ExitCode>;
}

const another = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** A command that reads an archive, and where that is. */
const reading = (root: Command, name: string): Command =>
  root
    .command(name)
    .option('--out <folder>', 'the archive is a folder')
    .option('--bucket <name>', 'the archive is an S3 bucket')
    .option('--environment <id>', 'the environment (default: the only one of the archive)')
    .option('--json', 'print JSON');

/** A command about an environment that is audited, and about what the audit needs. */
const auditing = (root: Command, name: string): Command =>
  root
    .command(name)
    .option('--environment <id>', 'the environment: 1 to 26 letters and digits, as in its web address')
    .option('--account <id>', "its account: 12 digits (default: the caller's, as STS tells)")
    .option('--region <region>', 'its region (default: AWS_REGION)')
    .option('--out <folder>', 'keep the evidence in a folder')
    .option('--bucket <name>', 'keep the evidence in an S3 bucket')
    .option('--topic <arn>', 'send the digest to an SNS topic, with --bucket (default: the terminal)')
    .option('--config <file>', 'an audit.yaml; a waivers.yaml beside it counts (default: rules as they come)')
    .option('--direct-credentials', "the caller's keys are FinSpace keys, as copied from the web app");

/** The commands and their flags; values are checked by the commands. `exit` takes what a command came to. */
export const program = (io: Io, actions: Actions, exit: (code: ExitCode) => void): Command => {
  const root = new Command(NAME)
    .description('Audits the users of Amazon FinSpace. It never says "fine" about what it has not seen.')
    .version(CODE_VERSION)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out.write(text),
      writeErr: (text) => io.err.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, `${NAME}: `)),
      getOutHelpWidth: () => io.out.width,
      getErrHelpWidth: () => io.err.width,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showHelpAfterError(`${NAME} help lists the commands, ${NAME} help COMMAND the flags of one`)
    .addHelpText('after', EXAMPLES);

  auditing(root, 'run')
    .description('audit an environment once')
    .option('--as-of <time>', 'the instant to speak for: ISO 8601 with its zone, not to come (default: now)')
    .option('--json', 'print report.json and nothing else; a digest for the terminal goes to stderr')
    .option('--fail-on <severity>', 'exit 1 on findings of this severity or worse')
    .option('--deadline-seconds <n>', 'how long the listing may take (default: the config, or 840)')
    .option('--accept-roster-drop', 'believe a listing of far fewer users than the last one')
    .addHelpText('after', RUN_NOTES)
    .action(async (flags: RunFlags) => exit(await actions.run(flags)));
  auditing(root, 'doctor')
    .description('look whether an audit could be made, and change nothing')
    .option(
      '--alarm-topic <arn>',
      "the stack's AlarmTopicArn: whether people are told that audits fail or stop",
    )
    .option('--schedule <name>', "a schedule of the stack's ScheduleNames")
    .option('--send-test-mail', 'publish a message, marked as a test, to all subscribers of the topic')
    .option('--json', 'print JSON')
    .addHelpText('after', DOCTOR_NOTES)
    .action(async (flags: DoctorFlags) => exit(await actions.doctor(flags)));
  root
    .command('verify')
    .description('check the history in an archive: nothing edited, missing, reordered or skipped')
    .option('--out <folder>', 'the archive is a folder')
    .option('--bucket <name>', 'the archive is an S3 bucket')
    .option('--region <region>', "the bucket's region (default: AWS_REGION)")
    .option('--environment <id>', 'verify this one only; may be given more than once (default: all)', another)
    .option(
      '--public-key <file>',
      'every manifest must be signed by this key (PEM or DER), or by one of several, where it was replaced',
      another,
    )
    .option('--config <file>', 'an audit.yaml: its schedule tells which nights must have a run')
    .option('--json', 'print JSON')
    .addHelpText('after', VERIFY_NOTES)
    .action(async (flags: VerifyFlags) => exit(await actions.verify(flags)));
  root
    .command('demo')
    .description('audit some nights of a simulated directory; needs no account and no network')
    .option('--nights <n>', 'how many: 1 to 10', '5')
    .option('--users <n>', 'how many on the first night: 130 to 100000', '400')
    .option('--seed <n>', 'a whole number; another one makes other people', '1')
    .option('--out <folder>', "where the evidence goes; an earlier demo's is replaced", 'audit-history')
    .option('--config <file>', 'an audit.yaml; a waivers.yaml beside it counts (default: rules as they come)')
    .option('--json', 'print JSON')
    .action(async (flags: DemoFlags) => exit(await actions.demo(flags)));
  root
    .command('explain')
    .argument(
      '<subject>',
      'a user id, #N, an ARN, the environment id, or a finding as ENVIRONMENT/RULE/SUBJECT',
    )
    .description('tell why a run says what it says of a user or a finding, and what would clear it')
    .option('--out <folder>', 'the archive, in a folder')
    .option('--bucket <name>', 'the archive, in an S3 bucket')
    .option('--environment <id>', 'the environment (default: the only one of the archive)')
    .option('--run <run>', 'the run, such as 20261124T020000Z (default: the last complete one)')
    .option('--config <file>', 'an audit.yaml to compare with; a waivers.yaml beside it counts')
    .option('--waivers <file>', 'a waivers.yaml to look into')
    .option('--json', 'print JSON')
    .option('--names', 'show names and e-mail addresses')
    .addHelpText('after', EXPLAIN_NOTES)
    .action(async (subject: string, flags: ExplainFlags) => exit(await actions.explain(subject, flags)));
  root
    .command('simulate')
    .description('serve a simulated FinSpace Data API on this machine, until Ctrl-C')
    .option('--port <n>', '0 to 65535; 0 is any that is free', '0')
    .option('--users <n>', 'how many: 0 to 1000000', '400')
    .option('--seed <n>', 'a whole number; another one makes other people', '1')
    .option('--rate <n>', 'requests a second that are served (default: any)')
    .option('--burst <n>', 'requests served at once after a pause, with --rate (default: 5)')
    .option('--fault <fault>', 'play a fault; may be given more than once', another)
    .option('--environment <id>', 'the environment that it has', 'simulatedfinspace000001')
    .option('--json', 'print where it is as a line of JSON, and what it was asked when it ends')
    .addHelpText('after', SIMULATE_NOTES)
    .action(async (flags: SimulateFlags) => exit(await actions.simulate(flags)));
  root
    .command('rules')
    .argument('[id]', 'explain this rule')
    .description('list the rules, or explain one')
    .option('--config <file>', 'an audit.yaml: tells which are on, and their limits')
    .option('--json', 'print JSON')
    .option('--markdown', 'print the catalogue page')
    .action(async (id: string | undefined, flags: RulesFlags) => exit(await actions.rules(id, flags)));
  reading(root, 'history')
    .description('tell what each run of an archive came to')
    .option('--since <day>', 'from this day on, as 2026-11-24')
    .option('--last <n>', 'the last so many runs and attempts')
    .addHelpText('after', HISTORY_NOTES)
    .action(async (flags: HistoryFlags) => exit(await actions.history(flags)));
  reading(root, 'diff')
    .argument('<run>', 'the earlier run')
    .argument('<run>', 'the later run')
    .description('tell what changed between two runs: users and findings')
    .option('--names', 'show the values of members that may name a person')
    .addHelpText('after', DIFF_NOTES)
    .action(async (from: string, to: string, flags: DiffFlags) => exit(await actions.diff(from, to, flags)));
  reading(root, 'replay')
    .description("judge archived listings by today's rules")
    .option('--from <run>', 'the first run, or a day')
    .option('--to <run>', 'the last run, or a day')
    .option('--config <file>', 'an audit.yaml; a waivers.yaml beside it counts (default: rules as they come)')
    .option('--waivers <file>', 'a waivers.yaml, in place of one beside the config')
    .option('--against <file>', 'judge by this audit.yaml as well, and compare')
    .addHelpText('after', REPLAY_NOTES)
    .action(async (flags: ReplayFlags) => exit(await actions.replay(flags)));
  reading(root, 'review')
    .description('build the pack of an access review, and sign it off')
    .option('--from <day>', 'the first day of the period, in UTC, as 2026-10-01')
    .option('--to <day>', 'its last day')
    .option('--pack <folder>', 'the pack: a new folder, or the one to sign off')
    .option('--ingest <file>', 'sign off, by this filled worksheet')
    .option('--reviewer <name>', 'who signs off, with --ingest')
    .option('--signed-off-at <time>', 'when: ISO 8601 with its zone, not to come (default: now)')
    .addHelpText('after', REVIEW_NOTES)
    .action(async (flags: ReviewFlags) => exit(await actions.review(flags)));
  return root;
};
