import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import { OVERVIEW_PAGE, overviewMarker } from '../../../core/archive/keys.ts';
import type { Audience } from '../../../core/config/recipient.ts';
import type { Alert } from '../../../core/notify/channel.ts';
import { type CollectOptions, collectNight, collectWeek, refreshPage } from '../../../core/overview/collect.ts';
import { HOUR_MS } from '../../../rules/engine/time.ts';
import { readText } from '../../support/archive-tree.ts';
import { auditNight, night, SCHEDULE } from '../../support/history.ts';
import { memoryArchive } from '../../support/memory-archive.ts';

const AUDITOR = '111122223333-Auditor';
const UTC = { ...SCHEDULE, timezone: 'UTC' };

let archive: Archive;
let mails: Alert[];
beforeEach(() => {
  archive = memoryArchive();
  mails = [];
});

interface Asked extends Partial<CollectOptions> {
  readonly at: string;
  readonly cron?: string;
}

/** An auditor of no environments, so that all are in. */
const optionsOf = ({ at, cron = '0 2 * * *', ...options }: Asked): CollectOptions => ({
  environments: [],
  schedule: { ...UTC, cron },
  now: Date.parse(at),
  auditor: AUDITOR,
  graceHours: 2,
  hasPage: false,
  sendAlert: async (mail) => {
    mails.push(mail);
    return 'receipt';
  },
  ...options,
});

const collect = async (asked: Asked) => (await collectNight(archive, optionsOf(asked))).outcome;
const collectAWeek = async (asked: Asked) =>
  (await collectWeek(archive, optionsOf(asked), { label: 'week-all' })).outcome;

/** The night that the last mail is about. */
const nightTold = () => /(?:night of|week up to) (\S+ \S+) UTC$/m.exec(mails.at(-1)?.body ?? '')?.[1];

describe('the night that was due last', () => {
  test.each([
    { name: 'is this one from its minute on', at: '2026-11-25T02:00:00Z', night: '2026-11-25 02:00' },
    { name: 'is the one before until then', at: '2026-11-25T01:59:59.999Z', night: '2026-11-24 02:00' },
    { name: 'of each Wednesday', at: '2026-12-01T12:00:00Z', cron: '0 2 * * 3', night: '2026-11-25 02:00' },
    { name: 'of each first of a month', at: '2026-11-25T12:00:00Z', cron: '0 2 1 * *', night: '2026-11-01 02:00' },
    { name: 'of each year', at: '2026-11-25T12:00:00Z', cron: '0 2 1 1 *', night: '2026-01-01 02:00' },
  ])('$name', async ({ name: _name, night: due, ...asked }) => {
    expect(await collect(asked)).toBe('told');
    expect(nightTold()).toBe(due);
  });

  test('is none of a schedule that asked for none', async () => {
    expect(await collect({ at: '2026-11-25T12:00:00Z', cron: '0 2 29 2 *' })).toBe('not yet');
    expect(mails).toEqual([]);
  });
});

describe('the night by which a week is told', () => {
  test.each([
    { name: 'is that of Monday', at: '2026-11-25T12:00:00Z', night: '2026-11-23 02:00' },
    { name: 'is that of Monday on Sunday', at: '2026-11-29T23:00:00Z', night: '2026-11-23 02:00' },
    { name: 'is that of this Monday from its minute on', at: '2026-11-30T02:00:00Z', night: '2026-11-30 02:00' },
    { name: 'is the first of a week', at: '2026-11-27T12:00:00Z', cron: '0 2 * * 2,4', night: '2026-11-24 02:00' },
    {
      name: 'is that of Sunday, where there is no other',
      at: '2026-12-02T12:00:00Z',
      cron: '0 2 * * 0',
      night: '2026-11-29 02:00',
    },
    { name: 'is the first of a month', at: '2026-11-25T12:00:00Z', cron: '0 2 1 * *', night: '2026-11-01 02:00' },
  ])('$name', async ({ name: _name, night: due, ...asked }) => {
    expect(await collectAWeek(asked)).toBe('told');
    expect(nightTold()).toBe(due);
    expect(await collectAWeek(asked)).toBe('told before');
  });
});

describe('a mail about those who are not in', () => {
  const environments = [{ id: 'never' }];

  test.each([
    { hours: 1.99, outcome: 'not yet' },
    { hours: 2, outcome: 'told' },
  ])('is sent once they are overdue: $hours hours after', async ({ hours, outcome }) => {
    // What came before is told.
    await collect({ at: '2026-11-24T03:00:00Z' });
    const at = new Date(Date.parse('2026-11-25T02:00:00Z') + hours * HOUR_MS).toISOString();
    expect(await collectNight(archive, optionsOf({ at, environments }))).toEqual({ outcome, unseen: ['never'] });
    expect(mails).toHaveLength(outcome === 'told' ? 2 : 1);
  });

  test('is read again each time, and sent once', async () => {
    const at = '2026-11-25T05:00:00Z';
    expect(await collect({ at, environments })).toBe('told');
    expect(await collectNight(archive, optionsOf({ at, environments }))).toEqual({
      outcome: 'told before',
      unseen: ['never'],
    });
    expect(mails).toHaveLength(1);
  });
});

