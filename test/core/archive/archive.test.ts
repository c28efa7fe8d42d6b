import { createWriteStream } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Archive, Content } from '../../../core/archive/archive.ts';
import { bucketArchive } from '../../../core/archive/bucket.ts';
import { SpoolError } from '../../../core/archive/errors.ts';
import { folderArchive } from '../../../core/archive/folder.ts';
import { readBytes } from '../../../core/archive/lines.ts';
import { stagedContent } from '../../../core/archive/staging.ts';
import { storeOnce } from '../../../core/archive/store.ts';
import { DAY_MS } from '../../../rules/engine/time.ts';
import {
  type AwsEmulator,
  type AwsEmulatorOptions,
  type AwsRequest,
  startAwsEmulator,
} from '../../support/aws-emulator.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const newFolder = temporaryFolders();
const evidence = stagedContent('this run');
const bytes = (text: string): Content => ({ bytes: Buffer.from(text) });

let emulator: AwsEmulator;
let fault: AwsEmulatorOptions['fault'];
let fate: AwsEmulatorOptions['onAnswer'];
beforeAll(async () => {
  emulator = await startAwsEmulator({
    bucket: 'archive',
    topicName: 'alerts',
    fault: (request) => fault?.(request),
    onAnswer: (request) => fate?.(request),
  });
});
afterEach(() => {
  fault = undefined;
  fate = undefined;
});
afterAll(() => emulator.close());

const archives: readonly { name: string; open: () => Promise<Archive> }[] = [
  { name: 'a folder', open: async () => folderArchive(await newFolder()) },
  { name: 'a bucket', open: async () => bucketArchive(emulator.s3, emulator.bucket, 1) },
];

describe.each(archives)('$name', ({ open }) => {
  let count = 0;
  const newKey = (): string => {
    count += 1;
    return `tests/environment=e${count}/object.json`;
  };

  const read = async (archive: Archive, key: string): Promise<string | undefined> => {
    const stored = await archive.read(key);
    return stored && Buffer.from(await readBytes(stored)).toString('utf8');
  };

  test('an object that is not there is undefined', async () => {
    const archive = await open();
    const key = newKey();
    expect(await archive.read(key)).toBeUndefined();
    expect(await archive.has(key)).toBe(false);
  });

  test('what is created is read again, and is not created twice', async () => {
    const archive = await open();
    const key = newKey();
    expect(await archive.create(key, bytes('one'), 'application/json')).toBe('created');
    expect(await archive.create(key, bytes('two'), 'application/json')).toBe('exists');
    expect(await read(archive, key)).toBe('one');
    expect(await archive.has(key)).toBe(true);
    expect(await archive.has(key.slice(0, key.lastIndexOf('/')))).toBe(false);
  });

  test('of ten creations at once one wins, and its content is whole', async () => {
    const archive = await open();
    const key = newKey();
    const contents = Array.from({ length: 10 }, (_, n) => `${n}`.repeat(1000));
    const outcomes = await Promise.all(contents.map((text) => archive.create(key, bytes(text), 'text/plain')));
    expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1);
    expect(await read(archive, key)).toBe(contents[outcomes.indexOf('created')]);
  });

  test('a file is stored as it is on disk', async () => {
    const archive = await open();
    const key = newKey();
    const path = join(await newFolder(), 'file');
    const file = createWriteStream(path);
    for (let n = 0; n < 1000; n += 1) file.write('x'.repeat(1024));
    file.end();
    await finished(file);
    await archive.create(key, { path, size: 1024 * 1000 }, 'application/gzip');
    expect((await read(archive, key))?.length).toBe(1024 * 1000);
  });

  test('a replacement meets the version it was made for, or changes nothing', async () => {
    const archive = await open();
    const key = newKey();
    expect(await archive.replace(key, bytes('one'), 'text/plain', undefined)).toBe('replaced');
    const first = await archive.read(key);
    expect(await archive.replace(key, bytes('two'), 'text/plain', undefined)).toBe('conflict');
    expect(await archive.replace(key, bytes('two'), 'text/plain', first?.version)).toBe('replaced');
    expect(await archive.replace(key, bytes('three'), 'text/plain', first?.version)).toBe('conflict');
    expect(await archive.replace(newKey(), bytes('four'), 'text/plain', first?.version)).toBe('conflict');
    expect(await read(archive, key)).toBe('two');
  });

  test('keys are listed in order, by prefix, and after a key', async () => {
    const archive = await open();
    const prefix = newKey().replace('object.json', '');
    for (const name of ['dt=2/b', 'dt=10/a', 'dt=2/a', 'other'])
      await archive.create(prefix + name, bytes(name), 'text/plain');
    const list = async (start: string, after?: string) => {
      const keys: string[] = [];
      for await (const key of archive.list(start, after)) keys.push(key.slice(prefix.length));
      return keys;
    };
    expect(await list(prefix)).toEqual(['dt=10/a', 'dt=2/a', 'dt=2/b', 'other']);
    expect(await list(`${prefix}dt=`, `${prefix}dt=2/a`)).toEqual(['dt=2/b']);
    expect(await list(`${prefix}nothing/`)).toStrictEqual([]);
  });

  test('keys are listed in the order of their characters, whatever folders they make', async () => {
    const archive = await open();
    const prefix = newKey().replace('object.json', '');
    const names = ['a/b', 'a.json', 'a-b/c', 'a0', 'a/b.json', 'a/b-c', 'b/.c/d', 'b'.repeat(20), 'c/d/e/f'];
    for (const name of names) await archive.create(prefix + name, bytes(name), 'text/plain');
    const sorted = names.toSorted();
    const bounds = [...sorted, 'a/', 'a/b/c', 'a0/', 'b', 'c/d', 'c/d/e0', 'd'];
    for (const start of ['', 'a', 'a/', 'b/', 'c/d']) {
      for (const after of bounds) {
        const keys: string[] = [];
        for await (const key of archive.list(prefix + start, prefix + after)) keys.push(key);
        expect({ start, after, keys: keys.map((key) => key.slice(prefix.length)) }).toEqual({
          start,
          after,
          keys: sorted.filter((name) => name.startsWith(start) && name > after),
        });
      }
    }
  });
});

