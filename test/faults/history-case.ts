import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Archive } from '../../core/archive/archive.ts';
import { readHead } from '../../core/archive/head.ts';
import { areaPrefix, keysUnder } from '../../core/archive/keys.ts';
import { kmsPublicKey, kmsSigner } from '../../core/archive/kms.ts';
import { findCompleteRun } from '../../core/archive/runs.ts';
import type { AuditSettings } from '../../core/audit/settings.ts';
import type { Alert } from '../../core/notify/channel.ts';
import { digestChannel } from '../../core/notify/channels/digest.ts';
import { verifyEnvironment } from '../../core/verify/verify.ts';
import { readJsonLines } from '../support/archive-tree.ts';
import { ENVIRONMENT } from '../support/builders.ts';
import { auditNight, handsOn, OBJECT_NAMES, runOf, usersOf } from '../support/history.ts';
import { KMS_KEY_ARN, startKms } from '../support/kms.ts';
import { listingOf } from '../support/listing.ts';
import { HISTORY_FAULTS, type HistoryFault, LAST, NEXT } from './history-faults.ts';
import { type CaseOutcome, EVIDENCE, NOTHING, resolvedIn, type Store } from './run-case.ts';
import { type Objects, objectsOf, openFolder } from './runs.ts';
import { openShelf, type Shelf } from './shelves.ts';

/** A history, and what the next night makes of it where nobody disturbs it. */
interface Reference {
  readonly settings: Partial<AuditSettings>;
  readonly objects: Objects;
  readonly evidence: readonly (string | undefined)[];
}

/** Everybody is well again but one: what the nights before found resolves. */
const USERS = usersOf(1);

const auditNext = async (archive: Archive, settings: Partial<AuditSettings>, number = NEXT) => {
  const alerts: Alert[] = [];
  const channel = digestChannel(async (alert) => {
    alerts.push(alert);
    return 'sent';
  });
  const result = await auditNight(archive, number, { ...settings, listUsers: listingOf([USERS]), channels: [channel] });
  return { ...result, alerts };
};

const manifestOf = async (archive: Archive, number = NEXT) =>
  (await findCompleteRun(archive, ENVIRONMENT, runOf(number)))?.manifest;

const evidenceOf = async (archive: Archive): Promise<readonly (string | undefined)[]> => {
  const manifest = await manifestOf(archive);
  return EVIDENCE.map((name) => manifest?.objects[name]?.sha256);
};

const makeReference = async (isSigned: boolean): Promise<Reference> => {
  if (isSigned) Object.assign(process.env, (await startKms()).env);
  const settings = isSigned
    ? { signManifestDigest: kmsSigner(KMS_KEY_ARN, 'ECDSA_SHA_256'), loadPublicKey: kmsPublicKey(KMS_KEY_ARN) }
    : {};
  const { archive, close } = await openFolder();
  try {
    for (let number = 1; number <= LAST; number += 1) await auditNight(archive, number, settings);
    const objects = await objectsOf(archive);
    const { report } = await auditNext(archive, settings);
    if (report.findings.byState.resolved === 0) throw new Error('the next night resolves nothing');
    return { settings, objects, evidence: await evidenceOf(archive) };
  } finally {
    await close();
  }
};

/** Made once, when the first case asks. */
const references = new Map<boolean, Promise<Reference>>();

const referenceOf = (isSigned: boolean): Promise<Reference> => {
  const reference = references.get(isSigned) ?? makeReference(isSigned);
  references.set(isSigned, reference);
  return reference;
};

/** Notes what hands reach for, so that it can be put back. */
const noting = (shelf: Shelf) => {
  const touched = new Set<string>();
  const noted = (key: string): string => {
    touched.add(key);
    return key;
  };
  const { reach, enlarge } = shelf;
  const hands: Shelf = {
    ...shelf,
    reach: {
      ...reach,
      write: (key, bytes) => reach.write(noted(key), bytes),
      remove: (key) => reach.remove(noted(key)),
    },
    enlarge: (key, size) => enlarge(noted(key), size),
  };
  return { touched, shelf: hands };
};

