import { describe, expect, test } from '@jest/globals';
import { type HighlightKind, isNews } from '../../../core/model/highlights.ts';
import type { ListingSource } from '../../../core/model/listing.ts';
import type { EnrichedCounts, Report } from '../../../core/model/report.ts';
import type { TrendPoint } from '../../../core/model/trend.ts';
import {
  attestedText,
  BAD_NEWS,
  begunAnew,
  besideTexts,
  brokeText,
  causeText,
  countedHighlights,
  faultText,
  forewords,
  forewordTags,
  gapText,
  HIGHLIGHT_WORDS,
  lateText,
  longestBetween,
  messageLine,
  newlyUnread,
  reservations,
  reservedWords,
  seenText,
  sourceText,
  stateText,
  TROUBLE_WORDS,
  UNSEEN,
  unseenText,
} from '../../../core/model/words.ts';
import { RESOLUTION_CAUSES } from '../../../rules/engine/finding.ts';
import type { Subject } from '../../../rules/engine/rule.ts';
import { aRoleArn } from '../../support/builders.ts';
import { aFirstReport, aReport } from '../notify/digest/facts.ts';

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

describe('the time between complete runs', () => {
  /** Runs of these days of November. */
  const trendOf = (...days: readonly number[]) =>
    days.map((day): TrendPoint => [`202611${String(day).padStart(2, '0')}T020000Z`, 0, 0, 0, 0, 0]);
  const gapAfter = (...days: readonly number[]) =>
    gapText({ verdict: 'COMPLETE', trend: trendOf(...days) })?.replace(/: what came and went.*/, '');

  test.each([
    { name: 'twice as usual', days: [20, 21, 22, 24], told: 'No audit was complete for 2 days before this one' },
    {
      name: 'longer, and not for the first time',
      days: [1, 2, 3, 9, 10, 11, 24],
      told: 'No audit was complete for 13 days before this one',
    },
    { name: 'longer than ever', days: [1, 2, 3, 4, 24], told: 'No audit was complete for 20 days before this one' },
    { name: 'as usual', days: [21, 22, 23, 24], told: undefined },
    { name: 'longer, but not this time', days: [1, 2, 3, 14, 15], told: undefined },
    { name: 'of one run', days: [24], told: undefined },
    { name: 'of none', days: [], told: undefined },
  ])('is told where it is $name', ({ days, told }) => {
    expect(gapAfter(...days)).toBe(told);
  });

  test('is told of a complete run alone', () => {
    expect(gapText({ verdict: 'INCOMPLETE', trend: trendOf(20, 21, 22, 24) })).toBeUndefined();
    expect(gapText({ verdict: 'COMPLETE' })).toBeUndefined();
  });

  const at = (day: number) => Date.UTC(2026, 10, day, 2);
  test.each([
    {
      name: 'all since then',
      days: [20, 21, 24],
      since: at(20),
      longest: { runs: 3, from: '2026-11-20', text: '3 days' },
    },
    {
      name: 'with the run before it',
      days: [10, 14, 20, 21],
      since: at(19),
      longest: { runs: 3, from: '2026-11-14', text: '6 days' },
    },
    {
      name: 'no longer one of before',
      days: [1, 14, 20, 21],
      since: at(14),
      longest: { runs: 3, from: '2026-11-14', text: '6 days' },
    },
    {
      name: 'all that are known, where it is before them',
      days: [20, 21],
      since: at(1),
      longest: { runs: 2, from: '2026-11-20', text: '24 hours' },
    },
    { name: 'nothing of a run alone', days: [20, 21], since: at(21), longest: undefined },
    { name: 'nothing of none', days: [], since: at(1), longest: undefined },
  ])('is the longest of $name', ({ days, since, longest }) => {
    expect(longestBetween(trendOf(...days), since)).toStrictEqual(longest);
  });
});

