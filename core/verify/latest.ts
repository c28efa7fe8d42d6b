import type { Archive } from '../archive/archive.ts';
import { type LatestPointer, pointedKey, pointerProblem } from '../archive/chain.ts';
import { latestKey, runKeys } from '../archive/keys.ts';
import { MOST_JSON_BYTES, parsedJson, readBytes } from '../archive/lines.ts';
import { isPointer } from '../archive/shapes.ts';
import { messageOf } from '../text/error-message.ts';
import { plural } from '../text/plain-text.ts';
import type { RunOfLink } from './links.ts';
import type { Problem } from './problem.ts';

/** The state of the pointer to the last run. */
export type LatestState =
  | { readonly state: 'fits' }
  /** The state that a run leaves which is cut off between its manifest and the pointer: the next run mends it. */
  | { readonly state: 'behind-by-one'; readonly observed: Omit<Problem, 'kind'> }
  | { readonly state: 'wrong'; readonly problem: Problem };

/**
 * Reads the pointer; undefined where there is none, and the problem where there is something else.
 * @param run to which it should point
 */
const readPointer = async (
  archive: Archive,
  key: string,
  run: string | null,
): Promise<{ readonly pointer?: LatestPointer | undefined; readonly problem?: Problem }> => {
  try {
    const stored = await archive.read(key);
    if (stored === undefined) return {};
    const pointer = parsedJson((await readBytes(stored, MOST_JSON_BYTES)).toString('utf8'));
    return isPointer(pointer)
      ? { pointer }
      : { problem: { kind: 'edited', run, key, message: 'is no pointer to a run' } };
  } catch (error) {
    return { problem: { kind: 'unreadable', run, key, message: messageOf(error) } };
  }
};

/** Holds the pointer against the link that it points to; undefined where it names that one. */
const targetProblem = (
  environmentId: string,
  pointer: LatestPointer,
  links: readonly RunOfLink[],
): Problem | undefined => {
  const { run } = pointer;
  const pointed = pointedKey(environmentId, pointer);
  const target = links.find(({ key }) => key === pointed);
  if (target === undefined) {
    const newest = links.at(-1)?.run ?? '';
    const problem = pointerProblem(environmentId, pointer, undefined);
    return run > newest && problem !== undefined
      ? { ...problem, message: `${problem.message}, ahead of every manifest that is` }
      : problem;
  }
  if (target.run !== run) {
    const key = latestKey(environmentId);
    return { kind: 'edited', run, key, message: `says run ${run} and points to ${pointed}` };
  }
  if (pointer.manifest !== runKeys(environmentId, target.asOf).manifest) {
    const key = latestKey(environmentId);
    return { kind: 'edited', run, key, message: `names ${pointer.manifest} as the manifest of run ${run}` };
  }
  return target.sha256 === undefined ? undefined : pointerProblem(environmentId, pointer, target.sha256);
};

/**
 * Holds the pointer to the last run against the links of the chain.
 * @param links in the order of time
 */
export const readLatestState = async (
  archive: Archive,
  environmentId: string,
  links: readonly RunOfLink[],
): Promise<LatestState> => {
  const key = latestKey(environmentId);
  const { pointer, problem = pointer && targetProblem(environmentId, pointer, links) } = await readPointer(
    archive,
    key,
    links.at(-1)?.run ?? null,
  );
  if (problem !== undefined) return { state: 'wrong', problem };

  // Where there is no pointer, it is behind all of them.
  const position = links.findIndex(
    ({ key: place }) => pointer !== undefined && place === pointedKey(environmentId, pointer),
  );
  const behind = links.length - 1 - position;
  const newest = links.at(-1);
  if (newest === undefined || behind === 0) return { state: 'fits' };

  const { run } = newest;
  const message =
    pointer === undefined
      ? `is not there, though run ${run} is`
      : `points to run ${pointer.run}, and run ${run} is the newest`;
  if (behind === 1) return { state: 'behind-by-one', observed: { run, key, message } };
  const words = pointer === undefined ? message : `${message}, ${plural(behind, 'run')} later`;
  return { state: 'wrong', problem: { kind: 'latest', run, key, message: words } };
};
