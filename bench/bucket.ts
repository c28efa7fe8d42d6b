import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { BucketServerOptions } from './bucket-server.ts';

/** A bucket in a process of its own. */
export interface ServedBucket {
  readonly bucket: string;
  readonly objects: number;
  /** The environment that makes a program take it for S3. */
  readonly env: Readonly<Record<string, string>>;
  close(): void;
}

/** Serves the archive of a folder as a bucket. */
export const serveBucket = async (folder: string, latencyMs: number): Promise<ServedBucket> => {
  const options: BucketServerOptions = { folder, bucket: 'bench-evidence', latencyMs };
  const child = fork(join(import.meta.dirname, 'bucket-server.ts'), [JSON.stringify(options)]);
  const [{ url, objects }] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error('the server of the bucket has ended'))),
  ])) as [{ readonly url: string; readonly objects: number }];
  return {
    bucket: options.bucket,
    objects,
    env: {
      AWS_ENDPOINT_URL_S3: url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'AKIDBENCH',
      AWS_SECRET_ACCESS_KEY: 'secret',
    },
    close: () => child.disconnect(),
  };
};
