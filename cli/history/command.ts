import { archiveCommand, type DeclareCommand, NAME, READING_EXIT_CODES } from '../arguments/declaration.ts';
import type { HistoryFlags } from './action.ts';

const NOTES = `
What could not end complete stands in its place, with the reason. Manifests and reports are held against their
hashes; \`verify\` holds everything else.

Examples:
  $ ${NAME} history --out audit-history
  $ ${NAME} history --bucket my-evidence --environment vs57phhvijir4kv5rf6ywt --last 30
${READING_EXIT_CODES}`;

export const historyCommand: DeclareCommand = (program, perform) =>
  archiveCommand(program, 'history')
    .description('tell what each run of an archive came to')
    .option('--since <day>', 'from this day on, as 2026-11-24')
    .option('--last <n>', 'the last so many runs and attempts')
    .addHelpText('after', NOTES)
    .action((flags: HistoryFlags) => perform(async (io) => (await import('./action.ts')).history(flags, io)));
