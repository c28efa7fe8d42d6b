/** A place in S3: an object, or a prefix of objects, which ends in `/` or is empty. */
export interface S3Place {
  readonly bucket: string;
  readonly key: string;
}

const S3_URL = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/(.*)$/s;

/** Reads `s3://bucket/key`; undefined where a text is none. */
export const s3Place = (text: string): S3Place | undefined => {
  const [, bucket, key] = S3_URL.exec(text) ?? [];
  return bucket === undefined || key === undefined ? undefined : { bucket, key };
};

export const isPrefix = ({ key }: S3Place): boolean => key === '' || key.endsWith('/');

/** Reads `s3://bucket/prefix/`; undefined where a text is none. */
export const s3Prefix = (text: string): S3Place | undefined => {
  const place = s3Place(text);
  return place !== undefined && isPrefix(place) ? place : undefined;
};
