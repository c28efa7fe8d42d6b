import { describe, expect, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import { folderArchive } from '../../../core/archive/folder.ts';
import { keysUnder } from '../../../core/archive/keys.ts';
import { audit } from '../../../core/audit/audit.ts';
import { configuredSettings } from '../../../core/audit/settings.ts';
import { defaultConfig } from '../../../core/config/config.ts';
import { digestChannel } from '../../../core/notify/channels/digest.ts';
import { finspaceSource } from '../../../core/sources/finspace/source.ts';
import { RECORD_MEMBERS } from '../../../rules/engine/user.ts';
import { rules } from '../../../rules/index.ts';
import { readText, readTree } from '../../support/archive-tree.ts';
import { auditNights, type NightPlan } from '../../support/archived-nights.ts';
import { aUser, daysAgo } from '../../support/builders.ts';
import { ruleOf } from '../../support/custom-rule.ts';
import { memoryArchive } from '../../support/memory-archive.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const newFolder = temporaryFolders();

const ENVIRONMENT = 'vs57phhvijir4kv5rf6ywt';

/** Audits a directory of this page, and gives the result and what was mailed. */
const auditOf = async (archive: Archive, page: string) => {
  const mails: string[] = [];
  const loadCredentials = async () => ({ accessKeyId: 'A', secretAccessKey: 's' });
  const result = await audit(
    {
      environmentId: ENVIRONMENT,
      accountId: '111122223333',
      region: 'us-east-1',
      partition: 'aws',
      asOf: new Date('2026-11-24T02:00:00Z'),
      attempt: 'first',
      deadline: Date.now() + 60_000,
      acceptRosterDrop: false,
    },
    {
      ...configuredSettings(defaultConfig(rules), [], ENVIRONMENT),
      archive,
      listUsers: finspaceSource({
        environmentId: ENVIRONMENT,
        region: 'us-east-1',
        endpoint: 'https://finspace.example.com',
        mode: 'direct',
        loadCredentials,
        fetch: async () => new Response(page),
      }),
      channels: [
        digestChannel(async ({ body }) => {
          mails.push(body);
          return 'sent';
        }),
      ],
    },
  );
  return { ...result, mails };
};

const OWN_RULE = ruleOf('user.status == "CREATING"');

const USERS = ['a', 'b', 'c'].map((userId) => JSON.stringify({ userId, type: 'SUPER_USER', apiAccess: 'ENABLED' }));
const pageOf = (records: readonly string[]): string => `{"users":[${records.join()}]}`;

/** An archive that refuses the keys that these are. */
const refusing = (folder: Archive, isRefused: (key: string) => boolean): Archive => ({
  ...folder,
  create: async (key, ...rest) => {
    if (isRefused(key)) throw Object.assign(new Error('no'), { name: 'AccessDenied' });
    return folder.create(key, ...rest);
  },
});

describe('a run that was listed and judged, and can not be stored', () => {
  const MESSAGE = /^3 users listed and judged, but not kept as a run: .*: AccessDenied: no$/;

  test('says so, and keeps what it saw as that of an attempt', async () => {
    const folder = folderArchive(await newFolder());
    const { report, mails } = await auditOf(
      refusing(folder, (key) => key.startsWith('chain/')),
      pageOf(USERS),
    );
    expect(report).toMatchObject({
      verdict: 'FAILED',
      reason: 'archive-unavailable',
      message: expect.stringMatching(MESSAGE),
      counts: { users: 3 },
    });
    expect(mails).toHaveLength(1);
    const kept = Object.keys(await readTree(folder)).filter((key) => key.startsWith('incomplete/'));
    expect(kept).toEqual(expect.arrayContaining([expect.stringMatching(/findings\.jsonl\.gz$/)]));
  });

  test('says so where nothing at all can be kept', async () => {
    const { report, mails } = await auditOf(
      refusing(folderArchive(await newFolder()), () => true),
      pageOf(USERS),
    );
    expect(report).toMatchObject({ message: expect.stringMatching(MESSAGE), counts: { users: 3 } });
    expect(report.findings.bySeverity.HIGH).toBeGreaterThan(0);
    expect(mails).toHaveLength(1);
  });

  test.each([
    { name: 'a place in the chain', isRefused: (key: string) => key.startsWith('chain/') },
    { name: 'anything', isRefused: () => true },
  ])('resolves nothing, and tells of nothing that resolved: refused is $name', async ({ isRefused }) => {
    const archive = memoryArchive();
    await auditNights(archive, [{ number: 1, users: [aUser({ lastLoginTime: daysAgo(200) })] }]);
    const users = [aUser(), aUser({ userId: 'late', lastLoginTime: daysAgo(200) })];
    const [result] = await auditNights(refusing(archive, isRefused), [{ number: 2, users }]);
    expect(result).toMatchObject({
      report: { verdict: 'FAILED', findings: { byState: { resolved: 0 } } },
      wasDone: false,
      warnings: [],
    });
    const kinds = result?.highlights.map(({ kind }) => kind);
    expect(kinds).toContain('new');
    expect(kinds).not.toContain('resolved');
    for (const [key, text] of Object.entries(await readTree(archive)))
      if (key.startsWith('incomplete/') && key.includes('findings')) expect(text).not.toContain('"resolved"');
    // The next night does.
    const [next] = await auditNights(archive, [{ number: 3, users: [aUser()] }]);
    expect(next?.highlights.map(({ kind }) => kind)).toContain('resolved');
  });
});

test('an archive that can not be read is told, and nothing is written of a night that listed nobody', async () => {
  const archive = memoryArchive();
  const blind: Archive = {
    ...archive,
    list() {
      throw Object.assign(new Error('no'), { name: 'AccessDenied' });
    },
  };
  const { report, mails } = await auditOf(blind, pageOf(USERS));
  expect(report).toMatchObject({
    verdict: 'FAILED',
    reason: 'archive-unavailable',
    message: 'memory: AccessDenied: no',
    counts: { users: 0 },
  });
  expect(mails).toHaveLength(1);
  expect(await readTree(archive)).toStrictEqual({});
});

test.each([
  { taken: 19, verdict: 'COMPLETE', files: 20 },
  { taken: 20, verdict: 'FAILED', files: 20 },
])('a run whose reports others write before it, $taken times, is $verdict', async ({ taken, verdict, files }) => {
  const archive = memoryArchive();
  let left = taken;
  const contested: Archive = {
    ...archive,
    async create(key, content, type) {
      if (key.startsWith('reports/') && key.endsWith('/report.json') && left > 0) {
        left -= 1;
        await archive.create(key, { bytes: Buffer.from('{}') }, type);
      }
      return archive.create(key, content, type);
    },
  };
  const [result] = await auditNights(contested, [{ number: 1, users: [aUser()] }]);
  expect(result?.report.verdict).toBe(verdict);
  if (verdict === 'FAILED') expect(result?.report.message).toContain('others keep writing the objects of this run');
  const reports = await keysUnder(archive, 'reports/');
  expect(reports.filter((key) => key.endsWith('/report.json'))).toHaveLength(files);
  expect(await keysUnder(archive, 'chain/')).toHaveLength(verdict === 'COMPLETE' ? 1 : 0);
});

test('a run is not complete where something else stands in the place of the rules that judged it', async () => {
  const night: NightPlan = { number: 1, users: [aUser()], own: [OWN_RULE] };
  const sound = memoryArchive();
  const [kept] = await auditNights(sound, [night]);
  const { key = '' } = kept?.objects.ruleset ?? {};
  expect(await readText(sound, key)).toContain(OWN_RULE.id);

  const archive = memoryArchive();
  await archive.create(key, { bytes: Buffer.from('[]') }, 'application/json');
  const [result] = await auditNights(archive, [night]);
  expect(result?.report).toMatchObject({ verdict: 'FAILED', reason: 'archive-unavailable' });
  expect(result?.report.message).toContain(`${key}: something else stands there than its name says`);
  expect(await keysUnder(archive, 'chain/')).toStrictEqual([]);
});

test.each(['x', ...RECORD_MEMBERS])(
  'a value of %s that is nested 20 000 deep is one malformed record',
  async (member) => {
    const deep = `${'['.repeat(20_000)}1${']'.repeat(20_000)}`;
    const members = { userId: '"deep"', type: '"SUPER_USER"', apiAccess: '"ENABLED"', [member]: deep };
    const texts = Object.entries(members).map(([name, text]) => `"${name}":${text}`);
    const record = `{${texts.join()}}`;
    const archive = folderArchive(await newFolder());
    const { report, objects } = await auditOf(archive, pageOf([...USERS, record]));
    expect(report).toMatchObject({ verdict: 'COMPLETE', counts: { users: 4 } });
    expect(await readText(archive, objects.snapshot?.key ?? '')).toContain(record);
  },
);
