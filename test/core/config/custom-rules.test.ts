import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  parseCustomRule,
  readConfigWithRules,
  readCustomRule,
  readCustomRules,
} from '../../../core/config/custom-rules.ts';
import { customRules } from '../../../rules/custom/custom-rule.ts';
import { rules } from '../../../rules/index.ts';
import { ENVIRONMENT } from '../../support/builders.ts';
import { aCustomRule, aRuleFile, FILE, ruleOf } from '../../support/custom-rule.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const newFolder = temporaryFolders();

test('a sound rule is one as those of the catalogue, with its file as its text', () => {
  const { rule, tests } = aCustomRule();
  expect(rule.names).toBeUndefined();
  expect(rule).toMatchObject({
    kind: 'user',
    id: 'x-contractor-api-access',
    severity: 'HIGH',
    controls: ['NIST-800-53-r5:AC-6'],
    options: { domain: 'contractor.example.com', graceDays: 7 },
    text: aRuleFile(),
  });
  expect(tests).toEqual(['old', 'no address']);
});

/** An expression of so many parts. */
const NODES = (count: number): string => {
  const [least, more] = [Array(100).fill('user.active').join(' && '), count - 299];
  return '!'.repeat(more) + least;
};
const PARENTHESES = (depth: number): string => `${'('.repeat(depth)}user.active${')'.repeat(depth)}`;
const DEEPEST = 22;
const ENTRIES = (count: number): string =>
  `user.userId in {${Array.from({ length: count }, (_, n) => `"${n}": 1`).join()}}`;
const TEN_THOUSAND_STEPS = `options.l.all(a, a != "" && a != "b") && [${Array(166).fill('"c"').join()}].all(c, c != "")`;

const ONE = { name: 'one', user: { userId: 'u1' } };

