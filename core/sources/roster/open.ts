import { createHash, type Hash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { DAY_MS } from '../../../rules/engine/time.ts';
import { ifSound } from '../../archive/errors.ts';
import { hasPlace } from '../../archive/head.ts';
import { environmentOfKey, runKeys, runOfKey } from '../../archive/keys.ts';
import { type Manifest, readManifest } from '../../archive/manifest.ts';
import { signatureProblem } from '../../archive/signing-keys.ts';
import { isServiceFault } from '../../aws/errors.ts';
import type { Attestation, InstantOrigin, ListingSource, RosterFileRecord } from '../../model/listing.ts';
import { aheadProblem, runInstant } from '../../model/run-name.ts';
import { readAttestation } from './attestation.ts';
import { decoded, TornFile } from './bytes.ts';
import { findFile, notAnswered, RosterError, type SavedFile } from './file.ts';
import { parserOf, type RosterParser } from './parsers.ts';

/** A roster that somebody has saved, and what is said of it. */
export interface RosterSettings {
  /** Of one page after the other: paths, `-` or `s3://bucket/key`. */
  readonly from: readonly string[];
  /** Undefined: of any environment. */
  readonly environmentId: string | undefined;
  /** The moment that it shows; undefined: as it says itself, or its file. */
  readonly asOf?: Date | undefined;
  /** Somebody's word that it is whole; undefined: what stands beside it. */
  readonly attestation?: Omit<Attestation, 'at'> | undefined;
  readonly s3: () => Promise<S3Client>;
  /** Of reading it, in milliseconds since the epoch. */
  readonly now: number;
  /** Default: users as ListUsers gives them. */
  readonly kind?: RosterKind;
}

/** A file that was looked over. */
export interface LookedOver {
  readonly file: SavedFile;
  readonly parser: RosterParser;
  readonly sha256: string;
}

/** A roster that is ready to be read. */
export interface OpenedRoster {
  readonly files: readonly LookedOver[];
  /** Whole seconds. */
  readonly asOf: Date;
  readonly source: ListingSource & { readonly sha256: string };
  /** Its users lack what nothing told of them. */
  readonly hasGaps: boolean;
  /** Why what stands beside it attests nothing. */
  readonly notAttested?: string;
  close(): Promise<void>;
}

/** Characters by which a parser is chosen. */
const HEAD = 64 * 1024;

/** A kind of saved files: how they are read, and how the moment is found that they show. */
export interface RosterKind {
  /** Finds the parser of a file by its name and its beginning; a text says why there is none. */
  parserOf(name: string, head: string): RosterParser | string;
  /** A text that stands before each date. */
  readonly marker: string;
  readonly date: RegExp;
  readonly dateFrom: InstantOrigin;
}

/** An answer of ListUsers; boto3 saves with it when the service answered. */
const SAVED_USERS: RosterKind = {
  parserOf,
  marker: '"ResponseMetadata"',
  date: /"ResponseMetadata"\s*:\s*\{.*?"HTTPHeaders"\s*:\s*\{[^}]*?"[Dd]ate"\s*:\s*"([^"]{1,60})"/s,
  dateFrom: 'response',
};

/** More than stands between a marker and its date. */
const MOST_BEFORE_DATE = 8 * 1024;

/** A time without one is of whatever zone the machine is in. */
const HAS_ZONE = /:\d{2}(?:\.\d+)? ?(?:GMT|UTC|Z|[+-]\d{2}:?\d{2})$/;

/** Looks for dates; gives the first and the last of them, in milliseconds since the epoch. */
const datesOf = ({ marker, date }: RosterKind) => {
  let seenAt: readonly number[] = [];
  let tail = '';
  return {
    see(text: string): void {
      const seen = tail + text;
      for (let from = seen.indexOf(marker); from !== -1; from = seen.indexOf(marker, from + 1)) {
        const [, told = ''] = date.exec(seen.slice(from, from + MOST_BEFORE_DATE)) ?? [];
        const instant = HAS_ZONE.test(told) ? Date.parse(told) : Number.NaN;
        if (!Number.isNaN(instant)) seenAt = [Math.min(instant, ...seenAt), Math.max(instant, ...seenAt)];
      }
      tail = seen.slice(-MOST_BEFORE_DATE);
    },
    firstAndLast: () => seenAt,
  };
};

/** Bytes that a head is read of; of what is gzipped they unfold to more. */
const HEAD_BYTES = 128 * 1024;

/** Reads text as far as it is any: what is torn is told once it is read, since up to there are users. */
async function* textOf(pieces: AsyncIterable<Uint8Array>, onTorn?: (problem: string) => void): AsyncGenerator<string> {
  try {
    yield* decoded(pieces);
  } catch (error) {
    if (!(error instanceof TornFile)) throw error;
    onTorn?.(error.message);
  }
}

