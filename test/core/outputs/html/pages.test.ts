import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createSpoolFolder, type SpoolFolder } from '../../../../core/archive/staging.ts';
import { collectHighlights } from '../../../../core/model/highlights.ts';
import type { Report } from '../../../../core/model/report.ts';
import { UserOrder } from '../../../../core/model/user-order.ts';
import { type Page, writePages } from '../../../../core/outputs/html/pages.ts';
import { MOST_USERS } from '../../../../core/outputs/html/users.ts';
import type { RunFacts } from '../../../../core/outputs/output.ts';
import type { Context } from '../../../../rules/engine/context.ts';
import type { Finding } from '../../../../rules/engine/finding.ts';
import { SEVERITIES } from '../../../../rules/engine/severity.ts';
import { readUser } from '../../../../rules/engine/user.ts';
import { aContext, aRoleArn, aUser, soundFacts, type UserRecord } from '../../../support/builders.ts';
import { memberships } from '../../../support/memberships.ts';
import * as fc from '../../../support/properties.ts';
import { aFinding, aReport } from '../../notify/digest/facts.ts';
import { someRunFacts, wordsOf } from './run-facts.ts';

/** A page has fewer bytes, whatever is in it. */
const MOST_BYTES = 2_000_000;

/** The facts of a run besides its findings. */
interface Seen {
  readonly users?: readonly UserRecord[];
  readonly context?: Context;
  readonly hasTime?: boolean | (() => boolean);
}

let spools: SpoolFolder;

beforeAll(async () => {
  spools = await createSpoolFolder();
});

afterAll(() => spools.remove());

/** Makes the pages of a run that has these findings. */
const pagesOf = async (
  findings: readonly Finding[],
  differs: Partial<RunFacts> = {},
  { users = [], context = aContext(), hasTime = true }: Seen = {},
) => {
  const highlights = collectHighlights();
  const userOrder = new UserOrder();
  for (const finding of findings) {
    highlights.add(finding);
    userOrder.add(finding);
  }
  const facts = someRunFacts({ highlights: highlights.list(), ...differs });
  const pages: Page[] = [];
  const sources = {
    async *findings() {
      yield* findings;
    },
    async *users() {
      yield* users.map((record, position) => ({ user: readUser(record, position), record }));
    },
    userOrder,
    context,
    hasTime: typeof hasTime === 'boolean' ? () => hasTime : hasTime,
    spools,
  };
  const keep = async (page: Page): Promise<void> => {
    pages.push(page);
  };
  await writePages(facts, sources, keep, () => facts);
  return pages;
};

const numberOf = ({ name }: Page): number => Number(name.split('-')[1] ?? 1);

/** The pages of the report, in their order. */
const reportPagesOf = (pages: readonly Page[]): readonly Page[] =>
  pages.filter(({ name }) => /^html\b/.test(name)).toSorted((a, b) => numberOf(a) - numberOf(b));

const subjectsOn = (text: string): readonly string[] =>
  [...text.matchAll(/<td class="who"><code><bdi>([^<]*)<\/bdi>/g)].map(([, subject = '']) => subject);

const RULES = ['stale-login', 'super-user-api-access', 'left-the-catalogue'];

const someFinding = fc.record({
  severity: fc.constantFrom(...SEVERITIES),
  ruleId: fc.constantFrom(...RULES),
  state: fc.constantFrom('new', 'open', 'waived', 'event', 'resolved'),
  message: fc.string({ maxLength: 80 }),
} as const);

const someFindings = fc
  .tuple(fc.array(someFinding, { minLength: 1, maxLength: 12 }), fc.nat(9000))
  .map(([kinds, count]): readonly Finding[] =>
    Array.from({ length: count }, (_, n) =>
      aFinding({ ...kinds[(n * n) % kinds.length], subject: { kind: 'user', id: `u${n}` } }),
    ),
  );

test('every critical and high finding is on a page, once, the worst first, whatever the number', async () => {
  await fc.assert(
    fc.asyncProperty(someFindings, async (findings) => {
      const pages = reportPagesOf(await pagesOf(findings));
      const order = pages.flatMap(({ text }) =>
        [...text.matchAll(/<tr data-severity="([^"]*)" data-state="([^"]*)">.*?<bdi>([^<]*)/g)].map(
          ([, severity = '', state = '', subject = '']) => ({ severity, state, subject }),
        ),
      );
      const severe = order.filter(
        ({ severity, state }) => (severity === 'CRITICAL' || severity === 'HIGH') && state !== 'resolved',
      );
      const wanted = findings.filter(
        ({ severity, state }) => (severity === 'CRITICAL' || severity === 'HIGH') && state !== 'resolved',
      );
      expect(severe.map(({ subject }) => subject).toSorted()).toEqual(
        wanted.map(({ subject }) => subject.id).toSorted(),
      );
      const words = severe.map(({ severity }) => severity);
      expect(words).toEqual(words.toSorted());
      for (const { text } of pages) expect(Buffer.byteLength(text)).toBeLessThan(MOST_BYTES);
    }),
    { numRuns: 12 },
  );
});

