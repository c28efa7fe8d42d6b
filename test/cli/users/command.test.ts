import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { bucketArchive } from '../../../core/archive/bucket.ts';
import { OUTPUTS } from '../../../core/outputs/index.ts';
import {
  archiveNights,
  auditNights,
  type NightPlan,
  nightAt,
  nightKeys,
  nightRun,
} from '../../support/archived-nights.ts';
import { startAwsEmulator } from '../../support/aws-emulator.ts';
import { anApiUser, aUser, daysAgo, ENVIRONMENT } from '../../support/builders.ts';
import { knownFacts } from '../../support/known-facts.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { command } from '../command.ts';
import { invoke } from '../in-process.ts';

const newFolder = temporaryFolders();

const DIRECTORY = [
  aUser({ userId: 'sound' }),
  anApiUser({ userId: 'api' }),
  anApiUser({ userId: 'dormant', status: 'DISABLED' }),
  aUser({ userId: 'unclear', apiAccess: undefined }),
  aUser({ userId: 'super', type: 'SUPER_USER', lastLoginTime: daysAgo(45) }),
  anApiUser({ userId: 'both', type: 'SUPER_USER', lastLoginTime: daysAgo(46) }),
  aUser({ userId: 'stale', lastLoginTime: daysAgo(91) }),
  aUser({ userId: 'never', lastLoginTime: null }),
  aUser({ userId: 'garbled', lastLoginTime: 17 }),
];

const CUT = { complete: false, reason: 'deadline', message: 'page 2: no answer' } as const;

const archived = async (nights: readonly NightPlan[]): Promise<string> => {
  const out = await newFolder();
  await archiveNights(out, nights);
  return out;
};

interface Answer {
  readonly run: string;
  readonly verdict: string;
  readonly counts: object;
  readonly notes: readonly string[];
  readonly users: readonly { readonly userId: string; readonly notKnown: string }[];
}

const asked = async (out: string, ...words: readonly string[]) => {
  const { code, stdout } = await invoke(['users', '--out', out, '--json', ...words]);
  const answer: Answer = JSON.parse(stdout);
  return { code, answer, ids: answer.users.map(({ userId }) => userId) };
};

test('a run that is late says so before whoever takes its users for those of its night', async () => {
  const late = await archived([{ number: 1, users: DIRECTORY, listedAt: nightAt(2) }]);
  const { answer } = await asked(late);
  expect(answer.notes).toEqual([expect.stringMatching(/^LATE: .* not as they were that night\.$/)]);
});

