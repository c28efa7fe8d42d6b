import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { explain } from '../../../cli/explain/action.ts';
import type { ExplainFlags } from '../../../cli/explain/options.ts';
import type { Terminal } from '../../../cli/terminal/terminal.ts';
import { folderArchive } from '../../../core/archive/folder.ts';
import { runKeys } from '../../../core/archive/keys.ts';
import { audit } from '../../../core/audit/audit.ts';
import { configuredSettings } from '../../../core/audit/settings.ts';
import { type Config, defaultConfig } from '../../../core/config/config.ts';
import { parseConfig } from '../../../core/config/read-config.ts';
import { type Clock, stoppedClock } from '../../../core/model/clock.ts';
import { runName } from '../../../core/model/run-name.ts';
import { digestChannel } from '../../../core/notify/channels/digest.ts';
import { OUTPUTS } from '../../../core/outputs/index.ts';
import type { Enrichments } from '../../../core/sources/enrich/enrichment.ts';
import { configureRules } from '../../../rules/engine/configure.ts';
import type { Rule } from '../../../rules/engine/rule.ts';
import type { Waiver } from '../../../rules/engine/waiver.ts';
import { rules } from '../../../rules/index.ts';
import { soundRole } from '../../../simulator/roles.ts';
import { isReleased } from '../../rules/contract.ts';
import { archiveNights } from '../../support/archived-nights.ts';
import {
  ACCOUNT,
  anApiUser,
  aRoleArn,
  aUser,
  daysAgo,
  ENVIRONMENT,
  NOW,
  type UserRecord,
} from '../../support/builders.ts';
import { caseUsers } from '../../support/cases.ts';
import { knownFacts } from '../../support/known-facts.ts';
import { listingOf } from '../../support/listing.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { command } from '../command.ts';

const newFolder = temporaryFolders();

/** The last night is that of NOW. */
const night = (before: number): Date => new Date(daysAgo(before));

const auditNight = (
  out: string,
  asOf: Date,
  users: readonly unknown[],
  {
    config = defaultConfig(rules),
    waivers = [],
    catalogue = rules,
    clock = stoppedClock(asOf.getTime()),
  }: { config?: Config; waivers?: readonly Waiver[]; catalogue?: readonly Rule[]; clock?: Clock } = {},
) =>
  audit(
    {
      environmentId: ENVIRONMENT,
      accountId: ACCOUNT,
      region: 'us-east-1',
      partition: 'aws',
      asOf,
      attempt: 'a',
      deadline: Number.POSITIVE_INFINITY,
      acceptRosterDrop: false,
    },
    {
      ...configuredSettings(config, waivers, ENVIRONMENT),
      rules: configureRules(catalogue, config.rules),
      listUsers: listingOf([users]),
      archive: folderArchive(out),
      channels: [digestChannel(() => Promise.resolve('sent'))],
      clock,
    },
  );

const captured = () => {
  const texts: string[] = [];
  const terminal: Terminal = {
    write: (text) => texts.push(text),
    line: (text = '') => texts.push(`${text}\n`),
    paint: (_format, text) => text,
    width: 120,
    redraw: () => {},
  };
  return { terminal, text: () => texts.join('') };
};

const ask = async (out: string, subject: string, flags: ExplainFlags = {}) => {
  const [stdout, stderr] = [captured(), captured()];
  const io = { out: stdout.terminal, err: stderr.terminal, env: {} };
  const code = await explain(subject, { out, ...flags }, io);
  return { code, stdout: stdout.text(), stderr: stderr.text() };
};

interface Answered {
  readonly id: string;
  readonly outcome: string;
  readonly reason?: string;
  readonly agreesWithRun: boolean | null;
  readonly finding?: { readonly state: string; readonly subject: { readonly id: string } };
  readonly smallestChanges: readonly {
    readonly text: string;
    readonly newlyFailed: readonly string[];
    readonly sideEffects: readonly unknown[];
  }[];
}

const answers = async (out: string, subject: string, flags: ExplainFlags = {}) => {
  const { stdout } = await ask(out, subject, { ...flags, json: true });
  const answer: { readonly rules: readonly Answered[] } = JSON.parse(stdout);
  return answer.rules;
};

const changesOf = async (out: string, subject: string) =>
  (await answers(out, subject)).flatMap(({ id, smallestChanges }) => (isReleased(id) ? smallestChanges : []));

const finding = (ruleId: string, subject: string): string => `${ENVIRONMENT}/${ruleId}/${subject}`;

