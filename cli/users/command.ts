import { archiveCommand, type DeclareCommand, LAST_EXIT_CODES, NAME } from '../arguments/declaration.ts';
import type { UsersFlags } from './action.ts';

const NOTES = `
Lists the users of a run as its snapshot has them; of several flags all have to hold. Whoever it can't be told of is
listed too, with the reason. What it prints names people, and must be kept as the archive is.

RUN is the name of a run (20261124T020000Z), a day that has one (2026-11-24), or latest. A run that is not COMPLETE is
read as far as it saw, and said to be: who is not listed then is not known.

Examples:
  $ ${NAME} users --api-access --out audit-history
  $ ${NAME} users --privileged --stale --csv --bucket my-evidence > look-at.csv

Exit codes:
  0  the run is COMPLETE, and all of it could be read
  2  it is not COMPLETE, not there, or something of it is altered or missing
  3  the command line is wrong
${LAST_EXIT_CODES}`;

export const usersCommand: DeclareCommand = (program, perform) =>
  archiveCommand(program, 'users')
    .description('tell who has access, by the last run or another one')
    .option('--api-access', 'who reaches the API, by their own access or by a permission group')
    .option('--privileged', 'super users, and who may do as much by a permission group')
    .option('--stale', 'who is enabled and has not logged in for as long as the rules of the run allow')
    .option('--csv', 'print CSV, for spreadsheets')
    .option('--run <run>', 'the run, or its day (default: the last complete one)')
    .addHelpText('after', NOTES)
    .action((flags: UsersFlags) => perform(async (io) => (await import('./action.ts')).users(flags, io)));
