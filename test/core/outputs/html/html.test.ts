import { describe, expect, test } from '@jest/globals';
import { sha256Of } from '../../../../core/archive/staging.ts';
import { reportPage } from '../../../../core/outputs/html/html.ts';
import type { RunFacts } from '../../../../core/outputs/output.ts';
import type { Finding } from '../../../../rules/engine/finding.ts';
import { parseRecord } from '../../../../rules/engine/record.ts';
import { aFirstReport, aHighlight, aReport, counts } from '../../notify/digest/facts.ts';
import { someRunFacts, wordsOf } from './run-facts.ts';

const read = (differs: Partial<RunFacts> = {}): string => wordsOf(reportPage(someRunFacts(differs)));

test('the same facts give the same bytes', () => {
  expect(reportPage(someRunFacts())).toBe(reportPage(someRunFacts()));
});

test('the policy lets in the style and the script of the page itself, and nothing else', () => {
  const page = reportPage(someRunFacts());
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? '';
  const sourceOf = (element: string): string => {
    const text = new RegExp(`<${element}>(.*?)</${element}>`, 's').exec(page)?.[1] ?? '';
    return `&#39;sha256-${Buffer.from(sha256Of(text), 'hex').toString('base64')}&#39;`;
  };
  expect(policy.split('; ')).toEqual([
    'default-src &#39;none&#39;',
    `style-src ${sourceOf('style')}`,
    `script-src ${sourceOf('script')}`,
    'img-src data:',
    'base-uri &#39;none&#39;',
    'form-action &#39;none&#39;',
  ]);
  expect(page).not.toMatch(/<[^>]+ (?:style|on\w+)=/);
});

test('tells whose run it is, and its instant in both zones', () => {
  const words = read();
  for (const text of [
    'research',
    'environment vs57phhvijir4kv5rf6ywt',
    'account 123456789012',
    'us-east-1',
    '2026-11-24 02:00 UTC',
    '2026-11-23 21:00 America/New_York',
  ])
    expect(words).toContain(text);
});

test('says how roles and groups were read, where they are', () => {
  expect(read()).not.toContain('Roles');
  const enriched = {
    iamRoles: { principals: 3, read: 2, standIns: 0, unread: 1, reason: 'AccessDenied <b>' },
    permissionGroups: { groups: 3, risky: 1, members: 7 },
  };
  const words = read({ report: aReport({ enriched }) });
  expect(words).toContain('Roles 2 of 3 roles read; 1 NOT READ and not judged (AccessDenied &lt;b&gt;)');
  expect(words).toContain('Groups 3 groups, 1 that manage users or give credentials, with 7 memberships');
});

test('says before all else that the run is late and of another source', () => {
  const words = read({
    report: aReport({
      late: true,
      listing: { startedAt: '2026-12-01T02:10:00.000Z', endedAt: '2026-12-01T02:20:00.000Z' },
      source: { kind: 'parts', endpoint: 'https://elsewhere.example' },
      previousSource: { kind: 'archive', file: 'snapshots/<b>' },
    }),
  });
  const [, main = ''] = words.split('All runs');
  expect(main.trim()).toMatch(/^LATE: listed 7 days after the night it stands for\./);
  expect(main).toContain('the FinSpace Data API at https://elsewhere.example, in several invocations; those of run');
  expect(main).toContain('came from the snapshot snapshots/&lt;b&gt;.');
  expect(main.indexOf('ANOTHER SOURCE')).toBeLessThan(main.indexOf('Complete: the whole directory'));
  expect(main).toContain('from 2026-12-01 02:10 UTC to 2026-12-01 02:20 UTC');
});