describe('a wrong rule is refused with its file, its line, what is there and what is allowed', () => {
  test.each([
    { wrong: { id: 'contractor' }, says: ':1: id: must be one of x-contractor-api-access, got "contractor"' },
    { wrong: { kind: 'group' }, says: ':2: kind: must be one of user, directory, change, got "group"' },
    { wrong: { severity: 'high' }, says: 'severity: must be one of INFORMATIONAL, LOW, MEDIUM, HIGH, CRITICAL, got' },
    { wrong: { rational: 'x' }, says: 'rational: unknown key, did you mean rationale?' },
    { wrong: { rationale: undefined }, says: 'rationale: must be text, got nothing' },
    { wrong: { controls: { NIST: ['AC-6'] } }, says: ':9: controls.NIST: unknown key' },
    { wrong: { controls: { 'SOC-2': ['CC 6'] } }, says: 'must be the id of a control, got "CC 6"' },
    {
      wrong: { options: { enabled: 1 } },
      says: ':11: options.enabled: must be a name as maxDays, and none of enabled, severity',
    },
    ...[
      { given: null, got: 'nothing' },
      { given: -1, got: '-1' },
      { given: ' ', got: '" "' },
      { given: [1], got: 'a list' },
    ].map(({ given, got }) => ({
      wrong: { options: { domain: given, graceDays: 7 } },
      says: `options.domain: must be a number of 0 or more, a text, true or false, or a list of texts (one that looks like a number in quotes), got ${got}`,
    })),
    { wrong: { failsWhen: [] }, says: 'failsWhen: must be a list of 1 or more expressions, got an empty list' },
    {
      wrong: { failsWhen: ['user.emial == "a"'] },
      says: `user has no member emial (column 6) (allowed: userId, status`,
    },
    {
      wrong: { failsWhen: ['options.domian == "a"'] },
      says: 'options has no member domian (column 9) (allowed: domain, graceDays)',
    },
    {
      wrong: { failsWhen: ['options.x == "a"'], options: {} },
      says: 'options has no member x (column 9) (allowed: none)',
    },
    {
      wrong: { failsWhen: ['user.active', 'has(user.lastLoginTme)'] },
      says: 'failsWhen[1]: user has no member lastLoginTme (column 10) (allowed: userId, status',
    },
    {
      wrong: { kind: 'change', failsWhen: ['!has(user.lastLoginTime)'], evidence: [], message: '"m"' },
      says: 'user has no member lastLoginTime (column 11) (allowed: userId, status, type',
    },
    {
      wrong: { failsWhen: ['has(options.toString)'], options: {} },
      says: 'options has no member toString (column 13) (allowed: none)',
    },
    ...['has(now.seconds)', 'has(user.emailAddress.domain)', '[{"a": 1}].exists(m, has(m.b))'].map((clause) => ({
      wrong: { failsWhen: [clause] },
      says: 'failsWhen[0]: has must ask for a member of a record, as in has(user.NAME)',
    })),
    {
      wrong: { failsWhen: ['has(user.a) && has(user.b)'] },
      says: 'failsWhen[0]: user has no member a (column 10) (allowed: userId',
    },
    { wrong: { failsWhen: ['[user][0].a'] }, says: 'failsWhen[0]: No such key: a (column 11)' },
    { wrong: { failsWhen: [`${'!'.repeat(100_000)}true`] }, says: 'failsWhen[0]: goes deeper than can be read' },
    { wrong: { failsWhen: ['user.userId'] }, says: 'must give a bool, got string' },
    { wrong: { failsWhen: ['user.userId ='] }, says: ':14: failsWhen[0]: ' },
    { wrong: { failsWhen: ['age(user.createTime) > 7'] }, says: '; write days(7) for 7 days' },
    { wrong: { failsWhen: ['user.createTime > days(7)'] }, says: '; write age(…) for the time since then' },
    { wrong: { failsWhen: ['options.graceDays + 1.5 > 7.0'] }, says: '; write double(…) around the whole number' },
    {
      wrong: { failsWhen: ['groups.Manage == ["g"]'] },
      says: '(allowed: ManageUsersAndGroups, GetTemporaryCredentials)',
    },
    { wrong: { failsWhen: ['before.status == "DISABLED"'] }, says: 'Unknown variable: before' },
    {
      wrong: { failsWhen: ['user["status"] == "ENABLED"'] },
      says: 'user must be followed by a member, as in user.NAME',
    },
    { wrong: { failsWhen: ['[user].exists(u, u.active)'] }, says: 'user must be followed by a member' },
    {
      wrong: { failsWhen: ['user.userId.matches("(a+)+$")'] },
      says: 'matches is refused, since its time has no bound: write startsWith, endsWith, contains or domain() instead',
    },
    {
      wrong: { failsWhen: ['cel.bind(x, "a", x + x) == ""'] },
      says: 'bind is refused, since texts could double with each: write the value where it is used instead',
    },
    {
      wrong: { failsWhen: ['[1].all(a, [1].all(b, [1].all(c, a + b + c > 0)))'] },
      says: 'failsWhen[0]: all, exists, exists_one, map, filter must be nested at most 2 deep',
    },
    {
      wrong: { failsWhen: ['options.l.all(a, options.l.all(b, a == b))'], options: { l: ['a'] } },
      says: 'must take at most 10000 steps, got up to ',
    },
    ...['{"a": 1}.all(k, k == user.userId)', 'options.domain.split(".").all(k, k == user.userId)'].map((clause) => ({
      wrong: { failsWhen: [clause] },
      says: 'failsWhen[0]: all must go through a list that stands there, or an option that is a list',
    })),
    {
      wrong: { failsWhen: [`!(${TEN_THOUSAND_STEPS})`], options: { l: ['a'] } },
      says: 'failsWhen[0]: must take at most 10000 steps, got up to 10001',
    },
    { wrong: { failsWhen: [NODES(301)] }, says: 'failsWhen[0]: Exceeded maxAstNodes (300)' },
    { wrong: { failsWhen: [PARENTHESES(DEEPEST + 1)] }, says: 'failsWhen[0]: Exceeded maxDepth (24)' },
    { wrong: { failsWhen: [ENTRIES(101)] }, says: 'failsWhen[0]: Exceeded maxMapEntries (100)' },
    { wrong: { failsWhen: [Array(200).fill('user.active').join(' && ')] }, says: 'failsWhen[0]: ' },
    { wrong: { message: 'user.active' }, says: 'message: must give a string, got bool' },
    {
      wrong: { message: 'user.firstName' },
      says: 'message: must not read firstName, since alerts name nobody unless audit.yaml has messages: { names: true }',
    },
    {
      wrong: { message: 'has(user.emailAddress) ? user.emailAddress.domain() : ""' },
      says: 'message: must not read emailAddress',
    },
    { wrong: { evidence: ['email'] }, says: 'evidence[0]: must be one of userId, status' },
    { wrong: { kind: 'change', evidence: ['emailAddress'] }, says: 'user has no member emailAddress' },
    {
      wrong: { kind: 'change', failsWhen: ['user.active'], message: '"m"', evidence: ['type', 'emailAddress'] },
      says: 'evidence[1]: must be one of userId, status, type, apiAccess, apiAccessPrincipalArn, got "emailAddress"',
    },
    {
      wrong: { message: 'user.lastName + user.firstName' },
      says: 'message: must not read lastName, since alerts name nobody',
    },
    { wrong: { options: { l: Array(1001).fill('a') } }, says: 'options: l must list at most 1000 texts, got 1001' },
    { wrong: { options: { n: 2 ** 60 } }, says: 'options: n must be a whole number, as its default is, got' },
    ...Object.entries({
      where: 'expressions',
      failsWhen: '1 or more expressions',
      evidence: 'members',
      tests: 'tests',
    }).map(([member, what]) => ({ wrong: { [member]: 'a' }, says: `${member}: must be a list of ${what}, got "a"` })),
    { wrong: { controls: { 'SOC-2': 'CC6' } }, says: 'controls.SOC-2: must be a list of controls, got "CC6"' },
    { wrong: { options: { l: ['a', ''] } }, says: 'options.l[1]: must be text, got nothing' },
    { wrong: { options: 'a' }, says: 'options: must be a mapping of names and defaults, got "a"' },
    { wrong: { tests: [{ name: 'a', users: 'a' }] }, says: 'tests[0].users: must be a list of users, got "a"' },
    { wrong: { tests: [{ ...ONE, user: { userId: ['a'] } }] }, says: 'user.userId: must be text, got a list' },
    {
      wrong: { tests: [{ ...ONE, user: { groups: { ManageUsersAndGroups: 'a' } } }] },
      says: 'user.groups.ManageUsersAndGroups: must be a list of groups, got "a"',
    },
    { wrong: { tests: [] }, says: 'tests: must be a list of 1 or more tests' },
    {
      wrong: { tests: [ONE] },
      says: 'must have one of fails: MESSAGE, notAssessed: MEMBER and passes: true, got none',
    },
    { wrong: { tests: [{ ...ONE, passes: true, fails: 'm' }] }, says: 'got fails and passes' },
    { wrong: { tests: [{ name: 'a', user: { email: 'a' }, passes: true }] }, says: 'tests[0].user.email: unknown key' },
    {
      wrong: { tests: [{ name: 'a', user: { createTime: 'yesterday' }, passes: true }] },
      says: 'must be a time as "200 days ago" or "3 hours ago", an instant as 2026-01-15T12:00:00Z, or null, got',
    },
    ...[
      '15 January 2026',
      '2026-13-15T12:00:00Z',
      '2026-01-15',
      '2026-02-29T12:00:00Z',
      '2026-01-15T24:00Z',
      '2026-01-15T12:00:60Z',
    ].map((now) => ({
      wrong: { tests: [{ ...ONE, now, passes: true }] },
      says: `tests[0].now: must be an instant as 2026-01-15T12:00:00Z, got "${now}"`,
    })),
    { wrong: { tests: [{ ...ONE, name: ' ', passes: true }] }, says: 'tests[0].name: must be text, got " "' },
    {
      wrong: {
        tests: [
          { ...ONE, notAssessed: 'apiAccess' },
          { ...ONE, notAssessed: 'apiAccess' },
        ],
      },
      says: 'tests[1].name: stands already in entry [0]',
    },
    {
      wrong: { tests: [{ name: 'one', user: { apiAccess: 'DISABLED' }, fails: 'm' }] },
      says: 'tests[0]: test "one" must give fails: m, got passes: true',
    },
    {
      wrong: { tests: [{ name: 'one', user: { apiAccess: 'DISABLED' }, notAssessed: 'emailAddress' }] },
      says: 'test "one" must give notAssessed: emailAddress, got passes: true',
    },
    {
      wrong: { failsWhen: ['user.active'], message: '"m"', tests: [{ ...ONE, fails: 'another' }] },
      says: 'test "one" must give fails: another, got fails: "m"',
    },
    {
      wrong: { failsWhen: ['user.active'], message: '"m"', tests: [{ ...ONE, notAssessed: 'm' }] },
      says: 'test "one" must give notAssessed: m, got fails: "m"',
    },
    {
      wrong: { tests: [{ ...ONE, notAssessed: 'emailAddress' }] },
      says: 'test "one" must give notAssessed: emailAddress, got notAssessed: apiAccess is missing or unusable',
    },
    {
      wrong: { tests: [{ ...ONE, fails: 'm' }] },
      says: 'test "one" must give fails: m, got notAssessed: apiAccess is missing or unusable',
    },
    {
      wrong: { tests: [{ ...ONE, passes: true }] },
      says: 'tests[0]: test "one" must give passes: true, got notAssessed: apiAccess is missing or unusable',
    },
  ])('$says', ({ wrong, says }) => {
    const read = () => parseCustomRule(aRuleFile(wrong), FILE);
    expect(read).toThrow(says);
    expect(read).toThrow(new RegExp(`^${FILE}:\\d+: `));
  });

  test.each([
    ['before.status == "DISABLED"', 'Unknown variable: before (column 1)'],
    [
      'age(user.createTime) > 7',
      'no such overload: google.protobuf.Duration > int (column 1); write days(7) for 7 days',
    ],
  ])('%s is refused, and no more is said: %s', (clause, says) => {
    expect(() => parseCustomRule(aRuleFile({ failsWhen: [clause] }), FILE)).toThrow(
      new Error(`${FILE}:14: failsWhen[0]: ${says}`),
    );
  });

  test.each([
    ['options.l.all(a, options.l.all(b, a == b))', 5_004_002],
    ['options.l.filter(a, options.l.all(b, a == b)) == ["a"]', 5_004_005],
    ['options.l.filter(a, a != "").all(b, b != user.userId)', 11_002],
    ['options.l.map(a, a + "x").exists(b, b == user.userId)', 11_002],
    ['options.l.all(a, a in options.l && a in options.l)', 211_002],
    ['options.l.all(a, options.l.all(b, a in {b: 1}))', 7_004_002],
    ['options.l.all(a, user.active ? a == "b" : a in options.l)', 112_002],
    ['options.l.exists_one(a, options.l.exists_one(b, a == b))', 5_004_002],
    ['groups.ManageUsersAndGroups.all(g, groups.GetTemporaryCredentials.exists(h, g == h))', 12_702],
    ['["a", "b"].filter(a, options.l.all(b, a != b)).all(c, c in options.l || options.l.all(d, d == c))', 20_229],
  ])('%s would take too many steps, which are counted: %d', (clause, steps) => {
    expect(() => ruleOf(clause, { options: { l: ['a'] } })).toThrow(
      `x-contractor-api-access: must take at most 10000 steps, got up to ${steps}`,
    );
  });

  test.each([
    '["a", "b"].filter(a, a != "").all(b, b != user.userId)',
    '["a", "b"].map(a, a + "x").exists(b, b == user.userId)',
    '["a", "b"].all(a, [1, 2].exists(b, string(b) == a))',
    'options.l.all(a, a in ["a", "b"])',
    'user.userId in options.l',
  ])('%s has a bound, and is taken', (clause) => {
    expect(() => ruleOf(clause, { options: { l: ['a'] } })).not.toThrow();
  });

  test.each([
    ['10000 steps', TEN_THOUSAND_STEPS],
    ['300 parts', NODES(300)],
    ['as many parentheses as may be', PARENTHESES(DEEPEST)],
    ['100 entries', ENTRIES(100)],
  ])('an expression of %s is taken', (_, clause) => {
    expect(() => ruleOf(clause, { options: { l: ['a'] } })).not.toThrow();
  });

  test('a file whose name is none of a rule', () => {
    expect(() => parseCustomRule(aRuleFile(), 'Contractor.yaml')).toThrow('Contractor.yaml: must be named x-');
    expect(() => parseCustomRule(aRuleFile(), 'contractor.yaml')).toThrow('id: must be one of x-contractor, got');
  });

  test('a file may leave the x- out of its name', () => {
    expect(parseCustomRule(aRuleFile(), 'contractor-api-access.yaml').rule.id).toBe('x-contractor-api-access');
  });
});

