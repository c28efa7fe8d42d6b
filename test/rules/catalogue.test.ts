import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { cataloguePage } from '../../rules/engine/catalogue-page.ts';
import { FRAMEWORKS } from '../../rules/engine/controls.ts';
import type { Options, Rule } from '../../rules/engine/rule.ts';
import { rules } from '../../rules/index.ts';
import { NAMED, oneEach, record } from '../support/awkward-records.ts';
import { anApiUser, aUser, daysAgo, hoursAgo } from '../support/builders.ts';
import { expectMailable, judge } from '../support/rule-tester.ts';

const filesOf = (folder: string, end: string): readonly string[] =>
  readdirSync(new URL(folder, import.meta.url))
    .filter((name) => name.endsWith(end))
    .map((name) => name.slice(0, -end.length))
    .toSorted();

const ids = rules.map(({ id }) => id);
const judging = rules.filter(({ kind }) => kind !== 'unavailable');
const optionsOf = (rule: Rule): Options => (rule.kind === 'unavailable' ? {} : rule.options);

// Columns: NIST 800-53 r5, CIS v8.1, ISO 27001:2022, SOC 2, PCI DSS 4.0.1, NYDFS 500.7.
const CONTROLS = `
super-user-api-access, promoted-to-super-user, new-super-user | AC-6, AC-6(5), AC-6(7) | 5.4 | A.8.2 | CC6.1 | 7.2.5 | (a)(2), (a)(3)
effective-super-user, self-service-credentials | AC-6, AC-6(5), AC-6(7) | 5.4 | A.8.2 | CC6.1 | | (a)(2)
stale-login | AC-2(3) | 5.3 | A.5.18 | CC6.2 | 8.2.6 | (a)(4)
never-logged-in | AC-2(3) | 5.1, 5.3 | A.5.18 | CC6.2 | 8.2.6 | (a)(4)
principal-outside-account, principal-trusts-outsiders | AC-3, AC-6, AC-20 | | A.5.15 | CC6.1 | | (a)(1)
principal-not-a-role | AC-3, IA-2, IA-5 | | A.5.15 | CC6.1 | |
api-access-without-principal, leftover-principal | AC-2, IA-4 | | A.5.18 | CC6.2 | |
shared-principal | IA-2, IA-4, AC-2 | | A.5.16 | CC6.1 | 8.2.1, 8.2.2 |
disabled-user-api-access | AC-2(3), PS-4 | 6.2 | A.5.18 | CC6.2 | 8.2.5 | (a)(6)
stuck-creating | AC-2 | 6.1 | A.5.16 | | |
email-domain | AC-2, IA-4 | | A.5.16 | | 8.2.7 |
shared-mailbox | IA-2, IA-2(5), IA-4 | 5.1 | A.5.16 | | 8.2.2 |
duplicate-person | IA-4 | | A.5.16 | | 8.2.1 |
too-many-super-users | AC-6(5) | 5.4 | A.8.2 | | | (a)(2)
too-few-super-users | | | | | |
api-access-granted, principal-changed, re-enabled, vanished-user | AC-2(4), AU-6 | 6.1 | A.5.18 | | 8.2.4 | (c)
principal-missing, recreated-principal | AC-2(3), AC-3, IA-4 | | A.5.16 | | |
long-disabled | AC-2 | 6.2 | A.5.18 | | |
inconsistent-timestamps, unrecognised-value | AU-8, SI-10 | | | | |
end-of-support | SA-22 | | | | |
`;

const listed = (cell: string): readonly string[] =>
  cell
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');

const expectedControls = new Map(
  CONTROLS.trim()
    .split('\n')
    .flatMap((line) => {
      const [owners = '', ...columns] = line.split('|');
      const frameworks = Object.keys(FRAMEWORKS);
      const clauses = columns.flatMap((cell, place) =>
        listed(cell).map((clause) => `${frameworks[place]}:${clause}`),
      );
      return listed(owners).map((id) => [id, clauses] as const);
    }),
);

