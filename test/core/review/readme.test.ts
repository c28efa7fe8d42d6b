import { describe, expect, test } from '@jest/globals';
import { historyText, isTrusted, superUsersText, untoldTexts } from '../../../core/review/history-text.ts';
import type { PackDescription, PackManifest } from '../../../core/review/pack-manifest.ts';
import { readmeText } from '../../../core/review/readme.ts';
import { aReport } from '../notify/digest/facts.ts';

const COUNTS: PackDescription['counts'] = {
  users: 40,
  superUsers: 1,
  apiBound: 3,
  privilegeUnknown: 2,
  neverLoggedIn: 2,
  lastLoginUnknown: 0,
  waivers: 1,
  came: 4,
  gone: 5,
  changed: 6,
  untraceable: 0,
  events: 1,
  justificationRequired: 7,
  openFindings: { CRITICAL: 1, HIGH: 2, MEDIUM: 3, LOW: 4, INFORMATIONAL: 5 },
};

const run = (name: string) => ({ run: name, key: `manifests/${name}.json`, sha256: 'a'.repeat(64) });

/** A pack of a quarter of which everything was seen; a test says what differs. */
const aPack = ({
  gaps,
  counts,
  ...differs
}: Partial<Omit<PackDescription, 'gaps' | 'counts'>> & {
  readonly gaps?: Partial<PackDescription['gaps']>;
  readonly counts?: Partial<PackDescription['counts']>;
} = {}): PackDescription => ({
  schemaVersion: 1,
  environmentId: 'alpha',
  accountId: '111122223333',
  period: { from: '2026-09-01', to: '2026-11-24' },
  run: '20261124T020000Z',
  asOf: '2026-11-24T02:00:00.000Z',
  archiveManifest: { key: 'k', sha256: 'b'.repeat(64) },
  changesFrom: [run('20261123T020000Z'), run('20261124T020000Z')],
  codeVersion: '1.0.0',
  ...differs,
  gaps: { daysWithoutRun: [], unfinished: [], untrusted: [], ...gaps },
  counts: { ...COUNTS, ...counts },
});

const SPEAKS =
  'The review speaks for run 20261124T020000Z (2026-11-24T02:00:00.000Z), the last complete run up to 2026-11-24.';
const HELD =
  'What was read was held against the hashes in its manifests. The rest of the history, and signatures: finspace-audit verify.';
const EVERY_DAY = 'Every day of the period (UTC) has a complete run.';