const directory = (overrides: Readonly<Record<string, unknown>>) =>
  aRuleFile({
    kind: 'directory',
    options: { most: 2 },
    where: ['user.active'],
    by: 'user.emailAddress',
    failsWhen: ['count > double(options.most)'],
    message: 'string(count) + " of " + string(counted)',
    evidence: undefined,
    tests: [
      { name: 'over', users: Array(3).fill({ emailAddress: 'a@b' }), fails: '3 of 3' },
      { name: 'at the limit', users: Array(2).fill({ emailAddress: 'a@b' }), passes: 'true' },
      { name: 'of no group', users: [...Array(2).fill({ emailAddress: 'a@b' }), {}], notAssessed: 'emailAddress' },
    ],
    ...overrides,
  });

describe('a rule on the directory', () => {
  test('is one as those of the catalogue', () => {
    const { rule, tests } = parseCustomRule(directory({}), FILE);
    expect(rule).toMatchObject({ kind: 'directory', about: 'user', options: { most: 2 } });
    expect(tests).toHaveLength(3);
  });

  test('may name its groups, where they are not made of what names people', () => {
    const named = [{ name: 'one', users: [{ status: 'ENABLED' }], passes: 'true' }];
    const { rule } = parseCustomRule(directory({ by: 'user.status', message: 'group', tests: named }), FILE);
    expect(rule).toMatchObject({ kind: 'directory', about: 'user' });
  });

  test.each([
    {
      wrong: { kind: 'user', failsWhen: ['user.active'] },
      says: 'where: must be left out, since it is for kind directory',
    },
    { wrong: { evidence: ['status'] }, says: 'evidence: must be left out of kind directory' },
    { wrong: { message: 'group' }, says: ': message: must not read group, which is made of emailAddress' },
    { wrong: { where: ['count > 1.0'] }, says: 'where[0]: Unknown variable: count' },
    { wrong: { failsWhen: ['user.active'] }, says: 'failsWhen[0]: Unknown variable: user' },
    { wrong: { where: ['has(user.email)'] }, says: 'where[0]: user has no member email (column 10)' },
    { wrong: { by: 'has(user.email) ? "a" : "b"' }, says: 'by: user has no member email (column 10)' },
    { wrong: { by: undefined, failsWhen: ['group == "a"'] }, says: 'failsWhen[0]: Unknown variable: group' },
    { wrong: { by: 'user.active' }, says: 'by: must give a string, got bool' },
    { wrong: { failsWhen: ['count + 1 > 2'] }, says: 'or 1.0 for 1' },
    { wrong: { failsWhen: ['[1.0].all(count, count > 0.0)'] }, says: 'all must name its item otherwise than count' },
    {
      wrong: { tests: [{ name: 'one', user: {}, passes: 'true' }] },
      says: 'test "one" must have users: a list, since the rule is of kind directory',
    },
    {
      wrong: { tests: [{ name: 'one', users: [{}], user: {}, passes: 'true' }] },
      says: 'test "one" must have users: a list, since the rule is of kind directory',
    },
    {
      wrong: {
        tests: [
          {
            name: 'two groups',
            users: ['a', 'a', 'a', 'b', 'b', 'b', 'b'].map((emailAddress) => ({ emailAddress })),
            fails: '3 of 7',
          },
        ],
      },
      says: 'test "two groups" must give fails: 3 of 7, got fails: "3 of 7", fails: "4 of 7"',
    },
    {
      wrong: { tests: [{ name: 'two', users: [{ emailAddress: 'a' }, { emailAddress: 'a' }, {}], passes: 'true' }] },
      says: 'must give passes: true, got notAssessed: it depends on 1 user: emailAddress is missing or unusable',
    },
  ])('$says', ({ wrong, says }) => {
    expect(() => parseCustomRule(directory(wrong), FILE)).toThrow(says);
  });
});

