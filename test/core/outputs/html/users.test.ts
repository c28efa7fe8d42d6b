import { describe, expect, test } from '@jest/globals';
import { createSpoolFolder } from '../../../../core/archive/staging.ts';
import { UserOrder } from '../../../../core/model/user-order.ts';
import { findingCells } from '../../../../core/outputs/html/finding-row.ts';
import { type UserRow, UserRows, usersPages } from '../../../../core/outputs/html/users.ts';
import type { RunFacts } from '../../../../core/outputs/output.ts';
import type { Context } from '../../../../rules/engine/context.ts';
import { readUser } from '../../../../rules/engine/user.ts';
import {
  aContext,
  anApiUser,
  aRoleArn,
  aUser,
  daysAgo,
  soundFacts,
  type UserRecord,
} from '../../../support/builders.ts';
import { aFinding, aHighlight, aReport } from '../../notify/digest/facts.ts';
import { someRunFacts, wordsOf } from './run-facts.ts';

interface Given {
  readonly records?: readonly UserRecord[];
  readonly context?: Context;
  readonly facts?: Partial<RunFacts>;
  readonly hasTime?: () => boolean;
  /** Undefined: there was no time for rows. */
  readonly rows?: readonly Omit<UserRow, 'place'>[][] | undefined;
}

/** The pages of users who are shown in this order, each with its rows, in the order of the pages. */
const pagesOf = async (given: Given) => {
  const { records = [], context = aContext(), facts = {}, hasTime = () => true } = given;
  const rows = 'rows' in given ? given.rows : [];
  const userOrder = new UserOrder();
  const ids = (rows ?? []).map((_, n) => (n === 0 ? 'u1' : `v${String(n).padStart(4, '0')}`));
  for (const id of ids) userOrder.add(aFinding({ subject: { kind: 'user', id } }));
  const shown = { ids, leftOut: [] };
  const sources = {
    async *users() {
      yield* records.map((record, position) => ({ user: readUser(record, position), record }));
    },
    userOrder,
    context,
    hasTime,
  };
  const placed = rows?.flatMap((own, place) => own.map((row) => ({ ...row, place })));
  const pages = [];
  for await (const page of usersPages(someRunFacts(facts), sources, shown, placed)) pages.push(page);
  return pages.toSorted((one, other) => one.page - other.page).map(({ text }) => text);
};

const row = (differs: Partial<UserRow> = {}): UserRow => ({
  place: 0,
  severity: 'MEDIUM',
  kind: 'open',
  markup: '<tr><td>row</td></tr>',
  ...differs,
});

/** A row of so many bytes. */
const long = (bytes: number, differs: Partial<UserRow> = {}): UserRow =>
  row({ markup: `<tr>${'x'.repeat(bytes - 4)}`, ...differs });

const firstOf = async (given: Given): Promise<string> => (await pagesOf(given))[0] ?? '';

/** Gives what stands of the only user: its heading, what it has, and what is counted of its findings. */
const sectionOf = async (given: Given) => {
  const [, section = ''] = /<details class="card rule person"(.*?)<\/details>/s.exec(await firstOf(given)) ?? [];
  const [, tallies = ''] = /<span class="tallies">(.*?)<\/span>/s.exec(section) ?? [];
  const [, about = ''] = /<dl class="about"[^>]*>(.*?)<\/dl>/s.exec(section) ?? [];
  const [, heading = ''] = /<h3>(.*?)<\/h3>/s.exec(section) ?? [];
  return { section, tallies, about: wordsOf(about).trim(), heading: wordsOf(heading).trim() };
};

