import { describe, expect, test } from '@jest/globals';
import type { ListingSource } from '../../../core/model/listing.ts';
import type { EnrichedCounts } from '../../../core/model/report.ts';
import {
  attestedText,
  besideTexts,
  brokeText,
  causeText,
  countedHighlights,
  faultText,
  forewords,
  lateText,
  messageLine,
  reservations,
  seenText,
  sourceText,
} from '../../../core/model/words.ts';
import type { Subject } from '../../../rules/engine/rule.ts';
import { aRoleArn } from '../../support/builders.ts';
import { aReport } from '../notify/digest/facts.ts';

describe('how facts beside the listing were read', () => {
  const none = { principals: 0, read: 0, standIns: 0, unread: 0 };
  test.each<{ name: string; enriched?: EnrichedCounts; texts: readonly (readonly [string, string])[] }>([
    { name: 'nobody asked', texts: [] },
    {
      name: 'there was nothing to read',
      enriched: { iamRoles: none, permissionGroups: { groups: 0, risky: 0, members: 0 } },
      texts: [
        ['Roles', 'no role of an own or trusted account stands on anybody'],
        ['Groups', '0 groups, 0 that manage users or give credentials, with 0 memberships'],
      ],
    },
    {
      name: 'all were read',
      enriched: {
        iamRoles: { ...none, principals: 1, read: 1 },
        permissionGroups: { groups: 12, risky: 1, members: 1500 },
      },
      texts: [
        ['Roles', '1 of 1 role read'],
        ['Groups', '12 groups, 1 that manage users or give credentials, with 1,500 memberships'],
      ],
    },
    {
      name: 'some stood in, and some were not read',
      enriched: {
        iamRoles: {
          principals: 10,
          read: 4,
          standIns: 2,
          standInsFrom: '2026-11-20T02:00:00.000Z',
          unread: 4,
          reason: 'iam:GetRole failed: AccessDenied (403)',
          otherReasons: 1,
        },
        permissionGroups: { groups: 3, risky: 1, members: 7, unread: 'ListPermissionGroups was cut' },
      },
      texts: [
        [
          'Roles',
          '4 of 10 roles read; 2 judged by an earlier answer, the oldest of 2026-11-20; 4 NOT READ and not judged (iam:GetRole failed: AccessDenied (403), 1 of them for another reason)',
        ],
        ['Groups', 'NOT READ IN FULL, so that nobody is judged by them (ListPermissionGroups was cut)'],
      ],
    },
    {
      name: 'all for one reason were not',
      enriched: { iamRoles: { principals: 2, read: 0, standIns: 0, unread: 2, reason: 'cut' } },
      texts: [['Roles', '0 of 2 roles read; 2 NOT READ and not judged (cut)']],
    },
    {
      name: 'an older version did not count reasons',
      enriched: { iamRoles: { principals: 2, read: 0, standIns: 0, unread: 2 } },
      texts: [['Roles', '0 of 2 roles read; 2 NOT READ and not judged']],
    },
  ])('is told where $name', ({ enriched, texts }) => {
    expect(besideTexts(enriched === undefined ? {} : { enriched })).toEqual(texts);
  });
});

test.each([
  { kind: 'new', count: 3, text: '3 new' },
  { kind: 'event', count: 1, text: '1 change' },
  { kind: 'event', count: 2, text: '2 changes' },
] as const)('$count of kind $kind', ({ kind, count, text }) => {
  expect(countedHighlights(kind, count)).toBe(text);
});

test.each([
  { given: {}, text: 'fixed' },
  { given: { cause: 'user-disabled' }, text: 'a user that it is about was disabled' },
  { given: { cause: 'regrouped', regroupedTo: 'ann@b.co' }, text: 'the group still fails, under [e-mail]' },
] as const)('the cause of an end is told: $text', ({ given, text }) => {
  expect(causeText(given)).toBe(text);
});

test.each<{ brokeOn?: Subject; text: string }>([
  { text: 'it failed' },
  { brokeOn: { kind: 'environment', id: 'abc' }, text: 'it failed on the environment' },
  { brokeOn: { kind: 'user', id: 'u1' }, text: 'it failed on user u1' },
  { brokeOn: { kind: 'user', id: 'x'.repeat(121) }, text: `it failed on user ${'x'.repeat(117)}...` },
  { brokeOn: { kind: 'principal', id: aRoleArn() }, text: `it failed on principal ${aRoleArn()}` },
  { brokeOn: { kind: 'principal', id: 'Zebulon Quagmire' }, text: 'it failed on a principal that is no role ARN' },
])('a rule that broke is told, and nobody is named: $text', ({ text, ...outcome }) => {
  expect(brokeText(outcome)).toBe(text);
});

test.each([
  { id: 'stale-login', fault: undefined, text: 'Stale login' },
  { id: 'api-access-api', fault: undefined, text: 'API access API' },
  { id: 'apiary-no', fault: undefined, text: 'Apiary no' },
  { id: 'stale-login', fault: 'Idle users', text: 'Idle users' },
])('the fault of $id is $text', ({ id, fault, text }) => {
  expect(faultText(id, fault)).toBe(text);
});

