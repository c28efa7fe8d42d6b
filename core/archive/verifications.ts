import * as z from 'zod/mini';
import type { Archive } from './archive.ts';
import { ifSound } from './errors.ts';
import { areaPrefix, keysUnder, runOfKey } from './keys.ts';
import { readJson } from './lines.ts';

const reportShape = z.object({
  schemaVersion: z.literal(1),
  verification: z.object({
    lastRun: z.optional(z.string()),
    head: z.optional(z.string()),
    readUpTo: z.int(),
    problems: z.array(z.unknown()),
  }),
});

/** The part of a report that a later verification, or whoever watches, needs. */
export interface EarlierVerification {
  readonly key: string;
  readonly lastRun?: string | undefined;
  readonly head?: string | undefined;
  readonly readUpTo: number;
  readonly problems: number;
}

/** Reads the report of a verification; undefined where what stands there is none. */
export const readVerification = (archive: Archive, key: string): Promise<EarlierVerification | undefined> =>
  ifSound(
    async () => {
      const stored = await archive.read(key);
      const { data } = reportShape.safeParse(stored && (await readJson(stored)));
      if (data === undefined) return undefined;
      const { lastRun, head, readUpTo, problems } = data.verification;
      return { key, lastRun, head, readUpTo, problems: problems.length };
    },
    () => undefined,
  );

/** Lists the keys of an environment's reports of verifications, in order. */
export const verificationKeys = async (archive: Archive, environmentId: string): Promise<readonly string[]> =>
  (await keysUnder(archive, areaPrefix('verifications', environmentId))).filter((key) => runOfKey(key) !== undefined);