describe('what is read beside the listing', () => {
  const ofRoles = (tests: readonly unknown[]) =>
    aRuleFile({
      failsWhen: ['!role.exists || age(role.createTime) > days(9)', 'groups.ManageUsersAndGroups == ["g"]'],
      message: '"m"',
      tests,
    });
  const user = { userId: 'u', apiAccessPrincipalArn: 'arn:aws:iam::111122223333:role/a' };
  const groups = { ManageUsersAndGroups: ['g'] };

  test('stands in tests', () => {
    const { tests } = parseCustomRule(
      ofRoles([
        { name: 'no role', user: { ...user, groups, role: { exists: 'false' } }, fails: 'm' },
        { name: 'old', user: { ...user, groups, role: { createTime: '10 days ago' } }, fails: 'm' },
        { name: 'young', user: { ...user, groups, role: { createTime: '9 days ago' } }, passes: 'true' },
        { name: 'unread', user: { ...user, groups }, notAssessed: 'roles' },
        { name: 'of no groups', user: { ...user, role: { exists: 'false' } }, notAssessed: 'groups' },
      ]),
      FILE,
    );
    expect(tests).toHaveLength(5);
  });

  test('is of nobody but those of whom it stands there, where some have it', () => {
    const counting = (where: string, users: readonly unknown[], outcome: object, most = 0) =>
      directory({ options: { most }, where: [where], by: undefined, tests: [{ name: 'some', users, ...outcome }] });
    const [one, other] = [{ userId: 'u' }, { userId: 'v', apiAccessPrincipalArn: 'arn:aws:iam::111122223333:role/b' }];
    const reason = 'apiAccessPrincipalArn is no role of an own or trusted account';
    for (const file of [
      counting('"g" in groups.ManageUsersAndGroups', [{ ...one, groups }, other], { fails: '1 of 1' }),
      counting('environment.id == "environment"', [one], { fails: '1 of 1' }),
      counting(
        'role.exists',
        [
          { ...user, role: {} },
          { ...user, userId: 'w' },
        ],
        { fails: '2 of 2' },
      ),
    ])
      expect(parseCustomRule(file, FILE).tests).toEqual(['some']);
    const unknown = counting('role.exists', [{ ...user, role: {} }, other], { passes: 'true' }, 1);
    expect(() => parseCustomRule(unknown, FILE)).toThrow(
      `test "some" must give passes: true, got notAssessed: it depends on 1 user: ${reason}`,
    );
  });

  test.each([
    ['first', [{ exists: 'false' }, undefined]],
    ['last', [undefined, { exists: 'false' }]],
  ])('a role of several users stands with whoever has it: the %s', (_, roles) => {
    const users = roles.map((role, n) => ({ ...user, userId: `u${n}`, ...(role && { role }) }));
    const wrong = { where: ['!role.exists'], tests: [{ name: 'both', users, fails: 'm' }] };
    const file = directory({ by: undefined, failsWhen: ['count == 2.0'], message: '"m"', options: {}, ...wrong });
    expect(parseCustomRule(file, FILE).tests).toEqual(['both']);
  });

  test.each([
    { given: { groups: { Manage: ['g'] } }, says: 'groups.Manage: unknown key' },
    { given: { role: { exists: 'no' } }, says: 'role.exists: must be true or false, got "no"' },
  ])('$says', ({ given, says }) => {
    const read = () => parseCustomRule(ofRoles([{ name: 'one', user: { ...user, ...given }, passes: 'true' }]), FILE);
    expect(read).toThrow(says);
  });
});

