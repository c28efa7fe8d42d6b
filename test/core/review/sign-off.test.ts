import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import { jsonText, sha256Of, stagedContent } from '../../../core/archive/staging.ts';
import { PACK_FILES, PACK_MANIFEST, type PackManifest, readPack } from '../../../core/review/pack-manifest.ts';
import { SIGN_OFF_MANIFEST, SIGNED_OFF, type SignOffRequest, signOff } from '../../../core/review/sign-off.ts';
import { ANSWER_COLUMNS, IDENTITY_COLUMNS } from '../../../core/review/worksheet.ts';
import { readText } from '../../support/archive-tree.ts';
import { ACCOUNT, ENVIRONMENT } from '../../support/builders.ts';
import { memoryArchive } from '../../support/memory-archive.ts';
import { type Line, writeSheet } from '../../support/worksheet.ts';

const line = (differs: Line): Line => ({
  ...Object.fromEntries([...IDENTITY_COLUMNS, ...ANSWER_COLUMNS].map((column) => [column, ''])),
  ...differs,
});

const USERS = [
  line({ userId: 'u1', status: 'ENABLED' }),
  line({ userId: 'u2', justificationToKeep: 'required: super user' }),
  line({ userId: 'u3' }),
  line({ userId: 'u4' }),
  line({ userId: 'u5', apiAccess: 'ENABLED' }),
];

const ANSWERS: readonly Line[] = [
  { decision: 'revoke', justification: '', reviewer: 'Rita' },
  { decision: 'keep', justification: 'runs\nit', reviewer: 'Rita' },
  { decision: 'justify', justification: 'until May', reviewer: 'Bob' },
  { decision: 'keep', justification: '', reviewer: 'Bob' },
  { decision: 'revoke', justification: 'has left', reviewer: 'Bob' },
];

const WORKSHEET = writeSheet(USERS);
const FILLED = writeSheet(USERS.map((user, index) => ({ ...user, ...ANSWERS[index] })));

const digestOf = (text: string) => ({ sha256: sha256Of(text), size: Buffer.byteLength(text) });

const ZEROES = ['superUsers', 'apiBound', 'neverLoggedIn', 'lastLoginUnknown', 'waivers', 'came', 'gone', 'changed'];

const aManifest = (differs: Partial<PackManifest> = {}): PackManifest =>
  ({
    schemaVersion: 1,
    environmentId: ENVIRONMENT,
    accountId: ACCOUNT,
    period: { from: '2026-09-01', to: '2026-11-24' },
    run: '20261124T020000Z',
    asOf: '2026-11-24T02:00:00.000Z',
    archiveManifest: { key: 'k', sha256: 'a'.repeat(64) },
    changesFrom: [],
    gaps: { daysWithoutRun: [], unfinished: [], untrusted: [] },
    counts: {
      ...Object.fromEntries(ZEROES.map((name) => [name, 0])),
      users: USERS.length,
      untraceable: 0,
      events: 0,
      justificationRequired: 1,
      openFindings: { CRITICAL: 0, HIGH: 0, MEDIUM: 0, LOW: 0, INFORMATIONAL: 0 },
    },
    files: Object.fromEntries(
      PACK_FILES.map((name) => [name, digestOf(name === 'worksheet.csv' ? WORKSHEET : name)]),
    ) as PackManifest['files'],
    codeVersion: '1.0.0',
    ...differs,
  }) as PackManifest;

const put = (name: string, text: string) => pack.create(name, stagedContent(text).content, 'text/plain');

let pack: Archive;

const makePack = async (differs: Partial<PackManifest> = {}): Promise<void> => {
  pack = memoryArchive();
  for (const name of PACK_FILES) await put(name, name === 'worksheet.csv' ? WORKSHEET : name);
  await put(PACK_MANIFEST, jsonText(aManifest(differs)));
};

beforeEach(() => makePack());

const request = (differs: Partial<SignOffRequest> = {}): SignOffRequest => ({
  filled: [{ name: 'filled.csv', bytes: Buffer.from(FILLED) }],
  reviewer: 'Rita\nReviewer',
  signedOffAt: new Date('2026-12-01T10:00:00Z'),
  ...differs,
});

