import type { Finding } from '../../rules/engine/finding.ts';
import type { Rule } from '../../rules/engine/rule.ts';
import type { Archive } from '../archive/archive.ts';
import { ArchiveError } from '../archive/errors.ts';
import type { Manifest } from '../archive/manifest.ts';
import { readFindings } from '../archive/read-findings.ts';
import { usersOf } from '../archive/read-users.ts';
import { type ArchivedRun, readReport, retentionOf } from '../archive/runs.ts';
import { createSpoolFolder, jsonText, type StagedContent, stagedContent } from '../archive/staging.ts';
import { CODE_VERSION } from '../model/version.ts';
import { reservations } from '../model/words.ts';
import { numberText, plural } from '../text/plain-text.ts';
import { type ChangesSheet, FirstRun, isChange, openChangesSheet } from './changes.ts';
import { tallyFindings } from './open-findings.ts';
import { PACK_MANIFEST, type PackDescription, type PackFile, type PackManifest } from './pack-manifest.ts';
import { openReviewPages } from './page.ts';
import { type Days, daysWithout, readPeriodRuns } from './period.ts';
import { readmeText } from './readme.ts';
import type { Reviewers } from './reviewers.ts';
import { contextOf, countsIn } from './run-context.ts';
import { openUserSheets } from './user-sheets.ts';
import { openWaiversSheet } from './waivers-sheet.ts';
import { asSpread } from './worksheet.ts';

/** A pack as it was written. */
export interface BuiltPack {
  readonly manifest: PackManifest;
  /** The hash of `manifest.json`: kept elsewhere, it tells whether a pack is the one that was built. */
  readonly sha256: string;
}

const readFirstRun = async (archive: Archive, manifest: Manifest): Promise<FirstRun> => {
  const first = new FirstRun(manifest.run);
  for await (const { user } of usersOf(archive, manifest)) first.remember(user);
  return first;
};

const readChanges = async (
  archive: Archive,
  manifest: Manifest,
  rules: ReadonlyMap<string, Rule>,
): Promise<readonly Finding[]> => {
  const changes: Finding[] = [];
  for await (const finding of readFindings(archive, manifest)) {
    if (isChange(finding, rules)) changes.push(finding);
  }
  return changes;
};

/**
 * Reads the events that the runs of a period saw. A run that is altered is left out, and listed as untrusted; one that is gone
 * since it had not to be kept any more is a note, as `verify` has it.
 */
const readPeriod = async (
  archive: Archive,
  runs: readonly ArchivedRun[],
  reviewed: Manifest,
  rules: ReadonlyMap<string, Rule>,
  sheet: ChangesSheet,
  isOver: ReturnType<typeof retentionOf>,
) => {
  const changesFrom: PackManifest['changesFrom'] = [];
  const untrusted: PackManifest['gaps']['untrusted'] = [];
  const expired: NonNullable<PackManifest['gaps']['expired']> = [];
  /** The first run that could be read, unless it is the reviewed one. */
  let first: FirstRun | undefined;

  for (const { run, stored, problem, isMissing } of runs) {
    const ended = isMissing ? await isOver(run) : undefined;
    if (ended !== undefined) {
      expired.push({ run, says: ended.says });
      continue;
    }
    if (stored === undefined || problem !== undefined) {
      untrusted.push({ run, problem: problem ?? 'it has no manifest' });
      continue;
    }
    const { manifest, key, sha256 } = stored;
    try {
      // Held until the end of the file: only there is it known to be what its manifest says.
      const changes = await readChanges(archive, manifest, rules);
      if (first === undefined && run !== reviewed.run) first = await readFirstRun(archive, manifest);
      for (const finding of changes) await sheet.addEvent(run, finding);
      changesFrom.push({ run, key, sha256 });
    } catch (error) {
      if (!(error instanceof ArchiveError)) throw error;
      // Its objects are not deleted all in one moment.
      const isGone = !(await archive.has(manifest.objects.snapshot?.key ?? ''));
      const over = isGone ? await isOver(run) : undefined;
      if (over === undefined) untrusted.push({ run, problem: error.message });
      else expired.push({ run, says: over.says });
    }
  }
  return { changesFrom, first, untrusted, expired };
};

/** Recognises an id that may read like another in a worksheet: like the `#N` of a record without one, or by its characters. */
const isAwkward = (id: string): boolean => id.startsWith('#') || asSpread(id) !== id || /[\n\ufffd]/.test(id);

/** Throws ArchiveError where two records would have the same line of the worksheet. */
const refuseTwins = (run: string) => {
  const seen = new Set<string>();
  return (id: string): void => {
    if (!isAwkward(id)) return;
    const key = asSpread(id);
    if (seen.has(key))
      throw new ArchiveError(`run ${run} has two records that no worksheet can tell apart: ${JSON.stringify(key)}`);
    seen.add(key);
  };
};

