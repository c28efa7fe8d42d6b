import { archiveCommand, type DeclareCommand, NAME, READING_EXIT_CODES } from '../arguments/declaration.ts';
import type { ExplainFlags } from './options.ts';

const NOTES = `
It explains as the run judged: by the rules' options in its manifest, at its instant. With --config it says
where today's config would judge otherwise; which accounts a run trusted is known only from the config it ran with.

Examples:
  $ ${NAME} explain 01FXYZ --out audit-history
  $ ${NAME} explain vs57phhvijir4kv5rf6ywt/stale-login/01FXYZ --out audit-history --config audit.yaml
  $ ${NAME} explain vs57phhvijir4kv5rf6ywt --out audit-history --run 20261124T020000Z
${READING_EXIT_CODES}`;

export const explainCommand: DeclareCommand = (program, perform) =>
  archiveCommand(program, 'explain')
    .argument(
      '<subject>',
      'a user id, an e-mail address, #N, an ARN, the environment id, or a finding as ENVIRONMENT/RULE/SUBJECT',
    )
    .description('tell why a run says what it says of a user or a finding, and what would clear it')
    .option('--run <run>', 'the run, or its day (default: the last complete one)')
    .option('--config <file>', 'an audit.yaml to compare with; a waivers.yaml beside it counts')
    .option('--waivers <file>', 'a waivers.yaml to look into')
    .option('--names', 'show names and e-mail addresses')
    .addHelpText('after', NOTES)
    .action((subject: string, flags: ExplainFlags) =>
      perform(async (io) => (await import('./action.ts')).explain(subject, flags, io)),
    );