describe('the first mail', () => {
  const at = '2026-11-25T05:00:00Z';
  test.each([
    { name: 'of a night before anybody asked is not sent', askedSince: '2026-11-25T02:00:00.000Z', outcome: 'not yet' },
    { name: 'of a night that was asked for is', askedSince: '2026-11-25T01:59:59.999Z', outcome: 'told' },
    { name: 'is sent where nobody knows since when', askedSince: undefined, outcome: 'told' },
  ])('$name', async ({ askedSince, outcome }) => {
    const since = askedSince === undefined ? undefined : Date.parse(askedSince);
    const asked = async () => since as number;
    expect(await collect({ at, askedSince: asked })).toBe(outcome);
  });

  test('is no question of later ones', async () => {
    await collect({ at: '2026-11-24T05:00:00Z' });
    expect(await collect({ at, askedSince: async () => Number.POSITIVE_INFINITY })).toBe('told');
  });
});

describe('the first mail of a week', () => {
  test.each([
    { name: 'a week, where nobody knows since when they were', askedSince: undefined, missed: '6 nights' },
    { name: 'those since they were', askedSince: '2026-11-20T12:00:00Z', missed: '2 nights' },
    { name: 'no more than a week', askedSince: '2026-10-01T00:00:00Z', missed: '6 nights' },
  ])('owes the nights of $name', async ({ askedSince, missed }) => {
    for (const number of [-3, 4]) await auditNight(archive, number, {}, 'alpha');
    const since = askedSince === undefined ? undefined : Date.parse(askedSince);
    await collectWeek(
      archive,
      {
        ...optionsOf({ at: '2026-11-23T08:00:00Z', environments: [{ id: 'alpha' }] }),
        schedule: SCHEDULE,
        ...(since !== undefined && { askedSince: async () => since }),
      },
      { label: 'week-all' },
    );
    expect(mails[0]?.body.replaceAll(/\s+/g, ' ')).toContain(`alpha: no run is complete of ${missed} that were due, `);
  });

  test('is about the environments that are wanted, and others of the archive only where all are', async () => {
    for (const id of ['alpha', 'elsewhere']) await auditNight(archive, 4, {}, id);
    const environments = [{ id: 'alpha' }, { id: 'beta' }];
    const asked = { ...optionsOf({ at: '2026-11-23T12:00:00Z', environments }), schedule: SCHEDULE };
    const told = async (wanted: Partial<Audience>, hasPage: boolean) => {
      await collectWeek(archive, { ...asked, hasPage }, { label: `week-${mails.length}`, ...wanted });
      return ['alpha', 'beta', 'elsewhere'].filter((id) => mails.at(-1)?.body.includes(`  ${id}: `));
    };
    expect(await told({}, true)).toEqual(['alpha', 'beta', 'elsewhere']);
    expect(await told({}, false)).toEqual(['alpha', 'beta']);
    expect(await told({ environments: ['alpha'] }, true)).toEqual(['alpha']);
  });
});