const contentTypeOf = (name: string): string =>
  `text/${name.endsWith('.csv') ? 'csv' : name.endsWith('.html') ? 'html' : 'plain'}; charset=utf-8`;

const store = async (pack: Archive, name: string, evidence: StagedContent, contentType: string): Promise<void> => {
  if ((await pack.create(name, evidence.content, contentType)) === 'exists')
    throw new Error(`${name} appeared in ${pack.location} while the pack was built: somebody else builds one`);
};

interface PackRequest {
  readonly environmentId: string;
  readonly period: Days;
  readonly rules: ReadonlyMap<string, Rule>;
  /** The assignment of reviewers to users; undefined: whoever does. */
  readonly reviewers?: Reviewers | undefined;
  /** The moment of building, by which it is known what had still to be kept, in milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Builds the pack of an access review. The same archive and period give the same bytes: nothing in it tells when it
 * was built.
 * @param pack an empty archive, which takes the pack
 * @throws {ArchiveError} where there is no complete run to review, or it is altered; the pack is then left empty
 */
export const buildPack = async (
  archive: Archive,
  pack: Archive,
  { environmentId, period, rules, reviewers, now }: PackRequest,
): Promise<BuiltPack> => {
  const spools = await createSpoolFolder();
  try {
    const { reviewed, runs, unfinished } = await readPeriodRuns(archive, environmentId, period);
    const { manifest, key, sha256 } = reviewed;
    const report = await readReport(archive, manifest);

    const changes = await openChangesSheet(spools, manifest.run);
    const isOver = retentionOf(archive, environmentId, now);
    const { changesFrom, first, untrusted, expired } = await readPeriod(
      archive,
      runs,
      manifest,
      rules,
      changes,
      isOver,
    );

    const context = await contextOf(archive, manifest);
    const tally = tallyFindings(countsIn(manifest, rules, context));
    const waivers = await openWaiversSheet(spools);
    for await (const finding of readFindings(archive, manifest)) {
      tally.add(finding);
      await waivers.add(finding);
    }
    const reserved = reservations(manifest);
    const of = { environmentId, period, run: manifest.run, reservations: reserved };
    const pages = openReviewPages(spools, of, reviewers?.reviewers ?? []);
    const users = await openUserSheets(spools, context, pages, reviewers);
    const refuseTwin = refuseTwins(manifest.run);
    for await (const listed of usersOf(archive, manifest)) {
      const { user } = listed;
      refuseTwin(user.id);
      await users.add(listed, tally.of(user));
      if (first !== undefined) await changes.addUser(first, user);
    }
    reviewers?.done();
    if (first !== undefined) await changes.addGone(first);
    const { users: listed } = users.counts();
    if (listed !== manifest.counts.users)
      throw new ArchiveError(
        `the manifest of run ${manifest.run} tells of ${plural(manifest.counts.users, 'user')}, its snapshot has ${numberText(listed)}`,
      );

    const description: PackDescription = {
      schemaVersion: 1,
      environmentId,
      accountId: manifest.accountId,
      period: { from: period.from, to: period.to },
      run: manifest.run,
      asOf: manifest.asOf,
      ...(reserved.length > 0 && { reservations: [...reserved] }),
      archiveManifest: { key, sha256 },
      changesFrom,
      gaps: {
        daysWithoutRun: daysWithout(changesFrom, period),
        unfinished,
        untrusted,
        ...(expired.length > 0 && { expired }),
      },
      counts: { ...users.counts(), waivers: waivers.count(), ...changes.counts(), openFindings: tally.bySeverity() },
      codeVersion: CODE_VERSION,
    };
    const files: Readonly<Record<PackFile, StagedContent>> & Readonly<Record<string, StagedContent>> = {
      'README.txt': stagedContent(readmeText(description, report, reviewers?.reviewers ?? [])),
      'changes.csv': await changes.finish(),
      'waivers.csv': await waivers.finish(),
      ...(await users.finish()),
      ...(await pages.finish()),
    };
    const names = Object.keys(files).toSorted();
    const digests = names.map((name) => [name, { sha256: files[name]?.sha256, size: files[name]?.size }]);
    const whole = { ...description, files: Object.fromEntries(digests) as PackManifest['files'] };
    for (const [name, evidence] of Object.entries(files)) await store(pack, name, evidence, contentTypeOf(name));
    const own = stagedContent(jsonText(whole));
    await store(pack, PACK_MANIFEST, own, 'application/json');
    return { manifest: whole, sha256: own.sha256 };
  } finally {
    await spools.remove();
  }
};
