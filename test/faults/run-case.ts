import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import type { Archive } from '../../core/archive/archive.ts';
import { bucketArchive } from '../../core/archive/bucket.ts';
import { kmsSigner } from '../../core/archive/kms.ts';
import type { Manifest } from '../../core/archive/manifest.ts';
import { findCompleteRun } from '../../core/archive/runs.ts';
import { audit } from '../../core/audit/audit.ts';
import type { AuditResult } from '../../core/audit/result.ts';
import { awsClient } from '../../core/aws/clients.ts';
import type { Verdict } from '../../core/model/report.ts';
import { runName } from '../../core/model/run-name.ts';
import type { Alert } from '../../core/notify/channel.ts';
import { ARCHIVE_PLACEHOLDER } from '../../core/notify/channel.ts';
import { digestChannel } from '../../core/notify/channels/digest.ts';
import { snsAlerts } from '../../core/notify/channels/sns.ts';
import { findUndelivered } from '../../core/notify/undelivered.ts';
import type { OutputName } from '../../core/outputs/index.ts';
import { finspaceSource } from '../../core/sources/finspace/source.ts';
import { verifyEnvironment } from '../../core/verify/verify.ts';
import type { FaultPlan } from '../../simulator/faults.ts';
import { seededRandom } from '../../simulator/random.ts';
import { type Simulator, startSimulator } from '../../simulator/server.ts';
import { readJsonLines, readText } from '../support/archive-tree.ts';
import { startAwsEmulator } from '../support/aws-emulator.ts';
import { ENVIRONMENT } from '../support/builders.ts';
import { KMS_FAULTS, KMS_KEY_ARN, publicKeyFor, startKms } from '../support/kms.ts';
import { awsFaultPlayer, type PlannedAwsFault } from './aws-faults.ts';
import {
  auditUndisturbed,
  fillArchive,
  INSTANTS,
  type Objects,
  objectsOf,
  openFolder,
  PAGE_SIZE,
  requestOf,
  SETTINGS,
  USER_IDS,
  USERS,
  USERS_BEFORE,
} from './runs.ts';
import { virtualTime } from './virtual-time.ts';

export type Store = 'folder' | 'bucket';

/** A run and what is to go wrong in it. */
export interface FaultCase {
  /** The row of the table that it counts in. */
  readonly row: string;
  /** Says how often its faults are played; empty where that differs. */
  readonly often: string;
  /** Says where its faults are played. */
  readonly where: string;
  readonly store: Store;
  readonly faults: FaultPlan;
  readonly awsFaults: readonly PlannedAwsFault[];
  /** The run is signed, and so many of the first requests to sign fail by this fault of `KMS_FAULTS`. */
  readonly kmsFault?: { readonly kind: string; readonly times: number };
  /** The alert of the run before was never accepted. */
  readonly isUndelivered: boolean;
  /** Keys at which something stands that is none of the run's: whoever put it there. */
  readonly planted?: readonly string[];
  /** A fault of the history that the run comes upon, by its name: the run is another, and nothing else is played. */
  readonly history?: string;
  /** A second attempt begins at the same time as the first. */
  readonly isContested: boolean;
  readonly seed: number;
  /** A careful client gets every user at the first attempt. */
  readonly mustPass: boolean;
}

export interface CaseOutcome {
  /** The verdicts of the attempts under faults, in order. */
  readonly verdicts: readonly Verdict[];
  /** Users that the first attempt judged. */
  readonly users: number;
  /** Findings resolved by an attempt that is not complete, or otherwise than in an undisturbed run. */
  readonly resolvedWrongly: number;
  /** Alerts sent again although the auditor could know that they were accepted. */
  readonly notifiedTwice: number;
  /** Alerts sent again since their acceptance was not known, or could not be written down. */
  readonly notifiedAgain: number;
  readonly lost: number;
  readonly isVerified: boolean;
  /** Names all that must not be; the counts above are among it. */
  readonly problems: readonly string[];
}

/** The remains of both runs when nothing disturbs them. */
export interface Reference {
  /** The archive after the first run. */
  readonly first: Objects;
  /** SHA-256 of the evidence of the second run. */
  readonly evidence: readonly (string | undefined)[];
  readonly resolved: ReadonlySet<string>;
  /** The digest of the first run. */
  readonly firstDigest: Alert;
}