describe('what says that a night was told', () => {
  const at = '2026-11-25T05:00:00Z';
  const environments = [{ id: 'never' }];
  const mark = (marker: unknown) =>
    archive.create(
      overviewMarker(AUDITOR, new Date('2026-11-25T02:00:00Z')),
      { bytes: Buffer.from(JSON.stringify(marker)) },
      'application/json',
    );

  test('is JSON, whose type is told', async () => {
    const types: unknown[] = [];
    const create: Archive['create'] = (key, content, type) => {
      types.push(type);
      return archive.create(key, content, type);
    };
    await collectNight({ ...archive, create }, optionsOf({ at, environments }));
    expect(types).toEqual(['application/json']);
  });

  test('has nothing read again of those who were all told of', async () => {
    await auditNight(archive, 4, {}, 'alpha');
    const asked = { ...optionsOf({ at: '2026-11-23T12:00:00Z', environments: [{ id: 'alpha' }] }), schedule: SCHEDULE };
    const isMarker = (key: string): boolean => key.includes(AUDITOR);
    const markersAlone: Archive = {
      ...archive,
      read: async (key) => (isMarker(key) ? archive.read(key) : Promise.reject(new Error(`${key} is read again`))),
    };
    const before = { outcome: 'told before', unseen: [] };
    expect((await collectNight(archive, asked)).outcome).toBe('told');
    expect(await collectNight(markersAlone, asked)).toEqual(before);
    expect((await collectWeek(archive, asked, { label: 'week-all' })).outcome).toBe('told');
    expect(await collectWeek(markersAlone, asked, { label: 'week-all' })).toEqual(before);
  });

  test('of a week has nobody read again, be it that somebody was not seen', async () => {
    const asked = optionsOf({ at, environments });
    expect(await collectWeek(archive, asked, { label: 'week-all' })).toEqual({ outcome: 'told', unseen: ['never'] });
    expect(await collectWeek(archive, asked, { label: 'week-all' })).toEqual({ outcome: 'told before', unseen: [] });
  });

  test('of a week names no run by anything but a text', async () => {
    for (const number of [3, 4, 11]) await auditNight(archive, number, {}, 'alpha');
    const asked = { ...optionsOf({ at: '2026-11-30T12:00:00Z', environments: [{ id: 'alpha' }] }), schedule: SCHEDULE };
    const bytes = Buffer.from(JSON.stringify({ runs: { alpha: 3 }, unseen: [] }));
    const key = overviewMarker(`${AUDITOR}-week-all`, night(4));
    await archive.create(key, { bytes }, 'application/json');
    expect((await collectWeek(archive, asked, { label: 'week-all' })).outcome).toBe('told');
    expect(mails[0]?.body).toContain('in 1 complete run;');
  });

  test('names the night, the mail, whom nobody saw, and the last run of each', async () => {
    await collect({ at, environments });
    expect(JSON.parse(await readText(archive, overviewMarker(AUDITOR, new Date('2026-11-25T02:00:00Z'))))).toEqual({
      run: '20261125T020000Z',
      subject: mails[0]?.subject,
      receipt: 'receipt',
      unseen: ['never'],
      runs: {},
    });
  });

  test.each([
    { name: 'that is none', marker: 'told' },
    { name: 'without runs', marker: { unseen: [] } },
    { name: 'whose runs are none', marker: { runs: { a: 3 }, unseen: 'nobody' } },
  ])('is believed of its night whatever it has: one $name', async ({ marker }) => {
    await mark(marker);
    expect(await collect({ at })).toBe('told before');
    expect(await collect({ at: '2026-11-26T05:00:00Z' })).toBe('told');
  });
});

test('each night is told once, however many were told before', async () => {
  for (const day of [24, 25, 26]) {
    expect(await collect({ at: `2026-11-${day}T05:00:00Z` })).toBe('told');
    expect(await collect({ at: `2026-11-${day}T06:00:00Z` })).toBe('told before');
  }
});

test('where the last mark can not be read, the one before says which runs were told', async () => {
  const environments = [{ id: 'alpha' }];
  const asked = (number: number) => ({
    ...optionsOf({ at: new Date(night(number).getTime() + HOUR_MS).toISOString(), environments }),
    schedule: SCHEDULE,
  });
  const audited = async (number: number) => {
    await auditNight(archive, number, {}, 'alpha');
    await collectNight(archive, asked(number));
  };
  for (const number of [1, 2, 3]) await audited(number);
  const key = overviewMarker(AUDITOR, night(3));
  await archive.replace(key, { bytes: Buffer.from('{}') }, 'application/json', (await archive.read(key))?.version);
  await audited(4);
  // Those of the third night are told again, and no others.
  expect(mails.map(({ body }) => /^ {2}\w+ alpha: .*$/m.exec(body)?.[0].includes('1 earlier run'))).toEqual([
    false,
    false,
    false,
    true,
  ]);
});

describe('the page of all environments', () => {
  const now = Date.parse('2026-11-25T05:00:00Z');
  test.each([
    { name: 'until the next run is overdue', options: { schedule: UTC, graceHours: 5 }, due: '2026-11-26T07:00:00Z' },
    { name: 'by two hours where nobody says more', options: { schedule: UTC }, due: '2026-11-26T04:00:00Z' },
    {
      name: 'for a night and two hours where nobody knows',
      options: { schedule: undefined },
      due: '2026-11-26T07:00:00Z',
    },
  ])('is believed $name', async ({ options, due }) => {
    const schedule = options.schedule && { ...options.schedule, cron: '0 2 * * *' };
    await refreshPage(archive, { environments: [], now, ...options, schedule });
    expect(await readText(archive, OVERVIEW_PAGE)).toContain(`data-due="${Date.parse(due)}"`);
  });
});

test('a mail says where the page is, or the reports where it is another auditor’s to write', async () => {
  await collect({ at: '2026-11-25T05:00:00Z', hasPage: true });
  await collect({ at: '2026-11-26T05:00:00Z', hasPage: false });
  const pages = mails.map(({ body }) => /^Page: (.*)$/m.exec(body)?.[1]);
  expect(pages).toEqual(['memory/reports/index.html', 'memory/reports/']);
});
