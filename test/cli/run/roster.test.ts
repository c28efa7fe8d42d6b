import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Report } from '../../../core/model/report.ts';
import { type Iam, startIam } from '../../../simulator/iam.ts';
import { soundRole } from '../../../simulator/roles.ts';
import { CALLER } from '../../../simulator/server.ts';
import { ACCOUNT, anApiUser, aRoleArn, aUser, ENVIRONMENT } from '../../support/builders.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { answered, readSheet, writeSheet } from '../../support/worksheet.ts';
import { invoke } from '../in-process.ts';

const newFolder = temporaryFolders();

const AS_OF = '2026-10-06T07:00:00.000Z';
const WORD = ['--attested-by', 'Ada Lovelace', '--statement', 'this is everybody'] as const;

const users = ['u1', 'u2', 'u3'].map((userId) => aUser({ userId, lastLoginTime: Date.parse('2026-10-05T00:00:00Z') }));

/** A folder that holds a roster, of a moment of its own. */
const saved = async (content: string | Uint8Array = JSON.stringify({ users }), name = 'users.json') => {
  const folder = await newFolder();
  const roster = join(folder, name);
  await writeFile(roster, content);
  await utimes(roster, 1, Date.parse(AS_OF) / 1000);
  return { folder, roster, out: join(folder, 'history') };
};

const AUDITED = ['--environment', ENVIRONMENT, '--account', ACCOUNT, '--region', 'us-east-1'] as const;

/** Audits a roster, and gives the report. */
const run = async (words: readonly string[]) => {
  const { code, stdout, stderr } = await invoke(['run', ...AUDITED, '--json', ...words]);
  return { code, stderr, report: stdout === '' ? undefined : (JSON.parse(stdout) as Report) };
};

