import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bucketArchive } from '../../../core/archive/bucket.ts';
import { folderArchive } from '../../../core/archive/folder.ts';
import { kmsSigner } from '../../../core/archive/kms.ts';
import type { SigningAlgorithm } from '../../../core/archive/manifest-signature.ts';
import { stoppedClock } from '../../../core/model/clock.ts';
import { OUTPUTS } from '../../../core/outputs/index.ts';
import { startAwsEmulator } from '../../support/aws-emulator.ts';
import { ENVIRONMENT } from '../../support/builders.ts';
import { auditNight, keysOf, night, OBJECT_NAMES, runOf } from '../../support/history.ts';
import { KMS_KEY_ARN, type Kms, publicKeyFor, startKms } from '../../support/kms.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { command, type ProcessResult } from '../command.ts';
import { invoke } from '../in-process.ts';

const newFolder = temporaryFolders();

let kms: Kms;
let history: string;
let files: string;
const environment = process.env;
beforeAll(async () => {
  kms = await startKms();
  process.env = { ...environment, ...kms.env };
  history = await newFolder();
  const signManifestDigest = kmsSigner(KMS_KEY_ARN, 'RSASSA_PSS_SHA_256');
  for (const number of [1, 2, 4]) await auditNight(folderArchive(history), number, { signManifestDigest });

  files = await newFolder();
  const pem = (algorithm: string) => publicKeyFor(algorithm).export({ format: 'pem', type: 'spki' });
  await writeFile(join(files, 'key.pem'), pem('RSA'));
  await writeFile(join(files, 'other.pem'), pem('EC'));
  const schedule = 'schedule: { cron: "0 2 * * *" }';
  await writeFile(join(files, 'audit.yaml'), `environments: [{ id: ${ENVIRONMENT} }]\n${schedule}\n`);
  await writeFile(join(files, 'others.yaml'), `environments: [{ id: another }]\n${schedule}\n`);
});
afterAll(async () => {
  process.env = environment;
  await kms.close();
});

const file = (name: string): string => join(files, name);

/** Runs in this process where nothing needs one of its own: to start one takes a second. */
const verify = (...words: readonly string[]): Promise<ProcessResult> => invoke(['verify', ...words]);

