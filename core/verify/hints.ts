import type { Archive } from '../archive/archive.ts';
import { inBatches } from '../archive/batches.ts';
import { ifSound } from '../archive/errors.ts';
import { placeNumbers } from '../archive/head.ts';
import { areaPrefix, attemptOfKey, attemptReport, chainKey, historyPageKey, runKeys } from '../archive/keys.ts';
import { isRecord, readBytes, readJson } from '../archive/lines.ts';
import { readVerification, verificationKeys } from '../archive/verifications.ts';
import { runInstant } from '../model/run-name.ts';
import { type HistoryRow, readHistoryPage, runOf } from '../outputs/history/history-page.ts';
import { readYearPages } from '../outputs/history/record-run.ts';
import type { Link } from './links.ts';
import type { Problem } from './problem.ts';

/** Something that an object of the archive knows of a run or of a place of the chain. */
interface Hint {
  readonly witness: string;
  /** A complete run, by its name. */
  readonly run?: string;
  /** A place of the chain and the SHA-256 of what stands there, as `N:SHA256`. */
  readonly head?: string;
}

/** Gives what `read` does; nothing where it can't: what stands there is no evidence, and told where it matters. */
const ifReadable = <T>(read: () => Promise<T>): Promise<T | undefined> => ifSound(read, () => undefined);

const hintsOfRows = (witness: string, rows: readonly HistoryRow[]): readonly Hint[] =>
  rows.flatMap(([name, verdict]) => (verdict === 'COMPLETE' ? [{ witness, run: runOf(name) }] : []));

/** The complete runs that the page of all runs and those of years have rows of. */
const hintsOfPages = async (archive: Archive, environmentId: string): Promise<readonly Hint[]> => {
  const witness = historyPageKey(environmentId);
  const bytes = await ifReadable(async () => {
    const stored = await archive.read(witness);
    return stored && readBytes(stored);
  });
  const page = bytes && readHistoryPage(bytes.toString('utf8'), environmentId);
  const hints = [...hintsOfRows(witness, page?.rows ?? [])];
  for await (const { key, rows } of readYearPages(archive, environmentId)) hints.push(...hintsOfRows(key, rows));
  return hints;
};

/** The run and the head that an attempt which did not end complete came after. */
const hintsOfAttempts = async (archive: Archive, environmentId: string): Promise<readonly Hint[]> => {
  const hints: Hint[] = [];
  for await (const witness of archive.list(areaPrefix('incomplete', environmentId))) {
    if (witness !== attemptReport(attemptOfKey(witness)?.folder ?? '')) continue;
    const report = await ifReadable(async () => {
      const stored = await archive.read(witness);
      return stored && readJson(stored);
    });
    if (!isRecord(report)) continue;
    const { previousRun: run, previousHead: head, reason } = report;
    // An attempt that trusted nothing speaks for no entry: it may have come upon a forged one.
    const isTrusting = reason !== 'untrusted-history';
    hints.push({
      witness,
      ...(typeof run === 'string' && { run }),
      ...(typeof head === 'string' && isTrusting && { head }),
    });
  }
  return hints;
};

/** The end of the chain, and the last run, that each verification before has found. */
const hintsOfVerifications = async (archive: Archive, environmentId: string): Promise<readonly Hint[]> => {
  const hints: Hint[] = [];
  const reads = inBatches(await verificationKeys(archive, environmentId), (key) => readVerification(archive, key));
  for await (const found of reads)
    if (found !== undefined)
      hints.push({
        witness: found.key,
        ...(found.lastRun !== undefined && { run: found.lastRun }),
        ...(found.head !== undefined && { head: found.head }),
      });
  return hints;
};

/**
 * Holds what other objects of the archive know against the chain: a run or an entry that one of them knows of must be
 * there.
 * @param links in order
 * @param runs that are there
 */
export const checkHints = async (
  archive: Archive,
  environmentId: string,
  links: readonly Link[],
  runs: ReadonlySet<string>,
): Promise<readonly Problem[]> => {
  const hashes = new Map(links.map(({ key, sha256 }) => [key, sha256]));
  const keys = links.map(({ key }) => key);
  const places = new Map(placeNumbers(keys).map((number, index) => [number, keys[index] ?? '']));
  const hints = [
    ...(await hintsOfPages(archive, environmentId)),
    ...(await hintsOfAttempts(archive, environmentId)),
    ...(await hintsOfVerifications(archive, environmentId)),
  ];
  return hints.flatMap(({ witness, run, head }): readonly Problem[] => {
    const problems: Problem[] = [];
    const instant = run === undefined ? undefined : runInstant(run);
    if (run !== undefined && instant !== undefined && !runs.has(run)) {
      const { manifest: key } = runKeys(environmentId, instant);
      problems.push({
        kind: 'missing',
        run,
        key,
        message: `is not there, though ${witness} knows of the complete run`,
      });
    }
    const [, number, sha256] = /^(\d{1,12}):([0-9a-f]{64})$/.exec(head ?? '') ?? [];
    if (number !== undefined && sha256 !== undefined) {
      const key = places.get(Number(number)) ?? chainKey(environmentId, Number(number));
      const found = hashes.get(key);
      const named = { run: run ?? null, key };
      if (!hashes.has(key))
        problems.push({ kind: 'missing', ...named, message: `is not there, though ${witness} came after it` });
      else if (found !== undefined && found !== sha256)
        problems.push({ kind: 'edited', ...named, message: `has SHA-256 ${found}, ${witness} says ${sha256}` });
    }
    return problems;
  });
};
