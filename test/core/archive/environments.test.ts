import { expect, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import { archivedEnvironments } from '../../../core/archive/environments.ts';
import { folderArchive } from '../../../core/archive/folder.ts';
import { ENVIRONMENT_PREFIXES } from '../../../core/archive/keys.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const newFolder = temporaryFolders();

const archiveOf = async (keys: readonly string[]): Promise<Archive> => {
  const archive = folderArchive(await newFolder());
  for (const key of keys) await archive.create(key, { bytes: Buffer.from('x') }, 'text/plain');
  return archive;
};

const DAY = 'dt=2026-11-24';

test.each([
  { name: 'nothing', keys: [], environments: [] },
  ...[
    `manifests/environment=abc/${DAY}/20261124T020000Z.json`,
    'chain/environment=abc/000000000001.json',
    'latest/environment=abc.json',
    `incomplete/environment=abc/${DAY}/20261124T020000Z-1/report.json`,
    `alerts/environment=abc/${DAY}/20261124T020000Z.json`,
    `snapshots/environment=abc/${DAY}/20261124T020000Z.jsonl.gz`,
    `principals/environment=abc/${DAY}/20261124T020000Z.jsonl.gz`,
    `groups/environment=abc/${DAY}/20261124T020000Z.jsonl.gz`,
    `findings/environment=abc/${DAY}/20261124T020000Z.jsonl.gz`,
    `resolved/environment=abc/${DAY}/20261124T020000Z.jsonl.gz`,
    'reports/environment=abc/index.html',
    `verifications/environment=abc/${DAY}/20261124T020000Z.json`,
  ].map((key) => ({ name: `${key} alone`, keys: [key], environments: ['abc'] })),
  {
    name: 'names that begin alike',
    keys: ['a', 'a0', 'ab', 'A', '0'].flatMap((id) => [
      `manifests/environment=${id}/${DAY}/x.json`,
      `latest/environment=${id}.json`,
    ]),
    environments: ['0', 'A', 'a', 'a0', 'ab'],
  },
  {
    name: 'names of several areas, in their order',
    keys: [`manifests/environment=b/${DAY}/x.json`, 'latest/environment=a.json', 'chain/environment=c/x.json'],
    environments: ['a', 'b', 'c'],
  },
  {
    name: 'what is no name of an environment, between names',
    keys: ['a', 'a-b', 'a.b', 'b'].map((id) => `manifests/environment=${id}/${DAY}/x.json`),
    environments: ['a', 'b'],
  },
  { name: 'what is of no environment', keys: ['reports/index.html', 'others/x'], environments: [] },
])('are those that the archive has anything of: $name', async ({ keys, environments }) => {
  expect(await archivedEnvironments(await archiveOf(keys))).toEqual(environments);
});

test('are found by few listings, however much each holds', async () => {
  const runs = Array.from({ length: 30 }, (_, day) => `dt=2026-11-${day + 1}/x.json`);
  const archive = await archiveOf(
    ['abc', 'def'].flatMap((id) => runs.map((run) => `manifests/environment=${id}/${run}`)),
  );
  let listings = 0;
  let keys = 0;
  const counted: Archive = {
    ...archive,
    async *list(...asked) {
      listings += 1;
      for await (const key of archive.list(...asked)) {
        keys += 1;
        yield key;
      }
    },
  };
  expect(await archivedEnvironments(counted)).toEqual(['abc', 'def']);
  expect({ listings, keys }).toEqual({ listings: ENVIRONMENT_PREFIXES.length + 2, keys: 2 });
});
