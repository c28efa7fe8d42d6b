import { auditCommand, type DeclareCommand, NAME } from '../arguments/declaration.ts';
import { AUDIT_EXIT_CODES } from '../run/command.ts';
import type { ReconstructFlags } from './action.ts';

const NOTES = `
Audits what events of CloudTrail tell of users: ids, types, times. They hold no names, and nobody who was made before
them, so that the audit is always INCOMPLETE (reconstructed): it keeps what there is, and resolves nothing. The last
events of FinSpace leave CloudTrail's event history on 2027-01-05.

Examples:
  $ aws cloudtrail lookup-events --output json \\
      --lookup-attributes AttributeKey=EventSource,AttributeValue=finspace-api.amazonaws.com > events.json
  $ ${NAME} reconstruct --environment vs57phhvijir4kv5rf6ywt --out audit-history --trail events.json
${AUDIT_EXIT_CODES}`;

export const reconstructCommand: DeclareCommand = (program, perform) =>
  auditCommand(program, 'reconstruct')
    .description('make a roster of what CloudTrail tells of users, and audit it')
    .option('--trail <file...>', 'events: what lookup-events gave, or log files of CloudTrail, gzipped or not')
    .option('--as-of <time>', 'the instant to speak for: ISO 8601 with its zone (default: the last event)')
    .option('--defaults', 'judge by the rules as they come, though the last run was judged by a config')
    .option('--partition <name>', 'the AWS partition (default: as the region tells it)')
    .option('--json', 'print report.json and nothing else; a digest for the terminal goes to stderr')
    .addHelpText('after', NOTES)
    .action((flags: ReconstructFlags) => perform(async (io) => (await import('./action.ts')).reconstruct(flags, io)));
