import { readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SubscribeCommand } from '@aws-sdk/client-sns';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { folderArchive } from '../../../core/archive/folder.ts';
import { SIGNING_ALGORITHMS } from '../../../core/archive/manifest-signature.ts';
import { isSignatureValid } from '../../../core/archive/signature.ts';
import { sha256Of } from '../../../core/archive/staging.ts';
import { rules } from '../../../rules/index.ts';
import { makeDirectory } from '../../../simulator/directory.ts';
import { type Simulator, startSimulator } from '../../../simulator/server.ts';
import { readTree } from '../../support/archive-tree.ts';
import { startAwsEmulator } from '../../support/aws-emulator.ts';
import { KMS_KEY_ARN, type Kms, publicKeyFor, startKms } from '../../support/kms.ts';
import { personalDataIn, personalDataOf } from '../../support/personal-data.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { ACCOUNT, command, type ProcessResult, runEnv, runWords, start } from '../command.ts';

const newFolder = temporaryFolders();
const users = makeDirectory({ users: 250, seed: 7, asOf: new Date(), accountId: ACCOUNT });
let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ users });
});
afterEach(() => simulator.setFaults([]));
afterAll(() => simulator.close());

const run = (out: string, ...words: readonly string[]): Promise<ProcessResult> =>
  command([...runWords(simulator), '--out', out, ...words], runEnv(simulator));

/** Writes a config file of one environment, and gives its path. */
const configOf = async (settings: object): Promise<string> => {
  const path = join(await newFolder(), 'audit.yaml');
  await writeFile(path, JSON.stringify({ environments: [{ id: simulator.environmentId }], ...settings }));
  return path;
};

/** Settings that switch off every rule but one. */
const onlyOn = (id: string): object =>
  Object.fromEntries(rules.filter((rule) => rule.id !== id).map((rule) => [rule.id, { enabled: false }]));

const keysOf = async (folder: string): Promise<readonly string[]> => Object.keys(await readTree(folderArchive(folder)));

