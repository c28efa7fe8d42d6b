import { archiveCommand, type DeclareCommand, NAME } from '../arguments/declaration.ts';
import type { ReplayFlags } from './options.ts';

const NOTES = `
Judges archived listings night by night as if they had been tonight's. It reads the archive, writes nothing to it,
mails nobody and needs no FinSpace. The first night has no night before it: whatever fails there is new.

Examples:
  $ ${NAME} replay --out audit-history
  $ ${NAME} replay --out audit-history --from 2026-11-01 --against stricter.yaml

Exit codes:
  0  every archived listing of the stretch was judged
  2  one was not: it is altered or missing, or a rule failed
  3  the command line or a config file is wrong`;

export const replayCommand: DeclareCommand = (program, perform) =>
  archiveCommand(program, 'replay')
    .description("judge archived listings by today's rules")
    .option('--from <run>', 'the first run, or a day')
    .option('--to <run>', 'the last run, or a day')
    .option('--config <file>', 'an audit.yaml; a waivers.yaml beside it counts (default: rules as they come)')
    .option('--waivers <file>', 'a waivers.yaml, in place of one beside the config')
    .option('--against <file>', 'judge by this audit.yaml as well, and compare')
    .addHelpText('after', NOTES)
    .action((flags: ReplayFlags) => perform(async (io) => (await import('./action.ts')).replay(flags, io)));