describe('the rows of users', () => {
  const ids = Array.from({ length: 12 }, (_, n) => `u${n}`);
  const waiver = { reason: 'r', owner: 'o', approver: 'a', expires: '2027-03-31' };
  const of = (id: string, differs: Parameters<typeof aFinding>[0] = {}) =>
    aFinding({ state: 'open', subject: { kind: 'user', id }, ...differs });

  test('stand user by user as those are shown, of each what stands first, then the worst, then by rule', async () => {
    const spools = await createSpoolFolder();
    const rows = new UserRows(someRunFacts(), { ids, leftOut: [] }, spools);
    for (const finding of [
      of('u10'),
      of('u2', { severity: 'HIGH', state: 'waived', waiver }),
      of('u2', { severity: 'LOW', ruleId: 'stuck-creating' }),
      of('u2', { severity: 'LOW', ruleId: 'leftover-principal' }),
      of('u2', { severity: 'CRITICAL' }),
    ])
      await rows.write(findingCells(finding, { moments: { now: 0, readAt: 0 }, areNamesShown: true }));
    const sorted = [...(await rows.sorted())].map(({ place, severity, kind, markup }) => [
      place,
      severity,
      kind,
      /<code>([a-z-]+)<\/code>/.exec(markup)?.[1],
    ]);
    await spools.remove();
    expect(sorted).toEqual([
      [2, 'CRITICAL', 'open', 'stale-login'],
      [2, 'LOW', 'open', 'leftover-principal'],
      [2, 'LOW', 'open', 'stuck-creating'],
      [2, 'HIGH', 'waived', 'stale-login'],
      [10, 'MEDIUM', 'open', 'stale-login'],
    ]);
  });

  test('are of those who are shown, and of what stands', async () => {
    const spools = await createSpoolFolder();
    const rows = new UserRows(someRunFacts(), { ids, leftOut: [] }, spools);
    expect([
      rows.has(of('u2')),
      rows.has(of('somebody')),
      rows.has(of('u2', { state: 'resolved', cause: 'fixed' })),
      rows.has(of('u2', { subject: { kind: 'environment', id: 'u2' } })),
    ]).toEqual([true, false, false, false]);
    await spools.remove();
  });
});

describe('a user', () => {
  test('whom the run did not see is named by the id alone', async () => {
    const [page = ''] = await pagesOf({ rows: [[row()]] });
    expect(page).toContain(
      '<h3><span class="sev medium">Medium</span> <code><bdi>u1</bdi></code></h3><span class="tallies">',
    );
    expect(wordsOf(page)).toContain('Findings by user');
    expect(page).toContain('<h1>Findings by user</h1>');
  });

  test.each<{ readonly name: string; readonly rows: readonly Partial<UserRow>[]; tallies: string; heading: string }>([
    { name: 'one that stands', rows: [{}], tallies: '1 medium', heading: 'Medium u1' },
    {
      name: 'of each severity, and what is apart',
      rows: [
        { severity: 'HIGH', kind: 'new' },
        { severity: 'HIGH', kind: 'reopened' },
        { severity: 'LOW' },
        { severity: 'CRITICAL', kind: 'waived' },
        { severity: 'CRITICAL', kind: 'event' },
      ],
      tallies: '2 high, 1 low, 1 change, 1 waived',
      heading: 'High u1',
    },
    { name: 'nothing that stands', rows: [{ kind: 'waived' }], tallies: '1 waived', heading: 'u1' },
  ])('has its findings counted: $name', async ({ rows, tallies, heading }) => {
    const told = await sectionOf({ rows: [rows.map((differs) => row(differs))] });
    expect([told.tallies, told.heading]).toEqual([tallies, heading]);
  });

  test.each<{ readonly name: string; readonly given: Given; readonly about: string }>([
    { name: 'who is not listed', given: {}, about: 'Not listed this run did not see this user' },
    {
      name: 'of whom roles and groups were not read',
      given: { records: [aUser()] },
      about: 'Type APP_USER Status ENABLED API access DISABLED Last login 2026-11-23 02:00 UTC',
    },
    {
      name: 'of whom little is known',
      given: { records: [{ userId: 'u1', lastLoginTime: 0 }] },
      about: 'Last login never',
    },
    {
      name: 'who is bound to a role of a run that read none, as its lead says',
      given: { records: [anApiUser({ apiAccessPrincipalArn: aRoleArn() })] },
      about: `Type APP_USER Status ENABLED API access ENABLED, ${aRoleArn()} Last login 2026-11-23 02:00 UTC`,
    },
    {
      name: 'who is bound to a role',
      given: { records: [anApiUser({ apiAccessPrincipalArn: aRoleArn() })], context: aContext(soundFacts()) },
      about: `Type APP_USER Status ENABLED API access ENABLED, ${aRoleArn()} Last login 2026-11-23 02:00 UTC Permission groups none that gives further access IAM role last used 2026-11-23T02:00:00.000Z, as of 2026-11-24T02:00:00.000Z`,
    },
  ])('is told with what the run knows: $name', async ({ given, about }) => {
    expect((await sectionOf({ rows: [[row()]], ...given })).about).toBe(about);
  });

  test('is named, unless the config has names off', async () => {
    const given = { rows: [[row()]], records: [aUser()] };
    const named = await sectionOf(given);
    expect(named.heading).toBe('Medium Zebulon Quagmire u1 u1');
    expect(named.section).toContain('<span class="address"><bdi>zebulon.u1@quagmire.example</bdi></span>');
    const unnamed = await sectionOf({ ...given, facts: { areNamesShown: false } });
    expect(unnamed.heading).toBe('Medium u1');
    expect(unnamed.section).not.toMatch(/zebulon/i);
  });

  test('has no more findings than there is room for, and says how many others there are', async () => {
    const { section } = await sectionOf({ rows: [[long(60_000), long(40_000), row(), row()]] });
    expect(section.match(/<tr>x/g)).toHaveLength(2);
    expect(wordsOf(section)).toContain('And 2 further findings of this user, in findings.csv beside this page.');
    const lacking = await sectionOf({ rows: [[long(60_000), long(40_000), row()]] });
    expect(wordsOf(lacking.section)).toContain('And 1 further finding of this user, in findings.csv');
    const whole = await sectionOf({ rows: [[long(60_000), long(40_000)]] });
    expect(whole.section).not.toContain('class="rest"');
  });
});