/** Hashes a file, and keeps its beginning; of one that can't be read at all, why. */
const beginningOf = async (file: SavedFile, all: Hash) => {
  const hash = createHash('sha256');
  const first: Uint8Array[] = [];
  let size = 0;
  for await (const piece of file.read()) {
    hash.update(piece);
    all.update(piece);
    if (size < HEAD_BYTES) first.push(piece);
    size += piece.length;
  }
  let head = '';
  let torn: string | undefined;
  const onTorn = (problem: string): void => {
    torn = problem;
  };
  for await (const text of textOf(Readable.from(first), onTorn)) if (head.length < HEAD) head += text;
  return { head, torn: head === '' ? torn : undefined, sha256: hash.digest('hex') };
};

const lookOver = async (
  file: SavedFile,
  all: Hash,
  { asOf, kind = SAVED_USERS }: RosterSettings,
): Promise<LookedOver & { readonly answered: readonly number[] }> => {
  const { head, torn, sha256 } = await beginningOf(file, all);
  if (torn !== undefined) throw new RosterError(`${file.path} ${torn}: save it anew`);
  const parser = kind.parserOf(file.name, head);
  if (typeof parser === 'string') throw new RosterError(`${file.path} ${parser}`);
  const dates = datesOf(kind);
  // To unfold all of it takes time: where the moment is given, only what says otherwise at its beginning is seen.
  if (asOf !== undefined) dates.see(head);
  else for await (const text of textOf(file.read())) dates.see(text);
  return { file, parser, sha256, answered: dates.firstAndLast() };
};

type LookedOverFile = Awaited<ReturnType<typeof lookOver>>;

/** Finds the manifest of the complete run that a file is the snapshot of; undefined where it is none. */
const manifestOf = async ({ file, sha256 }: LookedOver, asked: string | undefined) => {
  const { archive, key } = file.archived ?? {};
  const instant = runInstant(runOfKey(key ?? '') ?? '');
  if (archive === undefined || key === undefined || instant === undefined) return undefined;
  const environmentId = environmentOfKey(key) ?? '';
  if (asked !== undefined && asked !== environmentId)
    throw new RosterError(`${file.path} must be of environment ${asked}, got one of ${environmentId} by its path`);
  const proof = await ifSound(
    async () => {
      const stored = await readManifest(archive, runKeys(environmentId, instant).manifest);
      const { snapshot } = stored?.manifest.objects ?? {};
      if (stored?.manifest.verdict !== 'COMPLETE' || snapshot?.sha256 !== sha256) return undefined;
      if (!(await hasPlace(archive, environmentId, stored))) return 'it has no place in its chain';
      const policy = { isSigning: false, publicKeys: [] };
      const { previous: before } = stored.manifest;
      const end = { last: stored, ...(before && { before }) };
      return (await signatureProblem(archive, environmentId, end, policy)) ?? stored;
    },
    ({ message }) => message,
  );
  if (typeof proof === 'string') throw new RosterError(`${file.path}: its manifest does not hold: ${proof}`);
  return proof;
};

/** Reads the word of somebody that stands beside a file; a text says why it counts for nothing. */
const besides = async ({ file, sha256 }: LookedOver, now: number): Promise<Attestation | string | undefined> => {
  const text = await file.attestation();
  if (text === undefined) return undefined;
  const read = readAttestation(text, now);
  if (typeof read === 'string') return `what stands beside it is no attestation: ${read}`;
  const { name, statement, at } = read;
  return read.sha256 === sha256 ? { name, statement, at } : `what stands beside it attests other bytes, ${read.sha256}`;
};

/**
 * Finds the word by which a roster is whole, of those who gave one; a text says why what stands beside it counts for nothing.
 * Where a run has seen that it is whole, nobody's word is needed; a run that took somebody's word has not seen it.
 */
const wordFor = async (
  only: LookedOver | undefined,
  shownBy: Manifest | undefined,
  given: Attestation | undefined,
  now: number,
): Promise<Attestation | string | undefined> => {
  if (shownBy !== undefined) return shownBy.source?.attestedBy;
  return given ?? (only && besides(only, now));
};

interface Instant {
  readonly at: number;
  readonly from: InstantOrigin;
}

const namesOf = (files: readonly LookedOver[]): string =>
  files.length === 1 ? (files[0]?.file.name ?? '') : `${files[0]?.file.name} and ${files.length - 1} more`;

