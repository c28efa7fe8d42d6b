import type { Archive } from '../archive/archive.ts';
import { ifSound } from '../archive/errors.ts';
import { chainKeys, type FoundPlace, headText, placeNumbers, readPlace } from '../archive/head.ts';
import { chainKey } from '../archive/keys.ts';
import type { Problem } from './problem.ts';

/** A place of a chain as somebody has kept it, from a mail, a log or an event. */
export interface KeptHead {
  readonly sequence: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** Places are counted from 1. */
const TEXT = String.raw`(?!0+:)\d{1,12}:[0-9a-f]{64}`;

const HEAD = new RegExp(String.raw`(?<![\w:])${TEXT}(?![0-9a-f])`, 'g');

const ONE_HEAD = new RegExp(`^${TEXT}$`);

/** Tells whether a text is one head and nothing else. */
export const isHead = (text: string): boolean => ONE_HEAD.test(text);

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
  /** Its place may be one that was deleted after its retention: nobody can tell. */
  readonly expired?: true;
}

/** Says of a head that stands in no chain what stands in its place. */
const lostHead = (
  environmentIds: readonly string[],
  { sequence, sha256 }: KeptHead,
  found: readonly FoundPlace[],
): Problem => {
  const [place, ...others] = found;
  const [environmentId = '*'] = environmentIds.length === 1 ? environmentIds : [];
  const stands = `head ${headText(sequence, sha256)} stands in no chain here`;
  // With several environments nobody knows of which it is, unless there is one such place only.
  if (place === undefined || others.length > 0)
    return {
      kind: 'missing',
      run: null,
      key: chainKey(environmentId, sequence),
      message: `is not there: ${stands}, so its end was cut off, or it was altered`,
    };
  const run = typeof place.entry === 'string' ? null : place.entry.run;
  return { kind: 'edited', run, key: place.key, message: `has SHA-256 ${place.sha256}: ${stands}` };
};

/**
 * Looks for heads in the chains of environments: one that is in none is of a chain whose end was cut off or altered.
 * @param expiredUpTo the last place that is gone from any of them since it had not to be kept any more
 */
export const findHeads = async (
  archive: Archive,
  environmentIds: readonly string[],
  heads: readonly KeptHead[],
  expiredUpTo = 0,
): Promise<{ readonly heads: readonly FoundHead[]; readonly problems: readonly Problem[] }> => {
  const places: { readonly environmentId: string; readonly sequence: number; readonly found: FoundPlace }[] = [];
  const wanted = new Set(heads.map(({ sequence }) => sequence));
  for (const environmentId of environmentIds) {
    const keys = await chainKeys(archive, environmentId);
    for (const [index, sequence] of placeNumbers(keys).entries()) {
      const key = keys[index] ?? '';
      if (!wanted.has(sequence)) continue;
      // What can't be read is told where the chain is walked.
      const found = await ifSound(
        () => readPlace(archive, environmentId, key),
        () => undefined,
      );
      if (found !== undefined) places.push({ environmentId, sequence, found });
    }
  }
  const problems: Problem[] = [];
  const all = heads.map((kept): FoundHead => {
    const head = headText(kept.sequence, kept.sha256);
    const there = places.filter(({ sequence }) => sequence === kept.sequence);
    const environmentId = there.find(({ found }) => found.sha256 === kept.sha256)?.environmentId;
    if (environmentId !== undefined) return { head, environmentId };
    // A place that is there still, in each chain, has not expired, whatever has after it.
    if (kept.sequence <= expiredUpTo && there.length < environmentIds.length) return { head, expired: true };
    problems.push(
      lostHead(
        environmentIds,
        kept,
        there.map(({ found }) => found),
      ),
    );
    return { head };
  });
  return { heads: all, problems };
};