const SEVERITIES: Readonly<Record<string, string>> = {
  'super-user-api-access': 'HIGH',
  'stale-login': 'MEDIUM',
  'never-logged-in': 'MEDIUM',
  'principal-outside-account': 'CRITICAL',
  'principal-not-a-role': 'HIGH',
  'api-access-without-principal': 'MEDIUM',
  'leftover-principal': 'LOW',
  'disabled-user-api-access': 'MEDIUM',
  'stuck-creating': 'LOW',
  'email-domain': 'MEDIUM',
  'shared-mailbox': 'MEDIUM',
  'long-disabled': 'INFORMATIONAL',
  'inconsistent-timestamps': 'LOW',
  'unrecognised-value': 'MEDIUM',
  'shared-principal': 'HIGH',
  'too-many-super-users': 'MEDIUM',
  'too-few-super-users': 'INFORMATIONAL',
  'duplicate-person': 'LOW',
  'promoted-to-super-user': 'HIGH',
  'new-super-user': 'HIGH',
  'api-access-granted': 'MEDIUM',
  'principal-changed': 'HIGH',
  're-enabled': 'MEDIUM',
  'vanished-user': 'HIGH',
  'effective-super-user': 'HIGH',
  'self-service-credentials': 'MEDIUM',
  'principal-missing': 'HIGH',
  'principal-trusts-outsiders': 'HIGH',
  'recreated-principal': 'HIGH',
  'end-of-support': 'INFORMATIONAL',
};

const DEFAULTS: Readonly<Record<string, Options>> = {
  'stale-login': { maxDays: 90, privilegedMaxDays: 45 },
  'never-logged-in': { maxDays: 45 },
  'principal-outside-account': { trustedAccounts: [] },
  'stuck-creating': { maxHours: 24 },
  'email-domain': { allowedDomains: [] },
  'shared-mailbox': {
    names:
      'admin administrator root ops operations support helpdesk team info noreply no-reply service svc system test shared'.split(
        ' ',
      ),
  },
  'long-disabled': { maxDays: 365 },
  'too-many-super-users': { max: 3 },
  'too-few-super-users': { min: 2 },
};

describe('the catalogue', () => {
  test('has a file a rule, named by its id', async () => {
    expect(filesOf('../../rules/', '.ts')).toEqual([...ids, 'index'].toSorted());
    const loaded = await Promise.all(ids.map((id) => import(`../../rules/${id}.ts`)));
    expect(loaded.map((file: { default: Rule }) => file.default)).toEqual(rules);
  });

  test('has a test a judging rule, named by its id', () => {
    expect(filesOf('./', '.test.ts')).toEqual([...judging.map(({ id }) => id), 'catalogue'].toSorted());
  });

  test('is listed in the order of its page, which is up to date', () => {
    expect(ids).toEqual(Object.keys(SEVERITIES));
    const page = readFileSync(new URL('../../rules/README.md', import.meta.url), 'utf8');
    expect(page).toBe(cataloguePage(rules));
  });

  test('lists rules whose data is not read as such', () => {
    expect(rules.filter(({ kind }) => kind === 'unavailable').map(({ id }) => id)).toEqual([
      'effective-super-user',
      'self-service-credentials',
      'principal-missing',
      'principal-trusts-outsiders',
      'recreated-principal',
    ]);
    const { outcomes } = judge(rules, { users: [aUser()] });
    expect(outcomes.filter(({ state }) => state === 'off').map(({ reason }) => reason)).toEqual(
      rules.flatMap((rule) => (rule.kind === 'unavailable' ? [`its data is not read: ${rule.needs}`] : [])),
    );
  });

  test('names every control of its rules, and no other rule', () => {
    expect([...expectedControls.keys()].toSorted()).toEqual(ids.toSorted());
  });
});

