import { archiveCommand, type DeclareCommand, NAME, READING_EXIT_CODES } from '../arguments/declaration.ts';
import type { DiffFlags } from './action.ts';

const NOTES = `
RUN is the name of a complete run (20261124T020000Z), a day that has one (2026-11-24), or latest.
The values of members that may name a person are masked unless --names is given.

Examples:
  $ ${NAME} diff 2026-11-23 latest --out audit-history
${READING_EXIT_CODES}`;

export const diffCommand: DeclareCommand = (program, perform) =>
  archiveCommand(program, 'diff')
    .argument('<run>', 'the earlier run')
    .argument('<run>', 'the later run')
    .description('tell what changed between two runs: users and findings')
    .option('--names', 'show the values of members that may name a person')
    .option('--all', 'show logins, and findings that are merely older, too')
    .addHelpText('after', NOTES)
    .action((from: string, to: string, flags: DiffFlags) =>
      perform(async (io) => (await import('./action.ts')).diff(from, to, flags, io)),
    );
