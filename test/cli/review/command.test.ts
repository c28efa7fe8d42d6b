import { appendFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { folderArchive } from '../../../core/archive/folder.ts';
import { chainKey } from '../../../core/archive/keys.ts';
import { sha256Of } from '../../../core/archive/staging.ts';
import type { ListingSource } from '../../../core/model/listing.ts';
import { OUTPUTS } from '../../../core/outputs/index.ts';
import { makeNights } from '../../../simulator/nights.ts';
import { isReleased } from '../../rules/contract.ts';
import { archiveNights, auditNights, nightAt, nightKeys, nightRun } from '../../support/archived-nights.ts';
import { ACCOUNT, anApiUser, aUser, ENVIRONMENT, type UserRecord } from '../../support/builders.ts';
import { caseUsers } from '../../support/cases.ts';
import { deleteStart, expiredHistory, OLD_NIGHTS } from '../../support/expired-history.ts';
import { night, runOf, tamperer } from '../../support/history.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { answered, type Line, readSheet, writeSheet } from '../../support/worksheet.ts';
import { invoke } from '../in-process.ts';

const newFolder = temporaryFolders();

// Long past on any clock: a review is signed off after its run, and not in the future.
const FIRST = -800;
const dayAt = (number: number): string =>
  nightAt(FIRST + number - 1)
    .toISOString()
    .slice(0, 10);
const runAt = (number: number): string => nightRun(FIRST + number - 1);
/** The keys of a night's run; its manifest is its entry of the chain. */
const keysAt = (number: number) => ({ ...nightKeys(FIRST + number - 1), manifest: chainKey(ENVIRONMENT, number) });

/** Times that are sound on the first of the nights. */
const TIMES = {
  createTime: nightAt(FIRST - 400).getTime(),
  lastEnabledTime: nightAt(FIRST - 400).getTime(),
  lastModifiedTime: nightAt(FIRST - 100).getTime(),
  lastLoginTime: nightAt(FIRST - 1).getTime(),
};

interface Plan {
  readonly users: readonly unknown[];
  readonly source?: ListingSource;
  readonly isCut?: boolean;
}

/** An archive of nights by their number from 1 on. */
const archived = async (nights: Readonly<Record<string, Plan>>): Promise<string> => {
  const out = await newFolder();
  await archiveNights(
    out,
    Object.entries(nights).map(([number, { users, source, isCut }]) => ({
      number: FIRST + Number(number) - 1,
      users,
      ...(source && { source }),
      ...(isCut && { end: { complete: false as const, reason: 'deadline' as const, message: 'out of time' } }),
    })),
  );
  return out;
};

interface Asked {
  readonly from?: string;
  readonly to?: string;
}

const build = async (out: string, { from = dayAt(1), to = dayAt(5) }: Asked = {}) => {
  const pack = join(await newFolder(), 'pack');
  const outcome = await invoke(['review', '--out', out, '--from', from, '--to', to, '--pack', pack]);
  return { ...outcome, pack };
};

const sheetOf = async (pack: string, name: string): Promise<readonly Line[]> =>
  readSheet(await readFile(join(pack, name)));

const jsonOf = async (pack: string, name: string) => JSON.parse(await readFile(join(pack, name), 'utf8'));

const textsOf = async (pack: string): Promise<Readonly<Record<string, string>>> => {
  const texts: Record<string, string> = {};
  for (const name of (await readdir(pack)).toSorted()) texts[name] = await readFile(join(pack, name), 'utf8');
  return texts;
};

const SIGNED_OFF_AT = '2025-06-01T12:00:00+02:00';

const ingest = async (pack: string, filled: string, ...words: readonly string[]) => {
  const file = join(await newFolder(), 'filled.csv');
  await writeFile(file, filled);
  return invoke([
    'review',
    '--pack',
    pack,
    '--ingest',
    file,
    '--reviewer',
    'Rita Reviewer',
    '--signed-off-at',
    SIGNED_OFF_AT,
    ...words,
  ]);
};

const filledOf = async (pack: string, change: (line: Line) => Line = (line) => line): Promise<string> =>
  writeSheet((await sheetOf(pack, 'worksheet.csv')).map((line) => change(answered(line))));

const [u1, u2, u3] = ['u1', 'u2', 'u3'].map((userId) => aUser({ userId })) as [UserRecord, UserRecord, UserRecord];

/** Five nights of a directory that changes as a real one does. */
const fiveNights = (() => {
  let folder: Promise<string> | undefined;
  const make = async (): Promise<string> => {
    const nights = makeNights({ seed: 1, users: 200, firstNight: nightAt(FIRST), accountId: ACCOUNT });
    return archived(Object.fromEntries(nights.map(({ users }, index) => [index + 1, { users }])));
  };
  return (): Promise<string> => (folder ??= make());
})();

test('a finding on a principal is open on those who count in it, and on nobody else who has it', async () => {
  const users = caseUsers('review-disabled-shared').map((user) => ({
    ...Object(user),
    ...TIMES,
    lastDisabledTime: TIMES.lastModifiedTime,
  }));
  const { pack } = await build(await archived({ 1: { users } }));
  const sheet = await sheetOf(pack, 'worksheet.csv');
  const open = sheet.map(({ userId, openFindings, worstSeverity }) => [userId, openFindings, worstSeverity]);
  expect(open.at(-1)).toEqual(['c', '1', 'MEDIUM']);
  expect(open.slice(0, 2).every(([, , worst]) => worst === 'HIGH')).toBe(true);
});

describe('five nights of a real directory', () => {
  test('are reviewed and signed off', async () => {
    const out = await fiveNights();
    const { pack, code, stdout } = await build(out);
    expect(code).toBe(0);
    expect(stdout).toContain(`The review speaks for run ${runAt(5)}`);
    expect(stdout).toContain('Every day of the period (UTC) has a complete run.');
    expect(stdout).not.toContain('@');

    const roster = await sheetOf(pack, 'roster.csv');
    const privileged = await sheetOf(pack, 'privileged.csv');
    const never = await sheetOf(pack, 'never-logged-in.csv');
    const changes = await sheetOf(pack, 'changes.csv');
    expect(roster).toHaveLength(200);
    expect(privileged.map(({ userId }) => userId)).toEqual(
      roster
        .filter(({ type, apiAccess }) => type === 'SUPER_USER' || apiAccess === 'ENABLED')
        .map(({ userId }) => userId),
    );
    expect(never.map(({ userId }) => userId)).toEqual(
      roster
        .filter(({ lastLoginTime }) => lastLoginTime === 'never' || lastLoginTime === 'unusable')
        .map(({ userId }) => userId),
    );
    const kinds = (kind: string) => changes.filter(({ change }) => change === kind);
    expect(kinds('came')).toHaveLength(1);
    expect(kinds('gone')).toHaveLength(1);
    expect(new Set(kinds('changed').map(({ member }) => member))).toEqual(
      new Set(['type', 'status', 'apiAccess', 'apiAccessPrincipalArn']),
    );
    const events = kinds('event').map(({ rule = '' }) => rule);
    expect(events.filter(isReleased)).toEqual([
      'api-access-granted',
      expect.any(String),
      expect.any(String),
      expect.any(String),
      'vanished-user',
    ]);

    const [first, second] = roster;
    const result = await ingest(
      pack,
      await filledOf(pack, (line) => ({
        ...line,
        ...(line.userId === first?.userId && { decision: 'revoke', justification: '' }),
        ...(line.userId === second?.userId && { decision: 'justify', justification: 'back\nin May' }),
      })),
    );
    expect(result).toMatchObject({ code: 0, stderr: '' });

    const signedOff = await jsonOf(pack, 'signed-off.json');
    expect(signedOff).toMatchObject({
      environmentId: ENVIRONMENT,
      run: runAt(5),
      reviewer: 'Rita Reviewer',
      signedOffAt: '2025-06-01T10:00:00.000Z',
      decisions: { keep: 198, revoke: 1, justify: 1 },
      revocations: [{ userId: first?.userId, reviewer: 'rita@reviewers.example' }],
    });
    expect(signedOff.keptWithJustification).toContainEqual({
      userId: privileged.find(({ type, userId }) => type === 'SUPER_USER' && userId !== first?.userId)?.userId,
      justificationToKeep: expect.stringMatching(/^required: SUPER_USER/),
      justification: 'runs the platform',
      reviewer: 'rita@reviewers.example',
    });
    expect(signedOff.exceptions).toEqual([
      {
        userId: second?.userId,
        justificationToKeep: second?.type === 'SUPER_USER' ? 'required: SUPER_USER' : '',
        justification: 'back\nin May',
        reviewer: 'rita@reviewers.example',
      },
    ]);
    const text = await readFile(join(pack, 'signed-off.txt'), 'utf8');
    expect(text).toContain(`- ${first?.userId} (status `);
    expect(text).toContain('back in May');

    const texts = await textsOf(pack);
    const digest = (name: string) => ({
      sha256: sha256Of(texts[name] ?? ''),
      size: Buffer.byteLength(texts[name] ?? ''),
    });
    expect(await jsonOf(pack, 'signed-off-manifest.json')).toEqual({
      schemaVersion: 1,
      environmentId: ENVIRONMENT,
      run: runAt(5),
      reviewer: 'Rita Reviewer',
      signedOffAt: '2025-06-01T10:00:00.000Z',
      previous: { key: 'manifest.json', ...digest('manifest.json') },
      files: Object.fromEntries(
        ['signed-off.json', 'signed-off.txt', 'signed-off-worksheet.csv'].map((name) => [name, digest(name)]),
      ),
    });
  }, 60_000);

  test('give the same bytes twice', async () => {
    const out = await fiveNights();
    const [one, other] = [await build(out), await build(out)];
    const texts = await textsOf(one.pack);
    expect(Object.keys(texts)).toHaveLength(9);
    expect(await textsOf(other.pack)).toEqual(texts);
    expect(one.stdout).toContain(sha256Of(texts['manifest.json'] ?? ''));
  }, 60_000);

  test('the archive is left as it is', async () => {
    const out = await archived({ 1: { users: [u1] } });
    const keys = () => readdir(out, { recursive: true });
    const before = await keys();
    await build(out);
    expect(await keys()).toEqual(before);
  });
});

describe('the manifest', () => {
  test('names the run, the manifests it stands on and every file', async () => {
    const out = await archived({ 1: { users: [u1] }, 2: { users: [u1, u2] } });
    const { pack } = await build(out, { to: dayAt(2) });
    const source = async (number: number) => ({
      key: keysAt(number).manifest,
      sha256: sha256Of(await readFile(join(out, keysAt(number).manifest))),
    });
    const texts = await textsOf(pack);
    const manifest = await jsonOf(pack, 'manifest.json');
    expect(manifest).toMatchObject({
      schemaVersion: 1,
      environmentId: ENVIRONMENT,
      accountId: ACCOUNT,
      period: { from: dayAt(1), to: dayAt(2) },
      run: runAt(2),
      archiveManifest: await source(2),
      changesFrom: [
        { run: runAt(1), ...(await source(1)) },
        { run: runAt(2), ...(await source(2)) },
      ],
      gaps: { daysWithoutRun: [], unfinished: [], untrusted: [] },
    });
    const files = Object.entries(texts).filter(([name]) => name !== 'manifest.json');
    expect(manifest.files).toEqual(
      Object.fromEntries(
        files.map(([name, text]) => [name, { sha256: sha256Of(text), size: Buffer.byteLength(text) }]),
      ),
    );
  });
});

describe('what was not seen', () => {
  const whole = { users: [u1] };

  test.each<{ name: string; nights: Record<string, Plan>; asked?: Asked; texts: readonly string[] }>([
    {
      name: 'days without a run',
      nights: { 2: whole, 4: whole },
      asked: { to: dayAt(6) },
      texts: [
        `speaks for run ${runAt(4)}`,
        `days (UTC) without a complete run that could be read: ${dayAt(1)}, ${dayAt(3)}, ${dayAt(5)} to ${dayAt(6)}`,
      ],
    },
    {
      name: 'a run that is not complete',
      nights: { 1: whole, 2: { users: [u1], isCut: true }, 3: whole },
      asked: { to: dayAt(3) },
      texts: [`NOT COMPLETE: run ${runAt(2)}, attempt attempt-2: INCOMPLETE (deadline)`],
    },
    {
      name: 'a period without a run',
      nights: { 1: whole },
      asked: { from: dayAt(2), to: dayAt(3) },
      texts: [`speaks for run ${runAt(1)}`, 'THAT RUN LIES BEFORE THE PERIOD', `${dayAt(2)} to ${dayAt(3)}`],
    },
    {
      name: 'a period of one run',
      nights: { 1: whole, 2: { users: [u1, u2] } },
      asked: { from: dayAt(2), to: dayAt(2) },
      texts: ['With one run there is nothing to compare'],
    },
    {
      name: 'a record without a userId',
      nights: { 1: whole, 2: { users: [u1, aUser({ userId: null })] } },
      asked: { to: dayAt(2) },
      texts: ['1 record without a userId'],
    },
  ])('is stated: $name', async ({ nights, asked, texts }) => {
    const { code, stdout, pack } = await build(await archived(nights), asked);
    expect(code).toBe(0);
    const readme = (await readFile(join(pack, 'README.txt'), 'utf8')).replaceAll(/\n {2}/g, ' ');
    for (const text of texts) {
      expect(stdout.replaceAll('\n', ' ')).toContain(text);
      expect(readme).toContain(text);
    }
    await ingest(pack, await filledOf(pack));
    const signedOff = (await readFile(join(pack, 'signed-off.txt'), 'utf8')).replaceAll(/\n {2}/g, ' ');
    for (const text of texts) expect(signedOff).toContain(text);
  });

  test('a run that was altered is left out, listed, and exits 2', async () => {
    const out = await archived({ 1: whole, 2: { users: [u1, u2] }, 3: { users: [u1, u2, u3] } });
    await appendFile(join(out, keysAt(1).object(OUTPUTS.snapshot)), 'x');
    const { code, stdout, pack } = await build(out, { to: dayAt(3) });
    expect(code).toBe(2);
    expect(stdout).toContain(`NOT TO BE TRUSTED, left out: run ${runAt(1)}`);
    const came = (await sheetOf(pack, 'changes.csv')).filter(({ change }) => change === 'came');
    expect(came).toMatchObject([{ subject: 'u3', run: `${runAt(2)} to ${runAt(3)}` }]);
  });

  test('the events of a run whose findings were altered are left out', async () => {
    const promoted = { users: [{ ...u1, type: 'SUPER_USER' }] };
    const nights = { 1: whole, 2: promoted, 3: promoted };
    const eventsOf = async (pack: string) =>
      (await sheetOf(pack, 'changes.csv')).filter(({ change }) => change === 'event');
    const out = await archived(nights);
    expect(await eventsOf((await build(out, { to: dayAt(3) })).pack)).toMatchObject([
      { run: runAt(2), rule: 'promoted-to-super-user', subject: 'u1' },
    ]);

    await appendFile(join(out, keysAt(2).object(OUTPUTS.findings)), 'x');
    const { code, pack } = await build(out, { to: dayAt(3) });
    expect(code).toBe(2);
    expect(await eventsOf(pack)).toEqual([]);
    expect((await jsonOf(pack, 'manifest.json')).gaps).toMatchObject({
      daysWithoutRun: [{ from: dayAt(2), to: dayAt(2) }],
      untrusted: [{ run: runAt(2) }],
    });
  });

  test('nothing is built where the reviewed run’s manifest was altered', async () => {
    const out = await archived({ 1: whole, 2: whole });
    await appendFile(join(out, keysAt(2).manifest), ' ');
    const { code, stderr, pack } = await build(out, { to: dayAt(2) });
    expect(code).toBe(2);
    expect(stderr).toContain(`${keysAt(2).manifest} was altered`);
    await expect(readdir(pack)).rejects.toThrow('ENOENT');
  });

  test.each(['snapshot', 'findings', 'report'] as const)(
    'nothing is built where the reviewed run’s %s was altered',
    async (name) => {
      const out = await archived({ 1: whole, 2: whole });
      await appendFile(join(out, keysAt(2).object(OUTPUTS[name])), 'x');
      const { code, stderr, pack } = await build(out, { to: dayAt(2) });
      expect(code).toBe(2);
      expect(stderr).toContain(keysAt(2).object(OUTPUTS[name]));
      await expect(readdir(pack)).rejects.toThrow('ENOENT');
    },
  );

  test('no other run stands in for one that was taken away', async () => {
    const out = await archived({ 1: whole, 2: whole });
    await rm(join(out, keysAt(2).manifest));
    const { code, stderr } = await build(out, { to: dayAt(2) });
    expect(code).toBe(2);
    expect(stderr).toContain(`${keysAt(2).manifest} is not there, though latest/environment=${ENVIRONMENT}.json`);
  });

  test('nothing is built where there is no complete run', async () => {
    const out = await archived({ 3: whole });
    const { code, stderr } = await build(out, { to: dayAt(2) });
    expect(code).toBe(2);
    expect(stderr).toContain(`no complete run of environment ${ENVIRONMENT} on or before ${dayAt(2)}`);
  });

  test('a record without an id is told apart from a user whose id is spelled like its place', async () => {
    const out = await archived({ 1: { users: [u1, aUser({ userId: '#2' }), aUser({ userId: '' })] } });
    expect((await build(out, { to: dayAt(1) })).code).toBe(0);
  });
});

describe('waivers and findings', () => {
  test('are listed for each user', async () => {
    const out = await newFolder();
    const waiver = {
      rule: 'super-user-api-access',
      user: 'u1',
      reason: "the auditor's own identity",
      ticket: 'SEC-1',
      owner: 'owner@example.com',
      approver: 'approver@example.com',
      expires: '2026-12-31',
    };
    const own = anApiUser({ userId: 'u1', type: 'SUPER_USER', ...TIMES });
    const shared = { ...TIMES, apiAccessPrincipalArn: 'arn:aws:iam::111122223333:role/shared' };
    await auditNights(folderArchive(out), [
      {
        number: FIRST,
        users: [own, anApiUser({ userId: 'u2', ...shared }), anApiUser({ userId: 'u3', ...shared })],
        waivers: [waiver],
      },
    ]);
    const { pack } = await build(out, { to: dayAt(1) });
    expect(await sheetOf(pack, 'waivers.csv')).toMatchObject([
      {
        rule: waiver.rule,
        subject: 'u1',
        reason: waiver.reason,
        owner: waiver.owner,
        approver: waiver.approver,
        expires: waiver.expires,
        finding: `${ENVIRONMENT}/super-user-api-access/u1`,
      },
    ]);
    expect(await sheetOf(pack, 'worksheet.csv')).toMatchObject([
      { userId: 'u1', openFindings: '0', justificationToKeep: 'required: SUPER_USER' },
      { userId: 'u2', openFindings: '1', worstSeverity: 'HIGH', justificationToKeep: 'required: open HIGH finding' },
      { userId: 'u3', openFindings: '1', worstSeverity: 'HIGH', decision: '', justification: '', reviewer: '' },
    ]);
  });
});

describe('a sign-off is refused, and writes nothing,', () => {
  const packOfTwo = async () => (await build(await archived({ 1: { users: [u1, u2] } }), { to: dayAt(1) })).pack;

  test('for a worksheet with problems, all of which are listed', async () => {
    const pack = await packOfTwo();
    const before = await readdir(pack);
    const { code, stdout, stderr } = await ingest(
      pack,
      await filledOf(pack, (line) => ({ ...line, decision: 'perhaps', reviewer: '' })),
    );
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr.trim().split('\n')).toEqual(
      [2, 3].flatMap((line) => [
        expect.stringContaining(
          `filled.csv: line ${line}, decision: must be one of keep, revoke, justify, got "perhaps"`,
        ),
        expect.stringContaining(`filled.csv: line ${line}, reviewer: must be who decided, got nothing`),
      ]),
    );
    expect(await readdir(pack)).toEqual(before);
  });

  test.each<{ name: string; spoil: (pack: string) => Promise<unknown>; problem: RegExp }>([
    {
      name: 'a roster that was altered',
      spoil: (pack) => appendFile(join(pack, 'roster.csv'), 'x'),
      problem: /roster\.csv was altered: its SHA-256 must be [0-9a-f]{64}, got [0-9a-f]{64}\n$/,
    },
    {
      name: 'the worksheet filled in in its place',
      spoil: (pack) => appendFile(join(pack, 'worksheet.csv'), 'x'),
      problem: /worksheet\.csv was altered: .*; fill in a copy of it, and build the pack anew/,
    },
    {
      name: 'a file that is missing',
      spoil: (pack) => rm(join(pack, 'waivers.csv')),
      problem: /waivers\.csv is missing, though manifest\.json names it/,
    },
    {
      name: 'a manifest that is none',
      spoil: (pack) => writeFile(join(pack, 'manifest.json'), '{}'),
      problem: /manifest\.json must be the manifest of an access-review pack/,
    },
    {
      name: 'no manifest',
      spoil: (pack) => rm(join(pack, 'manifest.json')),
      problem: /must be an access-review pack, got no manifest\.json there/,
    },
  ])('for a pack with $name', async ({ spoil, problem }) => {
    const pack = await packOfTwo();
    const filled = await filledOf(pack);
    await spoil(pack);
    const before = await readdir(pack);
    const { code, stderr } = await ingest(pack, filled);
    expect(code).toBe(3);
    expect(stderr).toMatch(problem);
    expect(await readdir(pack)).toEqual(before);
  });

  test('for a second time', async () => {
    const pack = await packOfTwo();
    const filled = await filledOf(pack);
    expect((await ingest(pack, filled)).code).toBe(0);
    const before = await textsOf(pack);
    const { code, stderr } = await ingest(pack, filled, '--reviewer', 'Another');
    expect(code).toBe(3);
    expect(stderr).toContain('must be a pack that was not signed off');
    expect(await textsOf(pack)).toEqual(before);
  });

  test('for a time before the reviewed run', async () => {
    const pack = await packOfTwo();
    const { code, stderr } = await ingest(pack, await filledOf(pack), '--signed-off-at', '2020-01-01T00:00:00Z');
    expect(code).toBe(3);
    expect(stderr).toContain('--signed-off-at must not be before the reviewed run');
  });
});

