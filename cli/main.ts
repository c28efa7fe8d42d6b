import { CommanderError } from 'commander';
import { ConfigError } from '../core/config/schema.ts';
import { messageOf } from '../core/text/error-message.ts';
import { type Actions, NAME, program } from './program.ts';
import { EXIT, type ExitCode, UsageError } from './terminal/exit-codes.ts';
import type { Io } from './terminal/terminal.ts';

// Each command is loaded when it is asked for: the AWS clients alone take longer than `rules` does.
const actionsWith = (io: Io): Actions => ({
  run: async (flags) => (await import('./run/command.ts')).run(flags, io),
  verify: async (flags) => (await import('./verify/command.ts')).verify(flags, io),
  demo: async (flags) => (await import('./demo/command.ts')).demo(flags, io),
  explain: async (subject, flags) => (await import('./explain/command.ts')).explain(subject, flags, io),
  simulate: async (flags) => (await import('./simulate/command.ts')).simulate(flags, io),
  rules: async (id, flags) => (await import('./rules/command.ts')).listRules(id, flags, io),
  history: async (flags) => (await import('./history/command.ts')).history(flags, io),
  diff: async (from, to, flags) => (await import('./diff/command.ts')).diff(from, to, flags, io),
  doctor: async (flags) => (await import('./doctor/command.ts')).doctor(flags, io),
  replay: async (flags) => (await import('./replay/command.ts')).replay(flags, io),
  review: async (flags) => (await import('./review/command.ts')).review(flags, io),
});

/** Runs a command line (the words after the script's name) and tells how the process is to exit. */
export const main = async (words: readonly string[], io: Io): Promise<ExitCode> => {
  let code: ExitCode = EXIT.ok;
  try {
    const commands = program(io, actionsWith(io), (outcome) => {
      code = outcome;
    });
    await commands.parseAsync(words, { from: 'user' });
    return code;
  } catch (error) {
    // What commander throws, it has told already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    for (const line of messageOf(error).split('\n')) io.err.line(`${NAME}: ${line}`);
    return error instanceof UsageError || error instanceof ConfigError ? EXIT.usage : EXIT.notComplete;
  }
};