/** The evidence that is the same in any run; the report and the digest also count requests, and those differ. */
export const EVIDENCE = ['snapshot', 'findings', 'resolved', 'csv'] as const;

const [FIRST, SECOND, NEXT] = INSTANTS;

/** Finds the manifest of a run that has its place in the chain: it tells which attempt's objects are the run's. */
const manifestIn = async (archive: Archive, asOf: Date): Promise<Manifest | undefined> =>
  (await findCompleteRun(archive, ENVIRONMENT, runName(asOf)))?.manifest;

const evidenceIn = async (archive: Archive): Promise<readonly (string | undefined)[]> => {
  const manifest = await manifestIn(archive, SECOND);
  return EVIDENCE.map((name) => manifest?.objects[name]?.sha256);
};

export const resolvedIn = async (archive: Archive, findingsKey: string): Promise<readonly string[]> =>
  (await readJsonLines(archive, findingsKey)).flatMap((line) =>
    Object(line).state === 'resolved' ? [String(Object(line).id)] : [],
  );

/** The key of one of the disturbed run's objects; undefined where there is no such run. */
const keyIn = async (archive: Archive, name: OutputName, asOf = SECOND): Promise<string | undefined> =>
  (await manifestIn(archive, asOf))?.objects[name]?.key;

const digestIn = async (archive: Archive, asOf: Date): Promise<Alert> =>
  JSON.parse(await readText(archive, (await keyIn(archive, 'digest', asOf)) ?? 'no digest'));

/** Makes both runs without a fault. */
export const makeReference = async (): Promise<Reference> => {
  const { archive, close } = await openFolder();
  try {
    await auditUndisturbed(archive, FIRST, USERS_BEFORE);
    const first = await objectsOf(archive);
    await auditUndisturbed(archive, SECOND, USERS);
    return {
      first,
      evidence: await evidenceIn(archive),
      resolved: new Set(await resolvedIn(archive, (await keyIn(archive, 'findings')) ?? '')),
      firstDigest: await digestIn(archive, FIRST),
    };
  } finally {
    await close();
  }
};

/** The time that an attempt may list, in milliseconds. */
const DEADLINE_MS = 60_000;

/** Lambda invokes an asynchronous event once, and retries it twice. */
const MOST_ATTEMPTS = 3;

/** The wait for an answer: long enough for a busy machine, and short enough to sit through. */
const ANSWER_TIMEOUT_MS = 2000;

/** Whether Lambda would invoke again. */
const isToBeRetried = ({ report, deliveries }: AuditResult): boolean =>
  report.verdict !== 'COMPLETE' || deliveries.alert?.outcome === 'failed';

/** An alert that an attempt sent, and what SNS said. */
interface Sent {
  readonly alert: Alert;
  readonly isAccepted: boolean;
}

/** The client logs requests that it can't make again: the archive makes them. */
export const QUIET = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Retries as the client does, without its pauses. */
const withoutPauses = async <C extends { readonly config: { retryStrategy(): Promise<unknown> } }>(
  client: C,
): Promise<C> => {
  const backoff = { setDelayBase: () => {}, computeNextBackoffDelay: () => 0 };
  Object.assign(Object(await client.config.retryStrategy()), { retryBackoffStrategy: backoff });
  return client;
};

/** Requests to sign are made again for so long. */
const SIGNING_PATIENCE_MS = 1500;

/** Starts a KMS that fails so many times, and gives the settings of a run that it signs. */
const startFailingKms = async ({ kind, times }: NonNullable<FaultCase['kmsFault']>) => {
  const kms = await startKms();
  const fault = KMS_FAULTS[kind]?.fault;
  if (fault !== undefined) kms.fail(fault, times);
  const credentials = { accessKeyId: 'faults', secretAccessKey: 'faults' };
  const limits = { silenceMs: 250, patienceMs: SIGNING_PATIENCE_MS };
  const open = async (region: string) =>
    awsClient(KMSClient, { region, endpoint: kms.url, credentials, logger: QUIET }, limits);
  const publicKey = publicKeyFor('ECDSA_SHA_256').export({ type: 'spki', format: 'der' });
  return {
    settings: {
      signManifestDigest: kmsSigner(KMS_KEY_ARN, 'ECDSA_SHA_256', open),
      loadPublicKey: () => Promise.resolve(publicKey),
    },
    endFaults: () => kms.fail('reset', 0),
    close: () => kms.close(),
  };
};