test('a pack of the former format, without what is read beside the listing, is signed off', async () => {
  const { pack } = await build(await archived({ 1: { users: [u1, u2] } }));
  const former = (text: readonly Line[]) => text.map(({ permissionGroups: _groups, role: _role, ...line }) => line);
  const lines = former(await sheetOf(pack, 'worksheet.csv'));
  const worksheet = writeSheet(lines);
  const manifest = await jsonOf(pack, 'manifest.json');
  manifest.files['worksheet.csv'] = { sha256: sha256Of(Buffer.from(worksheet)), size: Buffer.byteLength(worksheet) };
  await writeFile(join(pack, 'worksheet.csv'), worksheet);
  await writeFile(join(pack, 'manifest.json'), JSON.stringify(manifest));

  const { code, stdout } = await ingest(pack, writeSheet(lines.map(answered)));
  expect(code).toBe(0);
  expect(stdout).toContain('keep 2, revoke 0, justify 0');
});

test('a sign-off that broke off before its manifest is made again', async () => {
  const { pack } = await build(await archived({ 1: { users: [u1] } }), { to: dayAt(1) });
  await writeFile(join(pack, 'signed-off.json'), '{');
  expect((await ingest(pack, await filledOf(pack))).code).toBe(0);
  expect(await jsonOf(pack, 'signed-off.json')).toMatchObject({ decisions: { keep: 1 } });
});

