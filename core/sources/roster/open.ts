import { createHash, type Hash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { hasPlace } from '../../archive/head.ts';
import { environmentOfKey, runKeys, runOfKey } from '../../archive/keys.ts';
import { readManifest } from '../../archive/manifest.ts';
import { signatureProblem } from '../../archive/signing-keys.ts';
import type { Attestation, InstantOrigin, ListingSource, RosterFileRecord } from '../../model/listing.ts';
import { runInstant } from '../../model/run-name.ts';
import { readAttestation } from './attestation.ts';
import { decoded, TornFile } from './bytes.ts';
import { findFile, RosterError, type SavedFile } from './file.ts';
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

/** What ListUsers gave; boto3 saves with it when the service answered. */
const SAVED_USERS: RosterKind = {
  parserOf,
  marker: '"ResponseMetadata"',
  date: /"ResponseMetadata"\s*:\s*\{.*?"HTTPHeaders"\s*:\s*\{[^}]*?"[Dd]ate"\s*:\s*"([^"]{1,60})"/s,
  dateFrom: 'response',
};

/** More than stands between a marker and its date. */
const MOST_BEFORE_DATE = 8 * 1024;

/** Looks for dates; gives the last of them, in milliseconds since the epoch. */
const lastDate = ({ marker, date }: RosterKind) => {
  let latest: number | undefined;
  let tail = '';
  return {
    see(text: string): void {
      const seen = tail + text;
      for (let from = seen.indexOf(marker); from !== -1; from = seen.indexOf(marker, from + 1)) {
        const instant = Date.parse(date.exec(seen.slice(from, from + MOST_BEFORE_DATE))?.[1] ?? '');
        if (!Number.isNaN(instant)) latest = Math.max(latest ?? 0, instant);
      }
      tail = seen.slice(-MOST_BEFORE_DATE);
    },
    latest: () => latest,
  };
};

/** Bytes that a head is read of; of what is gzipped they unfold to more. */
const HEAD_BYTES = 128 * 1024;

/** Reads text as far as it is any: what is torn is told once it is read, since up to there are users. */
async function* textOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  try {
    yield* decoded(pieces);
  } catch (error) {
    if (!(error instanceof TornFile)) throw error;
  }
}

/** Hashes a file, and keeps its beginning. */
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
  for await (const text of textOf(Readable.from(first))) if (head.length < HEAD) head += text;
  return { head, sha256: hash.digest('hex') };
};

const lookOver = async (
  file: SavedFile,
  all: Hash,
  { asOf, kind = SAVED_USERS }: RosterSettings,
): Promise<LookedOver & { readonly answeredAt: number | undefined }> => {
  const { head, sha256 } = await beginningOf(file, all);
  const parser = kind.parserOf(file.name, head);
  if (typeof parser === 'string') throw new RosterError(`${file.path} ${parser}`);
  const dates = lastDate(kind);
  // To unfold all of it takes time: where the moment is given, nobody looks for one.
  if (asOf === undefined) for await (const text of textOf(file.read())) dates.see(text);
  return { file, parser, sha256, answeredAt: dates.latest() };
};

/** Finds the manifest of the complete run that a file is the snapshot of; undefined where it is none. */
const manifestOf = async ({ file, sha256 }: LookedOver, asked: string | undefined) => {
  const { archive, key } = file.archived ?? {};
  const instant = runInstant(runOfKey(key ?? '') ?? '');
  if (archive === undefined || key === undefined || instant === undefined) return undefined;
  const environmentId = environmentOfKey(key) ?? '';
  if (asked !== undefined && asked !== environmentId)
    throw new RosterError(`${file.path} must be of environment ${asked}, got one of ${environmentId} by its path`);
  const stored = await readManifest(archive, runKeys(environmentId, instant).manifest);
  const { snapshot } = stored?.manifest.objects ?? {};
  if (stored === undefined || stored.manifest.verdict !== 'COMPLETE' || snapshot?.sha256 !== sha256) return undefined;
  const problem = (await hasPlace(archive, environmentId, stored))
    ? await signatureProblem(archive, environmentId, { last: stored }, { isSigning: false, publicKeys: [] })
    : 'it has no place in its chain';
  if (problem !== undefined) throw new RosterError(`${file.path}: its manifest does not hold: ${problem}`);
  return stored;
};

/** Reads the word of somebody that stands beside a file; a text says why it counts for nothing. */
const besides = async ({ file, sha256 }: LookedOver): Promise<Attestation | string | undefined> => {
  const text = await file.attestation();
  if (text === undefined) return undefined;
  const read = readAttestation(text);
  if (typeof read === 'string') return `what stands beside it is no attestation: ${read}`;
  const { name, statement, at } = read;
  return read.sha256 === sha256 ? { name, statement, at } : `what stands beside it attests other bytes, ${read.sha256}`;
};

interface Instant {
  readonly at: number;
  readonly from: InstantOrigin;
}

/** The moment that a roster shows: the last of its pages, by the best witness that there is. */
const instantOf = (
  files: readonly Awaited<ReturnType<typeof lookOver>>[],
  { asOf, kind = SAVED_USERS }: RosterSettings,
  archivedAt: string | undefined,
): Instant => {
  if (asOf !== undefined) return { at: asOf.getTime(), from: 'given' };
  if (archivedAt !== undefined) return { at: Date.parse(archivedAt), from: 'manifest' };
  const answered = files.flatMap(({ answeredAt }) => answeredAt ?? []);
  if (answered.length > 0) return { at: Math.max(...answered), from: kind.dateFrom };
  const unknown = files.find(({ file }) => file.modifiedAt === undefined);
  if (unknown !== undefined)
    throw new RosterError(`${unknown.file.path} does not say when it was listed: --as-of must be given, got nothing`);
  return { at: Math.max(...files.map(({ file }) => file.modifiedAt ?? 0)), from: 'file' };
};

const namesOf = (files: readonly LookedOver[]): string =>
  files.length === 1 ? (files[0]?.file.name ?? '') : `${files[0]?.file.name} and ${files.length - 1} more`;

/**
 * Opens a saved roster: looks each file over once, for its hash, its parser and its moment. No user is read yet.
 * @throws {RosterError} where there is none, or nothing that can be read
 */
export const openRoster = async (settings: RosterSettings): Promise<OpenedRoster> => {
  const { environmentId, now, attestation, from, s3 } = settings;
  const all = createHash('sha256');
  const files: Awaited<ReturnType<typeof lookOver>>[] = [];
  const close = async (): Promise<void> => {
    for (const { file } of files) await file.close();
  };
  for (const typed of from) files.push(await lookOver(await findFile(typed, s3), all, settings));

  const [only] = files.length === 1 ? files : [];
  const proof = only && (await manifestOf(only, environmentId));
  const { at, from: instantFrom } = instantOf(files, settings, proof?.manifest.asOf);
  const asOf = new Date(Math.floor(at / 1000) * 1000);
  const readAt = new Date(now).toISOString();
  const beside = only === undefined || attestation !== undefined ? undefined : await besides(only);
  const attestedBy = attestation === undefined ? beside : { ...attestation, at: readAt };

  const records = files.map(
    ({ file, sha256, parser }): RosterFileRecord => ({ file: file.name, sha256, parser: parser.name }),
  );
  return {
    files,
    asOf,
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
      ...(proof === undefined && typeof attestedBy === 'object' && { attestedBy }),
    },
    ...(typeof attestedBy === 'string' && { notAttested: attestedBy }),
    close,
  };
};
