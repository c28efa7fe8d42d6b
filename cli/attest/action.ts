import { chooseSource } from '../../core/sources/index.ts';
import { attestationName, attestationText } from '../../core/sources/roster/attestation.ts';
import { nameAndMessageOf } from '../../core/text/error-message.ts';
import { plainLine, plural } from '../../core/text/plain-text.ts';
import { readRegion, regionOrProfiles } from '../arguments/archive-options.ts';
import { flagReader } from '../arguments/flags.ts';
import { openedRoster, type RosterFlags, readAttested, rosterClient } from '../arguments/roster-options.ts';
import { EXIT, type ExitCode } from '../terminal/exit-codes.ts';
import { type Io, writeJson } from '../terminal/terminal.ts';

/** The flags of `attest` as they were typed. */
export interface AttestFlags extends Omit<RosterFlags, 'roster'> {
  readonly roster?: string;
  readonly region?: string;
  readonly json?: true;
}

const readAttestFlags = (flags: AttestFlags, env: Io['env']) => {
  const read = flagReader();
  const file = read.path('--roster', flags.roster ?? '', 'file');
  if (flags.roster === '-') read.refuse('--roster must be a file or an object, got "-": nothing can stand beside it');
  const attestation = readAttested(read, flags);
  if (flags.attestedBy === undefined && flags.statement === undefined)
    read.refuse('--attested-by and --statement must be given, got neither');
  const region = readRegion(read, flags.region, env);
  read.done();
  return { file: file ?? '', attestation, region };
};

/** `attest`: writes beside a roster that somebody attests it. Throws UsageError before anything is written. */
export const attest = async (flags: AttestFlags, io: Io): Promise<ExitCode> => {
  const now = Date.now();
  const { file, attestation, region } = readAttestFlags(flags, io.env);
  const s3 = async () => rosterClient(io.env, await regionOrProfiles(region))();
  const roster = await openedRoster({ from: [file], environmentId: undefined, attestation, s3, now });
  const listing = chooseSource(roster)(Number.POSITIVE_INFINITY);
  let users = 0;
  for await (const page of listing.pages) users += page.length;
  const end = listing.end();
  const [looked] = roster.files;
  const { attestedBy } = roster.source;
  const refuse = (why: string): ExitCode => {
    io.err.line(`not attested: ${plainLine(why, 800)}`);
    return EXIT.notComplete;
  };
  if (!end.complete) return refuse(end.message);
  if (users === 0) return refuse(`${file} has no user, and a FinSpace environment always has one`);
  if (looked === undefined || attestedBy === undefined || roster.source.manifest !== undefined)
    return refuse(`the manifest of its run says of ${file} that it is whole: nobody needs to attest it`);

  const { path, name, attest: write } = looked.file;
  const sidecar = attestationName(path);
  const written = { sha256: looked.sha256, ...attestedBy };
  try {
    if (!(await write(attestationText(name, written))))
      return refuse(`${sidecar} is there already: read it, and remove it first if it is to be another`);
  } catch (error) {
    return refuse(`${sidecar} can't be written: ${nameAndMessageOf(error)}`);
  }
  if (flags.json) writeJson(io.out, { schemaVersion: 1, roster: path, attestation: sidecar, users, ...written });
  else {
    io.out.line(`${sidecar} attests ${path}: ${plural(users, 'record')}`);
    io.out.line(`SHA-256: ${looked.sha256}`);
  }
  return EXIT.ok;
};