/** Says what a roster has against the moment that is given: nobody's word goes before what was seen. */
const givenProblem = (asOf: Date, answered: readonly number[], archivedAt: string | undefined): string | undefined => {
  const got = `got ${asOf.toISOString()}`;
  if (archivedAt !== undefined && Date.parse(archivedAt) !== asOf.getTime())
    return `is of ${archivedAt} by its manifest: --as-of must be that, or left out, ${got}`;
  // People know the day; pages are listed one after the other.
  const answeredAt = answered.find((instant) => Math.abs(instant - asOf.getTime()) > DAY_MS);
  if (answeredAt === undefined) return undefined;
  return `was answered at ${new Date(answeredAt).toISOString()}, as it says: --as-of must be within a day of that, or left out, ${got}`;
};

/** The moment that a roster shows: the last of its pages, by the best witness that there is. */
const instantOf = (
  files: readonly LookedOverFile[],
  { asOf, kind = SAVED_USERS }: RosterSettings,
  archivedAt: string | undefined,
): Instant => {
  const answered = files.flatMap((file) => file.answered);
  if (asOf !== undefined) {
    const problem = givenProblem(asOf, kind.dateFrom === 'response' ? answered : [], archivedAt);
    if (problem !== undefined) throw new RosterError(`${namesOf(files)} ${problem}`);
    return { at: asOf.getTime(), from: 'given' };
  }
  if (archivedAt !== undefined) return { at: Date.parse(archivedAt), from: 'manifest' };
  if (answered.length > 0) {
    const [first, last] = [Math.min(...answered), Math.max(...answered)];
    if (kind.dateFrom === 'response' && last - first > DAY_MS)
      throw new RosterError(
        `${namesOf(files)} was answered from ${new Date(first).toISOString()} to ${new Date(last).toISOString()}: pages of one listing must be of one day, give those`,
      );
    return { at: last, from: kind.dateFrom };
  }
  const unknown = files.find(({ file }) => file.modifiedAt === undefined);
  if (unknown !== undefined)
    throw new RosterError(`${unknown.file.path} does not say when it was listed: --as-of must be given, got nothing`);
  return { at: Math.max(...files.map(({ file }) => file.modifiedAt ?? 0)), from: 'file' };
};

/** Says what files that were looked over are worth. */
const openedOf = async (
  files: readonly LookedOverFile[],
  all: Hash,
  settings: RosterSettings,
): Promise<Omit<OpenedRoster, 'close'>> => {
  const { environmentId, now, attestation } = settings;
  const [only] = files.length === 1 ? files : [];
  const proof = only && (await manifestOf(only, environmentId));
  const { at, from: instantFrom } = instantOf(files, settings, proof?.manifest.asOf);
  const asOf = new Date(Math.floor(at / 1000) * 1000);
  const ahead = aheadProblem(asOf, now);
  if (ahead !== undefined)
    throw new RosterError(`the instant of ${namesOf(files)} ${ahead}: give the right one with --as-of`);
  const readAt = new Date(now).toISOString();
  const attestedBy = await wordFor(only, proof?.manifest, attestation && { ...attestation, at: readAt }, now);

  const records = files.map(
    ({ file, sha256, parser }): RosterFileRecord => ({ file: file.name, sha256, parser: parser.name }),
  );
  return {
    files,
    asOf,
    hasGaps: files.some(({ parser }) => parser.hasGaps),
    source: {
      kind: 'roster',
      file: namesOf(files),
      sha256: all.digest('hex'),
      parser: [...new Set(records.map(({ parser }) => parser))].join(', '),
      ...(records.length > 1 && { files: records }),
      instant: asOf.toISOString(),
      instantFrom,
      readAt,
      ...(proof !== undefined && { manifest: { key: proof.key, sha256: proof.sha256 } }),
      ...(typeof attestedBy === 'object' && { attestedBy }),
    },
    ...(typeof attestedBy === 'string' && { notAttested: attestedBy }),
  };
};

/**
 * Opens a saved roster: looks each file over once, for its hash, its parser and its moment. No user is read yet.
 * @throws {RosterError} where there is none, or nothing that can be read
 */
export const openRoster = async (settings: RosterSettings): Promise<OpenedRoster> => {
  const found: SavedFile[] = [];
  const close = async (): Promise<void> => {
    for (const file of found) await file.close();
  };
  try {
    const all = createHash('sha256');
    const files: LookedOverFile[] = [];
    for (const typed of settings.from) {
      const file = await findFile(typed, settings.s3);
      found.push(file);
      files.push(await lookOver(file, all, settings));
    }
    return { ...(await openedOf(files, all, settings)), close };
  } catch (error) {
    await close();
    const [{ path } = { path: 'S3' }] = found.slice(-1);
    throw isServiceFault(error) ? notAnswered(path, error) : error;
  }
};