const supers = (count: number): readonly UserRecord[] =>
  Array.from({ length: count }, (_, n) => aUser({ userId: `s${n}`, type: 'SUPER_USER' }));
const shared = { apiAccessPrincipalArn: aRoleArn('shared') };
const idle = aUser({ userId: 'idle', lastLoginTime: daysAgo(91) - 1 });
const waived = aUser({ userId: 'waived', lastLoginTime: daysAgo(200) });
const later: readonly UserRecord[] = [
  ...supers(5),
  idle,
  waived,
  anApiUser({ userId: 'a1', ...shared }),
  anApiUser({ userId: 'a2', ...shared }),
  anApiUser({ userId: 'a3', ...shared }),
  aUser({ userId: 'unsure', lastLoginTime: 12_345 }),
  aUser({ userId: 'rising', type: 'SUPER_USER', status: 'DISABLED', lastDisabledTime: daysAgo(1) }),
  anApiUser({ userId: 'outside', apiAccessPrincipalArn: aRoleArn('x', '999988887777') }),
  { ...aUser(), userId: undefined, type: 'ROOT' },
];
const first = [
  ...later.slice(0, 10),
  aUser({ userId: 'rising' }),
  aUser({ userId: 'leaver', lastLoginTime: daysAgo(300) }),
];
const waiver = {
  rule: 'stale-login',
  user: 'waived',
  reason: 'on leave, as people.partner@example.com knows',
  owner: 'owner@example.com',
  approver: 'approver@example.com',
  expires: '2026-12-31',
};

let out: string;
beforeAll(async () => {
  out = await newFolder();
  await auditNight(out, night(2), [...first, aUser({ userId: 'long-gone' })], { waivers: [waiver] });
  await auditNight(out, night(1), first, { waivers: [waiver] });
  await auditNight(out, night(0), later, { waivers: [waiver] });
});

describe('a finding', () => {
  test('is told with its clauses, values, limit, clock, age, waiver and smallest change', async () => {
    const { code, stdout } = await ask(out, finding('stale-login', 'idle'));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^MEDIUM {2}stale-login: Users have logged in recently$/m);
    expect(stdout).toMatch(/^Since {2,}2026-11-23T02:00:00.000Z, open, in 2 runs$/m);
    expect(stdout).toMatch(/^Clock {2,}2026-11-24T02:00:00.000Z$/m);
    expect(stdout).toMatch(/^ {2}true {2,}lastLoginTime is older than 90 days$/m);
    expect(stdout).toMatch(/^ {2}lastLoginTime {2,}\d+ \(2026-08-25T01:59:59.999Z, 91 days before\)$/m);
    expect(stdout).toMatch(/^ {2}maxDays {2,}90$/m);
    expect(stdout).toMatch(/^Waiver {2,}the run knew of none that held$/m);
    expect(stdout).toMatch(/^Smallest change {2,}have the user log in$/m);
    expect(stdout).toMatch(/^What to do {2,}Ask the owner/m);
    expect(stdout).not.toContain('Beware');
  });

  test('that was waived names the waiver, and nobody of it', async () => {
    const { stdout } = await ask(out, finding('stale-login', 'waived'));
    expect(stdout).toMatch(/^Waiver {2,}the run accepted it until 2026-12-31: on leave/m);
    expect(stdout).not.toMatch(/@|people\.partner/);
    const named = await ask(out, finding('stale-login', 'waived'), { names: true });
    expect(named.stdout.replaceAll(/\s+/g, ' ')).toContain('owner owner@example.com, approver approver@example.com');
  });

  test('that could not be assessed says what is lacking', async () => {
    const { stdout } = await ask(out, finding('stale-login', 'unsure'));
    expect(stdout).toMatch(/^NOT ASSESSED {2}stale-login/m);
    expect(stdout).toMatch(/^ {2}unknown {2,}lastLoginTime is older than 90 days$/m);
    expect(stdout).toMatch(/^ {2}lastLoginTime {2,}12345 \(unusable\)$/m);
  });

  test('takes a login until the end of the listing for one', async () => {
    const folder = await newFolder();
    const readAt = daysAgo(0) + 3_600_000;
    const users = [aUser({ userId: 'active', lastLoginTime: readAt })];
    await auditNight(folder, night(0), users, { clock: stoppedClock(readAt) });
    const { stdout } = await ask(folder, finding('stale-login', 'active'));
    expect(stdout).toMatch(/^PASSES {2}stale-login/m);
    expect(stdout).toMatch(/^ {2}lastLoginTime {2,}\d+ \(2026-11-24T03:00:00.000Z, 0 days before\)$/m);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('; the users had been read by 2026-11-24T03:00:00.000Z');
  });

  test('that is a change tells what was and what is, and that nothing clears it', async () => {
    const { stdout } = await ask(out, finding('promoted-to-super-user', 'rising'));
    expect(stdout).toMatch(/^ {2}type {2,}was "APP_USER", is "SUPER_USER"$/m);
    expect(stdout).toMatch(/^Since {2,}2026-11-24T02:00:00.000Z: a change, told once$/m);
    expect(stdout).toMatch(/^Smallest change {2,}none: it is an event/m);
  });

  test('of a rule that passes is told as such', async () => {
    const { stdout } = await ask(out, finding('stale-login', 's1'));
    expect(stdout).toMatch(/^PASSES {2}stale-login/m);
    expect(stdout).not.toContain('Smallest change');
  });

  test('is explained as an earlier run judged it', async () => {
    const { stdout } = await ask(out, finding('stale-login', 'idle'), { run: runName(night(2)) });
    expect(stdout).toMatch(/^PASSES {2}stale-login/m);
    expect(stdout).toMatch(/^Clock {2,}2026-11-22T02:00:00.000Z$/m);
    expect(stdout).toMatch(/, 89 days before\)$/m);
  });
});