const restore = async (store: Store, { archive, reach }: Shelf, keys: Iterable<string>, objects: Objects) => {
  for (const key of keys) {
    // To write to a pipe waits for who reads it.
    if (store === 'folder') await rm(join(archive.location, key), { force: true, recursive: true });
    const bytes = objects.get(key);
    await (bytes === undefined ? store === 'bucket' && reach.remove(key) : reach.write(key, bytes));
  }
};

/** Says what is not as in an undisturbed run. */
const evidenceProblems = async (archive: Archive, { evidence }: Reference): Promise<readonly string[]> => {
  const found = await evidenceOf(archive);
  return EVIDENCE.flatMap((name, n) =>
    found[n] === evidence[n] && found[n] !== undefined ? [] : [`${name} is not that of an undisturbed run`],
  );
};

const countPlaces = async (archive: Archive): Promise<number> =>
  (await keysUnder(archive, areaPrefix('chain', ENVIRONMENT))).length;

/** Says what a run that must not build upon its history has done wrong. */
const distrustProblems = async (
  archive: Archive,
  { report, alerts, objects }: Awaited<ReturnType<typeof auditNext>>,
  placesBefore: number,
): Promise<readonly string[]> => {
  const { verdict, reason, findings } = report;
  const kept = objects.snapshot === undefined ? [] : await readJsonLines(archive, objects.snapshot.key);
  return [
    ...(verdict === 'INCOMPLETE' && reason === 'untrusted-history'
      ? []
      : [`${verdict} ${reason}, not untrusted-history`]),
    ...(findings.byState.resolved === 0 ? [] : [`resolves ${findings.byState.resolved}`]),
    ...(alerts.some(({ attributes }) => attributes.maxSeverity === 'CRITICAL') ? [] : ['nobody is told at CRITICAL']),
    ...(kept.length === USERS.length ? [] : [`keeps ${kept.length} users of ${USERS.length}`]),
    ...((await countPlaces(archive)) === placesBefore ? [] : ['the chain has grown']),
  ];
};

const runDisturbed = async (fault: HistoryFault, store: Store): Promise<CaseOutcome> => {
  const reference = await referenceOf(fault.isSigned === true);
  const { settings, objects } = reference;
  const plain = await openShelf(store, objects);
  const { touched, shelf } = noting(plain);
  const { archive } = plain;
  const problems: string[] = [];
  try {
    await fault.disturb({ hands: handsOn(shelf.reach), shelf, objects });
    if (fault.told !== undefined) touched.add(fault.told);
    const before = await verifyEnvironment(archive, ENVIRONMENT);
    if (fault.told !== undefined && !before.problems.some(({ key }) => key === fault.told))
      problems.push(`verify does not name ${fault.told}, but ${before.problems.map(({ key }) => key).join(', ')}`);
    if (before.objects < (LAST - 1) * OBJECT_NAMES.length)
      problems.push(`verify checks ${before.objects} objects only`);

    const places = await countPlaces(archive);
    const next = await auditNext(archive, settings);
    const verdicts = [next.report.verdict];
    if (fault.next === 'trusts nothing') {
      problems.push(...(await distrustProblems(archive, next, places)));
      await restore(store, plain, touched, objects);
      touched.clear();
      verdicts.push((await auditNext(archive, settings)).report.verdict);
    }
    if (verdicts.at(-1) !== 'COMPLETE') problems.push(`at last ${verdicts.at(-1)}`);
    if (fault.next !== 'builds upon less') problems.push(...(await evidenceProblems(archive, reference)));
    if ((await manifestOf(archive))?.counts.users !== USERS.length) problems.push('not all users are in the run');
    if (next.alerts.length === 0) problems.push('lost: nobody was told');

    const after = await verifyEnvironment(archive, ENVIRONMENT);
    const left = after.problems.filter(({ key }) => !touched.has(key));
    problems.push(...left.map(({ kind, key, message }) => `verify: ${kind} ${key} ${message}`));
    return {
      ...NOTHING,
      verdicts,
      users: next.report.counts.users,
      resolvedWrongly: fault.next === 'trusts nothing' ? next.report.findings.byState.resolved : 0,
      lost: next.alerts.length === 0 ? 1 : 0,
      isVerified: left.length === 0,
      problems,
    };
  } finally {
    await plain.close();
  }
};