describe('a history in a folder', () => {
  test('is reported with what was checked, and what was not', async () => {
    const { code, stdout, stderr } = await command(['verify', '--out', history]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^environment \w+: 0 problems$/m);
    expect(stdout).toContain(`3 complete, ${runOf(1)} to ${runOf(4)}\n`);
    const objects = /^Objects {2,}(\d+) read to their end, [\d,]+ bytes: SHA-256 and size /m.exec(stdout)?.[1];
    expect(Number(objects)).toBe(3 * OBJECT_NAMES.length);
    expect(stdout).toMatch(/^Signatures {2,}NOT CHECKED, no --public-key was given: 3 of 3 have one/m);
    expect(stdout).toMatch(/^Schedule {2,}NOT CHECKED, no --config was given/m);
    expect(stdout).toMatch(
      /^no problem in what was checked; NOT CHECKED: signatures, the schedule's nights, whether the last runs were taken away \(no --head was given\)$/m,
    );
    expect(stdout).not.toMatch(/\bok\b/i);
  });

  test('--sign-events: a signature that no run is near is told, and what the events do not reach', async () => {
    const signed = (eventTime: string) => ({
      ...{ eventSource: 'kms.amazonaws.com', eventName: 'Sign', eventTime },
      resources: [{ ARN: KMS_KEY_ARN }],
    });
    const events = async (...times: readonly string[]) => {
      await writeFile(file('events.json'), JSON.stringify({ Records: times.map(signed) }));
      return verify('--out', history, '--sign-events', file('events.json'));
    };
    const [first, second, fourth] = [1, 2, 4].map((number) => night(number).toISOString()) as [string, string, string];

    const fine = await events(first, second, fourth);
    expect(fine).toMatchObject({ code: 0, stdout: expect.stringContaining('3 signed runs near one') });
    const third = await events(second, night(3).toISOString(), fourth);
    expect(third.code).toBe(2);
    expect(third.stdout).toMatch(
      /^vanished {2}chain\/\S+ is the last before a signature of arn:aws:kms:\S+ at 2026-11-22T07:00:00.000Z, which no/m,
    );
    expect(third.stdout).toContain('NOT CHECKED, before the first or after the last event: 1 signed run\n');

    const nameless = { ...signed(second), resources: null };
    await writeFile(
      file('events.json'),
      JSON.stringify({ Records: [...[first, second, fourth].map(signed), nameless] }),
    );
    expect((await verify('--out', history, '--sign-events', file('events.json'))).stdout).toContain(
      'NOT CHECKED, no run is signed with the key: 1 event of a key that is not named\n',
    );

    await writeFile(file('events.json'), '[]');
    const refused = await verify('--out', history, '--sign-events', file('events.json'));
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining("CloudTrail's Records or Events") });
  });

  test('--public-key and --config: the signatures hold, and a night is missed', async () => {
    const { code, stdout } = await verify(
      ...['--out', history, '--public-key', file('key.pem'), '--config', file('audit.yaml')],
      ...['--json'],
    );
    expect(code).toBe(2);
    const { problems, ...answer } = JSON.parse(stdout);
    expect(answer).toMatchObject({
      schemaVersion: 1,
      environments: [
        {
          environmentId: ENVIRONMENT,
          runs: 3,
          objects: 3 * OBJECT_NAMES.length,
          signatures: { isChecked: true, signed: 3, valid: 3 },
          schedule: { isChecked: true },
          notes: [{ kind: 'unrecorded' }],
        },
      ],
    });
    const [{ problems: found }] = answer.environments;
    expect(found).toHaveLength(problems);
    expect(found[0]).toMatchObject({ kind: 'gap', run: runOf(3) });
  });

  test('what no complete run vouches for yet is said not to be checked, in the last line too', async () => {
    const folder = await newFolder();
    await cp(history, folder, { recursive: true });
    const part = `listings/environment=${ENVIRONMENT}/dt=2026-11-24/${runOf(5)}-dead/1-0001.jsonl.gz`;
    await folderArchive(folder).create(part, { bytes: Buffer.from('part') }, 'application/gzip');
    const before = await verify('--out', folder);
    expect(before.stdout).toMatch(
      /^Unfinished +parts of a listing; NOT CHECKED, since no complete run vouches for them yet: 1 object under/m,
    );
    expect(before.stdout).toMatch(/^no problem in what was checked; NOT CHECKED: .*what the last attempts left$/m);
    await auditNight(folderArchive(folder), 5);
    expect((await verify('--out', folder)).stdout).not.toContain('what the last attempts left');
    await writeFile(join(folder, part), 'another');
    expect((await verify('--out', folder)).stdout).toContain(`${part} has 7 bytes`);
  });

  test('--json lists each problem with its kind, its run and its key, whatever it is about', async () => {
    const nowhere = ['9', '2'].map((place) => `${place}:${'0'.repeat(64)}`);
    const events = ['2026-11-20T07:00:00Z', '2026-11-22T07:00:00Z', '2026-11-23T07:00:00Z'].map((eventTime) => ({
      ...{ eventSource: 'kms.amazonaws.com', eventName: 'Sign', eventTime, resources: [{ ARN: KMS_KEY_ARN }] },
    }));
    await writeFile(file('events.json'), JSON.stringify({ Records: events }));
    const flags = ['--config', file('audit.yaml'), '--sign-events', file('events.json')];
    const answers = await Promise.all([
      verify('--out', history, '--json', ...flags, ...nowhere.flatMap((head) => ['--head', head])),
      verify('--out', await newFolder(), '--json'),
    ]);
    const listed = answers.map(({ stdout }) => {
      const { environments, archive, signEvents, problems } = JSON.parse(stdout);
      const all = [...environments, archive, signEvents ?? { problems: [] }].flatMap((part) => part.problems);
      expect(all).toHaveLength(problems);
      for (const problem of all)
        expect(problem).toEqual({
          kind: expect.stringMatching(/./),
          run: problem.run === null ? null : expect.stringMatching(/^\d{8}T\d{6}Z$/),
          key: expect.stringMatching(/^[a-z]+\//),
          message: expect.stringMatching(/./),
        });
      return all.map(({ kind, run, key }) => `${kind} ${run} ${key}`);
    });
    const places = keysOf(2).manifest.replace(/\d{12}\.json$/, '');
    expect(listed).toEqual([
      expect.arrayContaining([
        `gap ${runOf(3)} ${keysOf(3).copy}`,
        `missing null ${places}000000000009.json`,
        `edited ${runOf(2)} ${places}000000000002.json`,
        `unwitnessed ${runOf(2)} ${places}000000000002.json`,
        `vanished null ${places}000000000002.json`,
      ]),
      ['no-runs null chain/'],
    ]);
  });

  test('--config: a night that was listed a week later is told as late, and the exit is 2', async () => {
    const folder = await newFolder();
    for (const number of [1, 2]) {
      const settings = number === 2 ? { clock: stoppedClock(night(9).getTime()) } : {};
      await auditNight(folderArchive(folder), number, settings);
    }
    const { code, stdout } = await verify(
      '--out',
      folder,
      '--config',
      file('others.yaml'),
      '--environment',
      ENVIRONMENT,
    );
    expect(code).toBe(2);
    expect(stdout).toMatch(/^Schedule {2,}.* 0 without a complete one; 1 run listed long after the night$/m);
    expect(stdout).toMatch(new RegExp(`^late {2}${runOf(2)} .* was listed 7 days after the night it stands for$`, 'm'));
  });

  test('another key: a line for each manifest', async () => {
    const { code, stdout } = await verify('--out', history, '--public-key', file('other.pem'));
    expect(code).toBe(2);
    const lines = stdout.split('\n').filter((line) => line.startsWith('bad-signature  '));
    expect(lines.map((line) => line.split(/ +/)[1])).toEqual([runOf(1), runOf(2), runOf(4)]);
    expect(stdout).toMatch(
      /^3 problems in what was checked; NOT CHECKED: the schedule's nights, whether the last runs were taken away \(no --head was given\)$/m,
    );
  });

  test('a key that was replaced: with both keys the signatures of before and after hold', async () => {
    const folder = await newFolder();
    const signer = (algorithm: SigningAlgorithm) => ({ signManifestDigest: kmsSigner(KMS_KEY_ARN, algorithm) });
    await auditNight(folderArchive(folder), 1, signer('RSASSA_PSS_SHA_256'));
    await auditNight(folderArchive(folder), 2, signer('ECDSA_SHA_256'));
    const keys = ['key.pem', 'other.pem'].map((name) => ['--public-key', file(name)]);
    const problems = async (...given: readonly (readonly string[])[]) =>
      JSON.parse((await verify('--out', folder, '--json', ...given.flat())).stdout).problems;
    expect(await problems(...keys)).toBe(0);
    expect(await Promise.all(keys.map((one) => problems(one)))).toEqual([1, 1]);
  });

  test('that was edited: the object is named, and what it has and should have', async () => {
    const folder = await newFolder();
    await cp(history, folder, { recursive: true });
    const key = keysOf(2).object(OUTPUTS.csv);
    await writeFile(join(folder, key), `${await readFile(join(folder, key), 'utf8')}x`);
    const { code, stdout } = await verify('--out', folder);
    expect(code).toBe(2);
    expect(stdout).toMatch(
      new RegExp(`^edited {2}${runOf(2)} ${key} has \\d+ bytes of SHA-256 \\w{64}, its manifest says `, 'm'),
    );
  });

  test('an environment that the config has and the archive has not is a problem; its own others are not asked on', async () => {
    const { code, stdout } = await verify('--out', history, '--config', file('others.yaml'), '--json');
    expect(code).toBe(2);
    const answer = JSON.parse(stdout);
    expect(answer.environments).toMatchObject([
      { environmentId: 'another', runs: 0, problems: [{ kind: 'no-runs' }] },
      { environmentId: ENVIRONMENT, problems: [{ kind: 'gap', run: runOf(3) }] },
    ]);
    expect(answer.problems).toBe(2);
  });

  test.each(['utf8', 'utf16le'] as const)('--head takes a file of mails, saved in %s', async (encoding) => {
    const head = `9:${'0'.repeat(64)}`;
    await writeFile(file('mails.txt'), `\ufeffHead:   ${head}\r\n`, encoding);
    const { code, stdout } = await verify('--out', history, '--head', file('mails.txt'));
    expect({ code, stdout }).toMatchObject({
      code: 2,
      stdout: expect.stringContaining(`head ${head} stands in no chain here`),
    });
  });

  test('--environment: that one only, and one without runs is a problem', async () => {
    const one = await verify('--out', history, '--environment', ENVIRONMENT, '--config', file('others.yaml'));
    expect(one.stdout).not.toContain('another');
    const two = await verify('--out', history, '--environment', ENVIRONMENT, '--environment', 'xyz');
    expect(two.stdout).toMatch(
      /^no-runs {2}chain\/environment=xyz\/\S+ is not there: environment xyz has no complete run; nothing shows that one/m,
    );
    expect(two.code).toBe(2);
  });

  test.each([{ words: [] }, { words: ['--json'] }])('nothing at all is not fine: $words', async ({ words }) => {
    const { code, stdout } = await verify('--out', await newFolder(), ...words);
    expect(code).toBe(2);
    expect(stdout).toContain('nothing to verify: no environment has anything in ');
  });
});

