import { DAY_MS } from '../../rules/engine/time.ts';
import type { Archive } from '../archive/archive.ts';
import { areaPrefix, dayPrefix, firstKey, keysUnder, runOfKey } from '../archive/keys.ts';
import { readVerification } from '../archive/verifications.ts';
import { aheadProblem, runInstant } from '../model/run-name.ts';
import { messageOf } from '../text/error-message.ts';
import { plainLine, plural } from '../text/plain-text.ts';

/** A week, and a day in which it may be late. */
const LONGEST_DAYS = 8;

const MOST_CHARACTERS = 200;

/**
 * Looks whether an environment's archive was verified within the last days, and nothing found. What is younger than that
 * need not have been.
 * @returns what is wrong; it reads after the environment's id
 */
export const findUnverified = async (
  archive: Archive,
  environmentId: string,
  now: number,
): Promise<string | undefined> => {
  const since = new Date(now - LONGEST_DAYS * DAY_MS);
  // One that is dated ahead would keep its word until then, whatever became of the archive.
  const isRecent = (key: string): boolean => {
    const made = runInstant(runOfKey(key) ?? '');
    return made !== undefined && made >= since && aheadProblem(made, now) === undefined;
  };
  const overdue = `was not verified for ${LONGEST_DAYS} days`;
  try {
    const recent = await keysUnder(
      archive,
      areaPrefix('verifications', environmentId),
      dayPrefix('verifications', environmentId, since),
    );
    const last = recent.findLast(isRecent);
    if (last === undefined) {
      const oldest = await firstKey(archive, areaPrefix('manifests', environmentId));
      return oldest !== undefined && (runInstant(runOfKey(oldest) ?? '') ?? 0) < since ? overdue : undefined;
    }
    const found = await readVerification(archive, last);
    if (found === undefined) return `${last} is no report of a verification`;
    return found.problems === 0 ? undefined : `${plural(found.problems, 'problem')} in ${last}`;
  } catch (error) {
    return `the last verification can't be read: ${plainLine(messageOf(error), MOST_CHARACTERS)}`;
  }
};