describe('the pages', () => {
  /** Users of whom each takes some 90 kB: a page has room for twenty. */
  const many = (count: number, differs: Partial<UserRow> = {}) =>
    Array.from({ length: count }, () => [long(89_000, differs)]);
  const usersOn = (text: string): number => text.match(/class="card rule person"/g)?.length ?? 0;

  test('go on from one to the next, and each leads to those beside it', async () => {
    const pages = await pagesOf({ rows: many(45) });
    expect(pages.map(usersOn)).toEqual([20, 20, 5]);
    expect(wordsOf(pages[0] ?? '')).toContain(
      '45 of 400 users have findings of their own; the worst stand first. They go on on page 2 , page 3 .',
    );
    expect(pages[1]).toContain('Goes on from <a href="users.html">page 1</a>');
    expect(pages[2]).toContain('Goes on from <a href="users-2.html">page 2</a>');
    const linksOf = (text = '') => [...text.matchAll(/href="(users[^"]*)"[^>]*>Page/g)].map(([, href]) => href);
    expect(pages.map((text) => linksOf(text))).toEqual([
      ['users-2.html'],
      ['users.html', 'users-3.html'],
      ['users-2.html'],
    ]);
    expect(pages.map((text) => text.includes('<a href="users.html">By user</a>'))).toEqual([false, true, true]);
    expect(pages[0]).toContain('<a class="skip" href="#users">');
    expect(pages[0]).not.toContain('Left out');
    expect(pages.map((text) => /<h1>(.*?)<\/h1>/.exec(text)?.[1])).toEqual([
      'Findings by user',
      'Findings by user, page 2',
      'Findings by user, page 3',
    ]);
  });

  test('are as many as are needed, and lead to no other', async () => {
    const [only, ...none] = await pagesOf({ rows: many(20) });
    expect(none).toStrictEqual([]);
    expect(only).not.toMatch(/users-\d|They go on/);
    const between = only?.split(/<details class="card rule person".*?<\/details>/s).slice(1, -1);
    expect(between?.map((text) => text.trim())).toEqual(Array.from({ length: 19 }, () => ''));
    const [first, second, ...others] = await pagesOf({ rows: many(21) });
    expect(others).toStrictEqual([]);
    expect(first).toContain('They go on on <a href="users-2.html">page 2</a>.');
    expect(first).toContain('<a href="users-2.html">Page 2</a>');
    expect(second).not.toContain('users-3.html');
  });

  test('can be filtered by what stands on them', async () => {
    const highlights = [aHighlight('open'), aHighlight('resolved', { ruleId: 'resolved-rule' })];
    const page = await firstOf({ rows: [[row()]], facts: { highlights } });
    expect(page).toContain('<option>stale-login</option>');
    expect(page).not.toContain('<option>resolved-rule</option>');
    expect(await firstOf({ rows: [], facts: { highlights } })).not.toContain('id="filter"');
  });

  test('are twenty at most; who is left out is counted by the worst', async () => {
    const two = [long(89_000, { severity: 'HIGH' }), row({ severity: 'LOW' })];
    const rows = [...many(400), two, ...many(2, { severity: 'LOW' }), ...many(1, { kind: 'waived' })];
    const pages = await pagesOf({ rows });
    expect(pages.map(usersOn)).toEqual(Array.from({ length: 20 }, () => 20));
    expect(wordsOf(pages[0] ?? '')).toContain(
      'Left out of these pages: 1 user whose worst is high, 2 users whose worst is low, 1 user with changes and waived findings only.',
    );
  });

  test('say so where nobody has any', async () => {
    const [page, ...others] = await pagesOf({ rows: [] });
    expect(others).toStrictEqual([]);
    expect(wordsOf(page ?? '')).toContain('0 of 400 users have findings of their own; the worst stand first. Who has');
    expect(page).not.toContain('id="filter"');
  });

  test('need no time where nobody has any', async () => {
    const words = wordsOf(await firstOf({ rows: [], records: [aUser()], hasTime: () => false }));
    expect(words).toContain('0 of 400 users have findings of their own; the worst stand first. Who has');
  });

  test.each<Given & { readonly name: string }>([
    { name: 'to write the findings down', rows: undefined, hasTime: () => true },
    { name: 'to read the users', rows: [[row()]], hasTime: () => false },
  ])('say so where there was no time $name', async ({ name: _name, ...given }) => {
    const words = wordsOf(await firstOf({ ...given, records: [aUser()] }));
    expect(words).toContain('There was no time left to lay them out.');
    expect(words).not.toMatch(/Zebulon|Not listed/);
    if (given.rows !== undefined) expect(words).toContain('Left out of these pages: 1 user whose worst is medium.');
  });

  test.each<{ readonly context: Context; readonly says: string }>([
    { context: aContext(), says: 'Permission groups and IAM roles were not read by this run.' },
    { context: aContext({ memberships: soundFacts().memberships }), says: 'IAM roles were not read by this run.' },
    { context: aContext({ roles: soundFacts().roles }), says: 'Permission groups were not read by this run.' },
    { context: aContext(soundFacts()), says: '' },
  ])('say what was not read: $says', async ({ context, says }) => {
    const words = wordsOf(await firstOf({ rows: [[row()]], context }));
    if (says === '') expect(words).not.toContain('not read by this run');
    else expect(words).toContain(` report . ${says}`);
  });

  test('say what was read, and that names are off', async () => {
    const iamRoles = { principals: 2, read: 2, standIns: 0, unread: 0 };
    const facts = { report: aReport({ enriched: { iamRoles } }), areNamesShown: false };
    const words = wordsOf(await firstOf({ rows: [[row()]], facts }));
    expect(words).toContain(
      'Roles: 2 of 2 roles read . Names and e-mail addresses are turned off, by report in audit.yaml.',
    );
    expect(words).toContain('1 of 400 users has findings of their own');
    expect(await firstOf({ rows: [[row()]] })).not.toContain('turned off');
  });
});

test('a last login is of the moment that the service gave', async () => {
  const records = [aUser({ lastLoginTime: daysAgo(3) })];
  expect((await sectionOf({ rows: [[row()]], records })).about).toContain('Last login 2026-11-21 02:00 UTC');
});