test('hostile names survive from the listing to the sign-off', async () => {
  const names = ["=cmd|' /C calc'!A0", 'a "b", c', 'two\nlines', '\u202eevil', '🙂'.repeat(25), "'=1"];
  const users = names.map((name) => aUser({ userId: name, firstName: name, emailAddress: `${name}@x.example` }));
  const { pack } = await build(await archived({ 1: { users } }), { to: dayAt(1) });
  const { code, stdout } = await ingest(pack, await filledOf(pack, (line) => ({ ...line, decision: 'revoke' })));
  expect(code).toBe(0);
  expect(stdout).not.toContain('\u202e');
  const { revocations } = await jsonOf(pack, 'signed-off.json');
  expect(revocations.map(({ userId }: { userId: string }) => userId)).toEqual(names);
  const text = await readFile(join(pack, 'signed-off.txt'), 'utf8');
  expect(text).not.toContain('\u202e');
  expect(text.split('\n').filter((line) => line.startsWith('- ') && line.includes('(status'))).toHaveLength(6);
});

describe('the command line', () => {
  test.each([
    { words: [], problem: '--pack must be the path of a folder, got nothing' },
    { words: ['--pack', 'p'], problem: '--from must be a day as 2026-11-01, got nothing' },
    { words: ['--pack', 'p', '--from', '2026-02-30'], problem: '--from must be a day' },
    { words: ['--pack', 'p', '--out', 'a', '--to', 'x'], problem: '--to must be a day as 2026-11-30, got "x"' },
    {
      words: ['--pack', 'p', '--out', 'a', '--from', '2026-02-02', '--to', '2026-02-01'],
      problem: '--from must not be after --to, got 2026-02-02 and 2026-02-01',
    },
    { words: ['--pack', 'p', '--reviewer', 'r'], problem: '--reviewer is allowed with --ingest only' },
    { words: ['--pack', 'a/p', '--out', 'a'], problem: '--pack must be a folder outside of the archive' },
    { words: ['--pack', 'p', '--ingest', 'f'], problem: '--reviewer must be the name of who signs' },
    {
      words: ['--pack', 'p', '--ingest', 'f', '--reviewer', 'r', '--out', 'a'],
      problem: '--out is not allowed with --ingest',
    },
    {
      words: ['--pack', 'p', '--ingest', 'f', '--reviewer', 'r', '--signed-off-at', '2999-01-01T00:00:00Z'],
      problem: '--signed-off-at must be a time in ISO 8601 with its zone',
    },
    {
      words: ['--pack', 'p', '--ingest', '/nowhere/f.csv', '--reviewer', 'r'],
      problem: '--ingest must be a file that can be read, got "/nowhere/f.csv" (ENOENT)',
    },
  ])('refuses $words', async ({ words, problem }) => {
    const { code, stderr } = await invoke(['review', ...words]);
    expect(code).toBe(3);
    expect(stderr).toContain(problem);
  });

  test('refuses a folder that has something', async () => {
    const out = await archived({ 1: { users: [u1] } });
    const pack = await newFolder();
    await writeFile(join(pack, 'notes.txt'), '');
    const words = ['--from', dayAt(1), '--to', dayAt(1), '--pack', pack];
    const { code, stderr } = await invoke(['review', '--out', out, ...words]);
    expect(code).toBe(3);
    expect(stderr).toContain('--pack must be a new folder or an empty one');
  });

  test('prints JSON', async () => {
    const out = await archived({ 1: { users: [u1] } });
    const pack = join(await newFolder(), 'pack');
    const words = ['--out', out, '--from', dayAt(1), '--to', dayAt(1), '--pack', pack, '--json'];
    const built = JSON.parse((await invoke(['review', ...words])).stdout);
    expect(built).toEqual({
      ...(await jsonOf(pack, 'manifest.json')),
      manifestSha256: sha256Of(await readFile(join(pack, 'manifest.json'))),
    });
    const { stdout } = await ingest(pack, await filledOf(pack), '--json');
    expect(JSON.parse(stdout)).toEqual(await jsonOf(pack, 'signed-off.json'));
  });
});

