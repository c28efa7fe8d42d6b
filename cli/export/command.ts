import { archiveCommand, type DeclareCommand, LAST_EXIT_CODES, NAME } from '../arguments/declaration.ts';
import type { ExportFlags } from './action.ts';

const NOTES = `
FORMAT is one of:
  ocsf      findings.ocsf.jsonl and roster.ocsf.jsonl: events of OCSF 1.8.0, classes 2003 and 5003
  oscal     assessment-results.oscal.json: OSCAL 1.2.2, a finding for each control of NIST SP 800-53
  asff      findings.asff.jsonl: for Security Hub of the environment's account; it names nobody
  accounts  accounts.csv: for tools of identity governance
  vanta     vanta-users.json: for Vanta's sync of users
accounts and vanta are made of runs only that saw everybody at their time: COMPLETE, not attested and not late.
ocsf --parquet gives the same events as Parquet in Security Lake's layout, one file for each class.
All but asff name people, and must be kept as the archive is. docs/integrations.md tells more of each.

RUN is the name of a run (20261124T020000Z), a day that has one (2026-11-24), or latest.

Examples:
  $ ${NAME} export ocsf --run 2026-11-24 --out audit-history --to ocsf
  $ ${NAME} export ocsf --parquet --run latest --out audit-history --to lake
  $ ${NAME} export accounts --bucket my-evidence --to accounts

Exit codes:
  0  the files are written
  2  the run is not COMPLETE, not there, or something of it is altered or missing; or it may not be exported so
  3  the command line is wrong
${LAST_EXIT_CODES}`;

export const exportCommand: DeclareCommand = (program, perform) =>
  archiveCommand(program, 'export')
    .argument('<format>', 'ocsf, oscal, asff, accounts or vanta')
    .description('make files for other tools of an archived run')
    .option('--run <run>', 'the run, or its day (default: the last complete one)')
    .option('--to <folder>', 'the folder that the files go to; what is there stays')
    .option('--parquet', 'with ocsf: Parquet in the layout of Amazon Security Lake')
    .addHelpText('after', NOTES)
    .action((format: string, flags: ExportFlags) =>
      perform(async (io) => (await import('./action.ts')).exportRun(format, flags, io)),
    );