describe('a saved roster', () => {
  test('is INCOMPLETE unless somebody attests it, and speaks for its own moment, never for tonight', async () => {
    const { roster, out } = await saved();
    const { code, report } = await run(['--roster', roster, '--out', out]);
    expect({ ...report, code }).toMatchObject({
      code: 2,
      verdict: 'INCOMPLETE',
      reason: 'unproven-end',
      asOf: AS_OF,
      listing: { startedAt: AS_OF, endedAt: AS_OF },
      counts: { users: 3, pages: 1, requests: 0 },
      source: { kind: 'roster', file: 'users.json', parser: 'json', instant: AS_OF, instantFrom: 'file' },
    });
    expect(report).not.toHaveProperty('late');
  });

  test('that somebody attests is COMPLETE, and manifest, page, mail and terminal say that this is not seen', async () => {
    const { roster, out } = await saved();
    const { code, stdout } = await invoke(['run', ...AUDITED, '--roster', roster, '--out', out, ...WORD]);
    expect(code).toBe(0);
    const said = 'ATTESTED, NOT SEEN: that the saved roster is the whole directory is the word of Ada Lovelace';
    const plain = (text: string): string => text.replaceAll(/\s+/g, ' ');
    expect(plain(stdout)).toContain(said);

    const files = await readdir(out, { recursive: true });
    const read = async (ending: string) =>
      readFile(join(out, files.find((file) => file.endsWith(ending)) ?? ''), 'utf8');
    const mail = plain(JSON.parse(await read('digest.json')).body);
    expect(mail).toContain(said);
    expect(mail).toContain('COMPLETE: all of the saved roster was judged');
    const page = await read('report.html');
    expect(page).toContain(said);
    expect(page).not.toContain('the whole directory was seen');
    expect(JSON.parse(await read('000000000001.json'))).toMatchObject({
      verdict: 'COMPLETE',
      source: { attestedBy: { name: 'Ada Lovelace', statement: 'this is everybody' } },
    });
  });

  test('that somebody attests is told to be attested, not seen, to whoever lists, reviews or follows up its users', async () => {
    const { folder, roster, out } = await saved();
    await run(['--roster', roster, '--out', out, ...WORD]);
    const said = /ATTESTED, NOT SEEN: .* the word of Ada Lovelace/s;

    const listed = await invoke(['users', '--out', out]);
    expect(listed).toMatchObject({ code: 0, stderr: expect.stringMatching(said) });
    const { stdout } = await invoke(['users', '--out', out, '--json']);
    expect(JSON.parse(stdout).notes).toEqual([expect.stringMatching(said)]);

    const [pack, day] = [join(folder, 'pack'), AS_OF.slice(0, 10)];
    const built = await invoke(['review', '--out', out, '--from', day, '--to', day, '--pack', pack]);
    expect(built).toMatchObject({ code: 0, stdout: expect.stringMatching(said) });
    const readme = (await readFile(join(pack, 'README.txt'), 'utf8')).replaceAll(/\s+/g, ' ');
    expect(readme).toMatch(said);
    expect(readme).not.toContain('everyone there is');
    const { reservations } = JSON.parse(await readFile(join(pack, 'manifest.json'), 'utf8'));
    expect(reservations).toEqual([expect.stringMatching(said)]);

    const filled = join(folder, 'filled.csv');
    const lines = await readSheet(await readFile(join(pack, 'worksheet.csv')));
    await writeFile(filled, writeSheet(lines.map((line) => ({ ...answered(line), decision: 'revoke' }))));
    const signing = ['--ingest', filled, '--reviewer', 'Rita', '--signed-off-at', AS_OF];
    expect(await invoke(['review', '--pack', pack, ...signing])).toMatchObject({ code: 0 });
    await writeFile(roster, JSON.stringify({ users: users.slice(0, 2) }));
    await run(['--roster', roster, '--out', out, ...WORD, '--as-of', '2026-10-07T07:00:00Z']);
    const follow = ['review', '--pack', pack, '--follow-up', '--out', out];
    expect((await invoke(follow)).stdout).toMatch(said);
    const followed = JSON.parse((await invoke([...follow, '--json'])).stdout);
    expect(followed).toMatchObject({ lastRun: '20261007T070000Z', notes: [expect.stringMatching(said)] });
    expect(followed.revocations).toContainEqual(expect.objectContaining({ userId: 'u3', state: 'not seen' }));
  });

  test('that was audited already is stale, whatever moment it is said to be of', async () => {
    const { roster, out } = await saved();
    expect((await run(['--roster', roster, '--out', out, ...WORD])).report).toMatchObject({ verdict: 'COMPLETE' });
    for (const later of [[], ['--as-of', '2026-10-07T07:00:00Z']]) {
      const { code, report } = await run(['--roster', roster, '--out', out, ...WORD, ...later]);
      expect({ ...report, code }).toMatchObject({ code: 2, verdict: 'INCOMPLETE', reason: 'stale-roster' });
      expect(report?.message).toContain('users.json was audited already, as run 20261006T070000Z');
    }
    await writeFile(roster, JSON.stringify({ users: users.slice(0, 2) }));
    const next = await run(['--roster', roster, '--out', out, ...WORD, '--as-of', '2026-10-07T07:00:00Z']);
    expect(next.report).toMatchObject({ verdict: 'COMPLETE', previousRun: '20261006T070000Z', counts: { users: 2 } });
    await writeFile(roster, JSON.stringify({ users }));
    const again = await run(['--roster', roster, '--out', out, ...WORD, '--as-of', '2026-10-08T07:00:00Z']);
    expect(again.report).toMatchObject({ reason: 'stale-roster', counts: { users: 0 } });
    expect(again.report?.message).toContain('users.json was audited already, as run 20261006T070000Z');
  });

  test('from before the last complete run comes after the fact, and the message says where it may go', async () => {
    const { roster, out } = await saved();
    await run(['--roster', roster, '--out', out, ...WORD]);
    await writeFile(roster, JSON.stringify(users));
    const { code, report } = await run(['--roster', roster, '--out', out, ...WORD, '--as-of', '2026-10-01T00:00:00Z']);
    expect({ ...report, code }).toMatchObject({
      code: 2,
      verdict: 'FAILED',
      reason: 'after-the-fact',
      message: expect.stringContaining('audit a roster from before it into an archive of its own'),
    });
  });

  test('of several pages is one, in the order that is given', async () => {
    const { folder, roster, out } = await saved(JSON.stringify({ users: users.slice(0, 2), nextToken: 't' }));
    const last = join(folder, 'page-2.json.gz');
    await writeFile(last, gzipSync(JSON.stringify({ users: users.slice(2) })));
    const { report } = await run(['--roster', roster, last, '--out', out, '--as-of', AS_OF, ...WORD]);
    expect(report).toMatchObject({ verdict: 'COMPLETE', counts: { users: 3, pages: 2 } });
    const first = await run(['--roster', last, '--roster', roster, '--out', `${out}-2`, '--as-of', AS_OF, ...WORD]);
    expect(first.report).toMatchObject({ verdict: 'INCOMPLETE', reason: 'truncated-roster' });
  });

  test.each<{ name: string; words: readonly string[]; says: string }>([
    {
      name: 'a word without who gives it',
      words: ['--statement', 'all'],
      says: '--attested-by and --statement must be given together',
    },
    {
      name: 'an empty word',
      words: ['--attested-by', ' ', '--statement', 'all'],
      says: '--attested-by must be a text of 1 to 200 characters',
    },
    {
      name: 'the word of nobody whom anybody can see',
      words: ['--attested-by', '\u200b', '--statement', 'all'],
      says: '--attested-by must be a text of 1 to 200 characters',
    },
    {
      name: 'keys of FinSpace',
      words: ['--direct-credentials'],
      says: '--direct-credentials is not allowed with --roster',
    },
    {
      name: 'a moment to come',
      words: ['--as-of', '2126-01-01T00:00:00Z'],
      says: '--as-of must be at most 5 minutes ahead',
    },
    {
      name: 'a file that is not there',
      words: ['--roster', '/nowhere'],
      says: "--roster /nowhere can't be read (ENOENT)",
    },
  ])('with $name is refused, and nothing is done', async ({ words, says }) => {
    const { roster, out, folder } = await saved();
    const { code, stderr } = await run(['--roster', roster, '--out', out, ...words]);
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining(says) });
    expect(await readdir(folder)).toEqual(['users.json']);
  });

  test('from a time to come is refused', async () => {
    const { roster, out } = await saved();
    await utimes(roster, 1, Date.parse('2126-01-01T00:00:00Z') / 1000);
    const { code, stderr } = await run(['--roster', roster, '--out', out]);
    expect({ code, stderr }).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('give the right one with --as-of'),
    });
  });

  test('is the only thing that may be attested', async () => {
    const { out } = await saved();
    expect(await run(['--out', out, ...WORD])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('--attested-by is allowed with --roster only'),
    });
  });
});

