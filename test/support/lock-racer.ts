import { folderArchive } from '../../core/archive/folder.ts';

/** One round of a race: all who take part wait for the same instant. */
export interface Round {
  readonly folder: string;
  readonly version: string;
  readonly at: number;
}

/** A process that replaces an object when it is told to, and tells what came of it. */
process.on('message', async ({ folder, version, at }: Round) => {
  const archive = folderArchive(folder);
  const content = { bytes: Buffer.from(String(process.pid)) };
  // What a first write takes longer for is behind it.
  await archive.create(`other-${process.pid}`, content, 'text/plain');
  while (Date.now() < at);
  process.send?.(await archive.replace('key', content, 'text/plain', version));
});
process.send?.('ready');