describe('a bucket that falters', () => {
  const key = 'faults/object.json';

  test('a write that S3 put off is made again, from the start of the file', async () => {
    const path = join(await newFolder(), 'file');
    await writeFile(path, 'content');
    let refusals = 2;
    fault = ({ method }) => {
      if (method !== 'PUT' || refusals === 0) return undefined;
      refusals -= 1;
      return { status: 503, code: 'SlowDown' };
    };
    const archive = bucketArchive(emulator.s3, emulator.bucket, 1);
    expect(await archive.create(key, { path, size: 7 }, 'text/plain')).toBe('created');
    fault = undefined;
    const stored = await archive.read(key);
    expect(stored && Buffer.from(await readBytes(stored)).toString('utf8')).toBe('content');
  });

  test('a write that is denied is an error at once', async () => {
    let requests = 0;
    fault = ({ method }) => {
      if (method !== 'PUT') return undefined;
      requests += 1;
      return { status: 403, code: 'AccessDenied' };
    };
    const archive = bucketArchive(emulator.s3, emulator.bucket, 1);
    await expect(archive.create('faults/denied', bytes('x'), 'text/plain')).rejects.toThrow('AccessDenied');
    fault = undefined;
    expect(requests).toBe(1);
  });
});

describe('a hint in a bucket', () => {
  const LOCK = 'x-amz-object-lock-mode';
  const kept: (string | string[] | undefined)[] = [];
  const putHint = (key: string, refusal?: { readonly status: number; readonly code: string }) => {
    kept.length = 0;
    fault = ({ method, headers }) => {
      if (method !== 'PUT') return undefined;
      kept.push(headers[LOCK]);
      return headers[LOCK] === undefined ? undefined : refusal;
    };
    return bucketArchive(emulator.s3, emulator.bucket, 1).replace(key, bytes('x'), 'text/html', undefined, 'hint');
  };

  test('is locked for a day and tagged, which evidence is not', async () => {
    let sent: AwsRequest['headers'] = {};
    fault = ({ method, headers }) => {
      if (method === 'PUT') sent = headers;
      return undefined;
    };
    const archive = bucketArchive(emulator.s3, emulator.bucket, 1);
    const before = Date.now();
    await archive.replace('hints/page.html', bytes('x'), 'text/html', undefined, 'hint');
    expect(sent).toMatchObject({ [LOCK]: 'GOVERNANCE', 'x-amz-tagging': 'kept=briefly', 'if-none-match': '*' });
    const until = Date.parse(String(sent['x-amz-object-lock-retain-until-date']));
    expect(until - before).toBeGreaterThan(DAY_MS - 1000);
    expect(until - before).toBeLessThan(DAY_MS + 60_000);

    await archive.create('hints/evidence.json', bytes('x'), 'text/html');
    expect(sent).toMatchObject({ 'if-none-match': '*', 'x-amz-sdk-checksum-algorithm': 'SHA256' });
    expect(Object.keys(sent).filter((name) => /lock|tagging/.test(name))).toStrictEqual([]);

    await archive.replace('hints/latest.json', bytes('x'), 'text/html', undefined);
    expect(Object.keys(sent).filter((name) => /lock|tagging/.test(name))).toStrictEqual([]);
    fault = undefined;
  });

  test.each([
    ['that has no lock', { status: 400, code: 'InvalidRequest' }],
    ['where locks may not be set', { status: 403, code: 'AccessDenied' }],
    ['of a store that knows none', { status: 501, code: 'NotImplemented' }],
  ])('%s is kept as the bucket keeps all', async (name, refusal) => {
    expect(await putHint(`hints/${name}`, refusal)).toBe('replaced');
    expect(kept).toStrictEqual(['GOVERNANCE', undefined]);
    fault = undefined;
  });

  test('that somebody else has written is a conflict', async () => {
    expect(await putHint('hints/taken')).toBe('replaced');
    expect(await putHint('hints/taken')).toBe('conflict');
    expect(kept).toEqual(['GOVERNANCE']);
    fault = undefined;
  });
});