test.each([
  {
    what: 'the message of a user',
    file: aRuleFile({
      message: '"an account of " + user.emailAddress',
      tests: [
        {
          name: 'old',
          user: { emailAddress: 'a@contractor.example.com', apiAccess: 'ENABLED', createTime: '200 days ago' },
          fails: 'an account of a@contractor.example.com',
        },
      ],
    }),
  },
  {
    what: 'the message of a group that is made of names',
    file: directory({
      message: 'string(count) + " of " + group',
      tests: [{ name: 'over', users: Array(3).fill({ emailAddress: 'a@b' }), fails: '3 of a@b' }],
    }),
  },
])('$what names people where the config asks for it', ({ file }) => {
  const { definition } = parseCustomRule(file, FILE, true);
  expect(customRules([definition])).toMatchObject([{ id: 'x-contractor-api-access', names: true }]);
  const refused = /must not read \w+, .*since alerts name nobody unless audit\.yaml has messages: \{ names: true \}/;
  expect(() => parseCustomRule(file, FILE)).toThrow(refused);
  expect(() => customRules([{ ...definition, mayName: false }])).toThrow(refused);
});

const folderOf = async (files: Readonly<Record<string, string>>): Promise<string> => {
  const folder = join(await newFolder(), 'custom-rules');
  await mkdir(folder);
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
};

