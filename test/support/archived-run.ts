import { gzipSync } from 'node:zlib';
import type { Archive } from '../../core/archive/archive.ts';
import { type ObjectFile, runKeys } from '../../core/archive/keys.ts';
import type { Manifest } from '../../core/archive/manifest.ts';
import { jsonText, sha256Of } from '../../core/archive/staging.ts';
import { serialiseRecord } from '../../rules/engine/record.ts';
import { ENVIRONMENT } from './builders.ts';
import { anEntry, entryInstant } from './chain-entries.ts';

const FILES: Readonly<Record<string, ObjectFile>> = {
  snapshot: { area: 'snapshots', file: 'snapshot.jsonl.gz' },
  principals: { area: 'principals', file: 'principals.jsonl.gz' },
  groups: { area: 'groups', file: 'groups.jsonl.gz' },
  findings: { area: 'findings', file: 'findings.jsonl.gz' },
  resolved: { area: 'resolved', file: 'resolved.jsonl.gz' },
  report: { area: 'reports', file: 'report.json' },
  digest: { area: 'reports', file: 'digest.json' },
};

/** Lines of a gzipped object, or the value of one of JSON. */
export type ObjectContent = readonly unknown[] | object | string;

const bytesOf = (content: ObjectContent): Buffer => {
  if (typeof content === 'string') return gzipSync(content);
  if (!Array.isArray(content)) return Buffer.from(jsonText(content));
  return gzipSync(content.map((line) => `${serialiseRecord(line)}\n`).join(''));
};

/** Puts objects of a run into an archive, and gives the manifest that names them, and no others. */
export const archiveObjects = async (
  archive: Archive,
  number: number,
  contents: Readonly<Record<string, ObjectContent>>,
  differs: Partial<Manifest> = {},
): Promise<Manifest> => {
  const { object } = runKeys(ENVIRONMENT, entryInstant(number));
  const objects: Record<string, Manifest['objects'][string]> = {};
  for (const [name, content] of Object.entries(contents)) {
    const file = FILES[name];
    if (file === undefined) throw new Error(`nothing is known of ${name}`);
    const bytes = bytesOf(content);
    const key = object(file);
    await archive.create(key, { bytes }, 'application/octet-stream');
    objects[name] = { key, sha256: sha256Of(bytes), size: bytes.length };
  }
  return anEntry(number, { objects, ...differs });
};