describe('a bucket whose answers get lost after the write', () => {
  /** Loses the answer to every write, as soon as it has taken effect: the client makes it again, and meets itself. */
  const losing = () => {
    fate = ({ method }) => (method === 'PUT' ? 'reset' : undefined);
    return bucketArchive(emulator.s3, emulator.bucket, 1);
  };

  test('what is created is told to be', async () => {
    const archive = losing();
    expect(await archive.create('lost/first.json', bytes('one'), 'application/json')).toBe('created');
    expect(await archive.create('lost/first.json', bytes('one'), 'application/json')).toBe('exists');
  });

  test('what is replaced is told to be', async () => {
    const archive = losing();
    const key = 'lost/pointer.json';
    expect(await archive.replace(key, bytes('one'), 'application/json', undefined)).toBe('replaced');
    const first = await archive.read(key);
    expect(await archive.replace(key, bytes('two'), 'application/json', first?.version)).toBe('replaced');
    expect(await archive.replace(key, bytes('two'), 'application/json', first?.version)).toBe('conflict');
  });

  test('a file is stored from its start', async () => {
    const path = join(await newFolder(), 'file');
    await writeFile(path, 'content');
    const archive = losing();
    expect(await archive.create('lost/file', { path, size: 7 }, 'text/plain')).toBe('created');
    const stored = await archive.read('lost/file');
    expect(stored && Buffer.from(await readBytes(stored)).toString('utf8')).toBe('content');
  });

  test('evidence stands as another attempt has put it there, and is known for another one', async () => {
    const key = 'lost/once.json';
    await bucketArchive(emulator.s3, emulator.bucket, 1).create(key, bytes('before'), 'application/json');
    const { isOurs, object } = await storeOnce(losing(), key, evidence);
    expect({ isOurs, isItsHash: object.sha256 === evidence.sha256 }).toEqual({ isOurs: false, isItsHash: false });
    expect((await storeOnce(losing(), 'lost/own.json', evidence)).isOurs).toBe(true);
  });
});

