import { Readable } from 'node:stream';
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import { RULESETS } from '../../../core/archive/keys.ts';
import { weeklyAudiences } from '../../../core/config/recipient.ts';
import type { Alert } from '../../../core/notify/channel.ts';
import { type CollectOptions, collectWeek } from '../../../core/overview/collect.ts';
import { customRules } from '../../../rules/custom/custom-rule.ts';
import { configureRules } from '../../../rules/engine/configure.ts';
import { HOUR_MS } from '../../../rules/engine/time.ts';
import { anApiUser, aUser } from '../../support/builders.ts';
import { aCustomRule } from '../../support/custom-rule.ts';
import { auditNight, night, runOf, SCHEDULE } from '../../support/history.ts';
import { listingOf } from '../../support/listing.ts';
import { memoryArchive } from '../../support/memory-archive.ts';

const ENVIRONMENTS = [{ id: 'alpha', name: 'research' }, { id: 'beta' }];
const EMAIL = { protocol: 'email', endpoint: 'a@example.com', every: 'week' } as const;
const [UP_TO_MEDIUM, ONLY_BETA] = weeklyAudiences([
  { ...EMAIL, maxSeverity: 'MEDIUM' },
  { ...EMAIL, environments: ['beta'] },
]);

let archive: Archive;
let mails: Alert[];
let isTaken: boolean;
beforeEach(() => {
  archive = memoryArchive();
  mails = [];
  isTaken = true;
});

/** The first night is that of a Friday, so that the fourth and the eleventh are of Mondays. */
const collect = async (
  number: number,
  hours: number,
  audience = UP_TO_MEDIUM,
  options: Partial<CollectOptions> = {},
) => {
  if (audience === undefined) throw new Error('there is no audience');
  return collectWeek(
    archive,
    {
      environments: ENVIRONMENTS,
      schedule: SCHEDULE,
      now: night(number).getTime() + hours * HOUR_MS,
      auditor: '111122223333-Auditor',
      graceHours: 2,
      hasPage: true,
      askedSince: async () => night(1).getTime(),
      sendAlert: async (mail) => {
        if (!isTaken) throw new Error('SNS is away');
        mails.push(mail);
        return `mail ${mails.length}`;
      },
      ...options,
    },
    audience,
  );
};

const SOUND = Array.from({ length: 10 }, (_, n) => aUser({ userId: `u${n}` }));

/** Audits a night in which somebody fails by MEDIUM, and somebody by HIGH, where said. */
const auditBoth = async (number: number, { medium = '', high = '' } = {}): Promise<void> => {
  const users = [
    ...SOUND,
    ...(medium === '' ? [] : [aUser({ userId: medium, apiAccess: 'ENABLED' })]),
    ...(high === '' ? [] : [anApiUser({ userId: high, type: 'SUPER_USER' })]),
  ];
  for (const { id } of ENVIRONMENTS) await auditNight(archive, number, { listUsers: listingOf([users]) }, id);
};

const bodyOf = (index: number): string => (mails[index]?.body ?? '').replaceAll(/\s+/g, ' ');