describe('a sign-off', () => {
  test('states every decision that takes or keeps access, with whose it was', async () => {
    const decided = await signOff(pack, request());
    expect(decided).toEqual({
      schemaVersion: 1,
      environmentId: ENVIRONMENT,
      accountId: ACCOUNT,
      period: { from: '2026-09-01', to: '2026-11-24' },
      run: '20261124T020000Z',
      reviewer: 'Rita\nReviewer',
      signedOffAt: '2026-12-01T10:00:00.000Z',
      decisions: { keep: 2, revoke: 2, justify: 1 },
      revocations: [
        { userId: 'u1', status: 'ENABLED', apiAccess: '', justification: '', reviewer: 'Rita' },
        { userId: 'u5', status: '', apiAccess: 'ENABLED', justification: 'has left', reviewer: 'Bob' },
      ],
      exceptions: [{ userId: 'u3', justificationToKeep: '', justification: 'until May', reviewer: 'Bob' }],
      keptWithJustification: [
        { userId: 'u2', justificationToKeep: 'required: super user', justification: 'runs\nit', reviewer: 'Rita' },
      ],
      gaps: { daysWithoutRun: [], unfinished: [], untrusted: [] },
      worksheet: digestOf(FILLED),
      packManifest: digestOf(jsonText(aManifest())),
    });
    expect(JSON.parse(await readText(pack, SIGNED_OFF))).toEqual(decided);
  });

  test('is told to people as well', async () => {
    await signOff(pack, request());
    const text = await readText(pack, 'signed-off.txt');
    const [head = '', ...sections] = text.split(/^(\w.*)\n-+\n/m);
    expect(head.split('\n')).toEqual([
      `ACCESS REVIEW SIGNED OFF: FinSpace environment ${ENVIRONMENT}, account ${ACCOUNT}`,
      'Period 2026-09-01 to 2026-11-24',
      'By Rita Reviewer, 2026-12-01T10:00:00.000Z',
      '',
      '5 users: keep 2, revoke 2, justify 1',
      '',
      '',
    ]);
    const bodies = Object.fromEntries(
      sections.flatMap((title, index) =>
        index % 2 === 0 ? [[title, (sections[index + 1] ?? '').trimEnd().replaceAll('\n  ', ' ').split('\n')]] : [],
      ),
    );
    expect(bodies['What it speaks for']?.[0]).toContain('speaks for run 20261124T020000Z');
    expect(bodies).toMatchObject({
      'Revocations to carry out (FinSpace has no deletion: disable)': [
        '- u1 (status ENABLED, API access not given), by Rita',
        '- u5 (status not given, API access ENABLED), by Bob: has left',
      ],
      'Justified exceptions': ['- u3, by Bob: until May'],
      'Kept with a justification': ['- u2 (required: super user), by Rita: runs it'],
      Evidence: [
        `- worksheet as handed in: signed-off-worksheet.csv, SHA-256 ${sha256Of(FILLED)}`,
        `- pack: manifest.json, SHA-256 ${sha256Of(jsonText(aManifest()))}`,
      ],
    });
  });

  test('that takes nothing away and excepts nobody says so', async () => {
    const kept = USERS.map((user) => ({ ...user, decision: 'keep', justification: 'x', reviewer: 'Rita' }));
    await signOff(pack, request({ filled: [{ name: 'filled.csv', bytes: Buffer.from(writeSheet(kept)) }] }));
    const text = await readText(pack, 'signed-off.txt');
    expect(text).toMatch(/^Revocations to carry out[^\n]*\n-+\nnone\n\nJustified exceptions\n-+\nnone\n\n/m);
  });

  test('keeps what was handed in, byte by byte, and names it all in its manifest', async () => {
    const first = writeSheet(USERS.slice(0, 2).map((user, index) => ({ ...user, ...ANSWERS[index] })));
    const second = writeSheet(USERS.slice(2).map((user, index) => ({ ...user, ...ANSWERS[index + 2] })));
    const result = await signOff(
      pack,
      request({
        filled: [
          { name: 'a.csv', bytes: Buffer.from(first) },
          { name: 'b.csv', bytes: Buffer.from(second) },
        ],
      }),
    );
    expect(result).toMatchObject({ worksheet: digestOf(first), furtherWorksheets: [digestOf(second)] });
    expect(await readText(pack, 'signed-off-worksheet.csv')).toBe(first);
    expect(await readText(pack, 'signed-off-worksheet-2.csv')).toBe(second);
    expect((await readText(pack, 'signed-off.txt')).replaceAll(/\s+/g, ' ')).toContain(
      `- worksheet as handed in: signed-off-worksheet-2.csv, SHA-256 ${sha256Of(second)}`,
    );
    const names = ['signed-off.json', 'signed-off.txt', 'signed-off-worksheet.csv', 'signed-off-worksheet-2.csv'];
    expect(JSON.parse(await readText(pack, SIGN_OFF_MANIFEST))).toEqual({
      schemaVersion: 1,
      environmentId: ENVIRONMENT,
      run: '20261124T020000Z',
      reviewer: 'Rita\nReviewer',
      signedOffAt: '2026-12-01T10:00:00.000Z',
      previous: { key: PACK_MANIFEST, ...digestOf(jsonText(aManifest())) },
      files: Object.fromEntries(
        await Promise.all(names.map(async (name) => [name, digestOf(await readText(pack, name))] as const)),
      ),
    });
  });

  test('is of the moment of the reviewed run at the earliest', async () => {
    const at = Date.parse('2026-11-24T02:00:00.000Z');
    await expect(signOff(pack, request({ signedOffAt: new Date(at - 1) }))).rejects.toThrow(
      '--signed-off-at must not be before the reviewed run (2026-11-24T02:00:00.000Z), got 2026-11-24T01:59:59.999Z',
    );
    expect((await signOff(pack, request({ signedOffAt: new Date(at) }))).decisions.keep).toBe(2);
  });

  test('takes the place of one that broke off before its manifest, and of no whole one', async () => {
    await put(SIGNED_OFF, 'of another that broke off');
    await signOff(pack, request());
    expect(JSON.parse(await readText(pack, SIGNED_OFF)).reviewer).toBe('Rita\nReviewer');
    await expect(signOff(pack, request())).rejects.toThrow(
      'memory must be a pack that was not signed off, got signed-off-manifest.json there',
    );
  });

  test.each([
    {
      name: 'while it is written',
      conflict: { replace: async () => 'conflict' as const },
      says: `${SIGNED_OFF} must be written by one sign-off alone, got another at the same time`,
    },
    {
      name: 'as it ends',
      conflict: { create: async () => 'exists' as const },
      says: `${SIGN_OFF_MANIFEST} must be written once, got another sign-off at the same time`,
    },
  ])('is refused where another is made $name', async ({ conflict, says }) => {
    await expect(signOff({ ...pack, ...conflict }, request())).rejects.toMatchObject({
      name: 'PackError',
      message: says,
    });
    expect(await pack.has(SIGN_OFF_MANIFEST)).toBe(false);
  });

  test('leaves no file open of one that broke off', async () => {
    const pieces = ['of another ', 'that broke off'];
    const left = pieces.values();
    const read = async (key: string) => {
      if (key !== SIGNED_OFF) return pack.read(key);
      const body = async function* () {
        for (const piece of left) yield Buffer.from(piece);
      };
      return { key, version: '1', body: body() };
    };
    await signOff({ ...pack, read, replace: async () => 'replaced' }, request());
    expect([...left]).toEqual([]);
  });

  test.each(['worksheet.csv', 'reviewers.csv'])('is refused where %s goes away once it was checked', async (name) => {
    const reviewers = 'userId,reviewer\r\n';
    await makePack({ files: { ...aManifest().files, 'reviewers.csv': digestOf(reviewers) } });
    await put('reviewers.csv', reviewers);
    let reads = 0;
    const read = async (key: string) => {
      if (key === name) reads += 1;
      return key === name && reads > 1 ? undefined : pack.read(key);
    };
    await expect(signOff({ ...pack, read }, request())).rejects.toMatchObject({
      name: 'PackError',
      message: `${name} is missing`,
    });
  });

  test('of worksheets with problems writes nothing', async () => {
    const bytes = Buffer.from(
      writeSheet(USERS.slice(1, 3).map((user) => ({ ...user, decision: 'keep', reviewer: 'Rita' }))),
    );
    await expect(signOff(pack, request({ filled: [{ name: 'filled.csv', bytes }] }))).rejects.toMatchObject({
      name: 'WorksheetError',
      message: [
        'line 2, justification: must be why the user is kept (required: super user), got nothing',
        ...['u1', 'u4', 'u5'].map(
          (id) =>
            `user "${id}", line ${Number(id.slice(1)) + 1} of the pack's worksheet.csv: must be there, got no line of it`,
        ),
      ].join('\n'),
    });
    expect(await pack.has(SIGNED_OFF)).toBe(false);
  });

  test('holds decisions against who was to make them, where the pack says', async () => {
    const reviewers = 'userId,reviewer\r\n"u1","Rita"\r\n"u2","Rita"\r\n"u3","Bob"\r\n"u4","Rita"\r\n"u5","Bob"\r\n';
    const files = { ...aManifest().files, 'reviewers.csv': digestOf(reviewers) };
    await makePack({ files });
    await put('reviewers.csv', reviewers);
    // The answer before it takes two lines.
    await expect(signOff(pack, request())).rejects.toThrow(
      /^line 6, reviewer: must be "Rita", who was to decide, got "Bob"$/,
    );
  });
});

