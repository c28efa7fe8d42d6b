import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { lazyDirectory } from '../simulator/directory.ts';
import { ASOF } from './pages.ts';

/** Saves a directory in a folder as one answer of ListUsers, gzipped; gives the path. */
export const saveRoster = async (folder: string, users: number): Promise<string> => {
  const directory = lazyDirectory({ users, seed: 1, asOf: ASOF, accountId: '111122223333' });
  function* texts() {
    yield '{"users":[';
    for (let at = 0; at < users; at += 100)
      yield `${at === 0 ? '' : ','}${directory
        .slice(at, at + 100)
        .map((user) => JSON.stringify(user))
        .join(',')}`;
    yield ']}';
  }
  const path = join(folder, 'users.json.gz');
  await pipeline(Readable.from(texts()), createGzip(), createWriteStream(path));
  return path;
};
