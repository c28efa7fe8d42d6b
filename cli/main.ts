import { Command, CommanderError } from 'commander';
import { CODE_VERSION } from '../core/model/version.ts';
import { type DeclareCommand, NAME, type Perform } from './arguments/declaration.ts';
import { attestCommand } from './attest/command.ts';
import { closeCommand, reopenCommand } from './close/command.ts';
import { demoCommand } from './demo/command.ts';
import { diffCommand } from './diff/command.ts';
import { doctorCommand } from './doctor/command.ts';
import { explainCommand } from './explain/command.ts';
import { exportCommand } from './export/command.ts';
import { historyCommand } from './history/command.ts';
import { openCommand } from './open/command.ts';
import { readerRoleCommand } from './reader-role/command.ts';
import { reconstructCommand } from './reconstruct/command.ts';
import { replayCommand } from './replay/command.ts';
import { reviewCommand } from './review/command.ts';
import { rulesCommand } from './rules/command.ts';
import { AUDIT_EXIT_CODES, runCommand } from './run/command.ts';
import { simulateCommand } from './simulate/command.ts';
import { subscribeCommand } from './subscribe/command.ts';
import { EXIT, type ExitCode } from './terminal/exit-codes.ts';
import { failureOf } from './terminal/fault.ts';
import { interruptible } from './terminal/interrupt.ts';
import type { Io } from './terminal/terminal.ts';
import { usersCommand } from './users/command.ts';
import { verifyCommand } from './verify/command.ts';

/** Every command, in the order in which help lists them. */
const COMMANDS: readonly DeclareCommand[] = [
  runCommand,
  attestCommand,
  reconstructCommand,
  doctorCommand,
  subscribeCommand,
  verifyCommand,
  demoCommand,
  usersCommand,
  explainCommand,
  openCommand,
  simulateCommand,
  rulesCommand,
  historyCommand,
  diffCommand,
  replayCommand,
  reviewCommand,
  exportCommand,
  closeCommand,
  reopenCommand,
  readerRoleCommand,
];

const NOTES = `
Examples:
  $ ${NAME} demo
  $ ${NAME} run --environment vs57phhvijir4kv5rf6ywt --region us-east-1 --out audit-history
  $ ${NAME} rules stale-login
  $ ${NAME} history --out audit-history

\`${NAME} help COMMAND\` tells the flags of a command.
${AUDIT_EXIT_CODES}`;

/** Builds the program; values of flags are checked by the commands. */
const buildProgram = (io: Io, perform: Perform): Command => {
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
  for (const declare of COMMANDS) declare(program, perform);
  return program;
};

/** Runs a command line, the words after the script's name, and returns how the process is to exit. */
export const main = async (words: readonly string[], io: Io): Promise<ExitCode> => {
  let code: ExitCode = EXIT.ok;
  try {
    const program = buildProgram(io, async (action) => {
      code = await interruptible(io, () => action(io));
    });
    const [first, name] = words;
    const isKnown = program.commands.some((command) => command.name() === name);
    // Commander answers help of what is no command with help alone; asked for the command, it names it.
    const asked = first === 'help' && name !== undefined && name !== 'help' && !isKnown ? [name] : words;
    await program.parseAsync(asked, { from: 'user' });
    return code;
  } catch (error) {
    // Commander has written its own message already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const { code: failed, lines } = failureOf(error);
    for (const line of lines) io.err.line(`${NAME}: ${line}`);
    return failed;
  }
};
