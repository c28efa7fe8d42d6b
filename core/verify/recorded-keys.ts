import type { KeyObject } from 'node:crypto';
import type { Archive } from '../archive/archive.ts';
import { keysUnder, publicKeyKey, RECORDED_KEYS } from '../archive/keys.ts';
import { readRecordedKey } from '../archive/signing-keys.ts';
import { messageOf } from '../text/error-message.ts';
import type { Link } from './links.ts';
import type { Note, Observations, Problem } from './problem.ts';

/** The recorded public keys, by the key of their object: a text says why it is none. */
export type RecordedKeys = ReadonlyMap<string, KeyObject | string>;

/** Reads the public keys that an archive has recorded. */
export const recordedKeys = async (archive: Archive): Promise<RecordedKeys> => {
  const recorded = new Map<string, KeyObject | string>();
  for (const key of await keysUnder(archive, RECORDED_KEYS)) {
    try {
      const found = await readRecordedKey(archive, key);
      if (found !== undefined) recorded.set(key, found);
    } catch (error) {
      recorded.set(key, messageOf(error));
    }
  }
  return recorded;
};

/** The recorded key of this id, where there is one. */
export const keysOf = (recorded: RecordedKeys, keyId: string): readonly KeyObject[] => {
  const found = recorded.get(publicKeyKey(keyId));
  return typeof found === 'object' ? [found] : [];
};

/** Says what is wrong with a recorded key that signatures name; undefined where nothing is. */
const keyFault = (
  found: KeyObject | string,
  signed: readonly Link[],
  publicKeys: readonly KeyObject[],
): string | undefined => {
  if (typeof found === 'string') return `can't be used: ${found}`;
  if (publicKeys.length > 0)
    return publicKeys.some((key) => key.equals(found)) ? undefined : 'is none of the public keys that were given';
  return signed.some(({ isSignatureValid }) => isSignatureValid)
    ? undefined
    : `is not the key that signed: none of the ${signed.length} signatures that name it hold against it`;
};

/**
 * Holds the public keys that the archive has recorded against the signatures that name them, and against those that
 * somebody gave.
 * @param links in order
 */
export const checkRecordedKeys = (
  links: readonly Link[],
  recorded: RecordedKeys,
  publicKeys: readonly KeyObject[],
): Observations => {
  const problems: Problem[] = [];
  const notes: Note[] = [];
  const named = Map.groupBy(
    links.filter(({ claims }) => claims?.signature !== undefined),
    ({ claims }) => publicKeyKey(claims?.signature?.keyId ?? ''),
  );
  for (const [key, signed] of named) {
    const run = signed[0]?.run ?? null;
    const found = recorded.get(key);
    const fault = found === undefined ? undefined : keyFault(found, signed, publicKeys);
    if (fault !== undefined) problems.push({ kind: 'edited', run, key, message: fault });
    if (found !== undefined) continue;
    const message = 'is not there: the key that the signature of the run names was not recorded, or the record is gone';
    notes.push({ kind: 'unrecorded', run, key, message });
  }
  for (const key of recorded.keys()) {
    if (named.has(key)) continue;
    notes.push({ kind: 'leftover', key, message: 'is named by no signature of this environment' });
  }
  return { problems, notes };
};
