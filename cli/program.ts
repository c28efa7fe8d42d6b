import { Command } from 'commander';
import { CODE_VERSION } from '../core/model/version.ts';
import { type DeclareCommand, NAME } from './arguments/declaration.ts';
import { demoCommand } from './demo/command.ts';
import { diffCommand } from './diff/command.ts';
import { doctorCommand } from './doctor/command.ts';
import { explainCommand } from './explain/command.ts';
import { historyCommand } from './history/command.ts';
import { replayCommand } from './replay/command.ts';
import { reviewCommand } from './review/command.ts';
import { rulesCommand } from './rules/command.ts';
import { AUDIT_EXIT_CODES, runCommand } from './run/command.ts';
import { simulateCommand } from './simulate/command.ts';
import type { ExitCode } from './terminal/exit-codes.ts';
import type { Io } from './terminal/terminal.ts';
import { verifyCommand } from './verify/command.ts';

/** Every command, in the order in which help lists them. */
const COMMANDS: readonly DeclareCommand[] = [
  runCommand,
  doctorCommand,
  verifyCommand,
  demoCommand,
  explainCommand,
  simulateCommand,
  rulesCommand,
  historyCommand,
  diffCommand,
  replayCommand,
  reviewCommand,
];

const NOTES = `
Examples:
  $ ${NAME} demo
  $ ${NAME} run --environment vs57phhvijir4kv5rf6ywt --region us-east-1 --out audit-history
  $ ${NAME} rules stale-login
  $ ${NAME} history --out audit-history

\`${NAME} help COMMAND\` tells the flags of a command.
${AUDIT_EXIT_CODES}`;

/**
 * Builds the program; values of flags are checked by the commands.
 * @param exit takes the exit code of the command that was run
 */
export const buildProgram = (io: Io, exit: (code: ExitCode) => void): Command => {
  const program = new Command(NAME)
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
    .addHelpText('after', NOTES);
  for (const declare of COMMANDS) declare(program, async (action) => exit(await action(io)));
  return program;
};