describe('who reviews whom', () => {
  const users = [
    aUser({ userId: 'u1', firstName: 'Ann', lastName: 'One', emailAddress: 'ann@x.example' }),
    aUser({ userId: 'u2', firstName: 'Bob', lastName: 'Two', emailAddress: 'bob@x.example' }),
    aUser({ userId: 'u3', firstName: 'Cy', lastName: 'Three', emailAddress: 'cy@x.example' }),
  ];
  const split = async (lines: string) => {
    const pack = join(await newFolder(), 'pack');
    const file = join(await newFolder(), 'reviewers.csv');
    await writeFile(file, `user,reviewer\n${lines}`);
    const out = await archived({ 1: { users } });
    const words = ['review', '--out', out, '--from', dayAt(1), '--to', dayAt(1), '--pack', pack, '--reviewers', file];
    return { pack, ...(await invoke(words)) };
  };

  test.each([
    ['u1,Rita\n*,Bob Boss\n', ['Rita', 'Bob Boss', 'Bob Boss']],
    ['ann@x.example,Rita\nbob two,Rita\nu3,Rita\n', ['Rita', 'Rita', 'Rita']],
  ])('is said by id, e-mail address or name: %j', async (lines, reviewers) => {
    const { pack, code } = await split(lines);
    const sheet = await sheetOf(pack, 'reviewers.csv');
    expect({ code, reviewers: sheet.map(({ reviewer }) => reviewer) }).toEqual({ code: 0, reviewers });
    const pages = (await readdir(pack)).filter((name) => name.endsWith('.html'));
    expect(pages).toEqual([...new Set(reviewers)].map((_, index) => `review-${index + 1}.html`));
    expect(await readFile(join(pack, 'review-1.html'), 'utf8')).toContain('for <bdi>Rita</bdi>');
  });

  test.each([
    ['u1,Rita\n', 'every user must have a reviewer, got none for 2, such as "u2", "u3"'],
    ['*,ann@x.example\n', 'line 2, reviewer: must be somebody else than user "u1", got "ann@x.example"'],
    ['*,U2\n', 'line 2, reviewer: must be somebody else than user "u2"'],
    ['u3,Three Cy\n*,Rita\n', 'line 2, reviewer: must be somebody else than user "u3"'],
    ['u9,Rita\n*,Rita\n', 'line 2, user: must be one user of the run, got "u9", which none have'],
    ['u1,Rita\nann@x.example,Rob\n*,Rita\n', 'line 3: must give user "u1" the reviewer of line 2, got another'],
    ['u1,Rita\nU1,Rob\n*,Rita\n', 'line 3, user: must stand there once (line 2 has it), got "U1"'],
    ['u1\n', 'line 2: must have 2 cells, got 1'],
  ])('is refused where it leaves somebody out, or to himself: %j', async (lines, problem) => {
    const { pack, code, stderr } = await split(lines);
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining(problem) });
    await expect(readdir(pack)).rejects.toThrow('ENOENT');
  });

  test('their worksheets are signed off together, each decided by whom it was given to', async () => {
    const { pack } = await split('u1,Rita\n*,Rob\n');
    const sheet = (await sheetOf(pack, 'worksheet.csv')).map(answered);
    const of = (ids: readonly string[], reviewer: string) =>
      writeSheet(
        sheet.map((line) =>
          ids.includes(line.userId ?? '')
            ? { ...line, reviewer }
            : { ...line, decision: '', justification: '', reviewer: '' },
        ),
      );
    const handIn = async (...texts: readonly string[]) => {
      const files = await Promise.all(
        texts.map(async (text, index) => {
          const file = join(await newFolder(), `filled${index}.csv`);
          await writeFile(file, text);
          return file;
        }),
      );
      return invoke([
        'review',
        '--pack',
        pack,
        '--ingest',
        ...files,
        '--reviewer',
        'Chief',
        '--signed-off-at',
        SIGNED_OFF_AT,
      ]);
    };
    const alone = await handIn(of(['u1'], 'Rita'));
    expect(alone.stderr).toContain('line 3 to 4: must have a decision');
    const twice = await handIn(of(['u1'], 'Rita'), of(['u1', 'u2', 'u3'], 'Rob'));
    expect(twice.stderr).toContain('must be there once');
    const wrong = await handIn(of(['u1'], 'Rita'), of(['u2', 'u3'], 'Rita'));
    expect(wrong.stderr).toContain('reviewer: must be "Rob", who was to decide, got "Rita"');
    expect([alone.code, twice.code, wrong.code]).toEqual([3, 3, 3]);
    const { code } = await handIn(of(['u1'], 'Rita'), of(['u2', 'u3'], 'rob'));
    expect(code).toBe(0);
    const { worksheet, furtherWorksheets } = await jsonOf(pack, 'signed-off.json');
    expect([worksheet, ...furtherWorksheets]).toHaveLength(2);
    expect(await readdir(pack)).toEqual(
      expect.arrayContaining(['signed-off-worksheet.csv', 'signed-off-worksheet-2.csv']),
    );
  });
});

