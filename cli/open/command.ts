import type { ArchiveFlags } from '../arguments/archive-options.ts';
import { archiveCommand, type DeclareCommand, NAME, READING_EXIT_CODES } from '../arguments/declaration.ts';

const NOTES = `
Opens the page of the last run, also where that is not COMPLETE, once the page is held against its manifest. From a
bucket it is copied to a folder of this machine that only you can read. Where there is nothing to open pages with, it
prints the path. BROWSER names another program.

Examples:
  $ ${NAME} open --out audit-history
  $ ${NAME} open --bucket my-evidence
${READING_EXIT_CODES}`;

export const openCommand: DeclareCommand = (program, perform) =>
  archiveCommand(program, 'open')
    .description('open the page of the last run')
    .addHelpText('after', NOTES)
    .action((flags: ArchiveFlags) => perform(async (io) => (await import('./action.ts')).open(flags, io)));