describe('the history of a pack', () => {
  test('of which all was seen', () => {
    expect(historyText(aPack())).toEqual([
      SPEAKS,
      '2 runs of the period are complete and could be read.',
      EVERY_DAY,
      HELD,
    ]);
  });

  test('tells all that was not seen, or is not to be believed', () => {
    expect(
      historyText(
        aPack({
          reservations: ['LATE: listed\n7 days after.'],
          gaps: {
            daysWithoutRun: [
              { from: '2026-09-01', to: '2026-09-01' },
              { from: '2026-10-02', to: '2026-10-04' },
            ],
            unfinished: [
              { run: '20261003T020000Z', end: 'INCOMPLETE\n(deadline)' },
              { run: '20261004T020000Z', attempt: 'try\n2', end: 'it broke off' },
            ],
            untrusted: [{ run: '20261005T020000Z', problem: 'was\naltered' }],
            expired: [{ run: '20261006T020000Z', says: 'its retention ended' }],
          },
          counts: { untraceable: 1 },
        }),
      ),
    ).toEqual([
      SPEAKS,
      'LATE: listed 7 days after.',
      '2 runs of the period are complete and could be read.',
      'NOT SEEN, days (UTC) without a complete run that could be read: 2026-09-01, 2026-10-02 to 2026-10-04.',
      'NOT COMPLETE: run 20261003T020000Z: INCOMPLETE (deadline)',
      'NOT COMPLETE: run 20261004T020000Z, attempt try 2: it broke off',
      'NOT TO BE TRUSTED, left out: run 20261005T020000Z: was altered',
      'NOT THERE ANY MORE: run 20261006T020000Z: its retention ended; nobody can check now that it was there, whole, signed and in its place',
      HELD,
      '1 record without a userId: nothing ties one in a run to one in another.',
    ]);
  });

  test.each([
    {
      name: 'one run',
      pack: aPack({ changesFrom: [run('20261124T020000Z')] }),
      says: [
        '1 run of the period is complete and could be read.',
        'With one run there is nothing to compare: who came, went or changed in the period is not known.',
      ],
    },
    {
      name: 'no run, though one of the day before it began',
      pack: aPack({ asOf: '2026-08-31T02:00:00.000Z', changesFrom: [] }),
      says: ['THAT RUN LIES BEFORE THE PERIOD: no run of the period is complete, and nothing is known of it.'],
    },
    {
      name: 'a run of its first day',
      pack: aPack({ asOf: '2026-09-01T00:00:00.000Z', changesFrom: [] }),
      says: ['0 runs of the period are complete and could be read.'],
    },
  ])('of $name', ({ pack, says }) => {
    expect(historyText(pack).slice(1, -2)).toEqual(says);
  });

  test('is trusted where no run of it is altered, whatever was not seen', () => {
    const { gaps } = aPack({ gaps: { daysWithoutRun: [{ from: 'a', to: 'b' }] } });
    expect(isTrusted({ gaps } as PackManifest)).toBe(true);
    expect(isTrusted({ gaps: { ...gaps, untrusted: [{ run: 'r', problem: 'p' }] } } as PackManifest)).toBe(false);
  });
});

test.each([
  { counts: { superUsers: 1 }, says: '1 super user' },
  { counts: { superUsers: 2, effectiveSuperUsers: 0 }, says: '2 super users' },
  {
    counts: { superUsers: 0, effectiveSuperUsers: 1 },
    says: '0 super users, 1 user as good as one by a permission group',
  },
])('who is as good as a super user is counted apart: $says', ({ counts, says }) => {
  expect(superUsersText(counts)).toBe(says);
});

test.each([
  { counts: { lastLoginUnknown: 0 }, says: [] },
  { counts: { privilegeUnknown: 0, lastLoginUnknown: 1 }, says: ["Of 1 user the last login can't be told."] },
  {
    counts: { privilegeUnknown: 1, lastLoginUnknown: 2 },
    says: ["Of 1 user type or API access can't be told.", "Of 2 users the last login can't be told."],
  },
])('who can not be counted is said: $says', ({ counts, says }) => {
  expect(untoldTexts(counts)).toEqual(says);
});

