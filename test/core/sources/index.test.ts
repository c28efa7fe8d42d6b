import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import { folderArchive } from '../../../core/archive/folder.ts';
import { readManifest } from '../../../core/archive/manifest.ts';
import type { RoleRecord } from '../../../core/model/roles.ts';
import type { ArchivedNight } from '../../../core/sources/archived.ts';
import {
  chooseEnrichments,
  chooseSource,
  type Enrich,
  type LiveEnvironment,
  openArchived,
} from '../../../core/sources/index.ts';
import type { Listing } from '../../../core/sources/source.ts';
import { auditNights, nightKeys } from '../../support/archived-nights.ts';
import { productFilesWith } from '../../support/product-code.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { fakeService, json, virtualClock } from './finspace/fake-service.ts';

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

describe('what is read beside the users', () => {
  const enrichments = (enrich: Enrich | undefined, isSaved = false) =>
    chooseEnrichments({
      config: { credentials: 'direct' },
      environmentId: 'vs57phhvijir4kv5rf6ywt',
      region: 'us-east-1',
      endpoint: 'https://finspace.example.com',
      accountId: '111122223333',
      loadCredentials: async () => ({ accessKeyId: 'CALLER', secretAccessKey: 'secret' }),
      fetch: async () => json({ permissionGroups: [] }),
      mayListRoles: false,
      isSaved,
      enrich,
    });

  test.each<{ name: string; enrich: Enrich | undefined; read: readonly string[] }>([
    { name: 'nothing that nobody asks for', enrich: undefined, read: [] },
    { name: 'nothing of what is asked for in part', enrich: {}, read: [] },
    { name: 'roles', enrich: { iamRoles: { accounts: [] } }, read: ['roles'] },
    { name: 'permission groups', enrich: { permissionGroups: true }, read: ['groups'] },
    { name: 'both', enrich: { iamRoles: { accounts: [] }, permissionGroups: true }, read: ['roles', 'groups'] },
  ])('is $name', ({ enrich, read }) => {
    expect(Object.keys(enrichments(enrich))).toEqual(read);
  });

  test.each([
    { isSaved: false, told: [] },
    { isSaved: true, told: [{ unread: 'permission groups were not asked for: the users come from a saved roster' }] },
  ])('is groups of the moment of the users, and so none of a saved roster: $isSaved', async ({ isSaved, told }) => {
    const records: unknown[] = [];
    const { groups } = enrichments({ permissionGroups: true }, isSaved);
    for await (const record of groups?.(Date.now() + DEADLINE_MS) ?? []) records.push(record);
    expect(records).toEqual(told);
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
    expect(listing.end()).toEqual({ complete: false, reason: 'deadline', message: 'it was interrupted' });
  });

  test('was listed when its manifest says; one of an older version at the instant of its run', async () => {
    const { archive, manifest } = await archivedNight();
    const { listing: _none, ...older } = manifest;
    const times = { startedAt: '2026-11-24T03:00:00.000Z', endedAt: '2026-11-24T04:00:00.000Z' };
    const momentsOf = ({ startedAt, readAt }: ReturnType<typeof open>) => [startedAt, readAt()];
    const [late, unknown] = [open(archive, { ...older, listing: times }), open(archive, older)];
    expect(momentsOf(late)).toEqual([Date.parse(times.startedAt), Date.parse(times.endedAt)]);
    expect(momentsOf(unknown)).toEqual([Date.parse(manifest.asOf), Date.parse(manifest.asOf)]);
    for (const listing of [late, unknown]) listing.close();
  });

  /** The night with facts that it read beside its users: lines of JSON in a file that comes line by line. */
  const withFacts = async (name: 'principals' | 'groups', lines: readonly object[]) => {
    const { archive, manifest } = await archivedNight();
    const parts = lines.map((line) => gzipSync(`${JSON.stringify(line)}\n`));
    const key = `${name}.jsonl.gz`;
    async function* slowly() {
      for (const part of parts) {
        yield part;
        await setTimeout(20);
      }
    }
    const bytes = Buffer.concat(parts);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const read = async () => ({ key, body: slowly(), version: 'one' });
    return { archive: { ...archive, read }, manifest, object: { key, sha256, size: bytes.length } };
  };

  const rolesOf = async (night: ArchivedNight) => {
    const told: RoleRecord[] = [];
    const request = { arns: () => ['a', 'b'], before: undefined, deadline: 0 };
    for await (const record of chooseEnrichments(night).roles?.(request) ?? []) told.push(record);
    return told;
  };

  const ROLES = [
    { arn: 'a', readAt: '2026-11-24T02:00:00.000Z', exists: true, roleId: 'AROA', trust: {} },
    { arn: 'b', readAt: '2026-11-24T02:00:00.000Z', exists: false },
  ];

  test('tells the roles that it read, and of a file that was altered none', async () => {
    const { archive, manifest, object } = await withFacts('principals', ROLES);
    const night = (sha256: string) => ({
      archive,
      manifest: { ...manifest, objects: { principals: { ...object, sha256 } } },
    });
    expect(await rolesOf(night(object.sha256))).toEqual(ROLES);
    const unread = expect.stringMatching(/^principals\.jsonl\.gz was altered: /);
    expect(await rolesOf(night('another'))).toEqual([
      { arn: 'a', unread },
      { arn: 'b', unread },
    ]);
  });

  test('tells the permission groups that it read, and of a file that was altered that they are not read', async () => {
    const groups = [{ permissionGroupId: 'g', applicationPermissions: ['ManageUsersAndGroups'] }];
    const { archive, manifest, object } = await withFacts('groups', groups);
    const groupsOf = async (sha256: string) => {
      const night = { archive, manifest: { ...manifest, objects: { groups: { ...object, sha256 } } } };
      const told: unknown[] = [];
      for await (const record of chooseEnrichments(night).groups?.(0) ?? []) told.push(record);
      return told;
    };
    expect(await groupsOf(object.sha256)).toEqual(groups);
    expect((await groupsOf('another')).at(-1)).toEqual({
      unread: expect.stringMatching(/^groups\.jsonl\.gz was altered: /),
    });
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
    { name: 'was altered', differs: { sha256: 'another' }, message: /^snapshots\/\S+ was altered: its SHA-256 is / },
    { name: 'is missing', differs: { key: 'nowhere' }, message: /^nowhere is missing, though the manifest/ },
  ])('whose snapshot $name has not come to its end', async ({ differs, message }) => {
    const { archive, manifest } = await archivedNight();
    const { snapshot = { key: '', sha256: '', size: 0 } } = manifest.objects;
    const listing = open(archive, { ...manifest, objects: { snapshot: { ...snapshot, ...differs } } });
    await readAll(listing);
    expect(listing.end()).toEqual({
      complete: false,
      reason: 'source-unavailable',
      message: expect.stringMatching(message),
    });
  });

  test.each([
    { name: 'names no snapshot', isNamed: false, message: /^the manifest of run \w+ names no snapshot$/ },
    { name: 'has a snapshot that is no gzip', isNamed: true, message: /^no\.gzip can't be read: .*incorrect header/ },
  ])('that $name has not come to its end', async ({ isNamed, message }) => {
    const { archive, manifest } = await archivedNight();
    const bytes = Buffer.from('no gzip');
    await archive.create('no.gzip', { bytes }, 'application/gzip');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const snapshot = { key: 'no.gzip', sha256, size: bytes.length };
    const listing = open(archive, { ...manifest, objects: isNamed ? { snapshot } : {} });
    await readAll(listing);
    expect(listing.source).toEqual(isNamed ? { kind: 'archive', file: 'no.gzip', sha256 } : { kind: 'archive' });
    expect(listing.end()).toEqual({
      complete: false,
      reason: 'source-unavailable',
      message: expect.stringMatching(message),
    });
  });
});

test('nobody else knows which sources there are', async () => {
  expect(await productFilesWith(/from '.*\/(?:finspace\/source|archived|roster\/source)\.ts'/)).toEqual([
    'core/sources/index.ts',
  ]);
});