describe('a bucket whose refusals pass', () => {
  const once = (code: string, status: number) => {
    let isPlayed = false;
    fault = ({ method }) => {
      if (isPlayed || method !== 'PUT') return undefined;
      isPlayed = true;
      return { status, code };
    };
  };

  test.each([
    ['RequestTimeout', 400],
    ['RequestTimeTooSkewed', 403],
    ['ExpiredToken', 400],
  ] as const)('%s of a stream: it is sent again from its start', async (code, status) => {
    const path = join(await newFolder(), 'file');
    await writeFile(path, 'content');
    once(code, status);
    const archive = bucketArchive(emulator.s3, emulator.bucket, 1);
    const key = `passing/${code}`;
    expect(await archive.create(key, { path, size: 7 }, 'text/plain')).toBe('created');
    const stored = await archive.read(key);
    expect(stored && Buffer.from(await readBytes(stored)).toString('utf8')).toBe('content');
  });

  test('a token that stays expired is told of, by its name', async () => {
    fault = ({ method }) => (method === 'PUT' ? { status: 400, code: 'ExpiredToken' } : undefined);
    const archive = bucketArchive(emulator.s3, emulator.bucket, 1, () => 60_000);
    await expect(archive.create('passing/never', bytes('x'), 'text/plain')).rejects.toMatchObject({
      name: 'ExpiredToken',
    });
  });

  test('a refusal is waited for as long as there is time', async () => {
    let refusals = 9;
    fault = ({ method }) => {
      if (method !== 'PUT' || refusals === 0) return undefined;
      refusals -= 1;
      return { status: 503, code: 'SlowDown' };
    };
    const archive = bucketArchive(emulator.s3, emulator.bucket, 0, () => 60_000);
    const path = join(await newFolder(), 'file');
    await writeFile(path, 'content');
    await archive.has('anything');
    expect(await archive.create('passing/late', { path, size: 7 }, 'text/plain')).toBe('created');
  });

  test('a body that breaks off is read on from the byte that was reached', async () => {
    const archive = bucketArchive(emulator.s3, emulator.bucket, 1);
    const text = 'abcdefghij'.repeat(50_000);
    await archive.create('passing/cut', bytes(text), 'text/plain');
    let cuts = 0;
    fate = ({ method }) => {
      if (method !== 'GET') return undefined;
      cuts += 1;
      return cuts <= 8 ? 'cut' : undefined;
    };
    const stored = await archive.read('passing/cut');
    const read = stored && Buffer.from(await readBytes(stored));
    expect({ length: read?.length, isWhole: read?.equals(Buffer.from(text)), cuts }).toEqual({
      length: text.length,
      isWhole: true,
      cuts: 9,
    });
  });

  test('a body that breaks off for ever is told of, once no byte comes any more', async () => {
    const archive = bucketArchive(emulator.s3, emulator.bucket, 1);
    await archive.create('passing/broken', bytes('abcdefgh'), 'text/plain');
    let gets = 0;
    fate = ({ method }) => {
      if (method === 'GET') gets += 1;
      return method === 'GET' ? 'cut' : undefined;
    };
    const stored = await archive.read('passing/broken');
    await expect(stored && readBytes(stored)).rejects.toThrow(/aborted|ECONNRESET/);
    // Of eight bytes four, two and one come, one that nobody gets to see may be lost; then none, five times.
    expect(gets).toBeLessThanOrEqual(3 + 5);
  });

  test('a body that breaks off and is replaced meanwhile is not mixed of both', async () => {
    const archive = bucketArchive(emulator.s3, emulator.bucket, 1);
    const key = 'passing/replaced';
    await archive.create(key, bytes('a'.repeat(100_000)), 'text/plain');
    fate = ({ method }) => (method === 'GET' ? 'cut' : undefined);
    const stored = await archive.read(key);
    fate = undefined;
    await archive.replace(key, bytes('b'.repeat(100_000)), 'text/plain', stored?.version);
    await expect(stored && readBytes(stored)).rejects.toMatchObject({ $metadata: { httpStatusCode: 412 } });
  });
});

