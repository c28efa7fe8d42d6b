import type { Command } from 'commander';
import { archiveCommand, type DeclareCommand, LAST_EXIT_CODES, NAME, type Perform } from '../arguments/declaration.ts';
import type { CloseFlags } from './options.ts';

const EXIT_CODES = `
Exit codes:
  0  the chain says so
  2  the chain does not hold or says so already, or the archive can't be read or written
  3  the command line or a config file is wrong: nothing was done
${LAST_EXIT_CODES}`;

const CLOSE_NOTES = `
No audit follows: nights after it are no gaps, and a scheduled run after it reads nothing, ends FAILED and mails that
once. Alarms stop when the schedule does: remove the environment from audit.yaml and deploy.

Example:
  $ ${NAME} close --out audit-history --reason 'Amazon ended FinSpace on 2026-10-07'
${EXIT_CODES}`;

const REOPEN_NOTES = `
Audits go on from the last complete run.
${EXIT_CODES}`;

const declare = (
  program: Command,
  perform: Perform,
  name: 'close' | 'reopen',
  description: string,
  notes: string,
): Command =>
  archiveCommand(program, name)
    .description(description)
    .option('--reason <text>', 'why; it stands in the archive for good')
    .option('--config <file>', 'an audit.yaml: its signing signs the entry, its retention says until when to keep')
    .addHelpText('after', notes)
    .action((flags: CloseFlags) =>
      perform(async (io) => {
        const action = await import('./action.ts');
        return action[name](flags, io);
      }),
    );

export const closeCommand: DeclareCommand = (program, perform) =>
  declare(program, perform, 'close', 'end the history of an environment: no audit follows', CLOSE_NOTES);

export const reopenCommand: DeclareCommand = (program, perform) =>
  declare(program, perform, 'reopen', 'go on with a history that was closed', REOPEN_NOTES);
