import * as z from 'zod';
import { SEVERITIES } from '../../rules/engine/severity.ts';
import type { Archive } from '../archive/archive.ts';
import { readBytes } from '../archive/lines.ts';
import { digestOfBody, sha256Of } from '../archive/staging.ts';

/** The files that every pack has besides its manifest; pages, and who reviews whom, stand in its manifest alone. */
export const PACK_FILES = [
  'README.txt',
  'changes.csv',
  'never-logged-in.csv',
  'privileged.csv',
  'roster.csv',
  'waivers.csv',
  'worksheet.csv',
] as const;

export type PackFile = (typeof PACK_FILES)[number];

export const PACK_MANIFEST = 'manifest.json';

/** The file that says who reviews whom, by the ids of users; there where that was said. */
export const REVIEWERS_FILE = 'reviewers.csv';

const fileDigest = z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().nonnegative() });
const days = z.object({ from: z.string(), to: z.string() });
const source = z.object({ run: z.string(), key: z.string(), sha256: fileDigest.shape.sha256 });
const count = z.int().nonnegative();

const packManifest = z.object({
  schemaVersion: z.literal(1),
  environmentId: z.string(),
  accountId: z.string(),
  period: days,
  /** The run that the review speaks for. */
  run: z.string(),
  /** Its instant, ISO 8601 in UTC. */
  asOf: z.string(),
  /** Why its users may not be everybody of its night, in sentences; missing where nothing says so. */
  reservations: z.array(z.string()).exactOptional(),
  /** Its manifest in the archive. */
  archiveManifest: z.object({ key: z.string(), sha256: fileDigest.shape.sha256 }),
  /** The runs that the changes were read from, in order. */
  changesFrom: z.array(source),
  /** Days without a run, attempts that never were complete, and runs that are not to be trusted. */
  gaps: z.object({
    daysWithoutRun: z.array(days),
    unfinished: z.array(z.object({ run: z.string(), attempt: z.string().optional(), end: z.string() })),
    untrusted: z.array(z.object({ run: z.string(), problem: z.string() })),
    /** Runs that were deleted after their retention, with by whose word; left out where there are none. */
    expired: z.array(z.object({ run: z.string(), says: z.string() })).exactOptional(),
  }),
  counts: z.object({
    users: count,
    superUsers: count,
    /** Those who manage users and groups by a permission group; missing where groups were not read. */
    effectiveSuperUsers: count.exactOptional(),
    apiBound: count,
    /** Those whose type or API access is no documented value; missing where it was not counted. */
    privilegeUnknown: count.exactOptional(),
    neverLoggedIn: count,
    lastLoginUnknown: count,
    waivers: count,
    came: count,
    gone: count,
    changed: count,
    /** Records without a userId in the first and the reviewed run: nothing ties one to another. */
    untraceable: count,
    events: count,
    /** Users who are kept only with a justification. */
    justificationRequired: count,
    /** Findings of the reviewed run that fail and are not waived, events left out. */
    openFindings: z.record(z.enum(SEVERITIES), count),
  }),
  /** SHA-256 and size in bytes of every file. */
  files: z
    .object(Object.fromEntries(PACK_FILES.map((name) => [name, fileDigest])) as Record<PackFile, typeof fileDigest>)
    .catchall(fileDigest)
    // A name leads nowhere else.
    .refine((files) => Object.keys(files).every((name) => /^[\w-]+\.(?:csv|html|txt)$/.test(name))),
  codeVersion: z.string(),
});

/** The manifest of a pack; written last, so that the pack exists when it does. */
export type PackManifest = Readonly<z.infer<typeof packManifest>>;

/** A manifest without the hashes of the files, one of which is written from it. */
export type PackDescription = Omit<PackManifest, 'files'>;

export type FileDigest = Readonly<z.infer<typeof fileDigest>>;

/** Thrown where a pack is not the one that was built. */
export class PackError extends Error {
  override readonly name = 'PackError';

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

/** A pack whose files are what its manifest says. */
export interface StoredPack {
  readonly manifest: PackManifest;
  /** The manifest's bytes, hashed and counted. */
  readonly sha256: string;
  readonly size: number;
}

const fileProblem = async (pack: Archive, name: string, wanted: string): Promise<string | undefined> => {
  const stored = await pack.read(name);
  if (stored === undefined) return `${name} is missing, though ${PACK_MANIFEST} names it`;
  const { sha256: found } = await digestOfBody(stored.body);
  if (found === wanted) return undefined;
  const hint = name === 'worksheet.csv' ? '; fill in a copy of it, and build the pack anew' : '';
  return `${name} was altered: its SHA-256 must be ${wanted}, got ${found}${hint}`;
};

const parsed = (bytes: Uint8Array): PackManifest => {
  try {
    return packManifest.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch {
    throw new PackError([`${PACK_MANIFEST} must be the manifest of an access-review pack, got something else`]);
  }
};

/**
 * Reads a pack's manifest, and holds every file of the pack against it.
 * @throws {PackError} naming every file that is altered or missing
 */
export const readPack = async (pack: Archive): Promise<StoredPack> => {
  const stored = await pack.read(PACK_MANIFEST);
  if (stored === undefined)
    throw new PackError([`${pack.location} must be an access-review pack, got no ${PACK_MANIFEST} there`]);
  const bytes = await readBytes(stored);
  const manifest = parsed(bytes);
  const problems: string[] = [];
  for (const [name, { sha256 }] of Object.entries(manifest.files)) {
    const problem = await fileProblem(pack, name, sha256);
    if (problem !== undefined) problems.push(problem);
  }
  if (problems.length > 0) throw new PackError(problems);
  return { manifest, sha256: sha256Of(bytes), size: bytes.length };
};