describe('a user', () => {
  test('is told by every rule that fails, and in a line by those that pass', async () => {
    const { stdout } = await ask(out, 'idle');
    expect(stdout.match(/^[A-Z]+ {2}[a-z-]+: /gm)).toEqual(['MEDIUM  stale-login: ']);
    expect(stdout).toMatch(/^Passes {2,}super-user-api-access, never-logged-in/m);
    expect(stdout).toMatch(/^Not judged {2,}email-domain \(not-configured in that run\)/m);
  });

  test('is not named unless it is asked for', async () => {
    const id = finding('duplicate-person', 'idle');
    const [hidden, json] = [await ask(out, id), await ask(out, id, { json: true })];
    for (const { stdout } of [hidden, json]) expect(stdout).not.toMatch(/Zebulon|quagmire/i);
    const named = await ask(out, id, { names: true });
    expect(named.stdout).toContain('zebulon.idle@quagmire.example');
  });

  test('without a userId is found by its place', async () => {
    const place = `#${later.length - 1}`;
    const { stdout } = await ask(out, place);
    expect(stdout).toMatch(/^MEDIUM {2}unrecognised-value/m);
    expect(stdout).toMatch(/^ {2}userId {2,}missing$/m);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('a record without a userId takes no part in it');
  });

  test('that is gone is told by what it was', async () => {
    const { code, stdout } = await ask(out, 'leaver');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^HIGH {2}vanished-user/m);
    expect(stdout).toContain('(the user was not listed)');
    const ended = await ask(out, finding('stale-login', 'leaver'));
    expect(ended.stdout).toContain(
      'stale-login: not judged: the user was not listed; its finding: 2026-11-22T02:00:00.000Z until ' +
        '2026-11-24T02:00:00.000Z: a user that it is about is no longer in the directory',
    );
  });

  test.each([
    ['long-gone', `the last run that has it is ${runName(night(2))}`],
    ['nobody', 'nor have the runs of a month before it'],
    [aRoleArn('unheard-of'), 'has no active, API-bound user with the principal'],
  ])('%s is not there: exit 2', async (id, told) => {
    const { code, stdout, stderr } = await ask(out, id);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(told);
  });
});