describe('the verdict', () => {
  test.each([
    {
      name: 'complete',
      report: aReport(),
      title: 'research, 2026-11-24: FinSpace access audit',
      says: ['Complete: the whole directory was seen : 400 users on 4 pages.'],
    },
    {
      name: 'incomplete',
      report: aReport({
        verdict: 'INCOMPLETE',
        reason: 'deadline',
        message: 'page 3 <i>timed out</i>',
        findings: counts({}, { HIGH: 1 }),
      }),
      title: 'INCOMPLETE - research, 2026-11-24: FinSpace access audit',
      says: [
        'INCOMPLETE: not everything was seen Nothing here is to be read as fixed',
        'Reason deadline What happened page 3 &lt;i&gt;timed out&lt;/i&gt; Seen 400 users on 4 pages',
        'how many is unknown',
        'Among what was seen, 1 finding : 1 high. How many there are beyond that is unknown.',
        'This run is not complete and is not in it.',
      ],
    },
    {
      name: 'failed',
      report: aReport({
        verdict: 'FAILED',
        reason: 'access-denied',
        counts: { users: 0, pages: 0, duplicates: 0, requests: 1, throttled: 0, retries: 0 },
      }),
      title: 'FAILED - research, 2026-11-24: FinSpace access audit',
      says: [
        'FAILED: nothing was judged',
        'Seen no user Not seen the users that the service refused',
        'Nobody was seen : nothing is known of any finding.',
        'Critical ? nobody was seen',
      ],
    },
  ])('$name', ({ report, title, says }) => {
    const page = reportPage(someRunFacts({ report }));
    expect(page).toContain(`<title>${title}</title>`);
    expect(page).toContain(`<body class="${report.verdict.toLowerCase()}">`);
    // Every printed sheet bears it.
    expect(page).toContain(`@top-right { content: "${report.verdict} - vs57phhvijir4kv5rf6ywt - `);
    for (const text of says) expect(wordsOf(page)).toContain(text);
    if (report.verdict !== 'COMPLETE') expect(wordsOf(page)).not.toContain('Complete:');
  });
});

describe('the tiles', () => {
  const trend = [
    ['20261123T020000Z', 1, 5, 2, 0, 0],
    ['20261124T020000Z', 1, 7, 0, 0, 0],
  ] as const;
  const findings = counts({ waived: 3 }, { CRITICAL: 1, HIGH: 7 });
  test.each([
    {
      name: 'the change since the last complete run',
      report: aReport({ findings, trend }),
      tiles: 'Critical 1 no change High 7 ▲ 2 more Medium 0 ▼ 2 fewer',
    },
    { name: 'a first run', report: aFirstReport({ findings }), tiles: 'Critical 1 first audit High 7 first audit' },
    {
      name: 'an earlier run of which the counts are lost',
      report: aReport({ findings, trend: trend.slice(1) }),
      tiles: 'Critical 1 change unknown',
    },
    {
      name: 'a part of the directory',
      report: aReport({ findings, trend, verdict: 'INCOMPLETE', reason: 'deadline' }),
      tiles: 'Critical 1 of what was seen',
    },
  ])('$name', ({ report, tiles }) => {
    const words = read({ report });
    expect(words).toContain(tiles);
    expect(words).toContain('Waived 3 accepted');
  });
});

describe('the head', () => {
  const placeOf = (page: string, text: string) => page.indexOf(text);
  test.each([
    { verdict: 'COMPLETE' as const, first: 'class="card result critical"', second: 'class="coverage part-judged"' },
    { verdict: 'INCOMPLETE' as const, first: 'class="card verdict"', second: 'class="short"' },
  ])('of a run that is $verdict says first what is more alarming', ({ verdict, first, second }) => {
    const findings = counts({ open: 77 }, { CRITICAL: 7, LOW: 70 });
    const page = reportPage(someRunFacts({ report: aReport({ verdict, findings }) }));
    expect(placeOf(page, first)).toBeGreaterThan(0);
    expect(placeOf(page, second)).toBeGreaterThan(placeOf(page, first));
  });

  const rule = { id: 'stale-login', severity: 'MEDIUM', state: 'ran', checked: 1, failed: 0, notAssessed: 0 } as const;
  test.each([
    { name: 'every rule judged', rules: [rule], tick: 'whole-seen' },
    { name: 'a rule is off', rules: [rule, { ...rule, state: 'off' as const }], tick: 'part-judged' },
    { name: 'one had no answer for everybody', rules: [{ ...rule, notAssessed: 1 }], tick: 'part-judged' },
  ])('has its tick only where all was judged: $name', ({ rules, tick }) => {
    expect(reportPage(someRunFacts({ report: aReport({ rules }) }))).toContain(`class="coverage ${tick}"`);
  });
});

