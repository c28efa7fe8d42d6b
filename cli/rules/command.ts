import type { Command } from 'commander';
import type { DeclareCommand } from '../arguments/declaration.ts';
import type { RulesFlags } from './action.ts';

export const rulesCommand: DeclareCommand = (program, perform) => {
  const rules = program
    .command('rules')
    .argument('[id]', 'explain this rule')
    .description('list the rules, or explain one')
    .option('--config <file>', 'an audit.yaml: tells which are on, and their limits; custom-rules beside it count')
    .option('--json', 'print JSON')
    .option('--markdown', 'print the catalogue page')
    .action((id: string | undefined, flags: RulesFlags) =>
      perform(async (io) => (await import('./action.ts')).listRules(id, flags, io)),
    );
  rules
    .command('test')
    .argument('[file...]', 'rules that operators wrote (default: all of custom-rules)')
    .description('check rules of your own, and run their tests')
    .option('--config <file>', 'the audit.yaml that they stand beside (default: audit.yaml, where there is one)')
    .action((files: readonly string[], _flags: RulesFlags, command: Command) =>
      perform(async (io) =>
        // Commander takes a flag of both for that of the command above.
        (await import('./custom.ts')).testRules(files, command.optsWithGlobals<RulesFlags>().config, io),
      ),
    );
  rules
    .command('new')
    .argument('<id>', 'its id, which begins with x-')
    .description('write a rule of your own, to be changed, into custom-rules, or the folder that audit.yaml names')
    .action((id: string) => perform(async (io) => (await import('./custom.ts')).newRule(id, io)));
  return rules;
};