describe('the smallest change of a rule on the whole directory', () => {
  test.each([
    [
      'too many super users',
      ENVIRONMENT,
      [
        {
          text: 'for 3 of the 6 that count or may, such as s0 and s1 and s2: set type to APP_USER',
          newlyFailed: [],
          sideEffects: [],
        },
      ],
    ],
    [
      'one of too many super users',
      finding('too-many-super-users', 's3'),
      [
        {
          text: 'no change of this user alone is enough; for 3 of the 6 that count or may, such as s0 and s1 and s3: set type to APP_USER',
          newlyFailed: [],
          sideEffects: [],
        },
      ],
    ],
    [
      'a shared principal',
      aRoleArn('shared'),
      [
        {
          text: 'for 2 of the 3 that count, such as a1 and a2: set apiAccessPrincipalArn to a role of its own in the account of the environment',
          newlyFailed: [],
          sideEffects: [],
        },
      ],
    ],
  ])('%s', async (_, subject, expected) => {
    const told = (await changesOf(out, subject)).filter(({ text }) => text !== '');
    expect(told).toEqual(expected);
  });

  test.each([
    ['one too many', supers(4), 'too-many-super-users', 'for 1 of the 4 that count, such as s0: set type to APP_USER'],
    ['one too few', [...supers(1), aUser()], 'too-few-super-users', 'for 1 more, such as u1: set type to SUPER_USER'],
    [
      'one too few, and one is disabled',
      [...supers(1), aUser({ userId: 'x', type: 'SUPER_USER', status: 'DISABLED', lastDisabledTime: daysAgo(3) })],
      'too-few-super-users',
      'for 1 more, such as x: enable the user',
    ],
  ])('%s', async (_, users, rule, text) => {
    const folder = await newFolder();
    await auditNight(folder, night(0), users);
    expect(await changesOf(folder, finding(rule, ENVIRONMENT))).toEqual([{ text, newlyFailed: [], sideEffects: [] }]);
  });

  test('tells what it makes fail: a super user less is one too few', async () => {
    const folder = await newFolder();
    await auditNight(folder, night(0), [...supers(1), anApiUser({ userId: 'both', type: 'SUPER_USER' })]);
    const [fewer] = await changesOf(folder, finding('super-user-api-access', 'both'));
    expect(fewer).toEqual({
      text: 'set type to APP_USER',
      newlyFailed: ['too-few-super-users'],
      sideEffects: [{ ruleId: 'too-few-super-users', subject: ENVIRONMENT, becomes: 'INFORMATIONAL' }],
    });
  });

  test('says so where nothing of a user counts', async () => {
    const { stdout } = await ask(out, finding('end-of-support', ENVIRONMENT));
    expect(stdout).toMatch(/^Smallest change {2,}none was found/m);
  });
});

describe('what is told of a change', () => {
  const nightOf = async (users: readonly unknown[], options?: Parameters<typeof auditNight>[3]) => {
    const folder = await newFolder();
    await auditNight(folder, night(0), users, options);
    return folder;
  };
  const smallest = async (folder: string, subject: string, ruleId: string) =>
    (await answers(folder, subject)).find(({ id }) => id === ruleId)?.smallestChanges ?? [];

  test('names the others whom it makes worse, and the severity', async () => {
    const folder = await nightOf(caseUsers('disable-moves-duplicate'));
    const disabling = { text: 'disable the user', newlyFailed: ['duplicate-person'] };
    const sideEffects = [{ ruleId: 'duplicate-person', subject: 'b', becomes: 'LOW' }];
    expect(await smallest(folder, 'a', 'shared-mailbox')).toEqual([{ ...disabling, sideEffects }]);
    const { stdout } = await ask(folder, finding('shared-mailbox', 'a'));
    expect(stdout).toMatch(/^Smallest change +disable the user \(then b becomes LOW by duplicate-person\)$/m);
  });

  test('is told of a finding that gets more severe too', async () => {
    const stale = anApiUser({ ...shared, userId: 'x', status: 'DISABLED', lastDisabledTime: daysAgo(366) });
    const folder = await nightOf([{ ...stale, apiAccessPrincipalArn: aRoleArn('x', '999988887777') }]);
    const [enabling] = await smallest(folder, 'x', 'long-disabled');
    expect(enabling?.sideEffects).toContainEqual({
      ruleId: 'principal-outside-account',
      subject: 'x',
      becomes: 'CRITICAL',
    });
    expect(enabling?.newlyFailed).not.toContain('principal-outside-account');
  });

  const twin = { firstName: 'Twin', lastName: 'Quagmire' };
  const mail = { emailAddress: 'twin@quagmire.example' };
  test.each([
    [
      'groups of another size each',
      [
        aUser({ userId: 'd', ...mail }),
        aUser({ userId: 'a', ...mail, ...twin }),
        aUser({ userId: 'b', ...twin }),
        aUser({ userId: 'c', ...twin }),
      ],
      finding('duplicate-person', 'a'),
      'no change of this user alone is enough; for 2 of those that count, such as a and b: disable the user',
    ],
    [
      'one change is not enough',
      [...supers(1), aUser({ userId: 'x', status: 'DISABLED', lastDisabledTime: daysAgo(3) })],
      finding('too-few-super-users', ENVIRONMENT),
      'for 1 more, such as x: enable the user, and set type to SUPER_USER',
    ],
    [
      'each needs another',
      [
        aUser({ userId: 'app' }),
        aUser({ userId: 'off', type: 'SUPER_USER', status: 'DISABLED', lastDisabledTime: daysAgo(3) }),
      ],
      finding('too-few-super-users', ENVIRONMENT),
      'for 2 more, such as app: set type to SUPER_USER; for off: enable the user',
    ],
  ])('%s', async (_, users, subject, text) => {
    const changes = await changesOf(await nightOf(users), subject);
    expect(changes.map((change) => change.text)).toEqual([text]);
  });

  test.each(['--json', '--names'])('is told of a user whose members go thousands deep, by %s', async (flag) => {
    const deep = JSON.parse('['.repeat(20_000) + ']'.repeat(20_000));
    const folder = await nightOf([
      aUser({ userId: 'a', apiAccess: deep, apiAccessPrincipalArn: deep, type: 'SUPER_USER' }),
    ]);
    const { code, stdout } = await command(['explain', 'a', '--out', folder, flag]);
    expect({ code, told: stdout.includes('principal-not-a-role') }).toEqual({ code: 0, told: true });
  });

  test('clears what it says it clears, whatever its members are called', async () => {
    const users = caseUsers('proto');
    const folder = await nightOf(users);
    const changes = await smallest(folder, 'a', 'unrecognised-value');
    expect(changes.map(({ text }) => text)).toEqual(['set apiAccess to DISABLED, and disable the user']);
  });
});

