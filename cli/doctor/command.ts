import { auditCommand, type DeclareCommand, LAST_EXIT_CODES, NAME, rosterFlags } from '../arguments/declaration.ts';
import type { DoctorFlags } from './options.ts';

const NOTES = `
Nothing is written and nobody is mailed, unless --send-test-mail is given; in a folder, what is tried is taken away.
not-checked is never good news: the line says why nothing is known.

With --roster, or where the config has a source, the saved roster is looked at and FinSpace is not.

Examples:
  $ ${NAME} doctor --environment vs57phhvijir4kv5rf6ywt --out audit-history --roster users.json
  $ ${NAME} doctor --environment vs57phhvijir4kv5rf6ywt --out audit-history
  $ ${NAME} doctor --environment vs57phhvijir4kv5rf6ywt --config audit.yaml --bucket my-evidence \\
      --topic arn:aws:sns:us-east-1:123456789012:my-audits \\
      --alarm-topic arn:aws:sns:us-east-1:123456789012:my-alarms --schedule my-schedule

Exit codes:
  0  nothing that was looked at failed
  2  something failed: an audit would, or nobody would start it or be told
  3  the command line or a config file is wrong: nothing was looked at
${LAST_EXIT_CODES}`;

export const doctorCommand: DeclareCommand = (program, perform) =>
  rosterFlags(auditCommand(program, 'doctor'))
    .description('look whether an audit could be made, and change nothing')
    .option('--alarm-topic <arn>', "the stack's AlarmTopicArn: whether people are told that audits fail or stop")
    .option('--overview-topic <arn>', "the stack's OverviewTopicArn: whether the mail about all environments is heard")
    .option('--schedule <name>', "a schedule: the stack's SchedulePrefix and the environment's id")
    .option('--send-test-mail', 'publish a message, marked as a test, to all subscribers of the topic')
    .option('--json', 'print JSON')
    .addHelpText('after', NOTES)
    .action((flags: DoctorFlags) => perform(async (io) => (await import('./action.ts')).doctor(flags, io)));