describe('what audit.yaml says of messages holds for the rules beside it', () => {
  const naming = aRuleFile({
    id: 'x-a',
    failsWhen: ['user.active'],
    message: 'user.emailAddress',
    tests: [{ name: 'one', user: { emailAddress: 'a@b' }, fails: 'a@b' }],
  });
  const read = async (settings: string, file = naming) => {
    const fileName = join(await folderOf({ 'x-a.yaml': file }), '../audit.yaml');
    return readConfigWithRules(`environments: [{ id: ${ENVIRONMENT} }]\n${settings}`, fileName, rules);
  };

  test('asked for names', async () => {
    const { config, custom } = await read('messages: { names: true }');
    expect(config.messages).toEqual({ names: true });
    expect(custom).toMatchObject([{ definition: { mayName: true } }]);
  });

  test.each(['', 'messages:', 'messages: { names: false }'])('not asked: %j', async (settings) => {
    await expect(read(settings)).rejects.toThrow('x-a.yaml:15: message: must not read emailAddress');
    const { custom } = await read(settings, aRuleFile({ id: 'x-a' }));
    expect(custom).toMatchObject([{ definition: { mayName: false } }]);
  });

  test.each([
    { settings: 'messages: { names: yes }', says: 'audit.yaml:2: messages.names: must be true or false, got "yes"' },
    { settings: 'messages: { name: true }', says: 'audit.yaml:2: messages.name: unknown key, did you mean names?' },
    { settings: 'messages: true', says: 'audit.yaml:2: messages: must be a mapping, got "true"' },
  ])('$says', async ({ settings, says }) => {
    await expect(read(settings)).rejects.toThrow(says);
  });
});

