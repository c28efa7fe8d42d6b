import { CommanderError } from 'commander';
import { ConfigError } from '../core/config/errors.ts';
import { messageOf } from '../core/text/error-message.ts';
import { NAME } from './arguments/declaration.ts';
import { buildProgram } from './program.ts';
import { EXIT, type ExitCode, UsageError } from './terminal/exit-codes.ts';
import type { Io } from './terminal/terminal.ts';

/** Runs a command line, the words after the script's name, and returns how the process is to exit. */
export const main = async (words: readonly string[], io: Io): Promise<ExitCode> => {
  let code: ExitCode = EXIT.ok;
  try {
    const program = buildProgram(io, (ended) => {
      code = ended;
    });
    await program.parseAsync(words, { from: 'user' });
    return code;
  } catch (error) {
    // Commander has written its own message already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    for (const line of messageOf(error).split('\n')) io.err.line(`${NAME}: ${line}`);
    return error instanceof UsageError || error instanceof ConfigError ? EXIT.usage : EXIT.notComplete;
  }
};
