import { closeSync, openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { describe, expect, test } from '@jest/globals';
import { bucketArchive } from '../../../core/archive/bucket.ts';
import { readBytes } from '../../../core/archive/lines.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const newFolder = temporaryFolders();

type Input = Readonly<Record<string, unknown>>;

/**
 * An archive in a bucket that nobody asks over the wire.
 * @param ends gives or throws how its requests end, one after the other; the last one stands for all that follow
 */
const answering = (ends: readonly (() => object)[], timeLeft?: () => number) => {
  const asked: Input[] = [];
  const client = new S3Client({ region: 'us-east-1' });
  client.middlewareStack.add(
    () => async (args) => {
      asked.push(args.input as Input);
      const end = ends[Math.min(asked.length, ends.length) - 1] ?? (() => ({}));
      return { output: { $metadata: {}, ...end() }, response: {} };
    },
    { step: 'initialize' },
  );
  return { archive: bucketArchive(client, 'archive', 0, timeLeft), asked };
};

const throws = (error: unknown) => (): never => {
  throw error;
};
const failing = (members: { readonly code?: string; readonly name?: string }) =>
  throws(Object.assign(new Error('no answer'), members));
const refusing = (httpStatusCode: number, name = 'Refused') =>
  throws(new S3ServiceException({ name, $fault: 'server', $metadata: { httpStatusCode } }));
const there = () => ({});
const RESET = failing({ code: 'ECONNRESET' });
const aMinute = () => 60_000;

describe('a request that gets no answer', () => {
  test.each([
    { name: 'over a connection that broke', end: RESET, times: 5 },
    { name: 'of a host whose certificate has expired', end: failing({ code: 'CERT_HAS_EXPIRED' }), times: 1 },
    { name: 'for want of credentials', end: failing({ name: 'CredentialsProviderError' }), times: 1 },
  ])('is made $times times: $name', async ({ end, times }) => {
    const { archive, asked } = answering([end]);
    await expect(archive.has('key')).rejects.toThrow('no answer');
    expect(asked).toHaveLength(times);
  });

  test('is made once of a host that never answered, whatever time is left', async () => {
    const { archive, asked } = answering([RESET], aMinute);
    await expect(archive.has('key')).rejects.toThrow('no answer');
    expect(asked).toHaveLength(1);
  });

  test.each([
    { name: 'this one', first: refusing(503), isThere: true },
    { name: 'another', first: there, isThere: true },
    { name: 'another, which it refused', first: refusing(404), isThere: false },
  ])('is made as long as there is time where the host has answered $name', async ({ first, isThere }) => {
    const { archive, asked } = answering([first, ...Array.from({ length: 6 }, () => RESET), there], aMinute);
    expect(await archive.has('key')).toBe(isThere);
    expect(await archive.has('key')).toBe(true);
    expect(asked.length).toBeGreaterThanOrEqual(8);
  });
});

describe('a refusal', () => {
  const content = { bytes: Buffer.from('x') };

  test.each([
    { status: 301, code: 'PermanentRedirect', times: 1 },
    { status: 307, code: 'TemporaryRedirect', times: 5 },
    { status: 400, code: 'InvalidArgument', times: 1 },
    { status: 400, code: 'RequestTimeout', times: 5 },
    { status: 400, code: 'RequestExpired', times: 5 },
    { status: 400, code: 'ExpiredToken', times: 4 },
    { status: 403, code: 'AccessDenied', times: 1 },
    { status: 403, code: 'RequestTimeTooSkewed', times: 5 },
    { status: 404, code: 'NoSuchBucket', times: 1 },
    { status: 409, code: 'ConditionalRequestConflict', times: 5 },
    { status: 429, code: 'TooManyRequests', times: 5 },
    { status: 499, code: 'ClientClosedRequest', times: 1 },
    { status: 500, code: 'InternalError', times: 5 },
    { status: 501, code: 'NotImplemented', times: 1 },
    { status: 503, code: 'SlowDown', times: 5 },
  ])('$status $code is met $times times', async ({ status, code, times }) => {
    const { archive, asked } = answering([refusing(status, code)]);
    await expect(archive.create('key', content, 'text/plain')).rejects.toMatchObject({ name: code });
    expect(asked).toHaveLength(times);
  });

  test('is met once where there is no time left', async () => {
    const { archive, asked } = answering([refusing(503)], () => 0);
    await expect(archive.create('key', content, 'text/plain')).rejects.toMatchObject({ name: 'Refused' });
    expect(asked).toHaveLength(1);
  });

  test.each([
    { name: 'of a bucket without a lock', status: 400 },
    { name: 'of locks that may not be set', status: 403 },
    { name: 'of a store that knows none', status: 501 },
  ])('$name lets a hint be kept as the bucket keeps all', async ({ status }) => {
    const { archive, asked } = answering([refusing(status), there]);
    expect(await archive.replace('key', content, 'text/plain', undefined, 'hint')).toBe('replaced');
    expect(asked.map(({ ObjectLockMode, Tagging }) => [ObjectLockMode, Tagging])).toEqual([
      ['GOVERNANCE', 'kept=briefly'],
      [undefined, undefined],
    ]);
  });

  test.each([
    { name: 'that is there already', end: () => ({ Metadata: { write: 'of another' } }) },
    { name: 'that is there already, of which nobody says by whom', end: there },
    { name: 'that was there, and is gone', end: refusing(404) },
  ])('of an object $name is told as such', async ({ end }) => {
    const { archive, asked } = answering([refusing(412), end]);
    expect(await archive.create('key', content, 'text/plain')).toBe('exists');
    expect(asked).toMatchObject([{ IfNoneMatch: '*', ChecksumAlgorithm: 'SHA256' }, { Key: 'key' }]);
  });
});

test('what is to be replaced and is gone is a conflict', async () => {
  const { archive } = answering([refusing(404)]);
  const content = { bytes: Buffer.from('x') };
  expect(await archive.replace('key', content, 'text/plain', 'version')).toBe('conflict');
  await expect(archive.replace('key', content, 'text/plain', undefined)).rejects.toMatchObject({ name: 'Refused' });
});

test.each([
  { name: 'body', answer: () => ({ ETag: '"1"' }) },
  { name: 'version', answer: () => ({ Body: Readable.from(['x']) }) },
])('an object that comes without a $name is told of', async ({ answer }) => {
  const read = answering([answer]).archive.read('a/key');
  await expect(read).rejects.toThrow(new Error('s3://archive/a/key came without a body or an ETag'));
});

describe('a body', () => {
  /** Gives so many bytes, and fails then. */
  const broken = (text: string, why = 'it broke') => {
    const body = async function* pieces() {
      if (text !== '') yield Buffer.from(text);
      throw new Error(why);
    };
    return () => ({ Body: Readable.from(body()), ETag: '"1"', ContentLength: 4 });
  };
  const whole = (text: string) => () => ({ Body: Readable.from([Buffer.from(text)]), ETag: '"1"', ContentLength: 4 });

  const read = async (...ends: readonly (() => object)[]) => {
    const { archive, asked } = answering(ends);
    const stored = await archive.read('key');
    const text = stored && readBytes(stored).then((bytes) => bytes.toString());
    return { text, asked };
  };

  test('that breaks off is read on from the byte that was reached, of the same version', async () => {
    const { text, asked } = await read(broken('ab'), broken('c'), broken(''), whole('d'));
    expect(await text).toBe('abcd');
    const from = (byte: number) => ({ Bucket: 'archive', Key: 'key', Range: `bytes=${byte}-`, IfMatch: '"1"' });
    expect(asked).toEqual([{ Bucket: 'archive', Key: 'key' }, from(2), from(3), from(3)]);
  });

  test.each([
    { name: 'no byte ever came', ends: [broken('')], times: 5 },
    { name: 'no byte came after the first', ends: [broken('a'), broken('')], times: 5 },
    { name: 'a byte came in between', ends: [broken(''), broken('a'), broken('')], times: 6 },
  ])('is asked for $times times where $name', async ({ ends, times }) => {
    const { text, asked } = await read(...ends);
    await expect(text).rejects.toThrow('it broke');
    expect(asked).toHaveLength(times);
  });

  test('whose checksum does not hold is asked for once', async () => {
    const { text, asked } = await read(broken('abcd', 'Checksum mismatch'));
    await expect(text).rejects.toThrow('Checksum mismatch');
    expect(asked).toHaveLength(1);
  });
});

test('no file stays open whose request gets no answer', async () => {
  const folder = await newFolder();
  const path = join(folder, 'file');
  const size = 1024 * 1024;
  await writeFile(path, Buffer.alloc(size));
  /** The least number that no open file has. */
  const next = () => {
    const descriptor = openSync(folder, 'r');
    closeSync(descriptor);
    return descriptor;
  };
  const before = next();
  for (let time = 0; time < 10; time += 1) {
    const { archive } = answering([RESET]);
    await expect(archive.create('key', { path, size }, 'text/plain')).rejects.toThrow('no answer');
  }
  expect(next() - before).toBeLessThan(20);
});
