import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Archive } from '../../core/archive/archive.ts';
import { bucketArchive } from '../../core/archive/bucket.ts';
import { readBytes } from '../../core/archive/lines.ts';
import type { Manifest } from '../../core/archive/manifest.ts';
import { verifyEnvironment } from '../../core/verify/verify.ts';
import { makeNights } from '../../simulator/nights.ts';
import { type Simulator, startSimulator } from '../../simulator/server.ts';
import { readTree } from '../support/archive-tree.ts';
import { type AwsEmulator, type AwsRequest, startAwsEmulator } from '../support/aws-emulator.ts';
import { ACCOUNT, command, type ProcessResult, runEnv, runWords, start } from './command.ts';

jest.setTimeout(600_000);

const nights = makeNights({
  nights: 2,
  users: 130,
  seed: 3,
  firstNight: new Date('2026-11-23T02:00:00Z'),
  accountId: ACCOUNT,
});

let simulator: Simulator;
let aws: AwsEmulator;
/** Sees each write twice: when it is asked for, and when it has taken effect but nobody knows yet; says whether to stop it. */
let onWrite: (write: string) => boolean = () => false;

/** A write by the area of the archive, or `Publish`; undefined where nothing is written. */
const writeOf = ({ service, method, path, action }: AwsRequest): string | undefined => {
  if (service === 's3') return method === 'PUT' ? path.split('/')[2] : undefined;
  return action === 'Publish' ? action : undefined;
};

const isStopped = (request: AwsRequest, moment: 'before' | 'after'): boolean => {
  const write = writeOf(request);
  return write !== undefined && onWrite(`${moment} ${write}`);
};

beforeAll(async () => {
  simulator = await startSimulator();
  aws = await startAwsEmulator({
    bucket: 'undisturbed',
    topicName: 'audits',
    fault: (request) => (isStopped(request, 'before') ? { status: 503, code: 'ServiceUnavailable' } : undefined),
    onAnswer: (request) => {
      isStopped(request, 'after');
      return undefined;
    },
  });
});
afterAll(async () => {
  await simulator.close();
  await aws.close();
});

const wordsFor = (bucket: string, night: number): readonly string[] => {
  const { users, asOf } = nights[night] ?? { users: [], asOf: new Date(0) };
  simulator.setUsers(users);
  return [
    ...[...runWords(simulator), '--bucket', bucket, '--topic', aws.topicArn],
    ...['--as-of', asOf.toISOString(), '--json'],
  ];
};
const env = () => ({ ...aws.env, ...runEnv(simulator) });
const runNight = (bucket: string, night: number): Promise<ProcessResult> => command(wordsFor(bucket, night), env());

const newBucket = async (name: string): Promise<Archive> => {
  await aws.s3.send(new CreateBucketCommand({ Bucket: name }));
  return bucketArchive(aws.s3, name);
};

/** Takes out when a run was listed, and the hashes and sizes of what tells it. */
const timeless = (text: string): string =>
  text
    .replaceAll(/"(startedAt|endedAt)": "[^"]+"/g, '"$1"')
    .replaceAll(/Listed: +\S+ to \S+?Z/g, 'Listed')
    .replaceAll(/(<dt>Listed<\/dt>)<dd>from [^<]+<\/dd><dd>to [^<]+<\/dd>/g, '$1')
    .replaceAll(/[0-9a-f]{64}/g, 'SHA-256')
    .replaceAll(/"size": \d+|\d+ B(?=<)/g, 'size');

/** A text without the name of the attempt that wrote it, which stands where an earlier attempt took the run's own. */
const nameless = (text: string): string => text.replaceAll(/(\d{8}T\d{6}Z)-[\w-]+(?=[./"<])/g, '$1');

/**
 * All that the runs of an archive say and name, with the pointer and what people were told; but the receipts of alerts,
 * which differ from message to message, and the listings' times. What a killed attempt left besides is no run's.
 */
const evidenceOf = async (archive: Archive): Promise<Readonly<Record<string, unknown>>> => {
  const tree = await readTree(archive);
  const entries = Object.entries(tree).filter(([key]) => key.startsWith('chain/'));
  const named = new Set(
    entries.flatMap(([, text]) => Object.values((JSON.parse(text) as Manifest).objects).map(({ key }) => key)),
  );
  return Object.fromEntries(
    Object.entries(tree)
      .filter(([key]) => named.has(key) || /^(?:chain|manifests|latest|alerts)\/|index\.html$/.test(key))
      .map(([key, text]) => [
        nameless(key),
        key.startsWith('alerts/') ? { ...JSON.parse(timeless(text)), receipt: undefined } : nameless(timeless(text)),
      ]),
  );
};

/** Runs the second night and kills the process at one of its writes. */
const runAndKill = async (bucket: string, at: string): Promise<ProcessResult> => {
  const running = start(wordsFor(bucket, 1), env());
  const killed = new Promise<ProcessResult>((done) => {
    onWrite = (write) => {
      if (write !== at) return false;
      onWrite = () => false;
      done(running.end('SIGKILL'));
      return true;
    };
  });
  return killed;
};

test('killed at any write, the next attempt ends with the archive of an undisturbed run, and mails once', async () => {
  const undisturbed = bucketArchive(aws.s3, 'undisturbed');
  await runNight('undisturbed', 0);
  const firstNight = new Map<string, Uint8Array>();
  for await (const key of undisturbed.list('')) {
    const stored = await undisturbed.read(key);
    if (stored !== undefined) firstNight.set(key, await readBytes(stored));
  }
  const writes: string[] = [];
  onWrite = (write) => {
    writes.push(write);
    return false;
  };
  await runNight('undisturbed', 1);
  onWrite = () => false;
  const whole = await evidenceOf(undisturbed);
  expect(writes.filter((write) => write.startsWith('before'))).toEqual(
    'snapshots findings reports resolved reports reports reports reports reports chain manifests latest Publish alerts reports'
      .split(' ')
      .map((write) => `before ${write}`),
  );

  const mails: Record<string, number> = {};
  for (const [number, at] of [...new Set(writes)].entries()) {
    const bucket = `killed-${number}`;
    const archive = await newBucket(bucket);
    for (const [key, bytes] of firstNight) await archive.create(key, { bytes }, 'application/octet-stream');
    const former = (await aws.messages()).length;

    const killed = await runAndKill(bucket, at);
    const { code } = await runNight(bucket, 1);
    expect({ at, killed: killed.stdout, code }).toEqual({ at, killed: '', code: 0 });
    expect({ at, evidence: await evidenceOf(archive) }).toEqual({ at, evidence: whole });
    const { problems } = await verifyEnvironment(archive, simulator.environmentId);
    expect({ at, problems }).toEqual({ at, problems: [] });
    mails[at] = (await aws.messages()).length - former;
  }
  // Between the topic's answer and the marker nobody can know: people are mailed twice rather than never.
  const once = Object.fromEntries(Object.keys(mails).map((at) => [at, 1]));
  expect(mails).toEqual({ ...once, 'after Publish': 2, 'before alerts': 2 });
});
