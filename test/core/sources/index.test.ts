import { describe, expect, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import { folderArchive } from '../../../core/archive/folder.ts';
import { readManifest } from '../../../core/archive/manifest.ts';
import { chooseEnrichments, chooseSource, type LiveEnvironment, openArchived } from '../../../core/sources/index.ts';
import type { Listing } from '../../../core/sources/source.ts';
import { auditNights, nightKeys } from '../../support/archived-nights.ts';
import { productFilesWith } from '../../support/product-code.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { fakeService, virtualClock } from './finspace/fake-service.ts';

const newFolder = temporaryFolders();

const USERS = [
  [{ userId: 'ada' }, { userId: 'bob' }],
  [{ userId: 'cyd' }, { firstName: 'nobody' }, 'odd'],
];
const DEADLINE_MS = 60_000;

const liveListing = (differs: Partial<LiveEnvironment> = {}) => {
  const clock = virtualClock();
  const { fetch, asked } = fakeService(USERS, { clock });
  const source = chooseSource({
    config: { credentials: 'exchange' },
    environmentId: 'vs57phhvijir4kv5rf6ywt',
    region: 'us-east-1',
    endpoint: 'https://finspace.example.com',
    loadCredentials: async () => ({ accessKeyId: 'CALLER', secretAccessKey: 'secret' }),
    fetch,
    clock,
    ...differs,
  });
  const deadline = clock.now() + DEADLINE_MS;
  return { listing: source(deadline), source, asked, deadline };
};

/** The pages, as they come. */
const readAll = async ({ pages }: Listing) => {
  const users: unknown[] = [];
  for await (const page of pages) users.push([...page]);
  return { users };
};

const readFirst = async ({ pages }: Listing): Promise<unknown> => {
  for await (const page of pages) return page;
  return undefined;
};

describe('a live environment', () => {
  test.each<{ name: string; asked: Pick<LiveEnvironment, 'config' | 'flags'>; isExchanged: boolean }>([
    { name: 'by the config', asked: { config: { credentials: 'exchange' } }, isExchanged: true },
    { name: 'by the config otherwise', asked: { config: { credentials: 'direct' } }, isExchanged: false },
    {
      name: 'by the config where the flag is not given',
      asked: { config: { credentials: 'exchange' }, flags: { credentials: undefined } },
      isExchanged: true,
    },
    {
      name: 'by the flag before the config',
      asked: { config: { credentials: 'exchange' }, flags: { credentials: 'direct' } },
      isExchanged: false,
    },
  ])('is read $name', async ({ asked: given, isExchanged }) => {
    const { listing, asked } = liveListing(given);
    expect((await readAll(listing)).users).toEqual(USERS);
    expect(listing.end()).toEqual({ complete: true });
    expect(listing.source).toEqual({ kind: 'finspace', endpoint: 'https://finspace.example.com' });
    expect(asked.some(({ operation }) => operation === 'exchange')).toBe(isExchanged);
  });

  test('can be gone on with in another process', async () => {
    const { source, listing, deadline } = liveListing();
    await readFirst(listing);
    const rest = source(deadline, listing.cursor());
    expect((await readAll(rest)).users).toEqual(USERS.slice(1));
  });

  test('with an endpoint that is none is refused before anything is read', () => {
    expect(() => liveListing({ endpoint: 'finspace' })).toThrow('endpoint must be an http or https URL');
  });
});

describe('a night of an archive', () => {
  const archivedNight = async () => {
    const archive = folderArchive(await newFolder());
    const users = Array.from({ length: 101 }, (_, index) => ({ userId: `user-${index}` }));
    await auditNights(archive, [{ number: 1, users }]);
    const stored = await readManifest(archive, nightKeys(1).manifest);
    if (stored === undefined) throw new Error('the night left no manifest');
    return { archive, users, manifest: stored.manifest };
  };
  const open = (archive: Archive, manifest: Awaited<ReturnType<typeof archivedNight>>['manifest']) =>
    openArchived({ archive, manifest });

  test('comes as it was listed, each record with its line', async () => {
    const { archive, users, manifest } = await archivedNight();
    const listing = open(archive, manifest);
    expect((await readAll(listing)).users.flat()).toEqual(
      users.map((record) => ({ text: JSON.stringify(record), record })),
    );
    expect(listing.end()).toEqual({ complete: true });
    expect(listing.counts()).toEqual(manifest.counts);
    const { key: file, sha256 } = manifest.objects.snapshot ?? {};
    expect(listing.source).toEqual({ kind: 'archive', file, sha256 });
    expect(listing.startedAt).toBe(Date.parse(manifest.listing?.startedAt ?? ''));
  });

  test('that is left before its end is not complete', async () => {
    const { archive, manifest } = await archivedNight();
    const listing = open(archive, manifest);
    listing.close();
    expect(listing.end()).toMatchObject({ complete: false });
  });

  test('that read no roles and no groups has none, and says of each that it is not read', async () => {
    const { archive, manifest } = await archivedNight();
    const { roles, groups } = chooseEnrichments({ archive, manifest });
    const told: unknown[] = [];
    const request = { arns: () => ['a', 'b'], before: undefined, deadline: 0 };
    for await (const record of roles?.(request) ?? []) told.push(record);
    for await (const record of groups?.(0) ?? []) told.push(record);
    const unread = `run ${manifest.run} did not read roles`;
    expect(told).toEqual([
      { arn: 'a', unread },
      { arn: 'b', unread },
      { unread: `run ${manifest.run} did not read permission groups` },
    ]);
  });

  test.each([
    { name: 'was altered', differs: { sha256: 'another' }, message: 'was altered: its SHA-256 is ' },
    { name: 'is missing', differs: { key: 'nowhere' }, message: 'nowhere is missing, though the manifest' },
  ])('whose snapshot $name has not come to its end', async ({ differs, message }) => {
    const { archive, manifest } = await archivedNight();
    const { snapshot = { key: '', sha256: '', size: 0 } } = manifest.objects;
    const listing = open(archive, { ...manifest, objects: { snapshot: { ...snapshot, ...differs } } });
    await readAll(listing);
    expect(listing.end()).toEqual({
      complete: false,
      reason: 'source-unavailable',
      message: expect.stringContaining(message),
    });
  });
});

test('nobody else knows which sources there are', async () => {
  expect(await productFilesWith(/from '.*\/(?:finspace\/source|archived|roster\/source)\.ts'/)).toEqual([
    'core/sources/index.ts',
  ]);
});