describe.each(rules.map((rule) => ({ rule, id: rule.id })))('$id', ({ rule, id }) => {
  test('is named as rules are', () => {
    expect(id).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
    expect(ids.filter((other) => other === id)).toEqual([id]);
  });

  test('is worded as rules are', () => {
    const phrase = /^\S(?:.*[^.\s])?$/;
    const sentences = /^[A-Z].*[^.\s]\.$/;
    expect(rule.title).toMatch(/^[A-Z]/);
    expect(rule.title).toMatch(phrase);
    expect(rule.failsWhen).toMatch(phrase);
    expect(rule.severityNote ?? '`').toMatch(/^`/);
    expect(rule.severityNote ?? 'none').toMatch(phrase);
    expect(rule.rationale).toMatch(sentences);
    expect(rule.remediation).toMatch(sentences);
    expect(rule.kind === 'unavailable' ? rule.needs : 'nothing').toMatch(phrase);
  });

  test('tells of every option in its condition', () => {
    const missing = Object.keys(optionsOf(rule)).filter(
      (option) => !rule.failsWhen.includes(`\`${option}\``),
    );
    expect(missing).toEqual([]);
  });

  test('has the severity and the defaults of the catalogue', () => {
    expect(rule.severity).toBe(SEVERITIES[id]);
    expect(optionsOf(rule)).toEqual(DEFAULTS[id] ?? {});
  });

  test('gives evidence for the controls of the catalogue', () => {
    expect(rule.controls).toEqual(expectedControls.get(id));
  });
});

const optionsFor = (id: string): Options =>
  id === 'email-domain' ? { allowedDomains: ['quagmire.example'] } : {};
const IN_SUPPORT = { now: Date.UTC(2026, 9, 1) };

test.each(judging.map((rule) => ({ rule, id: rule.id })))(
  '$id has nothing against compliant users',
  ({ rule, id }) => {
    const users = [
      aUser(),
      anApiUser({ userId: 'u2' }),
      aUser({ userId: 'u3', status: 'DISABLED', lastDisabledTime: daysAgo(30) }),
      aUser({
        userId: 'u4',
        status: 'CREATING',
        createTime: hoursAgo(1),
        lastEnabledTime: 0,
        lastLoginTime: 0,
      }),
      aUser({ userId: 's1', type: 'SUPER_USER' }),
      aUser({ userId: 's2', type: 'SUPER_USER' }),
    ];
    const { failures, reasons, outcomes } = judge([rule], {
      users,
      earlierUsers: users,
      options: optionsFor(id),
      ...(id === 'end-of-support' && { context: IN_SUPPORT }),
    });
    expect([...failures.keys()]).toEqual([]);
    expect(reasons).toEqual({});
    expect(outcomes).toMatchObject([{ state: 'ran', failed: 0, notAssessed: 0 }]);
  },
);

// Every rule has something to say of these, so that no draw of records leaves one unheard.
const TELLING = [1, 2, 3, 4].map((n) => ({ userId: `s${n}`, type: 'SUPER_USER', status: 'ENABLED' }));

test.each(judging.map((rule) => ({ rule, id: rule.id })))(
  '$id judges whatever is listed, and tells nobody who',
  ({ rule, id }) => {
    const told = new Set<string>();
    fc.assert(
      fc.property(fc.array(record), fc.array(record), (earlierUsers, users) => {
        const judged = judge([rule], { users: oneEach(users), earlierUsers, options: optionsFor(id) });
        expect(judged.outcomes.map(({ error }) => error)).toEqual([undefined]);
        const messages = [...judged.failures.values()].map(({ violation }) => violation.message);
        for (const message of [...messages, ...Object.values(judged.reasons)]) told.add(message);
        // Evidence is archived as JSON.
        expect(() =>
          JSON.stringify([...judged.failures.values()].map(({ violation }) => violation.evidence)),
        ).not.toThrow();
      }),
      { numRuns: 200, examples: [[[], TELLING]] },
    );
    for (const message of told) expectMailable(message, NAMED);
    expect(told.size).toBeGreaterThan(0);
  },
);
