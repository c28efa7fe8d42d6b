import { createHash } from 'node:crypto';
import type { Finding } from '../../rules/engine/finding.ts';
import { type FindingBaseline, type RecentlyResolved, staysOpen } from '../../rules/engine/lifecycle.ts';
import { type OpenFinding, OpenFindings } from '../../rules/engine/memory/open-findings.ts';
import { Roster } from '../../rules/engine/memory/roster.ts';
import type { Rule } from '../../rules/engine/rule.ts';
import { readUser } from '../../rules/engine/user.ts';
import { messageOf } from '../text/error-message.ts';
import type { Archive } from './archive.ts';
import { ArchiveError } from './errors.ts';
import { readJson, readLines } from './lines.ts';
import type { Manifest, ManifestObject } from './manifest.ts';
import { isFinding, objectFault } from './shapes.ts';

/** Passes a body on; throws ArchiveError where it grows larger than `witness` says, or at its end is not what that says. */
export async function* verified(
  body: AsyncIterable<Uint8Array>,
  { key, sha256, size }: ManifestObject,
  witness = "its run's manifest",
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let read = 0;
  for await (const chunk of body) {
    read += chunk.length;
    if (read > size)
      throw new ArchiveError(`${key} was altered: it has more than the ${size} bytes that ${witness} says`);
    hash.update(chunk);
    yield chunk;
  }
  const found = hash.digest('hex');
  if (found !== sha256) {
    throw new ArchiveError(`${key} was altered: its SHA-256 is ${found}, ${witness} says ${sha256}`);
  }
}

/** Reads one of a run's objects, and checks it against the run's manifest; throws ArchiveError. */
export async function* readRunBytes(
  archive: Archive,
  { run, objects }: Pick<Manifest, 'run' | 'objects'>,
  name: string,
): AsyncGenerator<Uint8Array> {
  const object = objects[name];
  if (object === undefined) throw new ArchiveError(`the manifest of run ${run} names no ${name}`);
  const stored = await archive.read(object.key);
  if (stored === undefined) {
    throw new ArchiveError(`${object.key} is missing, though the manifest of run ${run} names it`);
  }
  yield* verified(stored.body, object);
}

/**
 * Reads the lines of one of a run's objects, and checks them against its manifest.
 * @throws {ArchiveError} where they are not what was put there; where the archive gives no answer, as that fails: it says
 * nothing of what it holds
 */
export async function* readRunLines(
  archive: Archive,
  manifest: Pick<Manifest, 'run' | 'objects'>,
  name: string,
): AsyncGenerator {
  const object = manifest.objects[name];
  if (object === undefined) return;
  let isUnanswered = false;
  async function* bytes(): AsyncGenerator<Uint8Array> {
    try {
      yield* readRunBytes(archive, manifest, name);
    } catch (error) {
      isUnanswered = true;
      throw error;
    }
  }
  try {
    for await (const line of readLines(bytes())) {
      if (name === 'findings' && !isFinding(line)) throw new Error('a line of it is no finding');
      yield line;
    }
  } catch (error) {
    if (isUnanswered) throw error;
    throw new ArchiveError(`${object.key} can't be read: ${messageOf(error)}`, { cause: error });
  }
}

/**
 * Reads one of a run's objects of JSON, and checks it against the run's manifest; undefined where the run has none.
 * @throws {ArchiveError} where it is missing or was altered
 */
export const readRunObject = async (
  archive: Archive,
  manifest: Pick<Manifest, 'run' | 'objects'>,
  name: string,
): Promise<unknown> => {
  const { key } = manifest.objects[name] ?? {};
  if (key === undefined) return undefined;
  const value = await readJson({ key, body: readRunBytes(archive, manifest, name) });
  const fault = objectFault(name, value);
  if (fault !== undefined) throw new ArchiveError(`${key} is no ${name}: ${fault}`);
  return value;
};

/** Gives what is kept of a finding that stays open. */
export const openFindingOf = ({ severity, firstSeen, runs, lastSeen, state, carried }: Finding): OpenFinding => ({
  severity,
  firstSeen,
  runs,
  lastSeen,
  ...(state === 'waived' && { wasWaived: true }),
  ...(carried && { wasCarried: true }),
});

/** Reads the findings that were open at the end of a run, and those that had resolved shortly before. */
export const readFindingBaseline = async (
  archive: Archive,
  manifest: Manifest | undefined,
  rules: ReadonlyMap<string, Rule>,
): Promise<FindingBaseline> => {
  const open = new OpenFindings();
  const resolved = new Map<string, RecentlyResolved>();
  if (manifest === undefined) return { open, resolved };

  for await (const line of readRunLines(archive, manifest, 'findings')) {
    const finding = line as Finding;
    if (!staysOpen(finding, rules.get(finding.ruleId))) continue;
    open.add(finding.id, openFindingOf(finding));
  }
  for await (const line of readRunLines(archive, manifest, 'resolved')) {
    const finding = line as RecentlyResolved;
    resolved.set(finding.id, finding);
  }
  return { open, resolved };
};

/** Reads the users of a run into a roster; an empty one where there is no run. */
export const readRoster = async (archive: Archive, manifest: Manifest | undefined): Promise<Roster> => {
  const roster = new Roster();
  if (manifest === undefined) return roster;
  // Those without an id take no part, whatever their position.
  for await (const record of readRunLines(archive, manifest, 'snapshot')) roster.addBaseline(readUser(record, 0));
  return roster;
};