const high = (count: number, differs: Partial<Finding> = {}): readonly Finding[] =>
  Array.from({ length: count }, (_, n) =>
    aFinding({
      severity: 'HIGH',
      state: 'open',
      subject: { kind: 'user', id: `u${String(n).padStart(6, '0')}` },
      ...differs,
    }),
  );

/** The largest number of findings that one page has room for. */
const mostOnOnePage = async (): Promise<number> => {
  const [first] = reportPagesOf(await pagesOf(high(6000)));
  return subjectsOn(first?.text ?? '').length;
};

describe('at the end of the budget', () => {
  test('the last that fits has no page after it, and one more has', async () => {
    const most = await mostOnOnePage();
    expect(most).toBeGreaterThan(1000);
    expect(reportPagesOf(await pagesOf(high(most)))).toHaveLength(1);
    const [first, second, ...others] = reportPagesOf(await pagesOf(high(most + 1)));
    expect(others).toStrictEqual([]);
    expect(second).toMatchObject({ name: 'html-2', output: { area: 'reports', file: 'report-2.html' } });
    expect(subjectsOn(second?.text ?? '')).toEqual([`u${String(most).padStart(6, '0')}`]);
    expect(first?.text).toContain('Every critical and high finding is here or on <a href="report-2.html">page 2</a>.');
    expect(first?.text).toContain(`data-elsewhere="1">1 to ${most.toLocaleString('en')} of`);
    expect(second?.text).toContain(`data-elsewhere="${most}">`);
  });

  test('a page leads to those before and after it, and a middle one to both', async () => {
    const pages = reportPagesOf(await pagesOf(high(12_000)));
    expect(pages.length).toBeGreaterThan(2);
    for (const [index, { text }] of pages.entries()) {
      if (index === 0) continue;
      const next = `href="report-${index + 2}.html"`;
      expect(text).toContain(`href="${index === 1 ? 'report.html' : `report-${index}.html`}"`);
      if (index + 1 < pages.length) expect(text).toContain(next);
      else expect(text).not.toContain(next);
    }
    const [, second = '', third = ''] = pages.map(({ text }) => text);
    expect(wordsOf(second)).toContain('Goes on from page 1 ; the worst stand first. More are on page 3 .');
    expect(second).toContain('More are on <a href="report-3.html">');
    expect(third).toContain('Goes on from <a href="report-2.html">page 2</a>');
    expect(second).toContain('<a class="skip" href="#findings">');
    const navOf = (text: string) => wordsOf(/<nav.*?<\/nav>/s.exec(text)?.[0] ?? '').trim();
    expect(navOf(second)).toBe('Report By user By control Page 3');
    expect(navOf(third)).toBe('Report By user By control Page 2');
  });

  test('a rule leads to the first page that has its worst findings', async () => {
    const [first, ...further] = reportPagesOf(
      await pagesOf([...high(9000), ...high(1, { ruleId: 'unrecognised-value', severity: 'HIGH' })], {
        report: aReport({
          rules: ['stale-login', 'unrecognised-value', 'never-logged-in'].map((id) => ({
            id,
            severity: 'HIGH',
            state: 'ran',
            checked: 1,
            failed: 1,
            notAssessed: 0,
          })),
        }),
      }),
    );
    const hrefOf = (title: string) => new RegExp(`<a href="([^"]*)">${title}`).exec(first?.text ?? '')?.[1];
    expect(hrefOf('Users have logged in recently')).toBe('report.html#rule-stale-login-high');
    const [file = '', id = ''] = hrefOf('User records hold documented values only')?.split('#') ?? [];
    const page = further.find(({ output }) => output.file === file);
    expect(page?.text).toContain(`id="${id}"`);
    expect(hrefOf('Users log in soon after they are created or enabled')).toBeUndefined();
  });

  test('what is no longer on a page is told by severity', async () => {
    const milder = (['MEDIUM', 'LOW', 'INFORMATIONAL'] as const).flatMap((severity, index) =>
      high(41 + index, { severity, ruleId: `${severity.toLowerCase()}-rule` }),
    );
    const [page] = reportPagesOf(await pagesOf([...high(3), ...milder]));
    expect(page?.text).toContain('Left out of the pages: 1 medium, 2 low, 3 informational');
  });
});