describe('what is wrong with the command line exits 3', () => {
  test.each([
    { words: [], message: 'one of --out FOLDER and --bucket NAME must be given, got neither' },
    { words: ['--out', 'nowhere'], message: '--out must be the folder of an archive, got "nowhere": it is not there' },
    {
      words: ['--out', '.', '--bucket', 'my-bucket', '--region', 'us-east-1'],
      message: 'one of --out FOLDER and --bucket NAME must be given, got both',
    },
    { words: ['--bucket', 'my-bucket'], message: '--region must be a region such as us-east-1' },
    { words: ['--out', '.', '--region', 'us-east-1'], message: '--region is allowed with --bucket only' },
    {
      words: ['--out', '.', '--environment', 'a-b'],
      message: '--environment must be 1 to 26 letters and digits, got "a-b"',
    },
    {
      words: ['--out', '.', '--public-key', 'missing.pem'],
      message: '--public-key must be the file of an RSA or P-256 public key in PEM or DER, got "missing.pem" (ENOENT)',
    },
    { words: ['--out', '.', '--public-key', 'package.json'], message: 'got "package.json" (' },
    { words: ['--out', '.', '--config', 'missing.yaml'], message: "missing.yaml: can't be read (" },
  ])('$words', async ({ words, message }) => {
    const { code, stdout, stderr } = await verify(...words);
    expect(stderr).toContain(message);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  });
});