describe('a follow-up', () => {
  const reviewed = async (later: Readonly<Record<number, Plan>>, users: readonly UserRecord[] = [u1, u2, u3]) => {
    const out = await archived({ 1: { users }, ...later });
    const { pack } = await build(out, { to: dayAt(1) });
    const revoked = await filledOf(pack, (line) => ({ ...line, decision: line.userId === 'u3' ? 'keep' : 'revoke' }));
    const at = nightAt(FIRST + 0.25).toISOString();
    expect((await ingest(pack, revoked, '--signed-off-at', at)).code).toBe(0);
    const follow = async (...words: readonly string[]) => {
      const { code, stdout, stderr } = await invoke(['review', '--pack', pack, '--follow-up', '--out', out, ...words]);
      return { code, stdout, stderr };
    };
    return { pack, out, follow };
  };
  const off = (user: UserRecord): UserRecord => ({ ...user, status: 'DISABLED' });

  test('tells what later runs saw carried out, and what is overdue', async () => {
    const { follow } = await reviewed({
      2: { users: [off(u1), u2, u3] },
      3: { users: [off(u1), { ...off(u2), apiAccess: 'ENABLED' }, u3] },
    });
    const { code, stdout } = await follow('--json', '--within-days', '1');
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      lastRun: runAt(3),
      revocations: [
        { userId: 'u1', state: 'done', seenBy: runAt(2), isOverdue: false },
        { userId: 'u2', state: 'partly', message: 'disabled, and API access stands', isOverdue: true },
      ],
    });
    const told = await follow('--within-days', '3650');
    expect(told.code).toBe(0);
    expect(told.stdout).toContain('1 of 2 revocations carried out, 0 overdue (3,650 days allowed)');
  });

  test('what was undone is open again, and who is gone is done', async () => {
    const { follow } = await reviewed({ 2: { users: [off(u1), off(u2), u3] }, 3: { users: [u1, u3] } });
    const { stdout } = await follow('--json');
    expect(JSON.parse(stdout).revocations).toMatchObject([
      { userId: 'u1', state: 'partly', message: 'not disabled, and API access is off' },
      { userId: 'u2', state: 'done', message: 'no longer in the directory', seenBy: runAt(2) },
    ]);
  });

  const nameless = aUser({ userId: null });
  const spread = aUser({ userId: 'two\r\nlines' });

  const attested = {
    kind: 'roster',
    attestedBy: { name: 'Ada', statement: 'all', at: '2024-11-24T02:00:00.000Z' },
  } as const;

  test.each<{
    name: string;
    users: readonly UserRecord[];
    later: readonly UserRecord[];
    source?: ListingSource;
    told: object;
    notes?: readonly unknown[];
  }>([
    {
      name: 'a record without a userId, which nothing ties to a later one',
      users: [u3, nameless],
      later: [u3],
      told: { userId: '#1', state: 'not seen', message: expect.stringContaining('without a userId'), isOverdue: true },
    },
    {
      name: 'a user whose id no spreadsheet gives back',
      users: [u3, spread],
      later: [u3, spread],
      told: { userId: 'two\nlines', state: 'partly', isOverdue: true },
    },
    {
      name: 'a user who is not in a roster that is attested',
      users: [u1, u3],
      later: [u3],
      source: attested,
      told: { userId: 'u1', state: 'not seen', message: expect.stringContaining("somebody's word"), isOverdue: true },
      notes: [expect.stringMatching(/^ATTESTED, NOT SEEN: /)],
    },
    {
      name: 'a user who may be one that has no userId any more',
      users: [u1, u3],
      later: [u3, nameless],
      told: { userId: 'u1', state: 'not seen', message: expect.stringContaining('1 record of that run lacks') },
    },
    {
      name: 'a user of whom records differ, by the worst of them',
      users: [u1, u3],
      later: [u3, u1, off(u1)],
      told: { userId: 'u1', state: 'partly', message: 'not disabled, and API access is off' },
      notes: [expect.stringMatching(/^RECORDS DIFFER: of 1 user /)],
    },
  ])('takes for gone nobody who may be there: $name', async ({ users, later, source, told, notes = [] }) => {
    const { follow } = await reviewed({ 2: { users: later, ...(source && { source }) } }, users);
    const { code, stdout } = await follow('--json', '--within-days', '1');
    const { revocations, notes: said } = JSON.parse(stdout);
    expect({ code, revocations, notes: said }).toMatchObject({ code: 2, revocations: [told], notes });
  });

  test('believes of an attested roster who stands in it', async () => {
    const { follow } = await reviewed({ 2: { users: [off(u1), off(u2), u3], source: attested } });
    const { stdout } = await follow();
    expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(/By run \w+: ATTESTED, NOT SEEN: .* 2 of 2 revocations carried out/);
  });

  test('says where nobody has looked since', async () => {
    const { follow, pack } = await reviewed({});
    const { code, stdout } = await follow('--within-days', '1');
    expect({ code, stdout }).toEqual({
      code: 2,
      stdout: expect.stringContaining('NOT SEEN: no run is complete since.'),
    });
    await appendFile(join(pack, 'signed-off.json'), ' ');
    expect(await follow()).toMatchObject({ code: 3, stderr: expect.stringContaining('signed-off.json was altered') });
  });

  test('is of a pack that was signed off', async () => {
    const out = await archived({ 1: { users: [u1] } });
    const { pack } = await build(out, { to: dayAt(1) });
    const { code, stderr } = await invoke(['review', '--pack', pack, '--follow-up', '--out', out]);
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: expect.stringContaining('must be a pack that was signed off'),
    });
  });
});