describe('a finding', () => {
  const shown = (...findings: readonly Partial<Finding>[]) =>
    read({ highlights: [aHighlight(findings[0]?.state === 'waived' ? 'waived' : 'open', ...findings)] });

  test.each<{ name: string; finding: Partial<Finding>; says: string }>([
    {
      name: 'its subject, evidence and age',
      finding: {
        firstSeen: '2026-11-12T02:00:00.000Z',
        runs: 12,
        evidence: { status: 'ENABLED', lastLoginTime: Date.parse('2026-08-25T01:00:00Z') },
      },
      says: 'open 01USER last login 91 days ago; at most 90 allowed status ENABLED lastLoginTime 1787619600000 (2026-08-25) 12 days, 12 runs since 2026-11-12',
    },
    {
      name: 'its waiver',
      finding: {
        state: 'waived',
        waiver: {
          reason: 'on leave',
          ticket: 'SEC-1',
          owner: 'o@example.com',
          approver: 'a@example.com',
          expires: '2027-01-31',
        },
      },
      says: 'Waived until 2027-01-31: on leave ( SEC-1 ); owner o@example.com , approved by a@example.com',
    },
    { name: 'that it was carried', finding: { carried: true }, says: 'Could not be assessed this time' },
    {
      name: 'that it was raised',
      finding: { escalatedFrom: 'MEDIUM', severity: 'HIGH' },
      says: 'Raised from Medium to High',
    },
    {
      name: 'a long value, cut',
      finding: { evidence: { userIds: Array.from({ length: 10_000 }, (_, n) => `u${n}`) } },
      says: 'userIds [&quot;u0&quot;,&quot;u1&quot;',
    },
    {
      name: 'no date beside a number that is no time',
      finding: { evidence: { count: 1_787_619_600_000, lastLoginTime: 0 } },
      says: 'count 1787619600000 lastLoginTime 0 0 days',
    },
    {
      name: 'as many values as there is room for, and how many more there are',
      finding: { evidence: Object.fromEntries(Array.from({ length: 18 }, (_, n) => [`v${n}`, n])) },
      says: 'v14 14 v15 15 and 2 more',
    },
    {
      name: 'all values where there is room',
      finding: { evidence: Object.fromEntries(Array.from({ length: 16 }, (_, n) => [`v${n}`, n])) },
      says: 'v15 15 0 days',
    },
    { name: 'that no id can be read', finding: { subject: { kind: 'user', id: '' } }, says: 'open (no readable id)' },
    {
      name: 'days that are over',
      finding: { firstSeen: '2026-11-22T02:00:00.001Z', runs: 2 },
      says: '1 day, 2 runs since 2026-11-22',
    },
    {
      name: 'no days before it was seen',
      finding: { firstSeen: '2026-11-25T02:00:00.000Z' },
      says: '0 days, 1 run since 2026-11-25',
    },
    {
      name: 'the day of a change, which has no age',
      finding: { state: 'event', firstSeen: '2026-11-24T02:00:00.000Z' },
      says: 'at most 90 allowed 2026-11-24',
    },
    {
      name: 'that its subject is the environment',
      finding: { subject: { kind: 'environment', id: 'e' } },
      says: 'open the environment last login',
    },
  ])('tells $name', ({ finding, says }) => {
    expect(shown(finding)).toContain(says);
  });

  test.each([
    {
      name: 'a name',
      evidence: { firstName: 'Ada', lastName: 'Lovelace' },
      says: 'firstName [not shown] lastName [not',
    },
    { name: 'an address', evidence: { emailAddress: 'ada@lovelace' }, says: 'emailAddress [not shown]' },
    {
      name: 'names within',
      evidence: { sameName: { firstName: 'Ada', lastName: 'Lovelace', userCount: 2 } },
      says: '{&quot;firstName&quot;:&quot;[not shown]&quot;,&quot;lastName&quot;:&quot;[not shown]&quot;,&quot;userCount&quot;:2}',
    },
    {
      name: 'names, and all else as it is',
      evidence: { lastName: 'Lovelace', values: [3, { at: null }] },
      says: 'values [3,{&quot;at&quot;:null}]',
    },
    {
      name: 'names, and all digits of numbers',
      evidence: Object(parseRecord('{"lastName":"Lovelace","of":12345678901234567890,"in":[1.0,{"n":1e999}]}')),
      says: 'of 12345678901234567890 in [1.0,{&quot;n&quot;:1e999}]',
    },
    { name: 'an address under another name', evidence: { counted: 'by ada@lovelace' }, says: 'counted by [e-mail]' },
    { name: 'addresses in a list', evidence: { group: ['ada@lovelace', 3] }, says: 'group [e-mail]' },
  ])('does not tell $name where the config has names off', ({ evidence, says }) => {
    const highlights = [aHighlight('open', { evidence, message: 'like Lovelace ada@lovelace' })];
    expect(read({ highlights })).toContain('like Lovelace ada@lovelace');
    expect(read({ highlights })).not.toMatch(/\[not shown\]|\[e-mail\]/);
    const words = read({ highlights, areNamesShown: false });
    expect(words).toContain(says);
    expect(words).toContain('like Lovelace [e-mail]');
    expect(words).not.toMatch(/Ada|ada@/);
  });

  test('stands under its rule, with why and what to do', () => {
    const words = shown({});
    expect(words).toContain(
      'Stale login: 1 1 open Required: Users have logged in recently stale-login Why it matters An account',
    );
    expect(words).toContain('NIST SP 800-53 r5 AC-2(3)');
  });

  test('of a rule that has left the catalogue is shown, too', () => {
    expect(shown({ ruleId: 'old-rule' })).toContain('Old rule: 1 1 open A rule that has left the catalogue old-rule');
  });

  test.each([
    { name: 'a tag', text: '<script>alert(1)</script>' },
    { name: 'an attribute', text: '"><img src=x onerror=alert(1)>' },
    { name: 'the end of the style', text: '</style><script>x</script>' },
    { name: 'a line separator', text: 'a\u2028b' },
    { name: 'half a surrogate pair', text: '\udc00' },
  ])('whose every text is $name adds no markup', ({ text }) => {
    const tagsOf = (page: string) => page.replaceAll(/>[^<]*/g, '>').replaceAll(/="[^"]*"/g, '');
    const pageOf = (foreignText: string) =>
      reportPage(
        someRunFacts({
          environmentName: foreignText,
          report: aReport({
            verdict: 'INCOMPLETE',
            reason: 'validation',
            message: foreignText,
            waiverTroubles: [{ kind: 'unused', rule: foreignText, user: foreignText, expires: foreignText }],
          }),
          highlights: [
            aHighlight('waived', {
              subject: { kind: 'user', id: foreignText },
              ruleId: foreignText,
              message: foreignText,
              evidence: { [foreignText]: foreignText, list: [foreignText] },
              controls: [foreignText],
              waiver: {
                reason: foreignText,
                ticket: foreignText,
                owner: foreignText,
                approver: foreignText,
                expires: foreignText,
              },
            }),
          ],
        }),
      );
    expect(tagsOf(pageOf(text))).toBe(tagsOf(pageOf('harmless')));
    expect(pageOf(text).isWellFormed()).toBe(true);
  });
});

