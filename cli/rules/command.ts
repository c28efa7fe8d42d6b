import type { DeclareCommand } from '../arguments/declaration.ts';
import type { RulesFlags } from './action.ts';

export const rulesCommand: DeclareCommand = (program, perform) =>
  program
    .command('rules')
    .argument('[id]', 'explain this rule')
    .description('list the rules, or explain one')
    .option('--config <file>', 'an audit.yaml: tells which are on, and their limits')
    .option('--json', 'print JSON')
    .option('--markdown', 'print the catalogue page')
    .action((id: string | undefined, flags: RulesFlags) =>
      perform(async (io) => (await import('./action.ts')).listRules(id, flags, io)),
    );