describe('what can be read no longer', () => {
  const roles = (read: number, unread: number, standIns = 0) => ({
    iamRoles: { principals: read + unread + standIns, read, standIns, unread, standInsFrom: AS_OF },
  });
  const groups = (unread?: string) => ({
    permissionGroups: { groups: 1, risky: 1, members: 1, ...(unread !== undefined && { unread }) },
  });
  test.each<{ name: string; now: EnrichedCounts | undefined; before?: EnrichedCounts; told: string | undefined }>([
    { name: 'nobody asks', now: undefined, before: roles(2, 0), told: undefined },
    { name: 'all is read', now: { ...roles(2, 0), ...groups() }, told: undefined },
    { name: 'no role stands on anybody', now: roles(0, 0), told: undefined },
    {
      name: 'some roles are not read',
      now: roles(2, 1),
      before: roles(3, 0),
      told: 'roles (2 of 3 roles read; 1 NOT READ and not judged)',
    },
    {
      name: 'some are not read at first',
      now: roles(2, 1),
      told: 'roles (2 of 3 roles read; 1 NOT READ and not judged)',
    },
    { name: 'some more are not read', now: roles(1, 2), before: roles(2, 1), told: undefined },
    {
      name: 'none is read any more',
      now: roles(0, 3),
      before: roles(2, 1),
      told: 'roles (0 of 3 roles read; 3 NOT READ and not judged)',
    },
    {
      name: 'none is read, and earlier answers stand in',
      now: roles(0, 0, 1),
      before: roles(1, 0),
      told: 'roles (0 of 1 role read; 1 judged by an earlier answer, the oldest of 2026-11-24)',
    },
    { name: 'one stands in for another', now: roles(1, 0, 1), before: roles(2, 0), told: undefined },
    {
      name: 'groups are cut',
      now: groups('cut'),
      before: groups(),
      told: 'groups (NOT READ IN FULL, so that nobody is judged by them (cut))',
    },
    { name: 'groups are cut again', now: groups('cut'), before: groups('cut'), told: undefined },
    {
      name: 'neither is read',
      now: { ...roles(0, 1), ...groups('cut') },
      told: 'roles (0 of 1 role read; 1 NOT READ and not judged), groups (NOT READ IN FULL, so that nobody is judged by them (cut))',
    },
  ])('is told where $name', ({ now, before, told }) => {
    expect(newlyUnread(now === undefined ? {} : { enriched: now }, before)).toBe(
      told && `NOT ALL READ: ${told}. Who fails by what was not read does not stand here.`,
    );
  });
});

describe('what a run has not seen', () => {
  const attestedBy = { name: 'Ann', statement: 'all', at: AS_OF };
  const late = { late: true, listing: { startedAt: '2026-11-26T02:00:00.000Z', endedAt: AS_OF } } as const;
  test.each<{ name: string; run: Partial<Report>; unseen: string | undefined; words: readonly string[] }>([
    { name: 'saw everybody', run: {}, unseen: undefined, words: [] },
    {
      name: 'was late',
      run: late,
      unseen: 'the users as they were that night: they were listed 2 days after the night it stands for',
      words: ['LATE'],
    },
    { name: 'was late, and has no times of it', run: { late: true }, unseen: undefined, words: ['LATE'] },
    {
      name: 'is of an attested roster',
      run: { source: { kind: 'roster', attestedBy } },
      unseen: 'whether the saved roster is the whole directory',
      words: ['ATTESTED, NOT SEEN'],
    },
    { name: 'is of a roster that is whole', run: { source: { kind: 'roster' } }, unseen: undefined, words: [] },
    {
      name: 'stopped, whoever attested its roster',
      run: { verdict: 'INCOMPLETE', reason: 'deadline', source: { kind: 'roster', attestedBy } },
      unseen: 'the users that the rest of the listing would have given; how many is unknown',
      words: ['ATTESTED, NOT SEEN'],
    },
    { name: 'stopped, nobody says why', run: { verdict: 'INCOMPLETE' }, unseen: 'a part of the directory', words: [] },
  ])('is told of one that $name', ({ run, unseen, words }) => {
    const report = aReport({ asOf: AS_OF, ...run });
    expect(unseenText(report)).toBe(unseen);
    expect(reservedWords(report)).toEqual(words);
  });

  test('is of several users, where their records differ', () => {
    const counts = { ...aReport().counts, conflicting: 2 };
    expect(reservations(aReport({ counts }))).toEqual([
      "RECORDS DIFFER: of 2 users there were records that differ. Of a rule's outcomes the worst holds; where a user stands once, it is by the last record.",
    ]);
    expect(reservations(aReport({ counts: { ...counts, conflicting: 0 } }))).toStrictEqual([]);
  });
});