test('a run of which nobody was judged has its report alone, and links no other page', async () => {
  const facts = someRunFacts({ report: aReport({ verdict: 'FAILED', reason: 'access-denied' }) });
  const kept: Page[] = [];
  const keep = async (page: Page): Promise<void> => {
    kept.push(page);
  };
  await writePages(facts, undefined, keep, () => ({ ...facts, environmentName: 'as it is then' }));
  expect(kept.map(({ name, output }) => [name, output.file])).toEqual([['html', 'report.html']]);
  expect(kept[0]?.text).toContain('<h1><bdi>as it is then</bdi></h1>');
  expect(kept[0]?.text).not.toMatch(/href="(?:users|controls)\.html/);
});

test('a run has its report last, which links the pages by user and by control', async () => {
  const pages = await pagesOf(high(1));
  expect(pages.map(({ name, output }) => [name, output.file])).toEqual([
    ['users', 'users.html'],
    ['controls', 'controls.html'],
    ['html', 'report.html'],
  ]);
  for (const href of ['users.html', 'controls.html']) expect(pages.at(-1)?.text).toContain(`<a href="${href}">`);
});

test('a further page of a run that is not complete says so before all else', async () => {
  const report = aReport({ verdict: 'INCOMPLETE', reason: 'deadline' });
  const [, second] = reportPagesOf(await pagesOf(high(4000), { report }));
  expect(second?.text).toContain('<strong>INCOMPLETE: not everything was seen (deadline).</strong>');
});

const userPagesOf = (pages: readonly Page[]): readonly Page[] =>
  pages.filter(({ name }) => /^users\b/.test(name)).toSorted((a, b) => numberOf(a) - numberOf(b));

/** The ids of users as their pages have them, with the severities of what is shown of each. */
const peopleOn = (pages: readonly Page[]) =>
  pages.flatMap(({ text }) =>
    text
      .split('<details class="card rule person"')
      .slice(1)
      .map((section) => ({
        id: /<code><bdi>([^<]*)<\/bdi><\/code>/.exec(section)?.[1],
        rows: [...section.matchAll(/<tr data-severity="(\w+)" data-state="(\w+)" data-rule="([^"]*)"/g)].map(
          ([, severity = '', state = '', ruleId = '']) => ({ severity, state, ruleId }),
        ),
      })),
  );

const WORST_FIRST = SEVERITIES.toReversed();

/** By the number of what stands, of the worst severity first, and then of what is apart; as text that sorts so. */
const badnessOf = (findings: readonly { readonly severity: string; readonly state: string }[]): string => {
  const isApart = (state: string) => state === 'waived' || state === 'event';
  const counts = WORST_FIRST.map(
    (severity) => findings.filter((one) => one.severity === severity && !isApart(one.state)).length,
  );
  return [...counts, findings.filter(({ state }) => isApart(state)).length]
    .map((count) => String(9999 - count))
    .join(' ');
};