describe('a complete run', () => {
  test('--json prints the report that the archive has, the head of the chain, and nothing else', async () => {
    const out = await newFolder();
    const { code, stdout, stderr } = await run(out, '--json');
    const { head, ...report } = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(report).toMatchObject({ verdict: 'COMPLETE', counts: { users: 250, pages: 3 }, accountId: ACCOUNT });
    expect(stderr).toContain('Subject: FinSpace');
    const tree = Object.entries(await readTree(folderArchive(out)));
    const textOf = (end: string): string => tree.find(([key]) => key.endsWith(end))?.[1] ?? '';
    expect(JSON.parse(textOf('/report.json'))).toEqual(report);
    expect(head).toBe(`1:${sha256Of(textOf('000000000001.json'))}`);
  });

  test('prints findings and a summary on a screen or two, nothing twice, and the path of the report in one piece', async () => {
    const out = await newFolder();
    const { code, stdout, stderr } = await run(out);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n').length).toBeLessThan(90);
    const ids = [...stdout.matchAll(/^[A-Z]+ {2,}new {2,}\S+ {2,}(\S+):/gm)].map(([, id]) => id);
    expect(ids.length).toBeGreaterThan(15);
    expect(ids).toEqual([...new Set(ids)]);
    expect(stdout).not.toContain('Subject:');
    expect(stdout).toContain('for this terminal: nobody is mailed without --topic');
    expect(stdout).toMatch(/^CRITICAL {2,}new {2,}\w{26} {2,}principal-outside-account: /m);
    expect(stdout).toMatch(/^COMPLETE {2}environment \w+ as of /m);
    expect(stdout).toMatch(/^Listing {2,}250 users on 3 pages; 4 requests$/m);
    expect(stdout).toContain(`${out}/reports/`);
  });

  test('a folder with blanks in its name breaks no path', async () => {
    const out = join(await newFolder(), 'a folder with a long name and blanks in it, '.repeat(3));
    const { stdout } = await run(out);
    expect(stdout).toMatch(new RegExp(`^Report +${out}/reports/\\S+/report\\.html$`, 'm'));
  });

  test('names no user, neither by name nor by e-mail address, and drives no terminal', async () => {
    const { stdout, stderr } = await run(await newFolder());
    const printed = (stdout + stderr).toLowerCase();
    expect(personalDataOf(users).size).toBeGreaterThan(250);
    expect(personalDataIn(printed, users)).toEqual([]);
    expect(printed).not.toContain('@');
    expect(printed.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  test('is done once: another one at the same instant reads it back', async () => {
    const out = await newFolder();
    const words = [out, '--as-of', '2026-11-24T03:00:00+01:00'] as const;
    const first = await run(...words);
    const { requests } = simulator.stats();
    const second = await run(...words);
    const table = (text: string) => text.split('\n').filter((line) => /^[A-Z]+ {2,}new /.test(line));
    expect([first.code, second.code]).toEqual([0, 0]);
    expect(first.stdout).toMatch(/^Run {2,}20261124T020000Z$/m);
    expect(second.stdout).toMatch(/^Run {2,}20261124T020000Z, done before/m);
    expect(table(second.stdout)).toEqual(table(first.stdout));
    expect(table(first.stdout).length).toBeGreaterThan(15);
    expect(simulator.stats().requests).toBe(requests);
  });

  test.each([
    { failOn: 'CRITICAL', code: 0 },
    { failOn: 'high', code: 1 },
    { failOn: 'MEDIUM', code: 1 },
  ])('--fail-on $failOn exits $code where the worst finding is HIGH', async ({ failOn, code }) => {
    const apiAccessPrincipalArn = `arn:aws:iam::${ACCOUNT}:role/analyst`;
    const superUser = { ...Object(users[0]), apiAccess: 'ENABLED', apiAccessPrincipalArn };
    const small = await startSimulator({ users: [superUser] });
    const config = await configOf({ rules: onlyOn('super-user-api-access') });
    const words = [...runWords(small), '--out', await newFolder(), '--config', config];
    const outcome = await command([...words, '--json', '--fail-on', failOn], runEnv(small));
    await small.close();
    const { verdict, findings } = JSON.parse(outcome.stdout);
    expect(verdict).toBe('COMPLETE');
    expect(findings.bySeverity).toEqual({ CRITICAL: 0, HIGH: 1, MEDIUM: 0, LOW: 0, INFORMATIONAL: 0 });
    expect(outcome.code).toBe(code);
  });
});

describe('a run that is not complete exits 2 and moves no latest', () => {
  test.each([
    { fault: 'denied', page: 0, verdict: 'FAILED', reason: 'access-denied', seen: 0 },
    { fault: 'denied', page: 2, verdict: 'INCOMPLETE', reason: 'access-denied', seen: 200 },
    { fault: 'gone', page: 1, verdict: 'INCOMPLETE', reason: 'source-unavailable', seen: 100 },
    { fault: 'repeated-token', page: 1, verdict: 'INCOMPLETE', reason: 'repeated-token', seen: 200 },
  ] as const)('$fault on page $page: $verdict $reason', async ({ fault, page, verdict, reason, seen }) => {
    const out = await newFolder();
    simulator.setFaults([{ fault, page, times: Number.POSITIVE_INFINITY }]);
    const { code, stdout } = await run(out);
    expect(code).toBe(2);
    expect(stdout).toContain(` ${verdict}  ${reason}  environment `);
    expect(stdout).toMatch(new RegExp(`^Listing {2,}only ${seen} users on `, 'm'));
    expect(stdout).toMatch(/^Resolved {2,}nothing: no finding is to be read as fixed$/m);
    expect((await keysOf(out)).filter((key) => !/^(?:incomplete|alerts)\//.test(key))).toEqual([
      `reports/environment=${simulator.environmentId}/index.html`,
      'reports/index.html',
    ]);
  });

  test('--fail-on changes nothing about it', async () => {
    simulator.setFaults([{ fault: 'denied', page: 2 }]);
    expect((await run(await newFolder(), '--json', '--fail-on', 'LOW')).code).toBe(2);
  });

  test('--deadline-seconds ends a listing that hangs', async () => {
    simulator.setFaults([{ fault: 'hang', page: 1, times: Number.POSITIVE_INFINITY }]);
    const { code, stdout } = await run(await newFolder(), '--json', '--deadline-seconds', '1');
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'INCOMPLETE', reason: 'deadline', counts: { users: 100 } });
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const)(
    '%s ends it at once, and no run exists',
    async (signal) => {
      const out = join(await newFolder(), 'history');
      const before = simulator.stats().faultsPlayed;
      simulator.setFaults([{ fault: 'hang', page: 1, times: Number.POSITIVE_INFINITY }]);
      const TMPDIR = await newFolder();
      const running = start([...runWords(simulator), '--out', out, '--json'], { ...runEnv(simulator), TMPDIR });
      while (simulator.stats().faultsPlayed === before) await new Promise((resolve) => setTimeout(resolve, 20));
      const { code, stdout, stderr } = await running.end(signal);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain('interrupted: this is not complete');
      expect(await readdir(out).catch(() => [])).toEqual([]);
      expect(await readdir(TMPDIR)).toEqual([]);
    },
  );
});

describe('in a bucket', () => {
  const BUCKET = 'evidence-bucket';
  let isTopicDown = false;
  let refusals = 0;
  let emulator: Awaited<ReturnType<typeof startAwsEmulator>>;
  beforeAll(async () => {
    emulator = await startAwsEmulator({
      bucket: BUCKET,
      topicName: 'audits',
      fault: ({ service, action, method, path }) => {
        if (isTopicDown && service === 'sns' && action === 'Publish')
          return { status: 403, code: 'AuthorizationError' };
        if (refusals === 0 || method !== 'PUT' || !path.startsWith(`/${BUCKET}/snapshots/`)) return undefined;
        refusals -= 1;
        return { status: 400, code: 'RequestTimeout' };
      },
    });
  });
  afterEach(() => {
    isTopicDown = false;
  });
  afterAll(() => emulator.close());

  const runInBucket = (...words: readonly string[]): Promise<ProcessResult> =>
    command([...runWords(simulator), '--bucket', BUCKET, '--topic', emulator.topicArn, ...words], {
      ...emulator.env,
      ...runEnv(simulator),
    });

  test('keeps the evidence and mails the topic; where nobody could be told it exits 2, and says so', async () => {
    isTopicDown = true;
    const words = ['--as-of', '2026-11-24T02:00:00Z'];
    const unsent = await runInBucket(...words);
    expect(unsent.stdout).toMatch(/^Digest {2,}NOT SENT: /m);
    expect(unsent.stderr).toContain('the digest was not sent: ');
    expect(unsent.code).toBe(2);

    isTopicDown = false;
    const sent = await runInBucket(...words, '--json');
    const [message, ...others] = await emulator.messages();
    expect(sent.code).toBe(0);
    expect(JSON.parse(sent.stdout)).toMatchObject({ verdict: 'COMPLETE' });
    expect(sent.stderr).toBe('');
    expect(others).toEqual([]);
    expect(message?.subject).toMatch(/^FinSpace \w+: LATE, first audit, \d+ findings \(worst CRITICAL\)$/);
    expect(message?.attributes).toEqual({
      environment: simulator.environmentId,
      verdict: 'COMPLETE',
      maxSeverity: 'CRITICAL',
      leastSeverity: 'INFORMATIONAL',
    });
    expect(message?.body).toContain(`s3://${BUCKET}/reports/`);
  });

  test('mails by themselves the severities that somebody asked for alone', async () => {
    const config = await configOf({ alerts: [{ email: 'a@example.com', minSeverity: 'HIGH' }] });
    const received = await emulator.subscribe();
    for (const _ of ['once', 'made again']) await runInBucket('--as-of', '2026-11-25T02:00:00Z', '--config', config);
    const bands = (await received()).map(({ attributes }) => attributes.band);
    expect(bands).toEqual(['INFORMATIONAL-CRITICAL', 'HIGH-CRITICAL']);
  });

  test('exits 2 where the topic has nobody for a severity that somebody asked for, quiet runs too', async () => {
    const topic = await emulator.createTopic('unheard');
    const config = await configOf({ alerts: [{ email: 'a@example.com', minSeverity: 'HIGH' }] });
    const unheard = () =>
      command([...runWords(simulator), '--bucket', BUCKET, '--topic', topic, '--config', config], {
        ...emulator.env,
        ...runEnv(simulator),
      });
    for (const outcome of [await unheard(), await unheard()]) {
      expect(outcome.code).toBe(2);
      expect(outcome.stdout).toMatch(/^COMPLETE /m);
      expect(outcome.stderr).toContain(
        'nobody hears that a run is INCOMPLETE, that a run is FAILED, of CRITICAL findings, of HIGH findings: no confirmed subscription',
      );
    }
    await emulator.sns.send(new SubscribeCommand({ TopicArn: topic, Protocol: 'email', Endpoint: 'a@example.com' }));
    expect((await unheard()).code).toBe(2);
    emulator.followLink(topic, 'a@example.com');
    expect((await unheard()).code).toBe(0);
  });

  test('that refuses for longer than a few tries: it is waited for within the time that is left', async () => {
    // A run is named by its second: that of the run before is over.
    await sleep(1000);
    refusals = 5;
    const { code, stdout } = await runInBucket('--json');
    expect({ code, verdict: JSON.parse(stdout).verdict, refusals }).toEqual({
      code: 0,
      verdict: 'COMPLETE',
      refusals: 0,
    });
  });

  test('that is not there: FAILED, and it says that nothing was kept', async () => {
    const { code, stdout } = await command([...runWords(simulator), '--bucket', 'no-such-bucket'], {
      ...emulator.env,
      ...runEnv(simulator),
    });
    expect(code).toBe(2);
    expect(stdout).toContain(' FAILED  archive-unavailable ');
    expect(stdout).toMatch(/^Report {2,}none: the evidence could not be kept$/m);
  });
});

describe('what this machine lacks is told by its name, and is no fault of the archive', () => {
  /** Lets the file of a spool be one that fails so. */
  const failing = (code: string) =>
    `import fs from 'node:fs';
     import { syncBuiltinESMExports } from 'node:module';
     import { Writable } from 'node:stream';
     const { createWriteStream } = fs;
     fs.createWriteStream = (path) => {
       if (!path.includes('finspace-audit-')) return createWriteStream(path);
       if ('${code}' === 'ENOSPC') return createWriteStream('/dev/full');
       return new Writable({ construct: (done) => done(Object.assign(new Error('${code}: open'), { code: '${code}' })) });
     };
     syncBuiltinESMExports();`;

  test.each([
    ['ENOSPC', 'it is full: make room there, or let TMPDIR name a folder of a larger disk'],
    ['EMFILE', 'too many files are open: raise the limit (ulimit -n)'],
    ['ENOMEM', 'this machine has no memory left'],
  ])('%s', async (code, remedy) => {
    const TMPDIR = await newFolder();
    const out = await newFolder();
    const result = await command([...runWords(simulator), '--out', out, '--json'], {
      ...runEnv(simulator),
      TMPDIR,
      NODE_OPTIONS: `--import "data:text/javascript,${encodeURIComponent(failing(code))}"`,
    });
    const { verdict, message } = JSON.parse(result.stdout);
    expect({ code: result.code, verdict }).toEqual({ code: 2, verdict: 'FAILED' });
    expect(message).toMatch(`the temporary folder ${TMPDIR} (TMPDIR) failed with Error: ${code}`);
    expect(message).toMatch(remedy);
    expect(await readdir(TMPDIR)).toEqual([]);
  });

  test('a folder that is not there', async () => {
    const { code, stdout } = await command([...runWords(simulator), '--out', await newFolder(), '--json'], {
      ...runEnv(simulator),
      TMPDIR: '/nowhere/temporary',
    });
    expect({ code, report: JSON.parse(stdout) }).toMatchObject({
      code: 2,
      report: {
        verdict: 'FAILED',
        message: expect.stringContaining('it is not there: let TMPDIR name a folder that is'),
      },
    });
  });
});

describe('signed by a KMS key', () => {
  let kms: Kms;
  beforeAll(async () => {
    kms = await startKms();
  });
  afterEach(() => kms.refuse(undefined));
  afterAll(() => kms.close());

  const runSigned = async (algorithm: string) => {
    const out = await newFolder();
    const config = await configOf({ signing: { key: KMS_KEY_ARN, algorithm } });
    const words = [...runWords(simulator), '--out', out, '--config', config];
    const outcome = await command(words, { ...kms.env, ...runEnv(simulator) });
    const manifests = Object.entries(await readTree(folderArchive(out))).filter(([key]) =>
      key.startsWith('manifests/'),
    );
    return { ...outcome, manifests: manifests.map(([, text]) => JSON.parse(text)) };
  };

  test.each(SIGNING_ALGORITHMS)('%s: the manifest holds against the public key', async (algorithm) => {
    const { code, manifests } = await runSigned(algorithm);
    expect(code).toBe(0);
    expect(manifests).toMatchObject([{ signature: { keyId: KMS_KEY_ARN, algorithm } }]);
    expect(isSignatureValid(manifests[0], publicKeyFor(algorithm))).toBe(true);
  });

  test('that KMS does not let it use: FAILED, naming the key and the error, and no run exists', async () => {
    kms.refuse('AccessDeniedException');
    const { code, stdout, manifests } = await runSigned('ECDSA_SHA_256');
    const text = stdout.replaceAll(/\n[│ ]*/g, ' ');
    expect({ code, manifests }).toEqual({ code: 2, manifests: [] });
    expect(text).toContain(' FAILED  archive-unavailable ');
    expect(text).toContain('the manifest is not signed, so the run does not exist: KMS did not sign with');
    expect(text).toContain(`${KMS_KEY_ARN}: AccessDeniedException: AccessDeniedException, says KMS`);
  });
});

describe('the account', () => {
  const withoutAccount = () => runWords(simulator).filter((word) => word !== '--account' && word !== ACCOUNT);
  const answering = async (status: number, body: string) => {
    const server = createServer((_, response) => {
      response.writeHead(status, { 'content-type': 'text/xml' }).end(body);
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return {
      url: `http://127.0.0.1:${address.port}`,
      close: () => {
        server.closeAllConnections();
        server.close();
      },
    };
  };

  test('is the one that STS tells', async () => {
    const sts = await answering(
      200,
      '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Account>444455556666</Account></GetCallerIdentityResult></GetCallerIdentityResponse>',
    );
    const { code, stdout } = await command([...withoutAccount(), '--out', await newFolder(), '--json'], {
      ...runEnv(simulator),
      AWS_ENDPOINT_URL_STS: sts.url,
    });
    sts.close();
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ accountId: '444455556666' });
  });

  test('must be given where STS does not tell it', async () => {
    const sts = await answering(
      403,
      '<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>',
    );
    const out = await newFolder();
    await rm(out, { recursive: true });
    const { code, stderr } = await command([...withoutAccount(), '--out', out], {
      ...runEnv(simulator),
      AWS_ENDPOINT_URL_STS: sts.url,
    });
    sts.close();
    expect(code).toBe(3);
    expect(stderr).toContain('--account must be 12 digits, got nothing, and STS does not tell it: ');
    expect(await readdir(out).catch(() => 'nothing was made')).toBe('nothing was made');
  });
});

test('--direct-credentials uses the caller’s keys as they are', async () => {
  const { accessKeyId, secretAccessKey, sessionToken } = simulator.directCredentials();
  const before = simulator.stats().exchanges;
  const { code } = await command(
    [...runWords(simulator), '--out', await newFolder(), '--json', '--direct-credentials'],
    {
      ...runEnv(simulator),
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
    },
  );
  expect(code).toBe(0);
  expect(simulator.stats().exchanges).toBe(before);
});

test('--accept-roster-drop believes a directory that shrank', async () => {
  const shrinking = await startSimulator({ users });
  const out = await newFolder();
  const again = (...words: readonly string[]): Promise<ProcessResult> =>
    command([...runWords(shrinking), '--out', out, '--json', ...words], runEnv(shrinking));
  expect((await again('--as-of', '2026-11-22T02:00:00Z')).code).toBe(0);
  shrinking.setUsers(users.slice(0, 150));
  const refused = await again('--as-of', '2026-11-23T02:00:00Z');
  const accepted = await again('--as-of', '2026-11-23T02:00:00Z', '--accept-roster-drop');
  await shrinking.close();
  expect(JSON.parse(refused.stdout)).toMatchObject({ verdict: 'INCOMPLETE', reason: 'roster-drop' });
  expect([refused.code, accepted.code]).toEqual([2, 0]);
});

describe('the config', () => {
  const audit = (out: string, ...words: readonly string[]): Promise<ProcessResult> =>
    command([...runWords(simulator), '--out', out, '--json', ...words], runEnv(simulator));
  const night = (number: number) => ['--as-of', `2026-11-0${number}T02:00:00Z`];

  test('must have the environment', async () => {
    const config = await configOf({ environments: [{ id: 'abc' }, { id: 'def' }] });
    const { code, stdout, stderr } = await audit(await newFolder(), '--config', config);
    expect({ code, stdout, stderr }).toEqual({
      code: 3,
      stdout: '',
      stderr: `finspace-audit: --environment must be one of abc, def as in ${config}, got ${simulator.environmentId}\n`,
    });
  });

  test('that judged last must be given again, or --defaults', async () => {
    const out = await newFolder();
    const config = await configOf({
      trustedAccounts: ['444455556666'],
      rules: { 'stale-login': { maxDays: 60, severity: 'LOW' }, 'long-disabled': { enabled: false } },
    });
    expect((await audit(out, '--config', config, ...night(1))).code).toBe(0);
    const keys = await keysOf(out);
    const { code, stdout, stderr } = await audit(out, ...night(2));
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toBe(
      'finspace-audit: one of --config FILE and --defaults must be given, got neither: run 20261101T020000Z was judged by a config, with stale-login severity "LOW" (by default "as it comes"); stale-login maxDays 60 (by default 90); long-disabled state "off" (by default "on"); trustedAccounts 444455556666\n',
    );
    expect(await keysOf(out)).toEqual(keys);
    expect((await audit(out, '--config', config, ...night(2))).code).toBe(0);
    expect((await audit(out, '--defaults', ...night(3))).code).toBe(0);
    expect((await audit(out, ...night(4))).code).toBe(0);
    expect((await audit(out, '--defaults', '--config', config)).stderr).toContain(
      'one of --config FILE and --defaults is allowed, got both',
    );
  });

  test.each([
    { config: { events: { bus: 'default' } }, untold: 'the event bus: only the function of a stack tells it' },
    { config: { securityHub: {} }, untold: 'Security Hub: only the function of a stack tells it' },
    {
      config: { events: { bus: 'default' }, securityHub: {} },
      untold: 'the event bus, Security Hub: only the function of a stack tells them',
    },
    { config: {}, untold: undefined },
  ])('whose programs are not told from here says so: $config', async ({ config, untold }) => {
    const file = await configOf({ environments: [{ id: simulator.environmentId }], ...config });
    const words = [...runWords(simulator), '--out', await newFolder(), '--config', file];
    const { stdout } = await command(words, runEnv(simulator));
    expect(/^Not told +(.*)$/m.exec(stdout)?.[1]).toBe(untold);
  });

  test('of waivers counts, too', async () => {
    const out = await newFolder();
    const config = await configOf({});
    const waiver = { rule: 'stale-login', user: 'x', reason: 'r', owner: 'o@example.com', approver: 'a@example.com' };
    const expires = new Date(Date.now() + 864e5).toISOString().slice(0, 10);
    await writeFile(join(config, '../waivers.yaml'), JSON.stringify([{ ...waiver, expires }]));
    expect((await audit(out, '--config', config, ...night(1))).code).toBe(0);
    expect((await audit(out, ...night(2))).stderr).toContain('was judged by a config, with waivers');
  });
});
