import { type DeclareCommand, LAST_EXIT_CODES, NAME, REGION_DEFAULT } from '../arguments/declaration.ts';
import type { AttestFlags } from './action.ts';

const NOTES = `
Writes NAME.attestation.json beside the roster: its SHA-256, who, what, and when. Audits of that very file then take it
for whole, and say that this is attested, not seen. A roster that ends with the token of a next page can't be attested.

Examples:
  $ ${NAME} attest --roster users.json --attested-by 'Ada Lovelace' --statement 'all pages, exported by me'
  $ ${NAME} attest --roster s3://my-rosters/finspace/ --attested-by 'Ada Lovelace' --statement 'all pages'

Exit codes:
  0  the attestation stands beside the roster
  2  the roster can't be attested, or something stands there already
  3  the command line is wrong, or the roster can't be read
${LAST_EXIT_CODES}`;

export const attestCommand: DeclareCommand = (program, perform) =>
  program
    .command('attest')
    .description('attest that a saved roster is the whole directory')
    .option('--roster <file>', 'a file, s3://bucket/key, or s3://bucket/prefix/ for the newest object there')
    .option('--attested-by <name>', 'who attests it')
    .option('--statement <text>', 'what they attest')
    .option('--region <region>', `the bucket's region (${REGION_DEFAULT})`)
    .option('--json', 'print JSON')
    .addHelpText('after', NOTES)
    .action((flags: AttestFlags) => perform(async (io) => (await import('./action.ts')).attest(flags, io)));