describe('a finding on a group', () => {
  test('that stands goes before one that resolved', async () => {
    const folder = await newFolder();
    await auditNight(folder, night(4), caseUsers('moved-night1'));
    await auditNight(folder, night(3), caseUsers('moved-night2'));
    const explained = (await answers(folder, 'a')).find(({ id }) => id === 'shared-principal');
    expect(explained).toMatchObject({
      outcome: 'FAIL',
      agreesWithRun: true,
      finding: { state: 'new', subject: { id: aRoleArn('T') } },
    });
  });

  test('is found by its id and by its subject, which may be any text where an ARN belongs', async () => {
    const arn = 'whatever somebody typed';
    const ofText = await newFolder();
    await auditNight(
      ofText,
      night(0),
      ['a', 'b'].map((userId) => anApiUser({ userId, apiAccessPrincipalArn: arn })),
    );
    for (const asked of [arn, finding('shared-principal', arn)]) {
      const { code, stdout } = await ask(ofText, asked);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^principal whatever somebody typed in run/);
      expect(stdout).toMatch(/^HIGH {2}shared-principal/m);
    }
    expect((await ask(ofText, finding('shared-principal', 'nobody'))).code).toBe(2);
  });

  test('is none of a user that does not count', async () => {
    const folder = await newFolder();
    await auditNight(folder, night(4), caseUsers('pass-but-shared'));
    const explained = (await answers(folder, 'c')).find(({ id }) => id === 'shared-principal');
    expect(explained).toMatchObject({ outcome: 'PASS', agreesWithRun: true });
    expect(explained).not.toHaveProperty('finding');
  });
});