describe('a saved roster whose environment has more read', () => {
  const [sound, gone] = [aRoleArn('sound'), aRoleArn('gone')];
  let iam: Iam;
  beforeAll(async () => {
    iam = await startIam({ accountId: ACCOUNT, roles: [soundRole(sound, Date.now())] });
    Object.assign(process.env, {
      AWS_ENDPOINT_URL_IAM: iam.url,
      AWS_ENDPOINT_URL_STS: iam.url,
      AWS_ACCESS_KEY_ID: CALLER.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CALLER.secretAccessKey,
    });
  });
  afterAll(async () => {
    for (const name of ['AWS_ENDPOINT_URL_IAM', 'AWS_ENDPOINT_URL_STS', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'])
      delete process.env[name];
    await iam.close();
  });

  test('asks IAM for the roles, and nobody for groups, which it says', async () => {
    const bound = [sound, gone].map((arn, index) =>
      anApiUser({ userId: `u${index}`, apiAccessPrincipalArn: arn, lastLoginTime: Date.parse('2026-10-05T00:00:00Z') }),
    );
    const { roster, out, folder } = await saved(JSON.stringify({ users: bound }));
    const config = join(folder, 'audit.yaml');
    await writeFile(
      config,
      `environments: [{ id: ${ENVIRONMENT}, enrich: { iamRoles: true, permissionGroups: true } }]`,
    );
    const { report } = await run(['--config', config, '--roster', roster, '--out', out, ...WORD]);
    const groups = 'permission groups were not asked for: the users come from a saved roster';
    expect(report).toMatchObject({
      verdict: 'COMPLETE',
      enriched: {
        iamRoles: { principals: 2, read: 2, standIns: 0, unread: 0 },
        permissionGroups: { groups: 0, risky: 0, members: 0, unread: groups },
      },
    });
    expect(report?.rules).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: 'principal-missing', state: 'ran', checked: 2, failed: 1 }),
        expect.objectContaining({ id: 'effective-super-user', state: 'not-assessed', reason: groups }),
      ]),
    );
    expect(iam.requests().map(({ action }) => action)).toEqual(['GetCallerIdentity', 'GetRole', 'GetRole']);

    const words = ['run', ...AUDITED, '--config', config, '--roster', roster, '--out', `${out}-2`, ...WORD];
    const { stdout } = await invoke(words, 200);
    expect(stdout).toMatch(/^Roles {2,}2 of 2 roles read$/m);
    expect(stdout).toMatch(/^Groups {2,}NOT READ IN FULL, .*from a saved roster\)$/m);
  });
});

