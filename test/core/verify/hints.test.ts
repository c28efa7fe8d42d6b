import { describe, expect, test } from '@jest/globals';
import { attemptKeys, historyPageKey, verificationKey, yearPageKey } from '../../../core/archive/keys.ts';
import { type HistoryRow, historyPage, yearPage } from '../../../core/outputs/history/history-page.ts';
import { checkHints } from '../../../core/verify/hints.ts';
import type { Link } from '../../../core/verify/links.ts';
import { ENVIRONMENT } from '../../support/builders.ts';
import {
  anEntry,
  archiveOf,
  copyKey,
  entryInstant,
  entryKey,
  entryRun,
  linkToEntry,
} from '../../support/chain-entries.ts';

const linkOf = (number: number): Link => {
  const claims = anEntry(number);
  return { run: claims.run, key: entryKey(number), sha256: linkToEntry('', claims).sha256, claims };
};

const LINKS = [1, 2].map(linkOf);
const headOf = (number: number, sha256 = linkOf(number).sha256 ?? ''): string => `${number}:${sha256}`;
const OTHER = 'f'.repeat(64);

const problemsOf = async (objects: Readonly<Record<string, string | object>>, links = LINKS) => {
  const archive = await archiveOf(objects);
  const runs = new Set(links.flatMap(({ run }) => run ?? []));
  const problems = await checkHints(archive, ENVIRONMENT, links, runs);
  return problems.map(({ kind, run, key, message }) => ({ kind, run, key, message }));
};

const row = (name: string, verdict: HistoryRow[1]): HistoryRow => [name, verdict, '', 1, 0, 0, 0, 0, 0];
const missed = (number: number, witness: string) => ({
  kind: 'missing',
  run: entryRun(number),
  key: copyKey(number),
  message: `is not there, though ${witness} knows of the complete run`,
});

const attempt = attemptKeys(ENVIRONMENT, entryInstant(5), 'try');
const REPORT = attempt.object({ area: 'reports', file: 'report.json' });
const VERIFICATION = verificationKey(ENVIRONMENT, entryInstant(5));
const verificationOf = (said: object) => ({ schemaVersion: 1, verification: { readUpTo: 1, problems: [], ...said } });

describe('pages of runs', () => {
  const page = historyPageKey(ENVIRONMENT);
  const rows = [
    row(entryRun(1), 'COMPLETE'),
    row(`${entryRun(3)}-try`, 'COMPLETE'),
    row(entryRun(4), 'INCOMPLETE'),
    row(entryRun(5), 'FAILED'),
  ];

  test('know of runs that are complete, whatever attempt stored them', async () => {
    const text = historyPage(ENVIRONMENT, undefined, { rows, earlier: [] });
    expect(await problemsOf({ [page]: text })).toEqual([missed(3, page)]);
  });

  test('of years know of them, too', async () => {
    const key = yearPageKey(ENVIRONMENT, '2026');
    expect(await problemsOf({ [key]: yearPage(ENVIRONMENT, undefined, '2026', { rows, earlier: [] }) })).toEqual([
      missed(3, key),
    ]);
  });

  test('that are none, or of another environment, know of nothing', async () => {
    expect(await problemsOf({ [page]: 'x' })).toEqual([]);
    expect(await problemsOf({ [page]: historyPage('another', undefined, { rows, earlier: [] }) })).toEqual([]);
  });
});

describe('what came after a run knows of it', () => {
  const lost = (witness: string) => `is not there, though ${witness} came after it`;

  test.each<{ name: string; objects: Readonly<Record<string, string | object>>; problems: readonly object[] }>([
    {
      name: 'an attempt, of what is there',
      objects: { [REPORT]: { previousRun: entryRun(2), previousHead: headOf(2) } },
      problems: [],
    },
    {
      name: 'an attempt, of a run that is not',
      objects: { [REPORT]: { previousRun: entryRun(3) } },
      problems: [missed(3, REPORT)],
    },
    {
      name: 'an attempt, of a head that is not',
      objects: { [REPORT]: { previousHead: headOf(3) } },
      problems: [{ kind: 'missing', run: null, key: entryKey(3), message: lost(REPORT) }],
    },
    {
      name: 'an attempt, of a head that is another',
      objects: { [REPORT]: { previousRun: entryRun(2), previousHead: headOf(2, OTHER) } },
      problems: [
        {
          kind: 'edited',
          run: entryRun(2),
          key: entryKey(2),
          message: `has SHA-256 ${linkOf(2).sha256}, ${REPORT} says ${OTHER}`,
        },
      ],
    },
    {
      name: 'an attempt that trusted nothing, of no head',
      objects: { [REPORT]: { previousRun: entryRun(3), previousHead: headOf(2, OTHER), reason: 'untrusted-history' } },
      problems: [missed(3, REPORT)],
    },
    { name: 'an attempt whose report is none', objects: { [REPORT]: '{' }, problems: [] },
    { name: 'an attempt whose report is a list', objects: { [REPORT]: [] }, problems: [] },
    {
      name: 'an attempt that names no texts',
      objects: { [REPORT]: { previousRun: 3, previousHead: 3 } },
      problems: [],
    },
    {
      name: 'an attempt that names no run',
      objects: { [REPORT]: { previousRun: 'one', previousHead: 'one' } },
      problems: [],
    },
    {
      name: 'no other object of an attempt',
      objects: {
        [attempt.object({ area: 'reports', file: 'digest.json' })]: { previousRun: entryRun(3) },
        [`incomplete/environment=${ENVIRONMENT}/report.json`]: { previousRun: entryRun(3) },
      },
      problems: [],
    },
    {
      name: 'a verification',
      objects: { [VERIFICATION]: verificationOf({ lastRun: entryRun(3), head: headOf(3) }) },
      problems: [
        missed(3, VERIFICATION),
        { kind: 'missing', run: entryRun(3), key: entryKey(3), message: lost(VERIFICATION) },
      ],
    },
    { name: 'a verification that found nothing', objects: { [VERIFICATION]: verificationOf({}) }, problems: [] },
    { name: 'a verification that is none', objects: { [VERIFICATION]: { schemaVersion: 2 } }, problems: [] },
    ...[`1:${'f'.repeat(63)}`, `1:${'f'.repeat(65)}`, `0000000000001:${OTHER}`, `1:${'F'.repeat(64)}`].map((head) => ({
      name: `a verification, of what is no head: ${head.slice(0, 20)} of ${head.length}`,
      objects: { [VERIFICATION]: verificationOf({ head }) },
      problems: [],
    })),
  ])('$name', async ({ objects, problems }) => {
    expect(await problemsOf(objects)).toEqual(problems);
  });

  test('a place that can not be read is there', async () => {
    const [first] = LINKS;
    const links = first === undefined ? [] : [first, { key: entryKey(2) }];
    expect(await problemsOf({ [REPORT]: { previousHead: headOf(2, OTHER) } }, links)).toEqual([]);
  });

  test('a manifest of before there were entries is in the place that the first entry leaves it', async () => {
    const links = [{ ...linkOf(1), key: copyKey(1) }, linkOf(2)];
    expect(await problemsOf({ [REPORT]: { previousHead: headOf(1) } }, links)).toEqual([]);
    expect(await problemsOf({ [REPORT]: { previousHead: headOf(1, OTHER) } }, links)).toMatchObject([
      { kind: 'edited', key: copyKey(1) },
    ]);
  });
});