describe('how much a listing gave', () => {
  const counts = { users: 1, pages: 2, duplicates: 0, requests: 1, throttled: 0, retries: 0 };
  test.each([
    { differs: {}, text: '1 user on 2 pages' },
    { differs: { conflicting: 0 }, text: '1 user on 2 pages' },
    { differs: { duplicates: 1 }, text: '1 user on 2 pages; 1 repeated record left out' },
    {
      differs: { duplicates: 2, conflicting: 1 },
      text: '1 user on 2 pages; 2 repeated records left out; 1 user with records that differ, judged by the worst',
    },
  ])('is told: $text', ({ differs, text }) => {
    expect(seenText({ ...counts, ...differs })).toBe(text);
  });
});

const AS_OF = '2026-11-24T02:00:00.000Z';

describe('how late a listing was', () => {
  const listedAt = (startedAt: string) => ({ startedAt, endedAt: startedAt });
  test.each([
    { startedAt: '2026-11-24T02:59:59.999Z', text: '59 minutes' },
    { startedAt: '2026-11-24T03:59:59.000Z', text: '119 minutes' },
    { startedAt: '2026-11-24T04:00:00.000Z', text: '2 hours' },
    { startedAt: '2026-11-26T01:59:59.000Z', text: '47 hours' },
    { startedAt: '2026-11-26T02:00:00.000Z', text: '2 days' },
    { startedAt: '2026-12-01T01:00:00.000Z', text: '6 days' },
  ])('is told: $text', ({ startedAt, text }) => {
    expect(lateText(AS_OF, listedAt(startedAt))).toBe(`listed ${text} after the night it stands for`);
  });

  test('is told of a run that is late, and of no other', () => {
    const listing = listedAt('2026-11-26T02:00:00.000Z');
    const told =
      'LATE: listed 2 days after the night it stands for. It shows the users as they were then, not as they were that night.';
    expect(reservations(aReport({ asOf: AS_OF, listing, late: true }))).toEqual([told]);
    expect(forewords(aReport({ asOf: AS_OF, listing, late: true }))).toEqual([told]);
    expect(reservations(aReport({ asOf: AS_OF, listing }))).toEqual([]);
    expect(reservations(aReport({ asOf: AS_OF, late: true }))).toEqual([]);
  });
});

describe('where users came from', () => {
  const roster = { kind: 'roster', file: 'users.json' } as const;
  test.each<{ source: ListingSource; text: string }>([
    { source: { kind: 'finspace', endpoint: 'https://f' }, text: 'the FinSpace Data API at https://f' },
    {
      source: { kind: 'parts', endpoint: 'https://f' },
      text: 'the FinSpace Data API at https://f, in several invocations',
    },
    { source: { kind: 'archive', file: 'snapshot' }, text: 'the snapshot snapshot' },
    { source: roster, text: 'the saved roster users.json' },
    {
      source: { ...roster, sha256: '0123456789abcdef', parser: 'a table', instantFrom: 'file' },
      text: "the saved roster users.json, SHA-256 0123456789ab..., read as a table, its moment by the file's own time",
    },
    { source: { kind: 'oracle' as 'archive' }, text: 'a source of the kind oracle' },
    { source: { ...roster, file: 'ann@b.co.json' }, text: 'the saved roster [e-mail]' },
    { source: { ...roster, file: 'x'.repeat(400) }, text: `the saved roster ${'x'.repeat(280)}...` },
  ])('is told: $text', ({ source, text }) => {
    expect(sourceText(source)).toBe(text);
  });

  test('is told before all else where the last run had another', () => {
    const source: ListingSource = { kind: 'finspace', endpoint: 'https://f' };
    const previousSource = roster;
    expect(forewords(aReport({ source, previousSource, previousRun: '20261123T020000Z' }))).toEqual([
      'ANOTHER SOURCE: the users came from the FinSpace Data API at https://f; those of run 20261123T020000Z came from the saved roster users.json.',
    ]);
    expect(forewords(aReport({ source }))).toEqual([]);
    expect(forewords(aReport({ previousSource }))).toEqual([]);
  });

  test('is whole by the word of somebody', () => {
    const attestedBy = { name: 'Ann\nLee', statement: 'all of them, says ann@b.co', at: AS_OF };
    const text =
      'ATTESTED, NOT SEEN: that the saved roster is the whole directory is the word of Ann Lee, given on 2026-11-24: "all of them, says [e-mail]".';
    expect(attestedText({ ...roster, attestedBy })).toBe(text);
    expect(reservations(aReport({ asOf: AS_OF, source: { ...roster, attestedBy } }))).toEqual([text]);
    expect(attestedText(roster)).toBeUndefined();
    expect(attestedText(undefined)).toBeUndefined();
  });
});

test.each([
  { rule: undefined, most: undefined, line: 'a [e-mail] is stale' },
  { rule: {}, most: undefined, line: 'a [e-mail] is stale' },
  { rule: {}, most: 12, line: 'a [e-mail...' },
  { rule: { names: true as const }, most: undefined, line: 'a ann@b.co is stale' },
  { rule: { names: true as const }, most: 12, line: 'a ann@b.c...' },
])('a message of the rule $rule, of at most $most characters: $line', ({ rule, most, line }) => {
  expect(messageLine('a ann@b.co\nis stale', rule, most)).toBe(line);
});