describe('attest', () => {
  const attest = (roster: string, words: readonly string[] = WORD) => invoke(['attest', '--roster', roster, ...words]);

  test('writes beside a roster who attests it, which holds for that very file', async () => {
    const { roster, out } = await saved();
    expect(await attest(roster)).toMatchObject({ code: 0, stdout: expect.stringContaining('attests'), stderr: '' });
    expect(JSON.parse(await readFile(`${roster}.attestation.json`, 'utf8'))).toEqual({
      schemaVersion: 1,
      file: 'users.json',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      attestedBy: 'Ada Lovelace',
      statement: 'this is everybody',
      attestedAt: expect.stringMatching(/Z$/),
    });
    expect((await run(['--roster', roster, '--out', out])).report).toMatchObject({
      verdict: 'COMPLETE',
      source: { attestedBy: { name: 'Ada Lovelace' } },
    });
    expect(await attest(roster)).toMatchObject({ code: 2, stderr: expect.stringContaining('is there already') });
    await writeFile(roster, JSON.stringify({ users: [...users, aUser({ userId: 'u4' })] }));
    expect((await run(['--roster', roster, '--out', `${out}-2`])).report).toMatchObject({ reason: 'unproven-end' });
  });

  test.each<{ name: string; content: string; words?: readonly string[]; code: number; says: string }>([
    {
      name: 'a roster with a token at its end',
      content: JSON.stringify({ users, nextToken: 't' }),
      code: 2,
      says: 'ends with the token of a page',
    },
    {
      name: 'one that breaks off',
      content: JSON.stringify(users).slice(0, -2),
      code: 2,
      says: 'others may be missing',
    },
    { name: 'one without users', content: '[]', code: 2, says: 'has no user' },
    { name: 'what is none', content: 'users: []', code: 3, says: 'got YAML' },
    {
      name: 'nobody’s word',
      content: JSON.stringify(users),
      words: [],
      code: 3,
      says: '--attested-by and --statement must be given',
    },
  ])('refuses $name', async ({ content, words = WORD, code, says }) => {
    const { roster, folder } = await saved(content);
    expect(await attest(roster, words)).toMatchObject({ code, stderr: expect.stringContaining(says) });
    expect(await readdir(folder)).toEqual(['users.json']);
  });
});