describe('a pack', () => {
  test('without a manifest is none', async () => {
    await expect(readPack(memoryArchive())).rejects.toThrow(
      'memory must be an access-review pack, got no manifest.json there',
    );
  });

  test.each<{ name: string; differs: object; isPack: boolean }>([
    { name: 'that is whole', differs: {}, isPack: true },
    { name: 'of another schema', differs: { schemaVersion: 2 }, isPack: false },
    { name: 'with a count below zero', differs: { counts: { ...aManifest().counts, users: -1 } }, isPack: false },
    {
      name: 'with a count of part of a user',
      differs: { counts: { ...aManifest().counts, users: 0.5 } },
      isPack: false,
    },
    { name: 'without a file', differs: { files: { 'README.txt': digestOf('') } }, isPack: false },
    {
      name: 'with a file elsewhere',
      differs: { files: { ...aManifest().files, '../other.csv': digestOf('') } },
      isPack: false,
    },
    {
      name: 'with a hash that is none',
      differs: { files: { ...aManifest().files, 'roster.csv': { sha256: 'A'.repeat(64), size: 1 } } },
      isPack: false,
    },
  ])('$name is one: $isPack', async ({ differs, isPack }) => {
    await makePack(differs);
    const outcome = await readPack(pack).then(
      ({ manifest }) => manifest.run,
      (error: unknown) => String(error),
    );
    expect(outcome).toBe(
      isPack
        ? '20261124T020000Z'
        : 'PackError: manifest.json must be the manifest of an access-review pack, got something else',
    );
  });

  test('is refused with the one file that is altered', async () => {
    await makePack({ files: { ...aManifest().files, 'waivers.csv': digestOf('other') } });
    await expect(readPack(pack)).rejects.toMatchObject({
      name: 'PackError',
      message: `waivers.csv was altered: its SHA-256 must be ${sha256Of('other')}, got ${sha256Of('waivers.csv')}`,
    });
  });

  test('is refused with every file that is altered or missing, and how to fill the worksheet in', async () => {
    const missing = digestOf('x');
    await makePack({ files: { ...aManifest().files, 'review.html': missing } });
    await pack.replace(
      'worksheet.csv',
      stagedContent(FILLED).content,
      'text/csv',
      (await pack.read('worksheet.csv'))?.version,
    );
    await pack.replace(
      'roster.csv',
      stagedContent('other').content,
      'text/csv',
      (await pack.read('roster.csv'))?.version,
    );
    const problems = await readPack(pack).then(
      () => '',
      (error: unknown) => String(error),
    );
    expect(problems.split('\n')).toEqual([
      `PackError: roster.csv was altered: its SHA-256 must be ${sha256Of('roster.csv')}, got ${sha256Of('other')}`,
      `worksheet.csv was altered: its SHA-256 must be ${sha256Of(WORKSHEET)}, got ${sha256Of(FILLED)}; fill in a copy of it, and build the pack anew`,
      'review.html is missing, though manifest.json names it',
    ]);
  });
});
