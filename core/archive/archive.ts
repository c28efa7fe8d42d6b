/** Content to be stored: in memory, or a file already complete on disk. */
export type Content = { readonly bytes: Uint8Array } | { readonly path: string; readonly size: number };

export interface StoredObject {
  readonly key: string;
  readonly body: AsyncIterable<Uint8Array>;
  /** Names this version of the content, for `replace`. */
  readonly version: string;
}

/** A store of objects by key: a bucket or a folder. Writes are whole or not at all. */
export interface Archive {
  /** The location of the archive, for people: `s3://bucket` or a path. */
  readonly location: string;
  /** Opens an object. Read the body to its end, or ask `has`: what is left unread holds a connection. */
  read(key: string): Promise<StoredObject | undefined>;
  has(key: string): Promise<boolean>;
  /** Writes an object that must not exist yet; what exists stays as it is. */
  create(key: string, content: Content, contentType: string): Promise<'created' | 'exists'>;
  /**
   * Writes an object only where it is still at `version` (undefined: where there is none yet).
   * @param as `hint`: no evidence, whose old versions need not be kept
   */
  replace(
    key: string,
    content: Content,
    contentType: string,
    version: string | undefined,
    as?: 'evidence' | 'hint',
  ): Promise<'replaced' | 'conflict'>;
  /** Yields the keys under a prefix, in ascending order, those after `after` only. */
  list(prefix: string, after?: string): AsyncIterable<string>;
}