test('a finding that was regrouped says where to', () => {
  const highlights = [aHighlight('resolved', { cause: 'regrouped', regroupedTo: '<00USER>' })];
  expect(reportPage(someRunFacts({ highlights }))).toContain('Resolved: the group still fails, under &lt;00USER&gt;');
});

describe('more findings than a page holds', () => {
  const many = (count: number, differs: Partial<Finding> = {}) => ({
    ...aHighlight(
      'open',
      ...Array.from({ length: Math.min(count, 100) }, (_, n) => ({
        subject: { kind: 'user' as const, id: `u${n}` },
        ...differs,
      })),
    ),
    count,
    severities: { [differs.severity ?? 'MEDIUM']: count },
  });

  test.each([
    { count: 40, rest: undefined },
    { count: 41, rest: 'And 1 further finding of this rule and severity. findings.csv beside this page has them all.' },
    { count: 9000, rest: 'And 8,960 further findings of this rule and severity.' },
  ])('of $count the first are shown and the rest is told', ({ count, rest }) => {
    const words = read({ highlights: [many(count)] });
    expect(words.match(/at most 90 allowed/g)).toHaveLength(40);
    if (rest === undefined) expect(words).not.toContain('of this rule and severity.');
    else expect(words).toContain(rest);
  });

  test('whatever their texts, the page stays below 2 MB and tells what it left out', () => {
    const long = '漢<'.repeat(5000);
    const evidence = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`${long}${n}`, long]));
    const highlights = someRunFacts().rules.map(({ rule }) => many(100, { ruleId: rule.id, message: long, evidence }));
    const page = reportPage(someRunFacts({ highlights }));
    expect(Buffer.byteLength(page)).toBeLessThan(2_000_000);
    expect(wordsOf(page)).toContain('And 100 further findings of this rule and severity.');
    for (const { rule } of someRunFacts().rules) expect(page).toContain(`id="rule-${rule.id}-medium"`);
  });
});