test('a rule is on users where it says no kind, and tests give texts as they stand', () => {
  const { rule } = parseCustomRule(
    aRuleFile({
      kind: undefined,
      failsWhen: ['user.lastName == "2 days ago"'],
      message: '"m"',
      tests: [{ name: 'a text', user: { lastName: '2 days ago' }, fails: 'm' }],
    }),
    FILE,
  );
  expect(rule.kind).toBe('user');
});

test('a rule on change is tried on what a user was and is', () => {
  const { rule, tests } = parseCustomRule(
    aRuleFile({
      kind: 'change',
      failsWhen: ['before.type != user.type'],
      message: '"was " + before.type',
      evidence: ['type'],
      tests: [
        { name: 'promoted', before: { type: 'APP_USER' }, user: { type: 'SUPER_USER' }, fails: 'was APP_USER' },
        { name: 'as before', before: { type: 'APP_USER' }, user: { type: 'APP_USER' }, passes: 'true' },
        { name: 'nothing is known of before', user: { type: 'APP_USER' }, notAssessed: 'type' },
      ],
    }),
    FILE,
  );
  expect(rule.kind).toBe('change');
  expect(tests).toHaveLength(3);
});

test('times of tests are so long ago, instants or none', () => {
  const times = (createTime: string, now?: string) => ({ user: { createTime }, ...(now !== undefined && { now }) });
  const { tests } = parseCustomRule(
    aRuleFile({
      failsWhen: ['age(user.createTime) > days(7)'],
      message: 'string(daysOld(user.createTime))',
      tests: [
        { name: 'days', ...times('8 days ago'), fails: '8' },
        { name: 'half a day', ...times('7.5 days ago'), fails: '7' },
        { name: 'a day', ...times('1 day ago'), passes: 'true' },
        { name: 'hours', ...times('168 hours ago'), passes: 'true' },
        { name: 'an hour more', ...times('169 hours ago'), fails: '7' },
        { name: 'an instant', ...times('2026-01-08T12:00:00Z'), passes: 'true' },
        { name: 'an earlier instant', ...times('2026-01-08T11:59Z'), fails: '7' },
        { name: 'another now', ...times('2027-01-07T00:00Z', '2027-01-15T00:00:00Z'), fails: '8' },
        { name: 'null', ...times('null'), notAssessed: 'createTime' },
        { name: 'a tilde', ...times('~'), notAssessed: 'createTime' },
        { name: 'empty', ...times(''), notAssessed: 'createTime' },
      ],
    }),
    FILE,
  );
  expect(tests).toHaveLength(11);
});

test.each(['7 days', '123456 days ago', '7 weeks ago', 'in 7 days ago', '2026-02-30T12:00:00Z'])(
  '%j is no time of a test',
  (createTime) => {
    const tests = [{ name: 'one', user: { createTime }, passes: 'true' }];
    expect(() => parseCustomRule(aRuleFile({ tests }), FILE)).toThrow('must be a time as "200 days ago"');
  },
);