describe('users', () => {
  let out = '';
  beforeAll(async () => {
    out = await archived([{ number: 1, users: DIRECTORY }]);
  });

  test.each([
    [[], DIRECTORY.map(({ userId }) => userId)],
    [['--api-access'], ['api', 'dormant', 'unclear', 'both']],
    [['--privileged'], ['super', 'both']],
    [['--stale'], ['both', 'stale', 'never', 'garbled']],
    [['--privileged', '--stale'], ['both']],
    [['--api-access', '--privileged'], ['both']],
  ])('lists of %j those of whom all of it holds, or may', async (words, ids) => {
    const { code, ids: found } = await asked(out, ...words);
    expect({ code, found }).toEqual({ code: 0, found: ids });
  });

  test('says who they are by each of several flags', async () => {
    const { stdout } = await invoke(['users', '--out', out, '--api-access', '--privileged']);
    expect(stdout).toMatch(/^1 of 9 users with API access, privileged, in run /);
  });

  test('says of whom it is not known, and why', async () => {
    const { answer } = await asked(out, '--api-access');
    expect(answer.counts).toEqual({ selected: 4, unknown: 1, disabled: 1 });
    expect(answer.users.find(({ userId }) => userId === 'unclear')?.notKnown).toBe(
      'apiAccess is missing or not a documented value',
    );
    const { stdout } = await invoke(['users', '--out', out, '--api-access']);
    expect(stdout).toContain('NOT KNOWN: apiAccess is missing');
    expect(stdout).toMatch(/^4 of 9 users with API access, 1 of them DISABLED, 1 of whom it is not known, in run /);
  });

  test.each([
    { flag: '--stale', userId: 'garbled', notKnown: 'lastLoginTime is unusable' },
    { flag: '--stale', userId: 'never', notKnown: '' },
    { flag: '--privileged', userId: 'untold', notKnown: 'type is missing or not a documented value' },
  ])('says of $userId, asked for by $flag, why it is not known', async ({ flag, userId, notKnown }) => {
    const folder = await archived([{ number: 1, users: [...DIRECTORY, aUser({ userId: 'untold', type: undefined })] }]);
    const { answer } = await asked(folder, flag);
    expect(answer.users.find((user) => user.userId === userId)?.notKnown).toBe(notKnown);
  });

  test('takes the limits that the run judged by', async () => {
    const lenient = { rules: { 'stale-login': { privilegedMaxDays: 60 } } };
    const folder = await archived([{ number: 1, users: DIRECTORY, config: lenient }]);
    expect((await asked(folder, '--stale')).ids).toEqual(['stale', 'never', 'garbled']);
  });

  test('a member of a group that hands out credentials has API access', async () => {
    const exporters = {
      permissionGroupId: 'g1',
      name: 'exporters',
      applicationPermissions: ['GetTemporaryCredentials'],
      members: [{ userId: 'sound', membershipStatus: 'ADDED' }],
    };
    const folder = await archived([
      {
        number: 1,
        users: DIRECTORY,
        config: { environments: [{ id: ENVIRONMENT, enrich: { permissionGroups: true } }] },
        enrichments: { groups: knownFacts([], [exporters]).groups },
      },
    ]);
    const read = await asked(folder, '--api-access');
    expect(read).toMatchObject({ ids: ['sound', 'api', 'dormant', 'unclear', 'both'], answer: { notes: [] } });
    const { answer } = await asked(out, '--api-access');
    expect(answer.notes).toEqual(['permission groups were not read: who reaches further by one is not known']);
  });

  test('--csv is a line a user, in which no spreadsheet finds a formula', async () => {
    const folder = await archived([{ number: 1, users: [anApiUser({ firstName: '=1+1', lastName: 'x' })] }]);
    const { stdout, stderr } = await command(['users', '--out', folder, '--csv']);
    const [header, line, ...rest] = stdout.trimEnd().split('\n');
    expect(header).toMatch(/^userId,name,emailAddress,type,/);
    expect(line).toContain('"\'=1+1 x"');
    expect(rest).toEqual([]);
    expect(stderr).toContain('1 of 1 user');
  });

  test('a run that is not complete is read as far as it saw, and said to be', async () => {
    const folder = await archived([
      { number: 1, users: DIRECTORY },
      { number: 2, users: DIRECTORY.slice(0, 2), end: CUT },
    ]);
    const last = await asked(folder);
    expect(last).toMatchObject({ code: 0, answer: { run: nightRun(1), verdict: 'COMPLETE' } });
    expect(last.answer.notes[0]).toContain(`run ${nightRun(2)} is INCOMPLETE: deadline`);
    const part = await asked(folder, '--run', nightRun(2), '--api-access');
    expect(part).toMatchObject({ code: 2, ids: ['api'], answer: { run: nightRun(2), verdict: 'INCOMPLETE' } });
    expect(part.answer.notes[0]).toMatch(/INCOMPLETE: deadline; who is not listed is not known$/);
    expect((await invoke(['users', '--out', folder, '--run', nightRun(2)])).stderr).toContain('who is not listed');
  });

  test('prints nothing of a snapshot that was altered', async () => {
    const folder = await archived([{ number: 1, users: DIRECTORY }]);
    const other = await archived([{ number: 1, users: DIRECTORY.slice(1) }]);
    const key = nightKeys(1).object(OUTPUTS.snapshot);
    await writeFile(join(folder, key), await readFile(join(other, key)));
    const { code, stdout, stderr } = await invoke(['users', '--out', folder, '--csv']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`${key} was altered`);
  });

  test.each([
    [
      ['--run', 'yesterday'],
      '--run must be a run as 20261124T020000Z, a day as 2026-11-24, or latest, got "yesterday"',
    ],
    [['--csv', '--json'], 'one of --csv and --json is allowed, got both'],
  ])('refuses %j', async (words, message) => {
    const { code, stderr } = await invoke(['users', '--out', out, ...words]);
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining(message) });
  });

  test('reads a bucket as it reads a folder', async () => {
    const emulator = await startAwsEmulator({ bucket: 'evidence', topicName: 'alerts' });
    try {
      await auditNights(bucketArchive(emulator.s3, emulator.bucket), [{ number: 1, users: DIRECTORY }]);
      const words = ['users', '--json', '--api-access', '--bucket', emulator.bucket, '--region', 'us-east-1'];
      const { code, stdout } = await command(words, emulator.env);
      expect({ code, users: JSON.parse(stdout).users }).toEqual({
        code: 0,
        users: (await asked(out, '--api-access')).answer.users,
      });
    } finally {
      await emulator.close();
    }
  });
});
