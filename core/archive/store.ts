import type { Archive } from './archive.ts';
import { ArchiveError } from './errors.ts';
import type { ManifestObject } from './manifest.ts';
import { digestOfBody, type StagedContent } from './staging.ts';

const CONTENT_TYPES = {
  gz: 'application/gzip',
  json: 'application/json',
  csv: 'text/csv; charset=utf-8',
  html: 'text/html; charset=utf-8',
} as const;

const contentTypeOf = (key: string): string => {
  const ending = key.slice(key.lastIndexOf('.') + 1);
  return ending in CONTENT_TYPES ? CONTENT_TYPES[ending as keyof typeof CONTENT_TYPES] : 'application/octet-stream';
};

const readDigest = async (archive: Archive, key: string) => {
  const stored = await archive.read(key);
  if (stored === undefined) throw new ArchiveError(`${key} exists and is not there: something deletes objects`);
  return await digestOfBody(stored.body);
};

export interface Stored {
  readonly object: ManifestObject;
  /** This attempt wrote it: there was nothing before. */
  readonly isNew: boolean;
  /** The stored bytes are those that this attempt had to store, whoever wrote them. */
  readonly isOurs: boolean;
}

/** Stores evidence where there is none yet: what another attempt has put there stays. */
export const storeOnce = async (
  archive: Archive,
  key: string,
  { content, sha256, size }: StagedContent,
): Promise<Stored> => {
  const outcome = await archive.create(key, content, contentTypeOf(key));
  if (outcome === 'created') return { object: { key, sha256, size }, isNew: true, isOurs: true };
  const found = await readDigest(archive, key);
  return { object: { key, ...found }, isNew: false, isOurs: found.sha256 === sha256 };
};