describe('a bucket that refuses to be asked', () => {
  const refusing = (...methods: readonly string[]) => {
    fault = ({ method }) => (methods.includes(method) ? { status: 403, code: 'AccessDenied' } : undefined);
    return bucketArchive(emulator.s3, emulator.bucket, 1);
  };

  test('is not one in which nothing is', async () => {
    const archive = refusing('GET', 'HEAD');
    const denied = { $metadata: { httpStatusCode: 403 } };
    await expect(archive.has('refusing/object')).rejects.toMatchObject(denied);
    await expect(archive.read('refusing/object')).rejects.toMatchObject(denied);
    const keys = archive.list('refusing/');
    await expect(
      (async () => {
        for await (const key of keys) expect(key).toBeUndefined();
      })(),
    ).rejects.toMatchObject(denied);
  });

  test.each([
    { name: 'gone again', head: undefined, outcome: 'exists' },
    { name: 'not to be asked for', head: { status: 403, code: 'AccessDenied' }, outcome: 403 },
  ])('what is there already, and is then $name: $outcome', async ({ head, outcome }) => {
    fault = ({ method }) =>
      method === 'PUT' ? { status: 412, code: 'PreconditionFailed' } : method === 'HEAD' ? head : undefined;
    const archive = bucketArchive(emulator.s3, emulator.bucket, 1);
    const created = archive.create('refusing/gone', bytes('x'), 'text/plain');
    expect(await created.catch((error: unknown) => Object(Object(error).$metadata).httpStatusCode)).toBe(outcome);
  });
});

test('a bucket lists all keys, however few it gives at a time', async () => {
  const { s3, bucket, url } = emulator;
  const names = Array.from({ length: 5 }, (_, index) => `paged/${index}`);
  for (const name of names) await bucketArchive(s3, bucket, 1).create(name, bytes('x'), 'text/plain');
  const client = new S3Client({
    ...{ endpoint: url, region: 'us-east-1', forcePathStyle: true },
    credentials: { accessKeyId: 'reader', secretAccessKey: 'secret' },
  });
  client.middlewareStack.add((next) => (args) => next({ ...args, input: { ...args.input, MaxKeys: 2 } }), {
    step: 'initialize',
  });
  const listed = async (after?: string) => {
    const keys: string[] = [];
    for await (const key of bucketArchive(client, bucket, 1).list('paged/', after)) keys.push(key);
    return keys;
  };
  expect(await listed()).toEqual(names);
  expect(await listed('paged/1')).toEqual(names.slice(2));
  client.destroy();
});

describe('a file that can not be stored', () => {
  test.each([
    { name: 'is not there', put: async () => {}, code: 'ENOENT' },
    { name: 'can not be read', put: (path: string) => mkdir(path), code: 'EISDIR' },
    { name: 'is on a disk that fails', put: (path: string) => symlink('/proc/self/mem', path), code: 'EIO' },
  ])('since it $name is told of at once, by the folder that it is in, and ends nothing else', async ({ put, code }) => {
    const path = join(await newFolder(), 'file');
    await put(path);
    const archive = bucketArchive(emulator.s3, emulator.bucket, 1, () => 60_000);
    await archive.has('anything');
    const created = archive.create('disk/file', { path, size: 1 }, 'text/plain');
    await expect(created).rejects.toThrow(SpoolError);
    await expect(created).rejects.toThrow(`the temporary folder ${tmpdir()} (TMPDIR) failed with Error: ${code}: `);
    expect(await archive.has('disk/file')).toBe(false);
  });
});

describe('a folder that a crash has visited', () => {
  test('what was half written is not listed, and is no object', async () => {
    const folder = await newFolder();
    const archive = folderArchive(folder);
    await archive.create('a/object', bytes('x'), 'text/plain');
    await writeFile(join(folder, 'a', '.4d1f.part'), 'half');
    const keys: string[] = [];
    for await (const key of archive.list('')) keys.push(key);
    expect(keys).toEqual(['a/object']);
  });
});