/** Long enough for another night to take its place meanwhile. */
const SLOW_MS = 500;

/** An archive in which one write waits. */
const slowAt = (archive: Archive, slow: number): Archive => {
  let writes = 0;
  const late = <A extends readonly unknown[], R>(write: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      writes += 1;
      if (writes === slow) await setTimeout(SLOW_MS);
      return write(...args);
    };
  };
  return { ...archive, create: late(archive.create), replace: late(archive.replace) };
};

const runAtOnce = async ({ night, write }: NonNullable<HistoryFault['slow']>, store: Store): Promise<CaseOutcome> => {
  const reference = await referenceOf(false);
  const shelf = await openShelf(store, reference.objects);
  const { archive } = shelf;
  const problems: string[] = [];
  try {
    const slow = slowAt(archive, write);
    const nights = await Promise.all([
      auditNext(night === 'earlier' ? slow : archive, {}, NEXT),
      auditNext(night === 'later' ? slow : archive, {}, NEXT + 1),
    ]);
    const [earlier, later] = nights.map(({ report }) => report);
    if (later?.verdict !== 'COMPLETE') problems.push(`the later night is ${later?.verdict} ${later?.reason}`);
    if (earlier?.verdict !== 'COMPLETE' && earlier?.reason !== 'after-the-fact')
      problems.push(`the earlier night is ${earlier?.verdict} ${earlier?.reason}`);
    if (earlier?.verdict !== 'COMPLETE' && nights[0]?.objects.findings === undefined)
      problems.push('the findings of the earlier night are not kept');
    const last = await auditNext(archive, {}, NEXT + 2);
    if (last.report.verdict !== 'COMPLETE') problems.push(`the next night is ${last.report.verdict}`);

    const resolved: string[] = [];
    for (const number of [NEXT, NEXT + 1, NEXT + 2]) {
      const { objects } = (await manifestOf(archive, number)) ?? {};
      if (objects?.findings !== undefined) resolved.push(...(await resolvedIn(archive, objects.findings.key)));
    }
    const resolvedWrongly = resolved.length - new Set(resolved).size;
    if (resolved.length === 0 || resolvedWrongly > 0)
      problems.push(`${resolved.length} resolved, ${resolvedWrongly} twice`);
    const { sequence } = await readHead(archive, ENVIRONMENT);
    const complete = [...nights, last].filter(({ report }) => report.verdict === 'COMPLETE').length;
    if (sequence !== LAST + complete) problems.push(`${sequence} places, and ${complete} nights since ${LAST}`);
    const verified = await verifyEnvironment(archive, ENVIRONMENT);
    problems.push(...verified.problems.map(({ kind, key, message }) => `verify: ${kind} ${key} ${message}`));
    return {
      ...NOTHING,
      verdicts: nights.map(({ report }) => report.verdict),
      users: USERS.length,
      resolvedWrongly,
      isVerified: verified.problems.length === 0,
      problems,
    };
  } finally {
    await shelf.close();
  }
};

/** Has a night come upon a history that somebody, or another night, has had hands in; names what must not be. */
export const runHistoryCase = async (name: string, store: Store): Promise<CaseOutcome> => {
  const fault = HISTORY_FAULTS[name];
  if (fault === undefined) throw new Error(`there is no fault ${JSON.stringify(name)}`);
  try {
    return await (fault.slow === undefined ? runDisturbed(fault, store) : runAtOnce(fault.slow, store));
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { ...NOTHING, problems: [`threw ${message}`] };
  }
};