const openWorld = async (
  { store, faults, awsFaults, kmsFault, isUndelivered, planted = [], seed }: FaultCase,
  { first }: Reference,
) => {
  const player = awsFaultPlayer();
  const aws = await startAwsEmulator({
    bucket: 'archive',
    topicName: 'alerts',
    fault: player.fault,
    onAnswer: player.onAnswer,
  });
  const settings = {
    endpoint: aws.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'faults', secretAccessKey: 'faults' },
    logger: QUIET,
    // The client's own strategy, whose pauses can be left out.
    maxAttempts: 3,
  };
  const s3 = await withoutPauses(
    awsClient(S3Client, { ...settings, forcePathStyle: true }, { silenceMs: ANSWER_TIMEOUT_MS }),
  );
  const sns = await withoutPauses(awsClient(SNSClient, settings, { silenceMs: ANSWER_TIMEOUT_MS }));
  const folder = store === 'folder' ? await openFolder() : undefined;
  const archive = folder?.archive ?? bucketArchive(s3, aws.bucket, 0);

  const objects = [...first].filter(([key]) => !isUndelivered || !key.startsWith('alerts/'));
  await fillArchive(archive, new Map([...objects, ...planted.map((key) => [key, Buffer.from('{}')] as const)]));

  const time = virtualTime(SECOND.getTime());
  const simulator = await startSimulator({
    users: USERS,
    pageSize: PAGE_SIZE,
    environmentId: ENVIRONMENT,
    clock: time.clock.now,
  });
  simulator.setFaults(faults);
  player.setPlan(awsFaults);
  const kms = kmsFault && (await startFailingKms(kmsFault));
  const random = seededRandom(seed);

  return {
    archive,
    player,
    simulator,
    time,
    random,
    signing: kms?.settings,
    send: snsAlerts(sns, aws.topicArn),
    messages: async () => (await aws.messages()).map(({ body }) => body),
    endFaults() {
      simulator.setFaults([]);
      player.setPlan([]);
      kms?.endFaults();
    },
    async close() {
      s3.destroy();
      sns.destroy();
      await Promise.all([simulator.close(), aws.close(), folder?.close(), kms?.close()]);
    },
  };
};

type World = Awaited<ReturnType<typeof openWorld>>;

interface Attempted {
  readonly result: AuditResult;
  readonly sent: readonly Sent[];
  readonly isDisturbed: boolean;
  /** A marker that says that an alert was sent could not be written. */
  readonly isUnmarked: boolean;
  readonly tookMs: number;
}

const sourceFor = ({ time, random }: World, simulator: Simulator, deadline: number) => {
  const { url, environmentId, region, callerCredentials } = simulator;
  return finspaceSource({
    environmentId,
    region,
    endpoint: url,
    mode: 'exchange',
    loadCredentials: async () => callerCredentials,
    clock: time.clock,
    random,
    fetch: time.fetchFrom(simulator, deadline),
  });
};

const attempt = async (world: World, name: string, notifyWaitMs: number): Promise<Attempted> => {
  const { archive, player, simulator, time } = world;
  const began = time.clock.now();
  const played = (): number => player.played() + simulator.stats().faultsPlayed;
  const playedBefore = played();
  const failedMarkersBefore = player.failedMarkers();
  const sent: Sent[] = [];
  const deadline = began + DEADLINE_MS;
  const result = await audit(requestOf(SECOND, { attempt: name, deadline }), {
    ...SETTINGS,
    ...world.signing,
    archive,
    notifyWaitMs,
    clock: time.clock,
    listUsers: sourceFor(world, simulator, deadline),
    channels: [
      digestChannel(async (alert) => {
        try {
          const receipt = await world.send(alert);
          sent.push({ alert, isAccepted: true });
          return receipt;
        } catch (error) {
          sent.push({ alert, isAccepted: false });
          throw error;
        }
      }),
    ],
  });
  return {
    result,
    sent,
    isDisturbed: played() > playedBefore,
    isUnmarked: player.failedMarkers() > failedMarkersBefore,
    tookMs: time.clock.now() - began,
  };
};