describe('what was assessed', () => {
  const outcome = {
    id: 'stale-login',
    severity: 'MEDIUM' as const,
    state: 'ran' as const,
    checked: 10,
    failed: 0,
    notAssessed: 0,
  };
  test.each([
    { name: 'ran', rule: outcome, row: 'stale-login maxDays: 90; privilegedMaxDays: 45 Medium ran 10 0 0' },
    {
      name: 'lacked answers',
      rule: { ...outcome, notAssessed: 2, reason: 'lastLoginTime is unusable' },
      row: 'stale-login maxDays: 90; privilegedMaxDays: 45 Medium ran 10 0 2 lastLoginTime is unusable',
    },
    {
      name: 'is off',
      rule: { ...outcome, state: 'off' as const, checked: 0, reason: 'switched off in the config' },
      row: 'stale-login maxDays: 90; privilegedMaxDays: 45 Medium off 0 0 0 switched off in the config',
    },
    {
      name: 'broke',
      rule: { ...outcome, state: 'not-assessed' as const, checked: 0, notAssessed: 1, error: 'TypeError: x' },
      row: 'stale-login maxDays: 90; privilegedMaxDays: 45 Medium not assessed 0 0 1 it failed: TypeError: x',
    },
  ])('a rule that $name', ({ rule, row }) => {
    const facts = someRunFacts();
    const only = facts.rules.filter(({ rule: { id } }) => id === 'stale-login');
    const words = read({ report: aReport({ rules: [rule] }), rules: only });
    expect(words).toContain(row);
  });

  test.each([
    { failed: 0, tone: 'ran' },
    { failed: 1, tone: 'failing' },
  ])('that a rule ran is $tone where it fails $failed', ({ failed, tone }) => {
    const page = reportPage(someRunFacts({ report: aReport({ rules: [{ ...outcome, failed }] }) }));
    expect(page).toContain(`<span class="tag ${tone}">ran</span>`);
  });
});