describe('the weekly mail', () => {
  test('comes on Mondays, with what was news on each night since the last one and no other severities', async () => {
    await auditBoth(3, { medium: 'mild3', high: 'bad3' });
    expect(await collect(3, 3)).toMatchObject({ outcome: 'not yet' });
    await auditBoth(4, { medium: 'mild4' });
    expect(await collect(4, 1)).toEqual({ outcome: 'told', unseen: [] });
    expect(await collect(4, 2)).toMatchObject({ outcome: 'told before' });
    for (const number of [5, 6, 7, 8, 9, 10, 11])
      await auditBoth(number, { medium: `mild${number}`, ...(number === 6 && { high: 'bad6' }) });
    expect(await collect(10, 3)).toMatchObject({ outcome: 'told before' });
    expect(await collect(11, 1)).toMatchObject({ outcome: 'told' });
    expect(mails).toHaveLength(2);
    for (const mail of mails) expect(mail.body).not.toMatch(/super-user-api-access|^HIGH/m);
    expect(mails[0]?.body).toMatch(/mild3.*mild4/s);
    for (const number of [5, 6, 7, 8, 9, 10, 11]) expect(mails[1]?.body).toContain(`- mild${number}:`);
    expect(mails[1]?.body).not.toMatch(/mild4: (?!fixed|a user)/);
    expect(bodyOf(1)).toContain('up to MEDIUM; what is worse is not in this mail');
    expect(mails[1]?.attributes).toMatchObject({ audience: 'week-INFORMATIONAL-MEDIUM-all', verdict: 'COMPLETE' });
    expect(mails[1]?.body).toContain(`research (alpha): `);
  });

  test('is told by the next call where it was not taken, and loses nothing', async () => {
    await auditBoth(4);
    await collect(4, 1);
    for (const number of [5, 11]) await auditBoth(number, { medium: `mild${number}` });
    isTaken = false;
    await expect(collect(11, 1)).rejects.toThrow('SNS is away');
    for (const number of [12, 18]) await auditBoth(number, { medium: `mild${number}` });
    isTaken = true;
    await collect(18, 1);
    for (const number of [5, 11, 12, 18]) expect(mails[1]?.body).toContain(`- mild${number}:`);
  });

  test('comes without a Monday that is missed, and says what nobody has seen', async () => {
    await auditBoth(4);
    await collect(4, 1);
    await auditBoth(9, { medium: 'mild9' });
    await auditNight(
      archive,
      10,
      { listUsers: listingOf([SOUND], { complete: false, reason: 'deadline', message: 'too slow' }) },
      'alpha',
    );
    expect(await collect(11, 1)).toEqual({ outcome: 'not yet', unseen: ['alpha', 'beta'] });
    expect(await collect(11, 3)).toEqual({ outcome: 'told', unseen: ['alpha', 'beta'] });
    expect(mails[1]?.body).toContain('- mild9:');
    expect(bodyOf(1)).toContain(`run ${runOf(10)} is INCOMPLETE (deadline)`);
    expect(bodyOf(1)).toContain('beta: no complete run since');
    expect(mails[1]?.attributes).toMatchObject({ verdict: 'INCOMPLETE', maxSeverity: 'CRITICAL' });
    // What came late is told the week after, once.
    await auditBoth(11, { medium: 'mild11' });
    await auditBoth(18);
    await collect(18, 1);
    expect(mails[2]?.body).toContain('- mild11:');
    expect(mails[2]?.body).not.toMatch(/mild9: (?!fixed|a user)/);
  });

  test('is about the environments that were asked for, and comes where nothing changed', async () => {
    await auditBoth(4);
    expect(await collect(4, 1, ONLY_BETA)).toMatchObject({ outcome: 'told' });
    await auditBoth(11);
    await collect(11, 1, ONLY_BETA);
    expect(mails.map(({ body }) => body).join('\n')).not.toContain('alpha');
    expect(mails[1]?.subject).toBe(
      'FinSpace, the week up to 2026-11-30: 1 environment NOT SEEN each night; nothing changed',
    );
  });

  const TWO = 'no run is complete of 2 nights that were due, the first 2026-11-26 02:00 America/New_York';
  test.each<{ name: string; first: readonly number[]; second: readonly number[]; missed: string | undefined }>([
    { name: 'none', first: [2, 3, 4], second: [5, 6, 7, 8, 9, 10, 11], missed: undefined },
    { name: 'two in the middle', first: [4], second: [5, 6, 9, 10, 11], missed: TWO },
    {
      name: 'the first after the last mail',
      first: [4],
      second: [6, 7, 8, 9, 10, 11],
      missed: 'no run is complete of 1 night that was due, the first 2026-11-24 02:00 America/New_York',
    },
  ])('says which nights nobody saw: $name', async ({ first, second, missed }) => {
    for (const number of first) await auditBoth(number);
    await collect(4, 1);
    expect(bodyOf(0)).not.toContain('no run is complete of');
    for (const number of second) await auditBoth(number);
    await collect(11, 1);
    if (missed === undefined) expect(bodyOf(1)).not.toContain('no run is complete of');
    else expect(bodyOf(1)).toContain(`research (alpha): ${missed}`);
    expect(mails[1]?.subject).toMatch(
      missed === undefined ? /: nothing changed$/ : /: 2 environments NOT SEEN each night; nothing changed$/,
    );
    expect(mails[1]?.attributes.verdict).toBe(missed === undefined ? 'COMPLETE' : 'INCOMPLETE');
  });

  test('says of every week since the last mail which nights nobody saw', async () => {
    await auditBoth(4);
    await collect(4, 1);
    for (const number of [5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]) await auditBoth(number);
    await collect(18, 1);
    expect(bodyOf(1)).toContain('no run is complete of 1 night that was due, the first 2026-11-25 02:00');
  });

  test('blames environments of others for no night: what they owe is not known here', async () => {
    const own = { environments: [{ id: 'alpha' }] };
    await auditBoth(4);
    await collect(4, 1, UP_TO_MEDIUM, own);
    for (const number of [5, 6, 7, 8, 9, 10, 11])
      for (const id of number === 6 ? ['alpha'] : ['alpha', 'beta'])
        await auditNight(archive, number, { listUsers: listingOf([SOUND]) }, id);
    await collect(11, 1, UP_TO_MEDIUM, own);
    expect(bodyOf(1)).toContain('beta');
    expect(bodyOf(1)).not.toContain('no run is complete of');
  });

  test('says once of many runs that they are attested', async () => {
    const attestedBy = { name: 'Ada', statement: 'all', at: '2026-11-20T07:00:00Z' };
    const source = { kind: 'roster', attestedBy } as const;
    for (const number of [2, 3, 4])
      await auditNight(archive, number, { listUsers: (until) => ({ ...listingOf([SOUND])(until), source }) }, 'alpha');
    await collect(4, 1, UP_TO_MEDIUM, { environments: [{ id: 'alpha' }] });
    expect(bodyOf(0)).toContain(`alpha: ${runOf(2)} and 2 later runs: ATTESTED, NOT SEEN: `);
    expect(bodyOf(0).match(/ATTESTED/g)).toHaveLength(1);
    expect(mails[0]?.subject).toMatch(/: 1 environment NOT SEEN each night; /);
  });

  test('says of roles that were not read that they were not, until they are', async () => {
    const audit = (number: number, unread: boolean) =>
      auditNight(
        archive,
        number,
        {
          listUsers: listingOf([[...SOUND, anApiUser({ userId: 'api' })]]),
          config: {},
          enrich: new Set(['iamRoles']),
          enrichments: {
            async *roles({ arns }) {
              for (const arn of arns())
                yield unread
                  ? { arn, unread: 'AccessDenied' }
                  : { arn, readAt: night(number).toISOString(), exists: false };
            },
          },
        },
        'alpha',
      );
    for (const [number, unread] of [
      [2, false],
      [3, true],
      [4, true],
    ] as const)
      await audit(number, unread);
    await collect(4, 1, UP_TO_MEDIUM, { environments: [{ id: 'alpha' }] });
    expect(bodyOf(0)).toContain(`alpha: ${runOf(3)}: NOT ALL READ: roles (`);
    expect(bodyOf(0).match(/NOT ALL READ/g)).toHaveLength(1);
  });

  test('says of a run that was altered that what it found is not known', async () => {
    await auditBoth(4);
    await collect(4, 1);
    for (const number of [10, 11]) await auditBoth(number, { medium: `mild${number}` });
    const before = archive;
    const altered: Archive = {
      ...before,
      read: async (key) =>
        key.startsWith(`findings/environment=alpha/`) && key.includes(runOf(10))
          ? {
              key,
              version: '1',
              body: (async function* other() {
                yield Buffer.from('{}');
              })(),
            }
          : before.read(key),
    };
    archive = altered;
    await collect(11, 1);
    archive = before;
    expect(bodyOf(1)).toContain(`what run ${runOf(10)} found can't be read`);
  });

  test('has under 200 lines at any size', async () => {
    const environments = Array.from({ length: 100 }, (_, n) => ({ id: `e${n}` }));
    for (const { id } of environments) await auditNight(archive, 4, {}, id);
    await collect(4, 1, UP_TO_MEDIUM, { environments });
    const [mail] = mails;
    expect(mail?.body.split('\n').length).toBeLessThan(200);
    expect(mail?.subject.length).toBeLessThan(100);
  });
});