/** Finds what an attempt did that it must not. */
const attemptProblems = async (
  archive: Archive,
  { result: { report, highlights, objects }, tookMs }: Attempted,
): Promise<{ readonly problems: readonly string[]; readonly resolvedWrongly: number }> => {
  const problems: string[] = [];
  // Once it has its place in the chain the run is complete, whatever became of the attempt after it.
  const snapshot = await keyIn(archive, 'snapshot');
  if (snapshot === undefined && report.verdict === 'COMPLETE') problems.push('COMPLETE without a place in the chain');
  if (snapshot !== undefined) {
    const seen = (await readJsonLines(archive, snapshot)).map((line) => Object(line).userId);
    if (JSON.stringify(seen) !== JSON.stringify(USER_IDS))
      problems.push(`COMPLETE with ${seen.length} users of ${USER_IDS.length}`);
  }
  if (report.verdict === 'COMPLETE' && report.counts.users !== USER_IDS.length)
    problems.push(`COMPLETE, and counts ${report.counts.users} users of ${USER_IDS.length}`);
  if (report.verdict !== 'COMPLETE' && !(report.reason && report.message))
    problems.push(`${report.verdict} without a reason in words`);
  if (tookMs > DEADLINE_MS + 1000) problems.push(`listed for ${tookMs} ms, its deadline was ${DEADLINE_MS}`);
  if (report.verdict === 'COMPLETE') return { problems, resolvedWrongly: 0 };

  const kept = objects.findings === undefined ? [] : await resolvedIn(archive, objects.findings.key);
  const highlighted = highlights.filter(({ kind }) => kind === 'resolved').length;
  const resolvedWrongly = Math.max(kept.length, highlighted, report.findings.byState.resolved);
  if (resolvedWrongly > 0) problems.push(`${report.verdict}, and resolves ${resolvedWrongly} findings`);
  return { problems, resolvedWrongly };
};

const isComplete = ({ attributes }: Alert): boolean => attributes.verdict === 'COMPLETE';

/** Counts how often each alert was sent, beside how often it may have been. */
const judgeAlerts = async (
  { isUndelivered }: FaultCase,
  { firstDigest }: Reference,
  { archive, player }: World,
  attempts: readonly Attempted[],
  messages: readonly string[],
) => {
  const problems: string[] = [];
  const timesSent = (body: string): number => messages.filter((message) => message === body).length;
  // A mail of a run has the head of the chain below its digest.
  const timesBegun = (body: string): number => messages.filter((message) => message.startsWith(body)).length;
  const timesAlerted = ({ body }: Alert): number => timesBegun(body.replaceAll(ARCHIVE_PLACEHOLDER, archive.location));

  let lost = 0;
  const lose = (problem: string): void => {
    lost += 1;
    problems.push(`lost: ${problem}`);
  };
  if ((await keyIn(archive, 'digest')) === undefined || timesAlerted(await digestIn(archive, SECOND)) === 0)
    lose('the digest of the run');
  // Where a run can't know that it wrote its own manifest, the next one sends what is undelivered.
  const anyChannel = digestChannel(() => Promise.resolve('sent'));
  const { undelivered } = await findUndelivered(archive, ENVIRONMENT, NEXT, [anyChannel]);
  if (
    isUndelivered &&
    timesAlerted(firstDigest) === 0 &&
    !undelivered.some(({ notification }) => notification.digest?.body === firstDigest.body)
  )
    lose('the undelivered digest of the run before');
  if (!isUndelivered && timesAlerted(firstDigest) > 0) problems.push('the digest of the run before is sent again');

  // An alert of a run that is not complete is sent once a reason; where no archive remembers it, once an attempt.
  const wanted = new Map<string, number>();
  const unfinished = new Set<string>();
  for (const { result, sent, isDisturbed } of attempts) {
    const { verdict, reason = '' } = result.report;
    const delivery = result.deliveries.alert;
    if (verdict !== 'COMPLETE' && delivery?.outcome === 'failed' && !isDisturbed)
      lose(`the alert of a run that is ${verdict}: ${delivery.message}`);
    for (const { alert, isAccepted } of sent) {
      if (isAccepted && timesSent(alert.body) === 0) lose(`an accepted alert, "${alert.subject}"`);
      if (isComplete(alert)) wanted.set(alert.body, 1);
      else if (reason === 'archive-unavailable' || !unfinished.has(reason)) {
        wanted.set(alert.body, reason === 'archive-unavailable' ? (wanted.get(alert.body) ?? 0) + 1 : 1);
        if (isAccepted) unfinished.add(reason);
      }
    }
    if (result.deliveries.alert?.outcome === 'already-sent' && verdict !== 'COMPLETE' && !unfinished.has(reason))
      lose(`an alert of ${reason} that is taken for sent`);
  }
  for (const body of new Set(messages)) if (!wanted.has(body)) wanted.set(body, 0);

  const again = [...wanted].reduce((sum, [body, most]) => sum + Math.max(0, timesSent(body) - most), 0);
  const unmarked = attempts.flatMap(({ sent, isUnmarked }) =>
    isUnmarked ? sent.filter(({ isAccepted }) => isAccepted) : [],
  );
  const excused = player.lostReceipts() + unmarked.length;
  const notifiedTwice = Math.max(0, again - excused);
  if (notifiedTwice > 0) problems.push(`${again} alerts sent again, of which ${excused} may be`);
  return { problems, lost, notifiedTwice, notifiedAgain: again - notifiedTwice };
};

