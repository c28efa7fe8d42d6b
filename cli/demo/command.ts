import type { DeclareCommand } from '../arguments/declaration.ts';
import type { DemoFlags } from './options.ts';

export const demoCommand: DeclareCommand = (program, perform) =>
  program
    .command('demo')
    .description('audit some nights of a simulated directory; needs no account and no network')
    .option('--nights <n>', 'how many: 1 to 10', '5')
    .option('--users <n>', 'how many on the first night: 130 to 100000', '400')
    .option('--seed <n>', 'a whole number; another one makes other people', '1')
    .option('--out <folder>', "where the evidence goes; an earlier demo's is replaced", 'audit-history')
    .option('--config <file>', 'an audit.yaml; a waivers.yaml beside it counts (default: rules as they come)')
    .option('--json', 'print JSON')
    .action((flags: DemoFlags) => perform(async (io) => (await import('./action.ts')).demo(flags, io)));