describe("an operator's own rule", () => {
  const { rule, definition } = aCustomRule();
  const auditByIt = async (number: number, judgedBy = rule): Promise<void> => {
    const contractor = anApiUser({ userId: `c${number}`, emailAddress: `c${number}@contractor.example.com` });
    const judging = configureRules([judgedBy]).map((one) => ({ ...one, severity: 'MEDIUM' as const }));
    for (const { id } of ENVIRONMENTS)
      await auditNight(archive, number, { listUsers: listingOf([[...SOUND, contractor]]), rules: judging }, id);
  };

  test('is told with its title and what to do, as it stood when it judged', async () => {
    for (const number of [3, 4]) await auditByIt(number);
    expect(await collect(4, 1)).toMatchObject({ outcome: 'told' });
    expect(bodyOf(0)).toContain('MEDIUM x-contractor-api-access:');
    expect(bodyOf(0)).toContain(`Required: ${rule.title} What to do: ${rule.remediation}`);
  });

  test('says addresses where the config let it when it judged', async () => {
    const [naming] = customRules([{ ...definition, mayName: true, message: '"of " + user.emailAddress' }]);
    for (const number of [3, 4]) await auditByIt(number, naming);
    expect(await collect(4, 1)).toMatchObject({ outcome: 'told' });
    expect(bodyOf(0)).toContain('c3: of c3@contractor.example.com');
  });

  test('whose words were altered is told by its id, and that they can not be read', async () => {
    for (const number of [3, 4]) await auditByIt(number);
    const before = archive;
    archive = {
      ...before,
      read: async (key) => {
        const stored = await before.read(key);
        return stored && key.startsWith(RULESETS)
          ? {
              ...stored,
              body: Readable.from([Buffer.from('[{"rule":{"id":"x-contractor-api-access","title":"Fine"}}]')]),
            }
          : stored;
      },
    };
    expect(await collect(4, 1)).toMatchObject({ outcome: 'told' });
    expect(bodyOf(0)).toContain('MEDIUM x-contractor-api-access:');
    expect(bodyOf(0)).not.toContain('Required: Fine');
    expect(bodyOf(0)).toContain('was altered');
  });
});