/** The wait of the loser of two attempts for the other's alert, in milliseconds: it is sent within some. */
const CONTEST_WAIT_MS = 10_000;

export const NOTHING: Omit<CaseOutcome, 'problems'> = {
  verdicts: [],
  users: 0,
  resolvedWrongly: 0,
  notifiedTwice: 0,
  notifiedAgain: 0,
  lost: 0,
  isVerified: false,
};

const contest = (world: World): Promise<readonly Attempted[]> =>
  Promise.all(['attempt-1a', 'attempt-1b'].map((name) => attempt(world, name, CONTEST_WAIT_MS)));

/**
 * Makes one run under faults, in as many attempts as Lambda would, and in one more when the faults are over; names what
 * must not be, after each attempt and at the end.
 */
export const runCase = async (one: FaultCase, reference: Reference): Promise<CaseOutcome> => {
  const world = await openWorld(one, reference);
  const { archive, player } = world;
  try {
    const attempts: Attempted[] = [];
    const problems: string[] = [];
    let resolvedWrongly = 0;
    const check = async (attempted: Attempted): Promise<void> => {
      attempts.push(attempted);
      const found = await player.undisturbed(() => attemptProblems(archive, attempted));
      problems.push(...found.problems.map((problem) => `attempt ${attempts.length}: ${problem}`));
      resolvedWrongly += found.resolvedWrongly;
    };

    if (one.isContested) for (const attempted of await contest(world)) await check(attempted);
    while (attempts.length < MOST_ATTEMPTS && attempts.every(({ result }) => isToBeRetried(result)))
      await check(await attempt(world, `attempt-${attempts.length + 1}`, 0));
    const [first] = attempts;
    if (one.mustPass && first?.result.report.verdict !== 'COMPLETE')
      problems.push(`the first attempt is ${first?.result.report.verdict}, and all its faults are recoverable`);
    const verdicts = attempts.map(({ result }) => result.report.verdict);

    world.endFaults();
    await check(await attempt(world, 'last', 0));
    const last = attempts.at(-1)?.result;
    if (last === undefined || isToBeRetried(last)) {
      const { verdict, message = '' } = last?.report ?? {};
      problems.push(`undisturbed at last, and ${verdict}, its alert ${last?.deliveries.alert?.outcome}: ${message}`);
    }
    if (last !== undefined && last.warnings.length > 0) problems.push(...last.warnings);

    const evidence = await evidenceIn(archive);
    EVIDENCE.forEach((name, n) => {
      if (evidence[n] !== reference.evidence[n]) problems.push(`${name} is not that of an undisturbed run`);
    });
    if (evidence[1] !== undefined) {
      const resolved = await resolvedIn(archive, (await keyIn(archive, 'findings')) ?? '');
      resolvedWrongly += resolved.filter((id) => !reference.resolved.has(id)).length;
    }

    const alerts = await judgeAlerts(one, reference, world, attempts, await world.messages());
    const verified = (await verifyEnvironment(archive, ENVIRONMENT)).problems.filter(
      ({ key }) => !one.planted?.includes(key),
    );
    return {
      ...alerts,
      verdicts,
      users: first?.result.report.counts.users ?? 0,
      resolvedWrongly,
      isVerified: verified.length === 0,
      problems: [
        ...problems,
        ...alerts.problems,
        ...verified.map(({ kind, key, message }) => `verify: ${kind} ${key} ${message}`),
      ],
    };
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { ...NOTHING, problems: [`threw ${message}`] };
  } finally {
    await world.close();
  }
};