describe('reconstruct', () => {
  const event = (eventName: string, eventTime: string, differs: object = {}) => ({
    eventSource: 'finspace-api.amazonaws.com',
    eventName,
    eventTime,
    eventID: `${eventName}-${eventTime}`,
    additionalEventData: { finspaceEnvironmentId: ENVIRONMENT },
    ...differs,
  });
  const created = event('CreateUser', '2026-09-01T00:00:00Z', {
    requestParameters: { type: 'APP_USER', emailAddress: '*** REDACTED ***', apiAccess: 'ENABLED' },
    responseElements: { userId: 'u1' },
  });
  const EVENTS = [
    event('DisableUser', '2026-09-03T00:00:00Z', { requestParameters: { userId: 'u1' } }),
    created,
    created,
    event('UpdateUser', '2026-09-02T00:00:00Z', { requestParameters: { userId: 'u1', type: 'SUPER_USER' } }),
    event('CreateUser', '2026-09-02T00:00:00Z', { responseElements: { userId: 'u2' }, errorCode: 'AccessDenied' }),
    event('CreateUser', '2026-09-02T00:00:00Z', {
      responseElements: { userId: 'u3' },
      additionalEventData: { finspaceEnvironmentId: 'another' },
    }),
    event('ListUsers', '2026-09-04T00:00:00Z'),
    event('EnableUser', '2026-09-02T00:00:00Z', {
      requestParameters: { userId: 'u4' },
      eventSource: 'elsewhere.amazonaws.com',
    }),
    event('EnableUser', '2026-09-02T12:00:00Z', { requestParameters: { userId: 'u5' } }),
  ];
  const USERS = [
    {
      userId: 'u1',
      createTime: Date.parse('2026-09-01'),
      type: 'SUPER_USER',
      apiAccess: 'ENABLED',
      lastModifiedTime: Date.parse('2026-09-02'),
      status: 'DISABLED',
      lastDisabledTime: Date.parse('2026-09-03'),
    },
    { userId: 'u5', status: 'ENABLED', lastEnabledTime: Date.parse('2026-09-02T12:00:00Z') },
  ];

  test.each<{ name: string; content: string | Uint8Array; says?: string; saysNot?: string; users?: readonly object[] }>(
    [
      {
        name: 'what lookup-events gave',
        content: JSON.stringify(
          { Events: EVENTS.map((one) => ({ EventId: one.eventID, CloudTrailEvent: JSON.stringify(one) })) },
          null,
          4,
        ),
      },
      { name: 'a log file', content: gzipSync(JSON.stringify({ Records: EVENTS })) },
      {
        name: 'events as EventBridge hands them on',
        content: EVENTS.map((one) =>
          JSON.stringify({ 'detail-type': 'AWS API Call via CloudTrail', detail: one }),
        ).join('\n'),
      },
      {
        name: 'events of which one is torn',
        content: JSON.stringify({
          Events: [...EVENTS.map((one) => JSON.stringify(one)), '{"eventSource"'].map((CloudTrailEvent) => ({
            CloudTrailEvent,
          })),
        }),
        says: 'it is no JSON at an event',
      },
      {
        name: 'events of which one does not say of whom it is',
        content: JSON.stringify({ Records: [...EVENTS, event('DisableUser', '2026-09-04T00:00:00Z')] }),
        says: 'it has an event DisableUser without the user or the time that it tells of',
      },
      {
        name: 'events of one second',
        content: JSON.stringify({
          Records: [
            // Which of the two came last nobody knows, nor of whose type.
            ...['EnableUser', 'DisableUser'].map((name) =>
              event(name, '2026-09-03T00:00:00Z', { requestParameters: { userId: 'u6' } }),
            ),
            // Made first, whatever stands first.
            event('UpdateUser', '2026-09-03T00:00:01Z', { requestParameters: { userId: 'u7', type: 'SUPER_USER' } }),
            event('CreateUser', '2026-09-03T00:00:01Z', {
              responseElements: { userId: 'u7' },
              requestParameters: { type: 'APP_USER' },
            }),
            event('ListUsers', '2026-09-04T00:00:00Z'),
          ],
        }),
        users: [
          { userId: 'u6', lastEnabledTime: Date.parse('2026-09-03'), lastDisabledTime: Date.parse('2026-09-03') },
          {
            userId: 'u7',
            createTime: Date.parse('2026-09-03T00:00:01Z'),
            type: 'SUPER_USER',
            lastModifiedTime: Date.parse('2026-09-03T00:00:01Z'),
          },
        ],
      },
      { name: 'an event a line', content: EVENTS.map((one) => `${JSON.stringify(one)}\n`).join('') },
      {
        name: 'events of which more are to come',
        content: JSON.stringify({
          Events: EVENTS.map((one) => ({ CloudTrailEvent: JSON.stringify(one) })),
          NextToken: 't',
        }),
        says: 'ends with the token',
      },
      {
        name: 'events of which boto3 says that none are to come',
        content: JSON.stringify({
          Events: EVENTS.map((one) => ({ CloudTrailEvent: JSON.stringify(one) })),
          NextToken: null,
        }),
        says: 'they hold no names',
        saysNot: 'ends with the token',
      },
      {
        name: 'events on several pages',
        content: [
          { Events: EVENTS.slice(0, 3).map((one) => ({ CloudTrailEvent: JSON.stringify(one) })), NextToken: 't' },
        ]
          .concat([{ Events: EVENTS.slice(3).map((one) => ({ CloudTrailEvent: JSON.stringify(one) })), NextToken: '' }])
          .map((page) => JSON.stringify(page, null, 1))
          .join('\n'),
        saysNot: 'ends with the token',
      },
      {
        name: 'a log file whose members are null where there are none',
        content: JSON.stringify({
          Records: EVENTS.map((one) => ({ errorCode: null, responseElements: { userId: null }, ...one })),
        }),
      },
      {
        name: 'a log file that breaks off',
        content: JSON.stringify({ Records: EVENTS }).slice(0, -2),
        says: 'is no whole JSON',
      },
    ],
  )(
    'makes users of $name: INCOMPLETE, with what is told and no more',
    async ({ content, says = '', saysNot = 'undefined', users: made = USERS }) => {
      const { roster, out } = await saved(content);
      const { code, stdout } = await invoke(['reconstruct', ...AUDITED, '--json', '--trail', roster, '--out', out]);
      const report = JSON.parse(stdout) as Report;
      expect({ ...report, code }).toMatchObject({
        code: 2,
        verdict: 'INCOMPLETE',
        reason: 'reconstructed',
        message: expect.stringContaining(says),
        asOf: '2026-09-04T00:00:00.000Z',
        source: { kind: 'roster', parser: 'cloudtrail', instantFrom: 'event' },
      });
      expect(report.message).not.toContain(saysNot);
      const [snapshot = ''] = (await readdir(out, { recursive: true })).filter((file) =>
        file.endsWith('snapshot.jsonl.gz'),
      );
      const lines = gunzipSync(await readFile(join(out, snapshot)))
        .toString()
        .trim()
        .split('\n');
      expect(lines.map((line) => JSON.parse(line))).toEqual(made);
    },
  );

  test('judges by what the events tell: nobody is said to have never logged in', async () => {
    const { roster, out } = await saved(JSON.stringify({ Records: EVENTS }));
    const later = ['--as-of', '2026-11-01T00:00:00Z'];
    await invoke(['reconstruct', ...AUDITED, '--trail', roster, '--out', out, ...later]);
    const [findings = ''] = (await readdir(out, { recursive: true })).filter((file) =>
      file.endsWith('findings.jsonl.gz'),
    );
    const text = gunzipSync(await readFile(join(out, findings))).toString();
    // The first is disabled and may reach the API; of the other its being enabled is told, and no more.
    expect(text.match(/"ruleId":"[^"]+"/g)).toEqual(['"ruleId":"disabled-user-api-access"']);
  });

  test('takes the digest files that stand among log files', async () => {
    const { folder, roster, out } = await saved(JSON.stringify({ Records: EVENTS }));
    const digest = join(folder, 'digest.json');
    await writeFile(digest, JSON.stringify({ digestStartTime: '2026-09-05T00:00:00Z', logFiles: [{ s3Object: 'a' }] }));
    const { stdout } = await invoke(['reconstruct', ...AUDITED, '--json', '--trail', digest, roster, '--out', out]);
    expect(JSON.parse(stdout)).toMatchObject({ asOf: '2026-09-04T00:00:00.000Z', counts: { users: 2 } });
  });

  test('refuses what holds no events, and to be asked for nothing', async () => {
    const { roster, out } = await saved();
    expect(await invoke(['reconstruct', ...AUDITED, '--trail', roster, '--out', out])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('must be events of CloudTrail'),
    });
    for (const asked of [[], ['--trail', ''], ['--trail', roster, ' ']])
      expect(await invoke(['reconstruct', ...AUDITED, '--out', out, ...asked])).toMatchObject({
        code: 3,
        stderr: expect.stringContaining('--trail must be one or more files'),
      });
  });
});