test('tells which accounts were trusted, the own first', () => {
  expect(read({ trustedAccounts: ['999999999999', '123456789012'] })).toContain(
    'Accounts whose roles are trusted 123456789012, 999999999999 Rules, SHA-256',
  );
});

test('tells what the report stands on, and that its own hash stands in the manifest', () => {
  const facts = someRunFacts();
  const words = read();
  for (const { label, object } of facts.evidence) {
    expect(words).toContain(label);
    expect(words).toContain(object.key);
    expect(words).toContain(object.sha256);
  }
  for (const hash of Object.values(facts.hashes)) expect(words).toContain(hash);
  expect(words).toContain(
    'This run&#39;s manifest manifests/environment=vs57phhvijir4kv5rf6ywt/dt=2026-11-24/20261124T020000Z.json written after this page',
  );
});

test('tells of the last complete run before, and of other code, where there is such', () => {
  const words = read();
  for (const text of ['Manifest of the last', 'Code ', 'other code']) expect(words).not.toContain(text);
  const last = { key: 'manifests/before.json', sha256: 'e'.repeat(64) } as NonNullable<RunFacts['last']>;
  const code = { version: '1.2.0', sha256: 'ab'.repeat(32) };
  expect(read({ last })).toContain(`Manifest of the last complete run before ${last.key} ${last.sha256}`);
  expect(read({ report: aReport({ code }) })).toMatch(/Code 1\.2\.0, SHA-256 (?:ab){32} Written by/);
  const previousCode = { version: '1.1.0', sha256: 'cd'.repeat(32) };
  expect(read({ report: aReport({ code, previousCode }) })).toContain(
    `other code than that of run 20261123T020000Z: 1.1.0, ${previousCode.sha256}`,
  );
});

describe('the trend', () => {
  const CUT = 'There is no earlier trend : the report of run 20261123T020000Z carries none.';
  test.each([
    { name: 'has the run before', report: aReport({ trend: [['20261123T020000Z', 0, 0, 0, 0, 0]] }), isCut: false },
    {
      name: 'has it among others',
      report: aReport({
        trend: [
          ['20261123T020000Z', 0, 0, 0, 0, 0],
          ['20261124T020000Z', 0, 0, 0, 0, 0],
        ],
      }),
      isCut: false,
    },
    { name: 'lacks it', report: aReport({ trend: [['20261124T020000Z', 0, 0, 0, 0, 0]] }), isCut: true },
    { name: 'of a first run lacks nothing', report: aFirstReport({ trend: [] }), isCut: false },
  ])('$name', ({ report, isCut }) => {
    expect(read({ report }).includes(CUT)).toBe(isCut);
    expect(read({ report })).not.toContain('not complete and is not in it');
  });
});

test('goes by the name of its environment, else by its id', () => {
  expect(reportPage(someRunFacts())).toContain('<h1><bdi>research</bdi></h1>');
  const page = reportPage(someRunFacts({ environmentName: undefined }));
  expect(page).toContain('<title>vs57phhvijir4kv5rf6ywt, 2026-11-24: FinSpace access audit</title>');
  expect(page).toContain('<h1><bdi>vs57phhvijir4kv5rf6ywt</bdi></h1>');
});

test('leads to the pages that show it in another way where they are', () => {
  expect(reportPage(someRunFacts())).not.toContain('<a href="users.html">');
  expect(reportPage(someRunFacts(), undefined, true)).toContain(
    '<a href="users.html">By user</a><a href="controls.html">By control</a>',
  );
});

test.each([
  { verdict: 'COMPLETE' as const, href: '../../index.html' },
  { verdict: 'INCOMPLETE' as const, href: '../../../../reports/environment=vs57phhvijir4kv5rf6ywt/index.html' },
])('a report that is $verdict links to the page of all runs', ({ verdict, href }) => {
  expect(reportPage(someRunFacts({ report: aReport({ verdict }) }))).toContain(`href="${href}"`);
});
