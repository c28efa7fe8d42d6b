import { describe, expect, test } from '@jest/globals';
import type { Manifest } from '../../../core/archive/manifest.ts';
import { accountLines, notWhole, vantaLines } from '../../../core/outputs/accounts.ts';
import type { Finding } from '../../../rules/engine/finding.ts';
import { anApiUser, aRoleArn, aUser, daysAgo } from '../../support/builders.ts';
import { aFinding, aManifest, aWaiver } from '../../support/findings.ts';
import { aStoredRun } from '../../support/stored-run.ts';

const textOf = async (
  lines: typeof accountLines,
  records: readonly unknown[],
  manifest = aManifest(),
): Promise<readonly string[]> => {
  const texts: string[] = [];
  for await (const line of lines(aStoredRun({ records, manifest }))) texts.push(line);
  return texts;
};

const iso = (days: number): string => new Date(daysAgo(days)).toISOString();

const API = anApiUser({ type: 'SUPER_USER' });
/** A user of whom the service tells little. */
const BARE = { userId: 'u2', status: 'PAUSED', lastLoginTime: 0, createTime: 'soon' };

test('accounts.csv has what is known of each account, and of what is not nothing', async () => {
  const [header, ...lines] = await textOf(accountLines, [API, BARE, aUser({ userId: 'u3', status: 'DISABLED' })]);
  expect(header).toBe(
    '"accountId","displayName","givenName","familyName","email","status","disabled","entitlement","apiAccess","apiPrincipal","created","lastLogin"\r',
  );
  const cellsOf = (line = ''): readonly string[] => line.slice(1, -2).split('","');
  expect(lines.map(cellsOf)).toEqual([
    [
      ...['u1', 'Zebulon Quagmire u1', 'Zebulon', 'Quagmire u1', 'zebulon.u1@quagmire.example', 'ENABLED', 'false'],
      ...['SUPER_USER', 'ENABLED', aRoleArn('role-of-u1'), iso(400), iso(1)],
    ],
    // Who is not said to be disabled may have access.
    ['u2', '', '', '', '', 'PAUSED', 'false', '', '', '', '', ''],
    [
      ...['u3', 'Zebulon Quagmire u3', 'Zebulon', 'Quagmire u3', 'zebulon.u3@quagmire.example', 'DISABLED', 'true'],
      ...['APP_USER', 'DISABLED', '', iso(400), iso(1)],
    ],
  ]);
});

test('vanta-users.json is one value, in which who may be more than a user is an administrator', async () => {
  const unknown = { mfaMethods: ['UNKNOWN'], authMethod: 'UNKNOWN' };
  const externalUrl = 'https://us-east-1.console.aws.amazon.com/finspace/home';
  const lines = await textOf(vantaLines, [API, BARE, aUser({ userId: 'u3', status: 'DISABLED' })]);
  expect(JSON.parse(lines.join('\n'))).toEqual({
    resources: [
      {
        uniqueId: 'u1',
        externalUrl,
        displayName: 'Zebulon Quagmire u1',
        fullName: 'Zebulon Quagmire u1',
        accountName: 'u1',
        email: 'zebulon.u1@quagmire.example',
        permissionLevel: 'ADMIN',
        status: 'ACTIVE',
        createdTimestamp: iso(400),
        ...unknown,
      },
      {
        uniqueId: 'u2',
        externalUrl,
        displayName: 'u2',
        fullName: 'u2',
        accountName: 'u2',
        email: '',
        permissionLevel: 'ADMIN',
        status: 'ACTIVE',
        ...unknown,
      },
      expect.objectContaining({ uniqueId: 'u3', permissionLevel: 'BASE', status: 'DEACTIVATED' }),
    ],
  });
  expect(JSON.parse((await textOf(vantaLines, [])).join('\n'))).toEqual({ resources: [] });
});

test.each<{ readonly name: string; readonly finding: Partial<Finding>; readonly level: string }>([
  { name: 'by their groups', finding: {}, level: 'ADMIN' },
  { name: 'by their groups, as is accepted', finding: { state: 'waived', waiver: aWaiver }, level: 'ADMIN' },
  { name: 'no longer', finding: { state: 'resolved', cause: 'fixed' }, level: 'BASE' },
  { name: 'no more than others by another rule', finding: { ruleId: 'self-service-credentials' }, level: 'BASE' },
])('a user whom the run found to be a super user $name is $level in vanta-users.json', async ({ finding, level }) => {
  const run = aStoredRun({
    records: [aUser(), aUser({ userId: 'u2' })],
    findings: [aFinding({ ruleId: 'effective-super-user', ...finding })],
  });
  const lines: string[] = [];
  for await (const line of vantaLines(run)) lines.push(line);
  expect(JSON.parse(lines.join('\n')).resources).toMatchObject([
    { permissionLevel: level },
    { permissionLevel: 'BASE' },
  ]);
});

describe('a run', () => {
  const attestedBy = { name: 'Ada', statement: 'all', at: '2026-11-24T00:00:00Z' };
  test.each<{ readonly manifest: Partial<Manifest>; readonly says: string | undefined }>([
    { manifest: {}, says: undefined },
    { manifest: { source: { kind: 'roster' } }, says: undefined },
    { manifest: { verdict: 'INCOMPLETE', reason: 'deadline' }, says: 'run 20261124T020000Z is INCOMPLETE: deadline' },
    { manifest: { verdict: 'FAILED' }, says: 'run 20261124T020000Z is FAILED: no reason given' },
    {
      manifest: { source: { kind: 'roster', attestedBy } },
      says: 'the roster of run 20261124T020000Z is attested, not seen',
    },
    { manifest: { late: true }, says: 'run 20261124T020000Z is late: it shows the users of another moment' },
    {
      manifest: { counts: { ...aManifest().counts, conflicting: 1 } },
      says: 'of 1 user run 20261124T020000Z has records that differ: nothing tells which of them holds',
    },
  ])('is taken for the whole directory only where it is: $says', ({ manifest, says }) => {
    expect(notWhole(aManifest(manifest))).toBe(says);
  });

  test.each([accountLines, vantaLines])('that is not the whole directory is refused', async (lines) => {
    await expect(textOf(lines, [aUser()], aManifest({ late: true }))).rejects.toMatchObject({
      name: 'NotWhole',
      message: 'run 20261124T020000Z is late: it shows the users of another moment',
    });
  });

  test.each([accountLines, vantaLines])('with somebody who has no id is refused', async (lines) => {
    await expect(textOf(lines, [aUser(), aUser({ userId: undefined })])).rejects.toThrow(
      'record #1 of run 20261124T020000Z has no userId: nothing tells it from others',
    );
  });
});