describe('of a period that begins before the start of an archive', () => {
  const DELETED = { years: 1, afterRetention: 'delete' } as const;
  const [first, second, third, last] = OLD_NIGHTS;
  const dayOf = (number: number): string => night(number).toISOString().slice(0, 10);
  const whole = { from: dayOf(first), to: dayOf(last) };

  test.each([
    { name: 'a start that was deleted after its retention is a note', left: [] },
    { name: 'and one of which S3 has left the place in the chain', left: [chainKey(ENVIRONMENT, 2)] },
  ])('$name', async ({ left }) => {
    const out = await newFolder();
    await expiredHistory(out, DELETED, left.length === 0 ? 2 : 1);
    if (left.length > 0)
      for await (const key of folderArchive(out).list(''))
        if (key.includes(`/dt=${dayOf(second)}/`)) await tamperer(out).remove(key);
    const { code, pack } = await build(out, whole);
    expect(code).toBe(0);
    const { gaps } = await jsonOf(pack, 'manifest.json');
    expect(gaps).toMatchObject({ untrusted: [], unfinished: [] });
    expect(gaps.expired).toContainEqual({ run: runOf(second), says: expect.stringContaining('kept for 1 year') });
    expect(gaps.daysWithoutRun).toEqual([{ from: dayOf(first), to: dayOf(second) }]);
    const readme = (await readFile(join(pack, 'README.txt'), 'utf8')).replaceAll(/\s+/g, ' ');
    expect(readme).toContain(`NOT THERE ANY MORE: run ${runOf(second)}`);
    expect(readme).not.toContain('NOT TO BE TRUSTED');
  });

  test.each([
    { name: 'before its retention ended', retention: { ...DELETED, years: 90 } },
    { name: 'though it was to be kept for good', retention: { ...DELETED, afterRetention: 'keep' } as const },
  ])('one that is gone $name is not to be trusted', async ({ retention }) => {
    const out = await newFolder();
    await expiredHistory(out, retention, 2);
    const { code, pack } = await build(out, whole);
    expect(code).toBe(2);
    const { gaps } = await jsonOf(pack, 'manifest.json');
    expect(gaps.untrusted).toMatchObject([{ run: runOf(second) }]);
    expect(gaps.expired).toBeUndefined();
  });

  test('the runs since a sign-off tell what was carried out, whatever is gone of those before it', async () => {
    const out = await newFolder();
    await expiredHistory(out, DELETED, 0);
    const { pack } = await build(out, { from: dayOf(first), to: dayOf(third) });
    const revoked = await filledOf(pack, (line) => ({ ...line, decision: line.userId === 'u1' ? 'revoke' : 'keep' }));
    expect((await ingest(pack, revoked, '--signed-off-at', night(third).toISOString())).code).toBe(0);
    await deleteStart(out, 2);
    const { stdout, stderr } = await invoke(['review', '--pack', pack, '--follow-up', '--out', out, '--json']);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ lastRun: runOf(last), revocations: [{ userId: 'u1' }] });
  });
});
