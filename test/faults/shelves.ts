import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Archive } from '../../core/archive/archive.ts';
import { bucketArchive } from '../../core/archive/bucket.ts';
import { readBytes } from '../../core/archive/lines.ts';
import { startAwsEmulator } from '../support/aws-emulator.ts';
import { folderReach, type Reach } from '../support/history.ts';
import { QUIET, type Store } from './run-case.ts';
import { fillArchive, type Objects, openFolder } from './runs.ts';

/** An archive, and the way to its objects past all that it promises. */
export interface Shelf {
  readonly archive: Archive;
  readonly reach: Reach;
  /** Makes an object very large, without a copy of it anywhere. */
  enlarge(key: string, size: number): Promise<void>;
  close(): Promise<void>;
}

const OPEN: Readonly<Record<Store, () => Promise<Shelf>>> = {
  async folder() {
    const { archive, close } = await openFolder();
    const enlarge = (key: string, size: number): Promise<void> => truncate(join(archive.location, key), size);
    return { archive, reach: folderReach(archive.location), enlarge, close };
  },
  async bucket() {
    const sizes = new Map<string, number>();
    const Bucket = 'archive';
    const { url, close } = await startAwsEmulator({
      bucket: Bucket,
      topicName: 'alerts',
      enlarged: (path) => sizes.get(path.slice(`/${Bucket}/`.length)),
    });
    const s3 = new S3Client({
      endpoint: url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'faults', secretAccessKey: 'faults' },
      forcePathStyle: true,
      logger: QUIET,
    });
    const archive = bucketArchive(s3, Bucket, 1);
    const reach = {
      async read(key: string) {
        const stored = await archive.read(key);
        if (stored === undefined) throw new Error(`${key} is not there`);
        return Buffer.from(await readBytes(stored));
      },
      async write(Key: string, Body: Uint8Array) {
        sizes.delete(Key);
        await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
      },
      remove: (Key: string) => s3.send(new DeleteObjectCommand({ Bucket, Key })),
    };
    const enlarge = async (key: string, size: number): Promise<void> => {
      sizes.set(key, size);
    };
    return { archive, reach, enlarge, close };
  },
};

/** Opens an archive that holds these objects, in a folder or a bucket of its own. */
export const openShelf = async (store: Store, objects: Objects): Promise<Shelf> => {
  const shelf = await OPEN[store]();
  await fillArchive(shelf.archive, objects);
  return shelf;
};

/** The way to objects in memory. */
export const mapReach = (objects: Map<string, Uint8Array>): Reach => ({
  async read(key) {
    const bytes = objects.get(key);
    if (bytes === undefined) throw new Error(`${key} is not there`);
    return Buffer.from(bytes);
  },
  write: async (key, bytes) => objects.set(key, bytes),
  remove: async (key) => objects.delete(key),
});

const isSame = (one: Uint8Array | undefined, other: Uint8Array | undefined): boolean =>
  one === other || (one !== undefined && other !== undefined && Buffer.compare(one, other) === 0);

/** The keys whose objects differ. */
export const changedKeys = (before: Objects, after: Objects): readonly string[] =>
  [...new Set([...before.keys(), ...after.keys()])].filter((key) => !isSame(before.get(key), after.get(key)));

/** Makes the objects at these keys what they are in `to`. */
export const put = async ({ reach }: Shelf, keys: readonly string[], to: Objects): Promise<void> => {
  for (const key of keys) {
    const bytes = to.get(key);
    await (bytes === undefined ? reach.remove(key) : reach.write(key, bytes));
  }
};
