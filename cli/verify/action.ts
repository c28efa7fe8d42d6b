import type { KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { Archive } from '../../core/archive/archive.ts';
import { archivedEnvironments } from '../../core/archive/environments.ts';
import { CHAINS } from '../../core/archive/keys.ts';
import { readPublicKey } from '../../core/archive/signature.ts';
import { acceptedFaults } from '../../core/config/accepted.ts';
import type { Config } from '../../core/config/config.ts';
import { decode } from '../../core/text/decode.ts';
import { errorCode } from '../../core/text/error-code.ts';
import { plural } from '../../core/text/plain-text.ts';
import { dueOf } from '../../core/verify/gaps.ts';
import { findHeads, headsIn, isHead, type KeptHead } from '../../core/verify/heads.ts';
import type { Problem } from '../../core/verify/problem.ts';
import { checkSignEvents, readSignEvents, type SignEvent, type SignedEntry } from '../../core/verify/sign-events.ts';
import { type Verification, verifyEnvironment } from '../../core/verify/verify.ts';
import { type ArchiveLocation, openArchive } from '../arguments/archive-options.ts';
import { readAccepted, readConfigFiles } from '../arguments/config-files.ts';
import { EXIT, type ExitCode, UsageError } from '../terminal/exit-codes.ts';
import { type Io, writeJson } from '../terminal/terminal.ts';
import { readVerifyFlags, type VerifyFlags } from './options.ts';
import { conclusionText, headsText, signingText, verificationText } from './view.ts';

const readKey = (file: string): KeyObject => {
  try {
    return readPublicKey(readFileSync(file));
  } catch (error) {
    throw new UsageError([
      `--public-key must be the file of an RSA or P-256 public key in PEM or DER, got ${JSON.stringify(file)} (${errorCode(error) ?? String(error)})`,
    ]);
  }
};

const readEvents = (file: string): readonly SignEvent[] => {
  try {
    return readSignEvents(readFileSync(file));
  } catch (error) {
    throw new UsageError([
      `--sign-events must be a file of CloudTrail's Records or Events in JSON, got ${JSON.stringify(file)} (${errorCode(error) ?? 'it is none'})`,
    ]);
  }
};

/** Reads what somebody has kept of the chain: heads as they are, or a file that holds them. */
const readHeads = (values: readonly string[]): readonly KeptHead[] =>
  values.flatMap((value) => {
    if (isHead(value)) return headsIn(value);
    const refused = (why: string): UsageError =>
      new UsageError([`--head must be N:SHA256, or a file that holds such, got ${JSON.stringify(value)} (${why})`]);
    let text: string;
    try {
      text = decode(readFileSync(value));
    } catch (error) {
      throw refused(errorCode(error) ?? String(error));
    }
    const heads = headsIn(text);
    if (heads.length === 0) throw refused('there is none in it');
    return heads;
  });

const requireFolder = (location: ArchiveLocation): void => {
  if (location.kind === 'folder' && !existsSync(location.path))
    throw new UsageError([
      `--out must be the folder of an archive, got ${JSON.stringify(location.path)}: it is not there`,
    ]);
};

/** The environments to walk: those named, or all that the archive holds and all that should be there. */
const environmentsOf = async (
  archive: Archive,
  environmentIds: readonly string[],
  config: Config | undefined,
): Promise<readonly string[]> => {
  if (environmentIds.length > 0) return environmentIds;
  const expected = config?.environments.map(({ id }) => id) ?? [];
  return [...new Set([...(await archivedEnvironments(archive)), ...expected])].toSorted();
};

/** `verify`: checks an archive's history. Throws UsageError and ConfigError before anything is read of it. */
export const verify = async (flags: VerifyFlags, io: Io): Promise<ExitCode> => {
  const now = Date.now();
  const { location, region, environmentIds, configFile, publicKeyFiles, heads, signEventFiles } = readVerifyFlags(
    flags,
    io.env,
  );
  const kept = readHeads(heads);
  const events = signEventFiles.flatMap(readEvents);
  const signed: SignedEntry[] = [];
  const accepted = acceptedFaults(readAccepted(configFile));
  requireFolder(location);
  const config = configFile === undefined ? undefined : readConfigFiles(configFile, now).config;
  const publicKeys = publicKeyFiles.map(readKey);
  const archive = await openArchive(location, io.env, region);

  const verifications: Verification[] = [];
  const environments = await environmentsOf(archive, environmentIds, config);
  for (const environmentId of environments) {
    // Runs of saved rosters speak for moments of their own, and for no night of the schedule.
    const isSaved = config?.environments.some(({ id, source }) => id === environmentId && source !== undefined);
    const due = config === undefined || isSaved ? undefined : dueOf(config, environmentId, now);
    const verification = await verifyEnvironment(archive, environmentId, {
      onProgress: ({ runs, objects }) =>
        io.err.redraw(`${environmentId}: ${plural(objects, 'object')} of ${plural(runs, 'run')}`),
      publicKeys,
      onSigned: (entry) => signed.push(entry),
      accepted,
      expiry: { now, retention: config?.retention },
      ...(due !== undefined && { due }),
    });
    io.err.redraw('');
    verifications.push(verification);
    if (flags.json) continue;
    for (const line of verificationText(io.out, verification, config)) io.out.line(line);
  }

  const expired = verifications.flatMap((verification) => verification.expired ?? []);
  const expiredUpTo = Math.max(0, ...expired.map(({ sequence }) => sequence));
  const { heads: found, problems: lost } = await findHeads(archive, environments, kept, expiredUpTo);
  const expiredUntil = Math.max(...expired.map(({ until }) => until));
  const signing = signEventFiles.length === 0 ? undefined : checkSignEvents(signed, events, expiredUntil);
  const isEmpty = verifications.length === 0;
  const nothing = `nothing to verify: no environment has anything in ${archive.location}`;
  // An archive that holds nothing is a problem too.
  const ofArchive: readonly Problem[] = isEmpty
    ? [{ kind: 'no-runs', run: null, key: CHAINS, message: nothing }]
    : lost;
  const problems = [...verifications, { problems: ofArchive }, ...(signing === undefined ? [] : [signing])].reduce(
    (sum, { problems: { length } }) => sum + length,
    0,
  );
  const result = {
    schemaVersion: 1,
    environments: verifications,
    heads: found,
    archive: { problems: ofArchive },
    ...(signing && { signEvents: signing }),
    problems,
    ...(isEmpty && { message: nothing }),
  };
  if (flags.json) writeJson(io.out, result);
  else {
    for (const line of [...headsText(io.out, found, lost), ...signingText(io.out, signing)]) io.out.line(line);
    io.out.line(isEmpty ? nothing : conclusionText(verifications, found, problems));
  }
  return problems === 0 ? EXIT.ok : EXIT.problems;
};