test('a rule on a user takes no list of users', () => {
  const tests = [{ name: 'one', users: [{}], passes: 'true' }];
  expect(() => parseCustomRule(aRuleFile({ tests }), FILE)).toThrow(
    'test "one" must have user, since the rule is of kind user',
  );
});

describe('the folder of rules that audit.yaml names', () => {
  const read = async (settings: string) => {
    const fileName = join(await folderOf({ 'x-a.yaml': aRuleFile({ id: 'x-a' }) }), '../audit.yaml');
    const ours = join(fileName, '../our-rules');
    await mkdir(ours);
    await writeFile(join(ours, 'x-b.yaml'), aRuleFile({ id: 'x-b' }));
    await writeFile(join(fileName, '../a-file'), '');
    const { custom, rules: all } = readConfigWithRules(
      `environments: [{ id: ${ENVIRONMENT} }]\n${settings}`,
      fileName,
      rules,
    );
    expect(all).toEqual([...rules, ...custom.map(({ rule }) => rule)]);
    return custom.map(({ rule }) => rule.id);
  };

  test.each([
    { settings: '', ids: ['x-a'] },
    { settings: 'customRules: our-rules', ids: ['x-b'] },
  ])('is read, by default custom-rules: $ids', async ({ settings, ids }) => {
    expect(await read(settings)).toEqual(ids);
  });

  test.each([
    { folder: 'nowhere', says: 'audit.yaml: customRules: must be a folder beside this file, got "nowhere"' },
    { folder: 'a-file', says: 'audit.yaml: customRules: must be a folder beside this file, got "a-file"' },
    { folder: '', says: 'audit.yaml:2: customRules: must be a folder beside this file, got nothing' },
  ])('has to be there: $says', async ({ folder, says }) => {
    await expect(read(`customRules: ${folder}`)).rejects.toThrow(says);
  });
});

describe('a folder of rules', () => {
  test('is read in the order of names, and may be missing', async () => {
    const folder = await folderOf({
      'x-b.yaml': aRuleFile({ id: 'x-b' }),
      'x-a.yaml': aRuleFile({ id: 'x-a' }),
      '.swp': '',
    });
    expect(readCustomRules(folder).map(({ rule }) => rule.id)).toEqual(['x-a', 'x-b']);
    expect(readCustomRules(join(folder, 'none'))).toStrictEqual([]);
    expect(() => readCustomRules(import.meta.filename)).toThrow(
      'custom-rules.test.ts: must be a folder of rules, got a file',
    );
  });

  test('has each rule once', async () => {
    const folder = await folderOf({ 'x-a.yaml': aRuleFile({ id: 'x-a' }), 'a.yaml': aRuleFile({ id: 'x-a' }) });
    expect(() => readCustomRules(folder)).toThrow('x-a must stand in one file, got a.yaml and x-a.yaml');
  });

  test('has no rule that names people, unless that is asked for', async () => {
    const tests = [{ name: 'one', user: { emailAddress: 'a@b' }, fails: 'a@b' }];
    const file = aRuleFile({ id: 'x-a', failsWhen: ['user.active'], message: 'user.emailAddress', tests });
    const folder = await folderOf({ 'x-a.yaml': file });
    expect(() => readCustomRules(folder)).toThrow('message: must not read emailAddress');
    expect(() => readCustomRule(join(folder, 'x-a.yaml'))).toThrow('message: must not read emailAddress');
    expect(readCustomRules(folder, true)).toHaveLength(1);
  });

  test('tells of a rule that cannot be read', async () => {
    const folder = await folderOf({});
    await mkdir(join(folder, 'x-a.yaml'));
    expect(() => readCustomRules(folder)).toThrow("x-a.yaml: can't be read (EISDIR)");
  });

  test('tells the faults of all its files', async () => {
    const folder = await folderOf({
      'x-a.yaml': aRuleFile({ id: 'x-b' }),
      'x-c.yaml': aRuleFile({ id: 'x-c', severity: 'none' }),
      'notes.txt': '',
    });
    const read = () => readCustomRules(folder);
    expect(read).toThrow('x-a.yaml:1: id: ');
    expect(read).toThrow('x-c.yaml:4: severity: ');
    expect(read).toThrow('notes.txt: must be a rule as x-NAME.yaml');
  });
});