describe('a history in a bucket', () => {
  let emulator: Awaited<ReturnType<typeof startAwsEmulator>>;
  beforeAll(async () => {
    emulator = await startAwsEmulator({ bucket: 'evidence', topicName: 'audits' });
  });
  afterAll(() => emulator.close());

  test('is verified like one in a folder, and a bucket that is not there is no history', async () => {
    const archive = bucketArchive(emulator.s3, emulator.bucket, 1);
    for (const number of [1, 2]) await auditNight(archive, number);
    const fine = await command(['verify', '--bucket', emulator.bucket], emulator.env);
    expect(fine.stdout).toContain(`${2 * OBJECT_NAMES.length} read to their end`);
    expect(fine.code).toBe(0);

    const none = await command(['verify', '--bucket', 'no-such-bucket'], emulator.env);
    expect(none.code).toBe(2);
    expect(none.stdout).toBe('');
    expect(none.stderr).toMatch(/^finspace-audit: .*bucket/i);
  });
});

test('a file that stands where a folder should be holds nothing', async () => {
  const folder = await newFolder();
  const manifests = join(folder, 'manifests');
  await writeFile(manifests, '');
  expect(await verify('--out', folder)).toMatchObject({
    code: 2,
    stdout: expect.stringContaining('nothing to verify'),
  });
  expect(await verify('--out', manifests)).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('--out must be the path of a folder'),
  });
});