describe('a history that somebody accepted', () => {
  const acceptedHistory = { sha256: 'a', reason: 'ann@b.co restored it', problem: 'chain/1.json is not there' };

  test.each([
    ['run 20261123T020000Z', aReport],
    ['nothing', aFirstReport],
  ])('is told before all else, and what it goes on from: %s', (from, report) => {
    expect(forewords(report({ acceptedHistory }))).toEqual([
      `HISTORY ACCEPTED: the history before this audit does not hold (chain/1.json is not there), and somebody let it go on from ${from}: "[e-mail] restored it". What changed is told since then alone.`,
    ]);
  });

  test('is told in a word, with what else has to be known first', () => {
    const previousSource = { kind: 'roster' } as const;
    expect(forewordTags(aReport({ late: true, acceptedHistory, previousSource }))).toEqual([
      'LATE',
      'HISTORY ACCEPTED',
      'ANOTHER SOURCE',
    ]);
    expect(forewordTags(aReport())).toStrictEqual([]);
  });
});

test.each([
  [undefined, ''],
  [0, ''],
  [1, '; the listing was begun anew once, since the service no longer took a page token'],
  [2, '; the listing was begun anew 2 times, since the service no longer took a page token'],
])('a listing that was begun anew %s times says so', (restarts, text) => {
  expect(begunAnew(restarts === undefined ? {} : { restarts })).toBe(text);
});

test.each([
  ['expired', 'expired on 2026-12-31; '],
  ['expiring', 'ends on 2026-12-31; '],
  ['unused', 'nothing fails that it accepts'],
  ['unknown-rule', 'it accepts nothing'],
] as const)('a waiver that is %s is told: %s', (kind, text) => {
  expect(TROUBLE_WORDS[kind]('2026-12-31')).toContain(text);
});

test.each([
  ['ran', 'ran'],
  ['not-configured', 'not configured'],
  ['not-assessed', 'not assessed'],
] as const)('a rule that is %s is told as %s', (state, text) => {
  expect(stateText(state)).toBe(text);
});

describe('no two of them read alike:', () => {
  /** Those that are nothing, or that came before. */
  const unclear = (texts: readonly string[]): readonly string[] =>
    texts.filter((text, index) => text === '' || texts.indexOf(text) < index);

  test('what findings mean, in each of their words', () => {
    const words = Object.values(HIGHLIGHT_WORDS);
    expect(unclear(words.map(({ tag }) => tag))).toStrictEqual([]);
    expect(unclear(words.map(({ tag, tags = tag }) => tags))).toStrictEqual([]);
    expect(unclear(words.map(({ tag, heading = tag }) => heading))).toStrictEqual([]);
    expect(unclear(words.flatMap(({ sentence }) => sentence))).toStrictEqual([]);
  });

  test('why findings ended', () => {
    expect(unclear(RESOLUTION_CAUSES.map((cause) => causeText({ cause })))).toStrictEqual([]);
    const fixed = RESOLUTION_CAUSES.filter((cause) => causeText({ cause }).startsWith('fixed'));
    expect(fixed).toEqual(['fixed']);
  });

  test('who says of which moment a roster is', () => {
    const origins = ['given', 'response', 'event', 'manifest', 'file'] as const;
    const texts = origins.map((instantFrom) => sourceText({ kind: 'roster', file: 'f', instantFrom }));
    expect(unclear(texts.map((text) => /its moment by (?<whom>.+)$/.exec(text)?.groups?.whom ?? ''))).toStrictEqual([]);
  });

  test('what a run has not seen, but of a service that refused', () => {
    const { validation, ...others } = UNSEEN;
    expect(validation).toBe(others['access-denied']);
    expect(unclear(Object.values(others))).toStrictEqual([]);
  });
});

test('bad news is all news, but for what resolved', () => {
  const kinds = Object.keys(HIGHLIGHT_WORDS) as readonly HighlightKind[];
  expect(BAD_NEWS.toSorted()).toEqual(kinds.filter((kind) => isNews(kind) && kind !== 'resolved').toSorted());
});

test.each([
  'deadline',
  'repeated-token',
  'repeated-page',
  'access-denied',
  'validation',
  'source-unavailable',
  'truncated-roster',
] as const)('of a listing that stopped by %s nobody knows how many it has not given', (reason) => {
  expect(UNSEEN[reason]).toMatch(/^the users .*; how many is unknown$/);
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