test('doctor begins with the roster, and asks nobody for keys', async () => {
  const { folder, roster, out } = await saved();
  const doctor = async (...words: string[]) => {
    const { code, stdout } = await invoke([
      'doctor',
      '--environment',
      ENVIRONMENT,
      '--region',
      'us-east-1',
      '--out',
      out,
      '--json',
      ...words,
    ]);
    const [first] = (JSON.parse(stdout) as { checks: { name: string; outcome: string; told: string }[] }).checks;
    return { code, ...first };
  };
  expect(await doctor('--roster', roster)).toMatchObject({
    code: 0,
    name: 'roster',
    outcome: 'warn',
    told: expect.stringMatching(/3 records; nothing in users.json/),
  });
  expect(await doctor('--roster', roster, ...WORD)).toMatchObject({
    outcome: 'ok',
    told: expect.stringMatching(/whole by the word of Ada Lovelace$/),
  });
  await run(['--roster', roster, '--out', out, ...WORD]);
  expect(await doctor('--roster', roster, ...WORD)).toMatchObject({
    outcome: 'warn',
    told: expect.stringMatching(/run 20261006T070000Z has audited it/),
  });
  const newer = join(folder, 'newer.json');
  await writeFile(newer, `${JSON.stringify({ users })}\n`);
  await run(['--roster', newer, '--out', out, '--as-of', '2026-10-07T07:00:00Z', ...WORD]);
  expect(await doctor('--roster', roster, ...WORD)).toMatchObject({
    outcome: 'warn',
    told: expect.stringMatching(/run 20261006T070000Z has audited it/),
  });
  await writeFile(roster, `${JSON.stringify({ users })}\n\n`);
  await utimes(roster, new Date(AS_OF), new Date(AS_OF));
  expect(await doctor('--roster', roster, ...WORD)).toMatchObject({
    code: 2,
    outcome: 'fail',
    told: expect.stringMatching(/run 20261007T070000Z is complete, and a history goes forward only/),
  });
  await writeFile(roster, JSON.stringify({ users, nextToken: 't' }));
  expect(await doctor('--roster', roster)).toMatchObject({ code: 2, outcome: 'fail' });
  expect(await doctor('--roster', '/nowhere')).toMatchObject({
    code: 2,
    outcome: 'fail',
    told: "/nowhere can't be read (ENOENT)",
  });
});
