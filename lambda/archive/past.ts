import { createHash } from 'node:crypto';
import type { Finding } from '../../rules/engine/finding.ts';
import {
  isStanding,
  type Past,
  type RecentlyResolved,
  type Remembered,
} from '../../rules/engine/lifecycle.ts';
import { Roster } from '../../rules/engine/roster.ts';
import type { Rule } from '../../rules/engine/rule.ts';
import { readUser } from '../../rules/engine/user.ts';
import type { Archive } from '../ports.ts';
import { readTrend, type TrendPoint } from '../report/trend.ts';
import type { ObjectName } from './keys.ts';
import { readBytes, readLines } from './lines.ts';
import { ArchiveError, type Manifest, type ManifestObject } from './manifest.ts';

/** Passes a body on, and throws at its end where it is not what the manifest says. */
async function* verified(
  body: AsyncIterable<Uint8Array>,
  { key, sha256 }: ManifestObject,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of body) {
    hash.update(chunk);
    yield chunk;
  }
  const found = hash.digest('hex');
  if (found !== sha256) {
    throw new ArchiveError(`${key} was altered: its SHA-256 is ${found}, its run's manifest says ${sha256}`);
  }
}

/** The lines of one of a run's objects, checked against the run's manifest as they are read. */
export async function* readRunLines(
  archive: Archive,
  { run, objects }: Pick<Manifest, 'run' | 'objects'>,
  name: ObjectName,
): AsyncGenerator {
  const object = objects[name];
  if (object === undefined) return;
  const stored = await archive.read(object.key);
  if (stored === undefined) {
    throw new ArchiveError(`${object.key} is missing, though the manifest of run ${run} names it`);
  }
  yield* readLines(verified(stored.body, object));
}

/** The findings that stood at the end of a run, and those that had resolved shortly before. */
export const readPast = async (
  archive: Archive,
  manifest: Manifest | undefined,
  rules: ReadonlyMap<string, Rule>,
): Promise<Past> => {
  const standing = new Map<string, Remembered>();
  const resolved = new Map<string, RecentlyResolved>();
  if (manifest === undefined) return { standing, resolved };

  for await (const line of readRunLines(archive, manifest, 'findings')) {
    const finding = line as Finding;
    if (!isStanding(finding, rules.get(finding.ruleId))) continue;
    const { id, severity, firstSeen, runs } = finding;
    standing.set(id, { severity, firstSeen, runs });
  }
  for await (const line of readRunLines(archive, manifest, 'resolved')) {
    const finding = line as RecentlyResolved;
    resolved.set(finding.id, finding);
  }
  return { standing, resolved };
};

/** A roster that remembers the users of a run, or nobody. */
export const readRoster = async (archive: Archive, manifest: Manifest | undefined): Promise<Roster> => {
  const roster = new Roster();
  if (manifest === undefined) return roster;
  let position = 0;
  for await (const record of readRunLines(archive, manifest, 'snapshot')) {
    roster.remember(readUser(record, position));
    position += 1;
  }
  return roster;
};

const parsed = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
};

/**
 * The trend up to a run, as its report carries it; undefined where the report is not there or carries none, which
 * the next report tells. A report that was altered is an `ArchiveError`.
 */
export const readEarlierTrend = async (
  archive: Archive,
  manifest: Manifest | undefined,
): Promise<readonly TrendPoint[] | undefined> => {
  const object = manifest?.objects.report;
  const stored = object && (await archive.read(object.key));
  return stored && readTrend(parsed(await readBytes(verified(stored.body, object))));
};
