import { describe, expect, test } from '@jest/globals';
import { verifyEnvironment } from '../../../core/verify/verify.ts';
import { readText } from '../../support/archive-tree.ts';
import { auditNights, type NightPlan, nightAt, nightKeys } from '../../support/archived-nights.ts';
import { aUser, daysAgo, ENVIRONMENT } from '../../support/builders.ts';
import { memoryArchive } from '../../support/memory-archive.ts';
import { personalDataIn } from '../../support/personal-data.ts';

const STALE = aUser({ userId: 'stale', lastLoginTime: daysAgo(200) });
const TWIN = aUser({ userId: 'twin', emailAddress: STALE.emailAddress });
const USERS = [aUser(), STALE, TWIN];

const CUT = { complete: false, reason: 'deadline', message: 'the time is up' } as const;

const FILES = ['report.html', 'users.html', 'controls.html'] as const;

const auditedNight = async (plan: Partial<NightPlan>) => {
  const archive = memoryArchive();
  const [result] = await auditNights(archive, [{ number: 1, users: USERS, ...plan }]);
  const { objects = {} } = result ?? {};
  const textOf = (file: string): Promise<string> =>
    readText(archive, Object.values(objects).find(({ key }) => key.endsWith(`/${file}`))?.key ?? '');
  return { archive, objects, textOf };
};

describe('the pages of a run', () => {
  test('name people, since they lie in the archive that has their records', async () => {
    const { textOf } = await auditedNight({});
    expect(personalDataIn(await textOf('users.html'), [STALE])).toHaveLength(2);
    expect(personalDataIn(await textOf('report.html'), USERS)).not.toEqual([]);
  });

  test.each(['report.html', 'users.html'])('%s names nobody where the config says so', async (file) => {
    const { textOf } = await auditedNight({ config: { report: { names: false } } });
    const text = await textOf(file);
    expect(text).toContain('<bdi>stale</bdi>');
    expect(personalDataIn(text, USERS)).toEqual([]);
  });

  test.each(FILES)('%s is named by the manifest, beside the report', async (file) => {
    const { archive, objects } = await auditedNight({});
    expect(Object.values(objects).map(({ key }) => key)).toContain(nightKeys(1).object({ area: 'reports', file }));
    expect((await verifyEnvironment(archive, ENVIRONMENT, {})).problems).toEqual([]);
  });

  test.each(FILES)('%s is the same where the same night is audited again', async (file) => {
    const [one, other] = await Promise.all([auditedNight({}), auditedNight({})]);
    expect(await one.textOf(file)).toBe(await other.textOf(file));
  });

  test.each(FILES)('%s is left by a run that is not complete, and says that it is not', async (file) => {
    const { objects, textOf } = await auditedNight({ end: CUT });
    expect(Object.values(objects).map(({ key }) => key)).toContainEqual(
      expect.stringMatching(`^incomplete/.*/${file}$`),
    );
    expect(await textOf(file)).toContain('INCOMPLETE: not everything was seen');
  });

  test('have no other views where nobody was judged', async () => {
    const archive = memoryArchive();
    const results = await auditNights(archive, [
      { number: 2, users: USERS },
      { number: 1, users: USERS },
    ]);
    expect(results[1]?.report.reason).toBe('after-the-fact');
    expect(Object.keys(results[1]?.objects ?? {})).toContain('html');
    for (const view of ['users', 'controls']) {
      expect(Object.keys(results[1]?.objects ?? {})).not.toContain(view);
      expect(await readText(archive, results[1]?.objects.html?.key ?? '')).not.toContain(`${view}.html`);
    }
  });

  test.each([
    { name: 'no id', userId: '', shown: '#3' },
    { name: 'an id like a position', userId: '#7', shown: '##7' },
    { name: 'an id with quotes', userId: 'a"b\\c', shown: 'a&quot;b\\c' },
    { name: 'an id of other letters', userId: 'שלום', shown: 'שלום' },
  ])('show who a user with $name is', async ({ userId, shown }) => {
    const { textOf } = await auditedNight({ users: [...USERS, { ...STALE, userId, firstName: 'Odd' }] });
    const text = await textOf('users.html');
    expect(/<bdi>Odd [^<]*<\/bdi> <code><bdi>([^<]*)/.exec(text)?.[1]).toBe(shown);
    expect(text).not.toContain('Not listed');
  });

  test.each([
    { asked: 'nothing else', outputs: [], makingMs: 30_000 },
    { asked: 'files for other tools', outputs: ['oscal'], makingMs: 150_000 },
  ] as const)('lay users out while there is time for that, where the config asks for $asked', async (row) => {
    const { outputs, makingMs } = row;
    const last = nightAt(1).getTime() - makingMs;
    const textBy = async (deadline: number): Promise<string> =>
      (await auditedNight({ deadline, config: { outputs } })).textOf('users.html');
    expect(await textBy(last)).toContain('<bdi>stale</bdi>');
    const late = await textBy(last - 1);
    expect(late).toContain('There was no time left to lay them out.');
    expect(late).not.toContain('<bdi>stale</bdi>');
  });

  test('show a user of several records by the last of them', async () => {
    const { textOf } = await auditedNight({ users: [...USERS, { ...STALE, lastName: 'Renamed' }] });
    expect(await textOf('users.html')).toContain('Zebulon Renamed');
  });
});