describe('README.txt', () => {
  const rule = { id: 'stale-login', severity: 'MEDIUM', state: 'ran', checked: 1, failed: 0, notAssessed: 0 } as const;
  /** The entries of its sections, each on a line. */
  const sectionsOf = (report: Parameters<typeof readmeText>[1], reviewers: readonly string[] = []) => {
    const [, ...parts] = readmeText(aPack(), report, reviewers).split(/^(\w.*)\n-+\n/m);
    const linesOf = (text = '') => text.trimEnd().replaceAll('\n  ', ' ').split('\n');
    return Object.fromEntries(
      parts.flatMap((title, index) => (index % 2 === 0 ? [[title, linesOf(parts[index + 1])] as const] : [])),
    );
  };
  const report = aReport({ rules: [rule] });

  test('says whose it is, and of what period, before what it speaks for', () => {
    expect(readmeText(aPack(), report, [])).toMatch(
      /^ACCESS REVIEW of FinSpace environment alpha, account 111122223333\nPeriod 2026-09-01 to 2026-11-24\n\nWhat it speaks for\n------------------\n- The review speaks/,
    );
  });

  test('has nothing among what could not be judged where all was', () => {
    expect(sectionsOf(report)['What could not be judged']).toEqual(['']);
  });

  test('tells what could not be judged, and what accepts nothing', () => {
    expect(
      sectionsOf(
        aReport({
          rules: [
            rule,
            { ...rule, id: 'a', notAssessed: 2, reason: 'no\nusable time' },
            { ...rule, id: 'b', state: 'off' },
            { ...rule, id: 'c', state: 'not-assessed', reason: 'it failed', error: 'TypeError' },
          ],
          counts: { ...report.counts, duplicates: 2, conflicting: 1 },
          waiverTroubles: [{ kind: 'expired', rule: 'stale-login', user: 'u\n1', expires: '2026-10-01' }],
        }),
      )['What could not be judged'],
    ).toEqual([
      '- a: 2 subjects not assessed (no usable time)',
      '- b: off (no reason given)',
      '- c: not-assessed (TypeError)',
      '- 2 records came twice, and once is enough',
      '- 1 user had records that differ: here stands the last of each, the audit held the worst',
      '- waiver of stale-login for u 1, to 2026-10-01: expired',
    ]);
  });

  test('names each file that is there, with what is in it', () => {
    const files = sectionsOf(report)['The files'] ?? [];
    expect(files.slice(0, 8)).toEqual([
      '- roster.csv: 40 users, everyone whom the run saw; open findings CRITICAL 1, HIGH 2, MEDIUM 3, LOW 4, INFORMATIONAL 5',
      "- privileged.csv: 1 super user, 3 users with API access and their principals, and 2 of whom type or API access can't be told",
      "- never-logged-in.csv: 2 users who never logged in, and 0 of whom it can't be told",
      '- waivers.csv: 1 finding that waivers accept',
      '- changes.csv: 4 came, 5 went, 6 changed; 1 event that nightly audits saw',
      '- worksheet.csv: a line a user, to be filled in',
      '- review.html: the same in a browser, offline; past 50,000 users with further pages, review-2.html and so on',
      '- manifest.json: SHA-256 of each file, and the runs of the archive they were made from',
    ]);
  });

  test('names the page of each reviewer, and who reviews whom', () => {
    expect((sectionsOf(report, ['Ada', 'B\nob'])['The files'] ?? []).slice(6, 9)).toEqual([
      '- review-1.html: the same in a browser, offline, for Ada',
      '- review-2.html: the same in a browser, offline, for B ob',
      '- reviewers.csv: who reviews whom',
    ]);
  });

  test('says of how many users a reason is asked', () => {
    expect(sectionsOf(report)['What to do']?.join(' ')).toContain('and you keep (7 users: super users,');
  });
});

test('a pack says what stands in its files, and what a reviewer does with them', () => {
  const { privilegeUnknown: _, ...known } = COUNTS;
  const pack = aPack();
  const lines = readmeText({ ...pack, counts: known }, aReport(), [])
    .split('\n')
    .map((line) => line.replace(/^\s*(?:- )?/, ''))
    .join(' ');
  for (const sentence of [
    "and 0 of whom type or API access can't be told",
    'Times are ISO 8601 in UTC; columns that end in Raw hold what FinSpace gave.',
    "An apostrophe before a text that a spreadsheet could take for a formula is not the text's own.",
    "openFindings counts a user's findings, and those on the principal of its API access.",
    'Open the page in a browser, decide, and export the worksheet; or fill in a COPY of worksheet.csv. The files of the pack must stay as they are.',
    'decision: keep, revoke or justify (keep as an exception), in each line.',
    'reviewer: who decided. Nobody decides on themselves.',
    'Change nothing in the other columns, leave no user out and add none; the order of the lines is free. Import the file with all columns as text, and save it as CSV UTF-8, with "," or ";" between cells.',
    'Hand it in: finspace-audit review --pack THIS_FOLDER --ingest COPY.csv --reviewer NAME; several files where several people decided',
  ])
    expect(lines).toContain(sentence);
});
