import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import {
  GetObjectCommand,
  HeadObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  type PutObjectCommandInput,
  paginateListObjectsV2,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import pRetry from 'p-retry';
import type { Archive, Content } from './archive.ts';

/** The status where another write to the same key was under way: S3 asks to try again. */
const CONFLICT_UNDER_WAY = 409;
const PRECONDITION_FAILED = 412;
const NOT_FOUND = 404;

const statusOf = (error: unknown): number | undefined =>
  error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;

/** Tells whether a request that failed so would fail again. */
const isFinal = (error: unknown): boolean => {
  const status = statusOf(error);
  return status !== undefined && status >= 400 && status < 500 && status !== CONFLICT_UNDER_WAY && status !== 429;
};

/**
 * Opens an archive in an S3 bucket. Files are streamed, and a stream can't be sent twice, so the retries around a write
 * are ours: each opens the file anew.
 * @param retryPauseMs the first pause between tries of one write, in milliseconds; it doubles each time
 */
export const bucketArchive = (client: S3Client, bucket: string, retryPauseMs = 200): Archive => {
  const bodyOf = (content: Content): Pick<PutObjectCommandInput, 'Body' | 'ContentLength'> =>
    'bytes' in content
      ? { Body: content.bytes, ContentLength: content.bytes.length }
      : { Body: createReadStream(content.path), ContentLength: content.size };

  /** Tells whether the object is there by this write: its answer got lost, and made again it met itself. */
  const isWrittenBy = async (key: string, write: string): Promise<boolean> => {
    try {
      const { Metadata } = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
      return Metadata?.write === write;
    } catch (error) {
      if (statusOf(error) === NOT_FOUND) return false;
      throw error;
    }
  };

  const put = async (
    key: string,
    content: Content,
    contentType: string,
    condition: Pick<PutObjectCommandInput, 'IfMatch' | 'IfNoneMatch'>,
  ): Promise<'put' | 'refused'> => {
    const write = randomUUID();
    try {
      await pRetry(
        () =>
          client.send(
            new PutObjectCommand({
              Bucket: bucket,
              Key: key,
              ContentType: contentType,
              Metadata: { write },
              ChecksumAlgorithm: 'SHA256',
              ...bodyOf(content),
              ...condition,
            }),
          ),
        { retries: 4, minTimeout: retryPauseMs, shouldRetry: ({ error }) => !isFinal(error) },
      );
      return 'put';
    } catch (error) {
      const status = statusOf(error);
      // There is nothing to match.
      if (condition.IfMatch !== undefined && status === NOT_FOUND) return 'refused';
      if (status !== PRECONDITION_FAILED) throw error;
      return (await isWrittenBy(key, write)) ? 'put' : 'refused';
    }
  };

  return {
    location: `s3://${bucket}`,

    async read(key) {
      try {
        const { Body, ETag } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        if (Body === undefined || ETag === undefined) throw new Error(`s3://${bucket}/${key} came without a body`);
        return { body: Body.transformToWebStream(), version: ETag };
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    },

    async has(key) {
      try {
        await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
        return true;
      } catch (error) {
        if (statusOf(error) === NOT_FOUND) return false;
        throw error;
      }
    },

    async create(key, content, contentType) {
      return (await put(key, content, contentType, { IfNoneMatch: '*' })) === 'put' ? 'created' : 'exists';
    },

    async replace(key, content, contentType, version) {
      const condition = version === undefined ? { IfNoneMatch: '*' } : { IfMatch: version };
      return (await put(key, content, contentType, condition)) === 'put' ? 'replaced' : 'conflict';
    },

    async *list(prefix, after) {
      const pages = paginateListObjectsV2(
        { client },
        { Bucket: bucket, Prefix: prefix, ...(after !== undefined && { StartAfter: after }) },
      );
      for await (const { Contents = [] } of pages) {
        for (const { Key } of Contents) if (Key !== undefined) yield Key;
      }
    },
  };
};
