import { readFile } from 'node:fs/promises';
import type { Archive, Content } from '../../core/archive/archive.ts';

/** An archive in memory, for tests of many runs: nothing waits for a disk to be flushed. */
export const memoryArchive = (): Archive => {
  const objects = new Map<string, { readonly bytes: Uint8Array; readonly version: string }>();
  let writes = 0;
  const put = (key: string, bytes: Uint8Array): void => {
    writes += 1;
    objects.set(key, { bytes, version: String(writes) });
  };
  const bytesOf = async (content: Content): Promise<Uint8Array> =>
    'bytes' in content ? content.bytes : readFile(content.path);
  return {
    location: 'memory',
    async read(key) {
      const object = objects.get(key);
      if (object === undefined) return undefined;
      const { bytes, version } = object;
      return {
        key,
        version,
        body: (async function* whole() {
          yield bytes;
        })(),
      };
    },
    has: async (key) => objects.has(key),
    async create(key, content) {
      const bytes = await bytesOf(content);
      if (objects.has(key)) return 'exists';
      put(key, bytes);
      return 'created';
    },
    async replace(key, content, _contentType, version) {
      const bytes = await bytesOf(content);
      if (objects.get(key)?.version !== version) return 'conflict';
      put(key, bytes);
      return 'replaced';
    },
    async *list(prefix, after = '') {
      yield* [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).toSorted();
    },
  };
};