describe('what was read beside the listing', () => {
  const [sound, open, denied] = [aRoleArn('sound'), aRoleArn('open'), aRoleArn('denied')];
  const api = (userId: string, apiAccessPrincipalArn: string) => anApiUser({ userId, apiAccessPrincipalArn });
  const policy = { Statement: [{ Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' }] };
  const helpdesk = {
    permissionGroupId: 'g1',
    name: 'helpdesk',
    applicationPermissions: ['ManageUsersAndGroups'],
    members: [{ userId: 'manager', membershipStatus: 'REMOVAL_IN_PROGRESS' }],
  };
  let folder: string;
  beforeAll(async () => {
    folder = await newFolder();
    const roles = [soundRole(sound, NOW), { ...soundRole(open, NOW), AssumeRolePolicyDocument: policy }];
    const { roles: known, groups } = knownFacts(roles, [helpdesk]);
    const config: Partial<Config> = {
      environments: [{ id: ENVIRONMENT, enrich: { iamRoles: { accounts: [] }, permissionGroups: true } }],
    };
    const users = [
      api('a', sound),
      api('b', open),
      api('c', denied),
      aUser({ userId: 'manager', lastLoginTime: daysAgo(60) }),
    ];
    const enrichments: Enrichments = {
      groups,
      roles: async function* refusing(request) {
        for await (const record of known?.(request) ?? [])
          yield record.arn === denied ? { arn: denied, unread: 'iam:GetRole failed: AccessDenied (403)' } : record;
      },
    };
    await archiveNights(folder, [{ number: 1, users, config, enrichments }]);
  });

  test('explains a role by what IAM answered, under its own name and that of its user', async () => {
    const { stdout, code } = await ask(folder, finding('principal-trusts-outsiders', open));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^HIGH {2}principal-trusts-outsiders/m);
    expect(stdout).toMatch(/^.*its trust policy lets outsiders in/m);
    expect(stdout).toMatch(/^ {2}readAt {2,}"?2026-11-24T02:00:00.000Z/m);
    expect(stdout).toContain(new Date(soundRole(open, NOW).CreateDate).toISOString());
    expect(stdout).not.toContain('Beware');
    const onRoles = new Set(rules.flatMap(({ kind, id }) => (kind === 'principal' ? [id] : [])));
    const of = async (subject: string) => (await answers(folder, subject)).filter(({ id }) => onRoles.has(id));
    expect((await of('b')).map(({ id, outcome }) => [id, outcome])).toEqual(
      (await of(open)).map(({ id, outcome }) => [id, outcome]),
    );
    expect((await of('b')).find(({ id }) => id === 'principal-trusts-outsiders')).toMatchObject({
      outcome: 'FAIL',
      agreesWithRun: true,
      finding: { subject: { id: open } },
    });
  });

  test('tells what of its users clears a finding on a role', async () => {
    expect(await changesOf(folder, finding('principal-trusts-outsiders', open))).toEqual([
      {
        text: 'for user b: set apiAccess to DISABLED, and remove apiAccessPrincipalArn',
        newlyFailed: [],
        sideEffects: [],
      },
    ]);
    const { stdout } = await ask(folder, finding('principal-trusts-outsiders', 'b'));
    expect(stdout).toMatch(
      /^Smallest change {2,}for user b: set apiAccess to DISABLED, and remove apiAccessPrincipalArn$/m,
    );
  });

  test('tells of all users of a role, and of a finding that is about its use alone', async () => {
    const unusedRoles = await newFolder();
    const { roles } = knownFacts([{ ...soundRole(open, NOW), LastUsedDate: new Date(daysAgo(200)).toISOString() }], []);
    const config: Partial<Config> = { environments: [{ id: ENVIRONMENT, enrich: { iamRoles: { accounts: [] } } }] };
    const users = ['a', 'b'].map((userId) => api(userId, open));
    await archiveNights(unusedRoles, [{ number: 1, users, config, enrichments: { ...(roles && { roles }) } }]);
    const [change] = await changesOf(unusedRoles, finding('idle-principal', open));
    expect(change?.text).toBe(
      'for its 2 users, such as a and b: set apiAccess to DISABLED, and remove apiAccessPrincipalArn',
    );
    const [sharing] = await changesOf(unusedRoles, finding('shared-principal', open));
    expect(sharing).toMatchObject({ text: expect.stringMatching(/a role of its own in the account/), sideEffects: [] });
  });

  test('tells what a change of a user makes worse of its role', async () => {
    const dormant = await newFolder();
    const { roles } = knownFacts([{ ...soundRole(open, NOW), AssumeRolePolicyDocument: policy }], []);
    const config: Partial<Config> = { environments: [{ id: ENVIRONMENT, enrich: { iamRoles: { accounts: [] } } }] };
    const users = [
      anApiUser({ userId: 'a', apiAccessPrincipalArn: open, status: 'DISABLED', lastDisabledTime: daysAgo(400) }),
      aUser({ userId: 'b' }),
    ];
    await archiveNights(dormant, [{ number: 1, users, config, enrichments: { ...(roles && { roles }) } }]);
    const [change] = await changesOf(dormant, finding('long-disabled', 'a'));
    expect(change).toMatchObject({
      text: expect.stringContaining('enable the user'),
      sideEffects: [{ ruleId: 'principal-trusts-outsiders', subject: open, becomes: 'HIGH' }],
    });
  });

  test('says of a role that was not read why it could not be judged, and never that it passes', async () => {
    const rule = (await answers(folder, 'c')).find(({ id }) => id === 'principal-missing');
    expect(rule).toMatchObject({ outcome: 'NOT_ASSESSED', agreesWithRun: true });
    const { stdout } = await ask(folder, finding('principal-missing', denied));
    expect(stdout).toContain('iam:GetRole failed: AccessDenied (403)');
  });

  test('names the groups by which a user is as good as a super user, in each rule that asks for it', async () => {
    for (const [id, severity] of [
      ['effective-super-user', 'HIGH'],
      ['stale-login', 'HIGH'],
    ] as const) {
      const { stdout } = await ask(folder, finding(id, 'manager'));
      expect(stdout).toMatch(new RegExp(`^${severity} {2}${id}`, 'm'));
      expect(stdout).toMatch(/groups with ManageUsersAndGroups.*g1/);
      expect(stdout).not.toContain('Beware');
    }
    const others = (await answers(folder, 'a')).filter(({ id }) => id === 'effective-super-user');
    expect(others).toMatchObject([{ outcome: 'PASS', agreesWithRun: true }]);
  });

  test('tells of a user the finding that stands of a rule which judged nobody, since groups were cut', async () => {
    const cutFolder = await newFolder();
    const config: Partial<Config> = { environments: [{ id: ENVIRONMENT, enrich: { permissionGroups: true } }] };
    const { groups = async function* none() {} } = knownFacts([], [helpdesk]);
    const cut = {
      groups: async function* read(deadline: number) {
        yield* groups(deadline);
        yield { unread: 'permission groups were not read in full' };
      },
    };
    const others = [aUser({ userId: 'other' })];
    const users = [aUser({ userId: 'manager' }), ...others];
    await archiveNights(cutFolder, [
      { number: 1, users, config, enrichments: { groups } },
      { number: 2, users, config, enrichments: cut },
    ]);
    const told = 'effective-super-user: not judged: permission groups were not read in full; its finding: ';
    const { stdout } = await ask(cutFolder, 'manager');
    expect(stdout).toContain(told);
    expect(stdout).not.toContain('No rule that judged it fails');

    await archiveNights(
      cutFolder,
      [3, 4].map((number) => ({ number, users: others, config, enrichments: cut })),
    );
    const gone = await ask(cutFolder, 'manager');
    expect(gone).toMatchObject({ code: 0, stdout: expect.stringContaining(told) });
  });
});

describe('the config of today', () => {
  const configFile = async (text: string) => {
    const file = join(await newFolder(), 'audit.yaml');
    await writeFile(file, `environments: [{ id: ${ENVIRONMENT} }]\n${text}`);
    return file;
  };

  test.each([
    ['rules: { stale-login: { maxDays: 120 } }', 'otherwise: PASSES, severity MEDIUM'],
    ['rules: { stale-login: { severity: LOW } }', 'otherwise: FAILS, severity LOW'],
    ['rules: { stale-login: { enabled: false } }', 'would not judge it: switched off in the config'],
    ['rules: { stale-login: { maxDays: 91 } }', 'the same'],
  ])('%s: %s', async (text, told) => {
    const { stdout } = await ask(out, finding('stale-login', 'idle'), { config: await configFile(text) });
    expect(stdout).toMatch(new RegExp(`^Today's config {2,}${told}$`, 'm'));
    expect(stdout).toMatch(/^ {2}maxDays {2,}90$/m);
  });

  const trusting = 'trustedAccounts: ["999988887777"]';

  test('that trusts other accounts than the run did judges otherwise', async () => {
    const config = await configFile(trusting);
    const { stdout } = await ask(out, finding('principal-outside-account', 'outside'), { config });
    expect(stdout).toMatch(/^CRITICAL {2}principal-outside-account/m);
    expect(stdout).toMatch(/^Today's config {2,}otherwise: PASSES/m);
  });

  test('is not needed to know which accounts the run trusted', async () => {
    const folder = await newFolder();
    const parsed = parseConfig(`environments: [{ id: ${ENVIRONMENT} }]\n${trusting}`, 'audit.yaml', rules);
    await auditNight(folder, night(0), later, { config: parsed });
    const { stdout } = await ask(folder, finding('principal-outside-account', 'outside'));
    expect(stdout).toMatch(/^PASSES {2}principal-outside-account/m);
    expect(stdout).not.toContain('Beware');
  });

  test('a run that judged by other rules than there are now is said to have found otherwise', async () => {
    const folder = await newFolder();
    const blind = rules.map((rule) =>
      rule.id === 'principal-outside-account' && rule.kind === 'user'
        ? { ...rule, when: [{ text: () => 'never', holds: () => false }] }
        : rule,
    );
    await auditNight(folder, night(0), later, { catalogue: blind });
    const { stdout } = await ask(folder, finding('principal-outside-account', 'outside'));
    expect(stdout).toMatch(/^Beware {2,}the run itself found otherwise/m);
  });

  const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

  test.each([
    [inDays(30), `waivers.yaml has one until ${inDays(30)}`, 'idle'],
    ['2020-01-31', 'that of waivers.yaml expired on 2020-01-31', 'idle'],
    [inDays(30), 'waivers.yaml has none', 'other'],
  ])('a waiver until %s: %s', async (expires, told, user) => {
    const waivers = join(await newFolder(), 'w.yaml');
    await writeFile(
      waivers,
      `- { rule: stale-login, user: ${user}, reason: r, owner: o@example.com, approver: a@example.com, expires: ${expires} }\n`,
    );
    const { stdout } = await ask(out, finding('stale-login', 'idle'), { waivers });
    expect(stdout).toMatch(new RegExp(`^Waiver {2,}the run knew of none that held; ${told}$`, 'm'));
  });
});

describe('what is asked wrongly', () => {
  test.each([
    [`${ENVIRONMENT}/nope/idle`, {}, /the rule of finding ".*" must be one that is about a user \(super-user/],
    [`${ENVIRONMENT}/stale-login/${ENVIRONMENT}`, {}, /about the environment \(.*too-many-super-users.*, .*too-few/],
    [
      `${ENVIRONMENT}/stale-login/${aRoleArn()}`,
      {},
      /about the principal \(shared-principal, .*principal.*\), got "stale-login"/,
    ],
    ['other/stale-login/idle', {}, /the environment of finding .* must be vs57\w+, got "other"/],
    [' ', {}, /what is explained must be a user or a finding, got " "/],
    ['idle', { run: 'yesterday' }, /--run must be a run as 20261124T020000Z, a day as .*, or latest, got "yesterday"/],
    ['idle', { run: '20200101T000000Z' }, /has no complete run of environment .* then; the nearest: \d{8}T/],
    ['idle', { config: 'no/such.yaml' }, /no\/such.yaml: can't be read \(ENOENT\)/],
    ['idle', { waivers: 'no/such.yaml' }, /no\/such.yaml: can't be read \(ENOENT\)/],
  ])('%s %j', async (subject, flags, problem) => {
    await expect(ask(out, subject, flags)).rejects.toThrow(problem);
  });

  test('a run may be named by its day', async () => {
    const { stdout: byDay } = await ask(out, 'idle', { run: night(2).toISOString().slice(0, 10) });
    const { stdout: byName } = await ask(out, 'idle', { run: runName(night(2)) });
    expect(byDay).toBe(byName);
    expect(byDay).toContain(runName(night(2)));
  });

  test('an altered snapshot is not explained', async () => {
    const folder = await newFolder();
    await auditNight(folder, night(0), later);
    const other = await newFolder();
    await auditNight(other, night(0), first);
    const key = runKeys(ENVIRONMENT, night(0)).object(OUTPUTS.snapshot);
    const stored = await folderArchive(other).read(key);
    const chunks: Uint8Array[] = [];
    for await (const chunk of stored?.body ?? []) chunks.push(chunk);
    await writeFile(join(folder, key), Buffer.concat(chunks));
    await expect(ask(folder, 'idle')).rejects.toThrow('was altered');
  });

  test('on the command line it exits 3; what is asked rightly, 0', async () => {
    const words = ['explain', finding('stale-login', 'idle'), '--out', out];
    const right = await command(words);
    const wrong = await command(['explain', finding('nope', 'idle'), '--out', out]);
    expect([right.code, wrong.code]).toEqual([0, 3]);
    expect(right.stdout).toContain('have the user log in');
    expect(wrong.stderr).toContain('must be one that is about a user');
  });
});

describe('by e-mail', () => {
  let mailed = '';
  beforeAll(async () => {
    mailed = await newFolder();
    await archiveNights(mailed, [
      { number: 1, users: [aUser({ userId: 'gone' }), aUser({ userId: 'one' })] },
      {
        number: 2,
        users: [
          aUser({ userId: 'one' }),
          ...['twin1', 'twin2'].map((userId) => aUser({ userId, emailAddress: 'both@quagmire.example' })),
          aUser({ userId: 'id@quagmire.example' }),
        ],
      },
    ]);
  });

  test.each([
    ['zebulon.one@quagmire.example', 'one'],
    ['ZEBULON.One@quagmire.example', 'one'],
    ['zebulon.gone@quagmire.example', 'gone'],
    ['id@quagmire.example', 'id@quagmire.example'],
    [`${ENVIRONMENT}/stale-login/zebulon.one@quagmire.example`, 'one'],
  ])('%s is %s', async (word, id) => {
    const { code, stdout } = await ask(mailed, word, { json: true });
    expect({ code, subject: JSON.parse(stdout).subject }).toEqual({ code: 0, subject: { kind: 'user', id } });
  });

  test('names those who share one', async () => {
    await expect(ask(mailed, 'both@quagmire.example')).rejects.toThrow(
      'the e-mail address must be that of one user, got one that twin1, twin2 have in run',
    );
  });

  test('says that nobody has it', async () => {
    expect(await ask(mailed, 'nobody@quagmire.example')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('has no user'),
    });
  });
});
