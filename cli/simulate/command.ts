import { another, type DeclareCommand, NAME } from '../arguments/declaration.ts';
import type { SimulateFlags } from './options.ts';

const NOTES = `
A fault is KIND, KIND@PAGE or KIND@exchange, @groups or @members, with xTIMES at its end where it is played more than
once: pages count from 0, and xinf is for ever. A wrong KIND lists them all.

Examples:
  $ ${NAME} simulate --users 1000 --rate 20 --burst 5
  $ ${NAME} simulate --port 8080 --fault internal-error@1x2 --fault denied@3`;

export const simulateCommand: DeclareCommand = (program, perform) =>
  program
    .command('simulate')
    .description('serve a simulated FinSpace Data API on this machine, until Ctrl-C')
    .option('--port <n>', '0 to 65535; 0 is any that is free', '0')
    .option('--users <n>', 'how many: 0 to 1000000', '400')
    .option('--seed <n>', 'a whole number; another one makes other people', '1')
    .option('--rate <n>', 'requests a second that are served (default: any)')
    .option('--burst <n>', 'requests served at once after a pause, with --rate (default: 5)')
    .option('--fault <fault>', 'play a fault; may be given more than once', another)
    .option('--environment <id>', 'the environment that it has', 'simulatedfinspace000001')
    .option('--json', 'print where it is as a line of JSON, and what it was asked when it ends')
    .addHelpText('after', NOTES)
    .action((flags: SimulateFlags) => perform(async (io) => (await import('./action.ts')).simulate(flags, io)));