describe('the pages by user', () => {
  test('have every finding of every user once, the worst first, whatever the number', async () => {
    await fc.assert(
      fc.asyncProperty(someFindings, fc.integer({ min: 40, max: 4000 }), async (given, among) => {
        const findings = given.map((finding, n) => ({
          ...finding,
          subject: { kind: 'user' as const, id: `u${n % among}` },
        }));
        const pages = userPagesOf(await pagesOf(findings));
        const wanted = Map.groupBy(
          findings.filter(({ state }) => state !== 'resolved'),
          ({ subject }) => subject.id,
        );
        const people = peopleOn(pages);
        expect(people.map(({ id }) => id)).toEqual(
          [...wanted]
            .map(([id, own]) => ({ id, badness: badnessOf(own) }))
            .toSorted((a, b) => (`${a.badness} ${a.id}` < `${b.badness} ${b.id}` ? -1 : 1))
            .map(({ id }) => id),
        );
        for (const { id = '', rows } of people) {
          expect(badnessOf(rows)).toBe(badnessOf(wanted.get(id) ?? []));
          expect(rows.map(({ ruleId }) => ruleId).toSorted()).toEqual(
            wanted
              .get(id)
              ?.map(({ ruleId }) => ruleId)
              .toSorted(),
          );
        }
        for (const { text } of pages) expect(Buffer.byteLength(text)).toBeLessThan(MOST_BYTES);
      }),
      { numRuns: 6 },
    );
  });

  const usersWith = async (
    findings: readonly Partial<Finding>[],
    seen: Seen = {},
    differs: Partial<RunFacts> = {},
  ): Promise<string> => {
    const [page] = userPagesOf(
      await pagesOf(
        findings.map((finding) => aFinding({ subject: { kind: 'user', id: 'u1' }, ...finding })),
        differs,
        seen,
      ),
    );
    return wordsOf(page?.text ?? '');
  };

  const ADA = aUser({ firstName: 'Ada', lastName: 'Lovelace', emailAddress: 'ada@lovelace.example' });

  test('tell who it is, by what it has access, since when a finding stands and who waived it', async () => {
    const words = await usersWith(
      [
        { state: 'open', severity: 'HIGH', firstSeen: '2026-11-12T02:00:00.000Z', runs: 12 },
        {
          ruleId: 'super-user-api-access',
          state: 'waived',
          waiver: { reason: 'on leave', owner: 'o@x.example', approver: 'a@x.example', expires: '2027-01-31' },
        },
      ],
      { users: [ADA, aUser({ userId: 'u2' })] },
    );
    for (const text of [
      '1 of 400 users has findings of their own',
      'High Ada Lovelace u1 ada@lovelace.example 1 high, 1 waived',
      'Type APP_USER Status ENABLED API access DISABLED Last login 2026-11-23 02:00 UTC',
      'open High Stale login stale-login last login',
      '12 days, 12 runs since 2026-11-12',
      'Waived until 2027-01-31: on leave ; owner o@x.example , approved by a@x.example',
      'Permission groups and IAM roles were not read by this run.',
    ])
      expect(words).toContain(text);
    expect(words).not.toContain('u2');
  });

  test('tell groups and roles where the run has read them', async () => {
    const bound = { apiAccess: 'ENABLED', apiAccessPrincipalArn: aRoleArn('analyst') };
    const context = aContext({ ...soundFacts(), memberships: memberships({ u1: { g1: 'ManageUsersAndGroups' } }) });
    const seen = { users: [{ ...ADA, ...bound }, aUser({ userId: 'u2' })], context };
    const words = await usersWith([{}, { subject: { kind: 'user', id: 'u2' } }], seen);
    expect(words).toContain('Permission groups g1: ManageUsersAndGroups IAM role last used 2026-11-23');
    expect(words).toContain('Permission groups none that gives further access');
    expect(words).not.toContain('not read');
  });

  test('name nobody where the config has names off', async () => {
    const words = await usersWith([{}], { users: [ADA] }, { areNamesShown: false });
    expect(words).toContain('Medium u1 1 medium');
    expect(words).toContain('Names and e-mail addresses are turned off, by report in audit.yaml.');
    expect(words).not.toMatch(/ada|lovelace/i);
  });

  test('say of a user who is not there any more that it is not listed', async () => {
    expect(await usersWith([{ state: 'event', ruleId: 'vanished-user' }], { users: [] })).toContain(
      'u1 1 change Not listed this run did not see this user',
    );
  });

  test('tell of a user whose id is empty that there is none to be read', async () => {
    expect(await usersWith([{ subject: { kind: 'user', id: '' } }])).toContain('Medium (no readable id) 1 medium');
  });

  test('have nobody whose findings resolved, and no role and no environment', async () => {
    const words = await usersWith([
      { state: 'resolved' },
      { subject: { kind: 'principal', id: 'arn:p' } },
      { subject: { kind: 'environment', id: 'e' } },
    ]);
    expect(words).toContain('0 of 400 users have findings of their own');
    expect(words).not.toMatch(/u1|arn:p/);
    const withRole = [{ severity: 'HIGH', subject: { kind: 'principal', id: 'arn:p' } }, {}] as const;
    expect(await usersWith(withRole)).toContain('u1 1 medium');
  });

  test.each<{ readonly name: string; readonly report: Partial<Report>; readonly says: string }>([
    {
      name: 'that it is not complete',
      report: { verdict: 'INCOMPLETE', reason: 'deadline' },
      says: 'INCOMPLETE: not everything was seen (deadline).',
    },
    {
      name: 'that it was late',
      report: { late: true, listing: { startedAt: '2026-12-01T02:10:00.000Z', endedAt: '2026-12-01T02:20:00.000Z' } },
      says: 'LATE: listed 7 days after the night it stands for.',
    },
    {
      name: 'that its roster is attested',
      report: {
        source: { kind: 'roster', attestedBy: { name: 'Ada', statement: 'all', at: '2026-11-24T02:00:00.000Z' } },
      },
      says: 'ATTESTED, NOT SEEN: that the saved roster is the whole directory is the word of Ada',
    },
    {
      name: 'that its users are from elsewhere',
      report: {
        source: { kind: 'finspace', endpoint: 'https://one' },
        previousSource: { kind: 'finspace', endpoint: 'https://other' },
      },
      says: 'ANOTHER SOURCE: the users came from the FinSpace Data API at https://one;',
    },
    {
      name: 'that records differ',
      report: { counts: { ...aReport().counts, conflicting: 2 } },
      says: 'RECORDS DIFFER: of 2 users there were records that differ.',
    },
  ])('say of a run $name', async ({ report, says }) => {
    expect(await usersWith([{}], {}, { report: aReport(report) })).toContain(says);
  });

  test('say that groups and roles were not read, in full or in part', async () => {
    const enriched = {
      iamRoles: { principals: 3, read: 1, standIns: 1, unread: 1, reason: 'AccessDenied' },
      permissionGroups: { groups: 3, risky: 1, members: 7, unread: 'it took too long' },
    };
    expect(await usersWith([{}])).toContain('Permission groups and IAM roles were not read by this run.');
    const context = aContext({ memberships: memberships({}), roles: () => undefined });
    const words = await usersWith([{}], { context }, { report: aReport({ enriched }) });
    expect(words).not.toContain('were not read by this run');
    expect(words).toContain('1 NOT READ and not judged (AccessDenied)');
    expect(words).toContain('NOT READ IN FULL, so that nobody is judged by them (it took too long)');
  });

  test('say so where there was no time for them while the findings were read, though there was afterwards', async () => {
    const asked = [false];
    // Of nobody who is listed: to read those asks for the time, too.
    const words = await usersWith([{}], { users: [], hasTime: () => asked.pop() ?? true });
    expect(words).toContain('There was no time left to lay them out. Left out of these pages: 1 user');
  });

  test('say so where there was no time for them', async () => {
    const words = await usersWith(
      [{ severity: 'CRITICAL' }, { severity: 'LOW', subject: { kind: 'user', id: 'u2' } }],
      { users: [ADA], hasTime: false },
    );
    expect(words).toContain('There was no time left to lay them out.');
    expect(words).toContain('Left out of these pages: 1 user whose worst is critical, 1 user whose worst is low.');
    expect(words).not.toContain('Ada');
  });

  test('leave out the least bad, and say how bad those are', async () => {
    const findings = [
      ...high(MOST_USERS - 1, { severity: 'LOW' }),
      ...high(1, { subject: { kind: 'user', id: 'worst' }, severity: 'CRITICAL' }),
      ...high(1, { subject: { kind: 'user', id: 'one more' }, severity: 'LOW' }),
      ...high(2, { state: 'waived' }).map(
        (finding, n): Finding => ({ ...finding, subject: { kind: 'user', id: `waived ${n}` } }),
      ),
    ];
    const pages = userPagesOf(await pagesOf(findings));
    const ids = peopleOn(pages).map(({ id }) => id);
    expect(ids).toHaveLength(MOST_USERS);
    expect(ids[0]).toBe('worst');
    expect(ids).not.toContain('one more');
    const words = wordsOf(pages[0]?.text ?? '');
    expect(words).toContain(
      'Left out of these pages: 1 user whose worst is low, 2 users with changes and waived findings only.',
    );
    for (const [index, { text }] of pages.entries()) {
      if (index > 0) expect(text).toContain(`href="${index === 1 ? 'users.html' : `users-${index}.html`}"`);
      if (index > 0) expect(pages[0]?.text).toContain(`href="users-${index + 1}.html">page ${index + 1}`);
      expect(text.includes(`href="users-${index + 2}.html"`)).toBe(index === 0 || index + 1 < pages.length);
    }
  });

  test('stay below their bytes where evidence is long, and say what is not there', async () => {
    const long = '漢<'.repeat(5000);
    const evidence = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`${long}${n}`, long]));
    const findings = Array.from({ length: 450 }, (_, user) =>
      Array.from({ length: 6 }, (__, rule) =>
        aFinding({ ruleId: `r${rule}`, subject: { kind: 'user', id: `u${user}` }, message: long, evidence }),
      ),
    ).flat();
    const pages = userPagesOf(await pagesOf(findings));
    for (const { text } of pages) expect(Buffer.byteLength(text)).toBeLessThan(MOST_BYTES);
    expect(pages).toHaveLength(20);
    const shown = peopleOn(pages).length;
    expect(shown).toBeLessThan(450);
    expect(wordsOf(pages[0]?.text ?? '')).toContain(
      `Left out of these pages: ${450 - shown} users whose worst is medium.`,
    );
    expect(pages[0]?.text.match(/And \d+ further findings of this user/g)).not.toBeNull();
  });
});
