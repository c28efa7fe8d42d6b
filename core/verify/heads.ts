import type { Archive } from '../archive/archive.ts';
import { chainKeys, headText, readPlace } from '../archive/head.ts';
import { sequenceOfKey } from '../archive/keys.ts';

/** A place of a chain as somebody has kept it, from a mail, a log or an event. */
export interface KeptHead {
  readonly sequence: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

const HEAD = /(?<![\w:])(\d{1,12}):([0-9a-f]{64})(?![0-9a-f])/g;

/** Tells whether a text is one head and nothing else. */
export const isHead = (text: string): boolean => /^\d{1,12}:[0-9a-f]{64}$/.test(text);

/** Finds every head in a text, such as a file of mails, each once. */
export const headsIn = (text: string): readonly KeptHead[] =>
  [...new Set([...text.matchAll(HEAD)].map(([head]) => head))].map((head) => {
    const [sequence = '', sha256 = ''] = head.split(':');
    return { sequence: Number(sequence), sha256 };
  });

/** A head, and the environment in whose chain it stands; undefined where it stands in none. */
export interface FoundHead {
  readonly head: string;
  readonly environmentId?: string;
}

/** Looks for heads in the chains of environments: one that is in none is of a chain whose end was cut off or altered. */
export const findHeads = async (
  archive: Archive,
  environmentIds: readonly string[],
  heads: readonly KeptHead[],
): Promise<readonly FoundHead[]> => {
  const places = new Map<string, string>();
  for (const environmentId of environmentIds) {
    const wanted = new Set(heads.map(({ sequence }) => sequence));
    for (const [index, key] of (await chainKeys(archive, environmentId)).entries()) {
      const sequence = sequenceOfKey(key) ?? index + 1;
      if (!wanted.has(sequence)) continue;
      const found = await readPlace(archive, environmentId, key);
      if (found !== undefined) places.set(headText(sequence, found.sha256), environmentId);
    }
  }
  return heads.map(({ sequence, sha256 }) => {
    const head = headText(sequence, sha256);
    const environmentId = places.get(head);
    return environmentId === undefined ? { head } : { head, environmentId };
  });
};
