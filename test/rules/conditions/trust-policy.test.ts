import { runSimulation } from '@cloud-copilot/iam-simulate';
import { describe, expect, test } from '@jest/globals';
import { judgeTrust } from '../../../rules/conditions/trust-policy.ts';
import * as fc from '../../support/properties.ts';

const OWN = '111122223333';
const OUTSIDE = '999988887777';
const isTrusted = (account: string): boolean => account === OWN;

const statement = (overrides: object) => ({ Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole', ...overrides });
const judge = (...statements: readonly unknown[]) =>
  judgeTrust({ Version: '2012-10-17', Statement: statements }, 'aws', isTrusted);
const outsiders = (...statements: readonly unknown[]): readonly string[] =>
  judge(...statements).outsiders.map(({ who }) => who);

const provider = (kind: 'saml' | 'oidc', account: string, name = 'idp.example.com') =>
  `arn:aws:iam::${account}:${kind}-provider/${name}`;
/** A policy variable, which is whatever whoever asks is. */
const VARIABLE = ['$', '{aws:PrincipalAccount}'].join('');
const GITHUB = 'token.actions.githubusercontent.com';

describe('whom a statement lets in', () => {
  test.each<[name: string, overrides: object, expected: readonly string[]]>([
    ['`*`', { Principal: '*' }, ['everybody']],
    ['AWS `*`', { Principal: { AWS: '*' } }, ['everybody']],
    ['NotPrincipal', { Principal: undefined, NotPrincipal: { AWS: OWN } }, ['everybody but those it names']],
    ['the own account by its number', { Principal: { AWS: OWN } }, []],
    ['its root', { Principal: { AWS: `arn:aws:iam::${OWN}:root` } }, []],
    ['a role of it', { Principal: { AWS: `arn:aws:iam::${OWN}:role/a/b` } }, []],
    ['a session in it', { Principal: { AWS: `arn:aws:sts::${OWN}:assumed-role/a/b` } }, []],
    ['another account by its number', { Principal: { AWS: OUTSIDE } }, [`account ${OUTSIDE}`]],
    ['its root', { Principal: { AWS: `arn:aws:iam::${OUTSIDE}:root` } }, [`account ${OUTSIDE}`]],
    ['a role of it', { Principal: { AWS: `arn:aws:iam::${OUTSIDE}:role/a` } }, [`account ${OUTSIDE}`]],
    ['a user of it', { Principal: { AWS: `arn:aws:iam::${OUTSIDE}:user/a` } }, [`account ${OUTSIDE}`]],
    [
      'a user of it that is called a number',
      { Principal: { AWS: `arn:aws:iam::${OUTSIDE}:user/${OWN}` } },
      [`account ${OUTSIDE}`],
    ],
    ['the own number in another partition', { Principal: { AWS: `arn:aws-cn:iam::${OWN}:root` } }, [`account ${OWN}`]],
    ['a wildcard for the account', { Principal: { AWS: 'arn:aws:iam::*:root' } }, ['everybody']],
    ['a wildcard in the account', { Principal: { AWS: 'arn:aws:iam::11112222????:root' } }, ['everybody']],
    ['what is left of a deleted role', { Principal: { AWS: 'AROAEXAMPLEROLE00001' } }, []],
    ['the own account, by a statement that has an id', { Sid: 'Own', Principal: { AWS: OWN } }, []],
    ['several, of whom one is an outsider', { Principal: { AWS: [OWN, OUTSIDE] } }, [`account ${OUTSIDE}`]],
    ['a service', { Principal: { Service: 'lambda.amazonaws.com' } }, []],
    ['a service and an outsider', { Principal: { Service: 'a.amazonaws.com', AWS: OUTSIDE } }, [`account ${OUTSIDE}`]],
    ['a provider of the own account', { Principal: { Federated: provider('saml', OWN) } }, []],
    [
      'a provider of the own number in another partition',
      { Principal: { Federated: `arn:aws-cn:iam::${OWN}:saml-provider/idp` } },
      [`a provider of account ${OWN}`],
    ],
    ['any provider', { Principal: { Federated: '*' } }, ['everybody']],
    ['an issuer of the own account', { Principal: { Federated: provider('oidc', OWN) } }, []],
    [
      'a provider of another account',
      { Principal: { Federated: provider('saml', OUTSIDE) } },
      [`a provider of account ${OUTSIDE}`],
    ],
    ['a public provider', { Principal: { Federated: 'accounts.google.com' } }, ['everybody at accounts.google.com']],
    [
      'a public provider by its audience',
      {
        Principal: { Federated: 'accounts.google.com' },
        Condition: { StringEquals: { 'accounts.google.com:aud': 'app' } },
      },
      [],
    ],
    [
      'a public provider by any audience',
      {
        Principal: { Federated: 'accounts.google.com' },
        Condition: { StringLike: { 'accounts.google.com:aud': '*' } },
      },
      ['everybody at accounts.google.com'],
    ],
    ...(
      [
        ['any audience but one', { StringNotEquals: { 'accounts.google.com:aud': 'app' } }],
        ['no audience', { StringEquals: { 'accounts.google.com:aud': [] } }],
        ['a variable', { StringLike: { 'accounts.google.com:aud': VARIABLE } }],
        ['another claim', { StringEquals: { 'accounts.google.com:email': 'ann@example.com' } }],
      ] as const
    ).map(([what, Condition]): [string, object, readonly string[]] => [
      `a public provider by ${what}`,
      { Principal: { Federated: 'accounts.google.com' }, Condition },
      ['everybody at accounts.google.com'],
    ]),
    ...(
      [
        ['accounts.google.com', 'sub'],
        ['accounts.google.com', 'oaud'],
        ['cognito-identity.amazonaws.com', 'aud'],
        ['graph.facebook.com', 'app_id'],
        ['graph.facebook.com', 'id'],
        ['www.amazon.com', 'app_id'],
        ['www.amazon.com', 'user_id'],
      ] as const
    ).flatMap(([Federated, claim]): [string, object, readonly string[]][] => [
      [`${Federated}, whoever asks, for ${claim}`, { Principal: { Federated } }, [`everybody at ${Federated}`]],
      [
        `${Federated} by its ${claim}`,
        { Principal: { Federated }, Condition: { StringEquals: { [`${Federated}:${claim}`]: 'x1' } } },
        [],
      ],
    ]),
    [
      'a public provider that the own account made anew',
      { Principal: { Federated: provider('oidc', OWN, 'Accounts.google.com') } },
      ['everybody at Accounts.google.com'],
    ],
    [
      'a public provider that the own account made anew, by its audience',
      {
        Principal: { Federated: provider('oidc', OWN, 'accounts.google.com') },
        Condition: { StringEquals: { 'accounts.google.com:aud': 'app' } },
      },
      [],
    ],
    [
      'a SAML provider that is called as a public one',
      { Principal: { Federated: provider('saml', OWN, 'accounts.google.com') } },
      [],
    ],
    [
      'a public issuer in capitals',
      { Principal: { Federated: provider('oidc', OWN, GITHUB.toUpperCase()) } },
      [`everybody at ${GITHUB.toUpperCase()}`],
    ],
    [
      'a public issuer with a path',
      { Principal: { Federated: provider('oidc', OWN, `${GITHUB}/acme`) } },
      [`everybody at ${GITHUB}/acme`],
    ],
    [
      'a public issuer by the audience that all have',
      {
        Principal: { Federated: provider('oidc', OWN, GITHUB) },
        Condition: { StringEquals: { [`${GITHUB}:aud`]: 'sts.amazonaws.com' } },
      },
      [`everybody at ${GITHUB}`],
    ],
    [
      'a public issuer by its subject',
      {
        Principal: { Federated: provider('oidc', OWN, GITHUB) },
        Condition: { StringLike: { [`${GITHUB}:sub`]: 'repo:acme/*' } },
      },
      [],
    ],
    ...['repo:*', 'repo:*/app:ref:refs/heads/main', 'repo:acme*', '?epo:acme/*', ':repo:acme/*', '*', ''].map(
      (subject): [string, object, readonly string[]] => [
        `a public issuer by the subject ${subject}, of which anybody may have one`,
        {
          Principal: { Federated: provider('oidc', OWN, GITHUB) },
          Condition: { StringLike: { [`${GITHUB}:sub`]: ['repo:acme/app:ref:refs/heads/main', subject] } },
        },
        [`everybody at ${GITHUB}`],
      ],
    ),
    ...(
      [
        ['gitlab.com', 'project_path:acme/*'],
        ['app.terraform.io', 'organization:acme:*'],
        ['oidc.circleci.com/org/1f4c', 'org/1f4c/project/*'],
        ['api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc', '{5a8e}:*'],
        [GITHUB, 'repo:acme/app:ref:refs/heads/main'],
        ['gitlab.com', 'one-that-is-said-in-full'],
        [`${GITHUB}/laws`, 'repo:laws/*'],
      ] as const
    ).map(([issuer, subject]): [string, object, readonly string[]] => [
      `a public issuer by the subject ${subject}`,
      {
        Principal: { Federated: provider('oidc', OWN, issuer) },
        Condition: { StringLike: { [`${issuer}:sub`]: subject } },
      },
      [],
    ]),
    [
      'a public issuer by a tag that only looks like its subject',
      {
        Principal: { Federated: provider('oidc', OWN, GITHUB) },
        Condition: { StringEquals: { 'aws:RequestTag/x:sub': 'repo:acme/app' } },
      },
      [`everybody at ${GITHUB}`],
    ],
  ])('%s', (_name, overrides, expected) => {
    const { outsiders: found, unreadable } = judge(statement(overrides));
    // Strictly: an outsider of no name equals none otherwise.
    expect(found.map(({ who }) => who)).toStrictEqual(expected);
    expect(unreadable).toBeUndefined();
  });
});

describe('the actions that make somebody the role', () => {
  test.each<[name: string, overrides: object, isLetIn: boolean]>([
    ['AssumeRole', { Action: 'sts:AssumeRole' }, true],
    ['in other letters', { Action: 'STS:assumerole' }, true],
    ['AssumeRoleWithSAML', { Action: 'sts:AssumeRoleWithSAML' }, true],
    ['AssumeRoleWithWebIdentity', { Action: ['sts:AssumeRoleWithWebIdentity'] }, true],
    ['everything of STS', { Action: 'sts:*' }, true],
    ['everything', { Action: '*' }, true],
    ['a wildcard inside', { Action: 'sts:Assume?ole' }, true],
    ['one letter', { Action: 'sts:AssumeRol?' }, true],
    ['one letter at least', { Action: 'sts:AssumeRoleWithSAM*?' }, true],
    ['one letter where two are missing', { Action: 'sts:AssumeRo?' }, false],
    ['a tag alone', { Action: ['sts:TagSession', 'sts:SetSourceIdentity'] }, false],
    ['a tag besides', { Action: ['sts:TagSession', 'sts:AssumeRole'] }, true],
    ['another service', { Action: 's3:*' }, false],
    ['a dot is no wildcard', { Action: 'sts:Assume.ole' }, false],
    ['a dot is a letter of its own', { Action: 'sts:Assume.Role' }, false],
    ['everything but one of them', { Action: undefined, NotAction: 'sts:AssumeRole' }, true],
    ['everything but all of them', { Action: undefined, NotAction: 'sts:Assume*' }, false],
    ['many wildcards', { Action: `sts:Assume${'*?'.repeat(4)}*` }, true],
    ['more wildcards than there are letters', { Action: `sts:${'*?'.repeat(40)}` }, false],
    ['wildcards that take turns, which takes no time', { Action: `${'*?'.repeat(20)}!` }, false],
    ['a denial', { Effect: 'Deny' }, false],
  ])('%s', (_name, overrides, isLetIn) => {
    expect(outsiders(statement(overrides))).toEqual(isLetIn ? ['everybody'] : []);
    expect(judge(statement(overrides)).unreadable).toBeUndefined();
  });
});

describe('conditions', () => {
  const by = (operator: string, key: string, value: unknown) => ({ Condition: { [operator]: { [key]: value } } });

  test.each<[name: string, overrides: object]>([
    ['of an organisation', by('StringEquals', 'aws:PrincipalOrgID', 'o-abc1234567')],
    ['by another case', by('StringEqualsIgnoreCase', 'AWS:principalOrgId', 'o-abc1234567')],
    ['of a path in it, whatever unit', by('ForAnyValue:StringLike', 'aws:PrincipalOrgPaths', 'o-abc1234567/r-ab12/*')],
    ['of the own account', by('StringEquals', 'aws:PrincipalAccount', OWN)],
    ['of a role of it', by('ArnLike', 'aws:PrincipalArn', `arn:aws:iam::${OWN}:role/app-*`)],
    ['of such an ARN as a text', by('StringLike', 'aws:PrincipalArn', [`arn:aws:iam::${OWN}:role/*`])],
    ['of the source account', by('StringEquals', 'aws:SourceAccount', OWN)],
    ['of the source', by('ArnEquals', 'aws:SourceArn', `arn:aws:lambda:us-east-1:${OWN}:function:f`)],
    ['of a source without account', by('ArnLike', 'aws:SourceArn', 'arn:aws:s3:::bucket')],
    ['of the organisation of the source', by('StringEquals', 'aws:SourceOrgID', 'o-abc1234567')],
    [
      'of one of two keys',
      {
        Condition: {
          Bool: { 'aws:SecureTransport': 'true' },
          ...by('StringEquals', 'aws:PrincipalAccount', OWN).Condition,
        },
      },
    ],
  ])('%s clear', (_name, overrides) => {
    expect(judge(statement(overrides))).toEqual({ outsiders: [], unreadable: undefined, hasDeny: false });
  });

  test.each<[name: string, overrides: object]>([
    ['an external id', by('StringEquals', 'sts:ExternalId', 'secret')],
    ['IfExists', by('StringEqualsIfExists', 'aws:PrincipalOrgID', 'o-abc1234567')],
    ['ForAllValues', by('ForAllValues:StringEquals', 'aws:PrincipalOrgPaths', 'o-abc1234567/r-ab12/')],
    ['Null', by('Null', 'aws:PrincipalOrgID', 'false')],
    ['a negation', by('StringNotEquals', 'aws:PrincipalAccount', OUTSIDE)],
    ['a negated ARN', by('ArnNotLike', 'aws:PrincipalArn', `arn:aws:iam::${OUTSIDE}:*`)],
    ['any organisation', by('StringLike', 'aws:PrincipalOrgID', '*')],
    ['an organisation by its beginning', by('StringLike', 'aws:PrincipalOrgID', 'o-*')],
    ['a wildcard among values', by('StringLike', 'aws:PrincipalOrgID', ['o-abc1234567', '*'])],
    ['any account of the ARN', by('ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::*:role/app')],
    ['an ARN that is wild from its region on', by('StringLike', 'aws:PrincipalArn', 'arn:aws:iam:*')],
    ['an ARN of a wild region', by('StringLike', 'aws:PrincipalArn', `arn:aws:iam:*:${OWN}:role/x`)],
    ['an ARN of a wild partition', by('StringLike', 'aws:PrincipalArn', `arn:*:iam::${OWN}:role/x`)],
    ['an ARN with a variable', by('StringLike', 'aws:PrincipalArn', `arn:aws:iam::${OWN}:role/${VARIABLE}`)],
    ['an ARN of no account', by('StringLike', 'aws:PrincipalArn', 'arn:aws:iam::')],
    ['a source that is wild from its region on', by('StringLike', 'aws:SourceArn', 'arn:aws:s3:*')],
    ['a source of a wild partition', by('ArnLike', 'aws:SourceArn', `arn:*:lambda:us-east-1:${OWN}:function:f`)],
    ['a source of an outsider', by('ArnEquals', 'aws:SourceArn', `arn:aws:lambda:us-east-1:${OUTSIDE}:function:f`)],
    ['any source without account', by('ArnLike', 'aws:SourceArn', 'arn:aws:s3:::*')],
    ['a source whose name begins with nothing', by('ArnLike', 'aws:SourceArn', 'arn:aws:s3::::*')],
    ['a source of no name', by('StringEquals', 'aws:SourceArn', 'arn:aws:s3:::')],
    ['a source that breaks off before its name', by('StringEquals', 'aws:SourceArn', 'arn:aws:s3::')],
    ['a source without account in a wild region', by('ArnLike', 'aws:SourceArn', 'arn:aws:s3:*::bucket')],
    ['a source with a variable', by('ArnLike', 'aws:SourceArn', `arn:aws:s3:::bucket${VARIABLE}`)],
    ['an ARN that is all wild', by('StringLike', 'aws:PrincipalArn', '*')],
    ['an account inside a wild ARN', by('StringLike', 'aws:PrincipalArn', `*${OWN}*`)],
    ['a variable, which is whoever asks', by('StringEquals', 'aws:PrincipalAccount', VARIABLE)],
    ['the account of an outsider', by('StringEquals', 'aws:PrincipalAccount', OUTSIDE)],
    ['a source account of an outsider', by('StringEquals', 'aws:SourceAccount', OUTSIDE)],
    ['a path in any organisation', by('ForAnyValue:StringLike', 'aws:PrincipalOrgPaths', 'o-*/r-ab12/')],
    ['a path that an organisation only ends', by('ForAnyValue:StringLike', 'aws:PrincipalOrgPaths', '*o-abc1234567/*')],
    ['a path with a variable', by('ForAnyValue:StringLike', 'aws:PrincipalOrgPaths', `o-abc1234567/${VARIABLE}`)],
    ['a role of an outsider', by('ArnEquals', 'aws:PrincipalArn', `arn:aws:iam::${OUTSIDE}:role/a`)],
    ['no value', by('StringEquals', 'aws:PrincipalOrgID', [])],
    ['another key', by('StringEquals', 'aws:RequestedRegion', 'us-east-1')],
    ['a key that objects inherit', by('StringEquals', 'constructor', 'x')],
    ['an address', by('IpAddress', 'aws:SourceIp', '192.0.2.0/24')],
    ['multi-factor authentication', by('Bool', 'aws:MultiFactorAuthPresent', 'true')],
    ['none', {}],
  ])('%s clear nothing', (_name, overrides) => {
    expect(outsiders(statement(overrides))).toEqual(['everybody']);
  });

  test('of an external id are told, where their value is not open', () => {
    const named = { Principal: { AWS: OUTSIDE } };
    const told = (value: string | readonly string[], operator = 'StringEquals', key = 'sts:ExternalId') =>
      judge(statement({ ...named, ...by(operator, key, value) })).outsiders;
    expect(told('secret')).toMatchObject([{ isNamed: true, hasExternalId: true }]);
    expect(told('*', 'StringLike')).toMatchObject([{ hasExternalId: false }]);
    expect(told(['secret', '*'], 'StringLike')).toMatchObject([{ hasExternalId: false }]);
    expect(told('secret', 'StringEquals', 'aws:RequestedRegion')).toMatchObject([{ hasExternalId: false }]);
    const besides = { StringEquals: { 'aws:RequestedRegion': 'us-east-1', 'sts:ExternalId': 'secret' } };
    const beside = statement({ Principal: { AWS: OUTSIDE }, Condition: besides });
    expect(judge(beside).outsiders).toMatchObject([{ hasExternalId: true }]);
    expect(told('secret', 'StringEqualsIfExists')).toMatchObject([{ hasExternalId: false }]);
  });
});

test.each<[name: string, overrides: object, isNamed: boolean]>([
  ['an account', { Principal: { AWS: OUTSIDE } }, true],
  ['a provider of an account', { Principal: { Federated: provider('saml', OUTSIDE) } }, true],
  ['everybody', { Principal: '*' }, false],
  ['everybody but some', { Principal: undefined, NotPrincipal: { AWS: OWN } }, false],
  ['everybody at a public provider', { Principal: { Federated: 'accounts.google.com' } }, false],
  ['everybody at a public issuer', { Principal: { Federated: provider('oidc', OWN, GITHUB) } }, false],
])('%s is named by the policy, or not', (_name, overrides, isNamed) => {
  expect(judge(statement(overrides)).outsiders).toMatchObject([{ isNamed }]);
});

test('a denial is shown, and clears nothing', () => {
  const denial = statement({ Effect: 'Deny', Condition: { StringNotEquals: { 'aws:PrincipalAccount': OWN } } });
  expect(judge(statement({}), denial)).toMatchObject({ outsiders: [{ who: 'everybody' }], hasDeny: true });
});

test.each<[name: string, overrides: object, principal: unknown]>([
  ['everybody', { Principal: '*' }, '*'],
  ['everybody of AWS', { Principal: { AWS: '*' } }, '*'],
  ['an account', { Principal: { AWS: OUTSIDE } }, OUTSIDE],
  ['all but some', { Principal: undefined, NotPrincipal: { AWS: OWN } }, { NotPrincipal: { AWS: OWN } }],
])('%s is shown as the policy has it', (_name, overrides, principal) => {
  expect(judge(statement(overrides)).outsiders).toMatchObject([{ principal }]);
});

test('one statement needs no list', () => {
  expect(judgeTrust({ Statement: statement({}) }, 'aws', isTrusted).outsiders).toHaveLength(1);
});

describe('what nothing can be made of', () => {
  test.each<[name: string, policy: unknown]>([
    ['no policy', undefined],
    ['a text', '{}'],
    ['no statements', {}],
    ['no statements in a list', { Statement: [] }],
    ['a statement that is none', { Statement: ['x'] }],
    ['a statement that is null', { Statement: [null] }],
    ['a statement that is a list', { Statement: [[]] }],
    ['another effect', { Statement: statement({ Effect: 'allow' }) }],
    ['no effect', { Statement: statement({ Effect: undefined }) }],
    ['no action', { Statement: statement({ Action: undefined }) }],
    ['an action that is none', { Statement: statement({ Action: [7] }) }],
    ['an action that is none beside one', { Statement: statement({ Action: ['sts:AssumeRole', 7] }) }],
    ['both kinds of action', { Statement: statement({ NotAction: 'a:b' }) }],
    ['no action in a list', { Statement: statement({ Action: [] }) }],
    ['no kind of principal', { Statement: statement({ Principal: {} }) }],
    ['no principal in a list', { Statement: statement({ Principal: { AWS: [] } }) }],
    ['no principal', { Statement: statement({ Principal: undefined }) }],
    ['a principal of another form', { Statement: statement({ Principal: { AWS: 'somebody' } }) }],
    ['principals that are a list', { Statement: statement({ Principal: [] }) }],
    ['a principal that is none', { Statement: statement({ Principal: { AWS: 7 } }) }],
    ...[
      'arn:aws:iam::123:root',
      `arn:aws:iam::${OWN}0:root`,
      `arn:aws:iam::0${OWN}:root`,
      `${OWN}0`,
      `0${OWN}`,
      'AROAEXAMPLEROLE00001x',
      'xAROAEXAMPLEROLE00001',
    ].map((AWS): [string, unknown] => [`the principal ${AWS}`, { Statement: statement({ Principal: { AWS } }) }]),
    [
      'a provider after something else',
      { Statement: statement({ Principal: { Federated: `x${provider('saml', OWN)}` } }) },
    ],
    ['a provider of no name', { Statement: statement({ Principal: { Federated: provider('saml', OWN, '') } }) }],
    ['a principal of another kind', { Statement: statement({ Principal: { CanonicalUser: 'abc' } }) }],
    ['any service', { Statement: statement({ Principal: { Service: '*' } }) }],
    ['a provider of another form', { Statement: statement({ Principal: { Federated: 'idp.example.com' } }) }],
    ['a condition that is none', { Statement: statement({ Condition: 'x' }) }],
    ['a condition that is a number', { Statement: statement({ Condition: 7 }) }],
    ['a value that is none', { Statement: statement({ Condition: { StringEquals: { 'aws:PrincipalOrgID': [{}] } } }) }],
    ['an operator without keys', { Statement: statement({ Condition: { StringEquals: 'x' } }) }],
    ['an element that is none', { Statement: statement({ effect: 'Deny' }) }],
  ])('%s is said to be so', (_name, policy) => {
    const { outsiders: found, unreadable } = judgeTrust(policy, 'aws', isTrusted);
    expect(found).toStrictEqual([]);
    const { Statement = [] } = Object(policy);
    expect(unreadable).toMatch(
      Statement.length !== 0 ? /^(?:the|an?) .* of statement 1 / : /^the trust policy has no statements$/,
    );
  });

  test('is told of the first such statement', () => {
    expect(judge(statement({ Effect: 'allow' }), 'x').unreadable).toMatch(/^the effect of statement 1 /);
  });

  test('hides no outsider of another statement', () => {
    expect(judge('x', statement({}))).toMatchObject({
      outsiders: [{ who: 'everybody' }],
      unreadable: "the form of statement 1 of the trust policy can't be judged",
    });
  });
});

test('whoever the simulator of IAM lets in from outside is an outsider here', async () => {
  const ROLE = `arn:aws:iam::${OWN}:role/audited`;
  const values = fc.constantFrom(
    'o-own',
    'o-other',
    '*',
    'o-*',
    OWN,
    OUTSIDE,
    `arn:aws:iam::${OUTSIDE}:role/x`,
    `arn:aws:iam::*:role/x`,
    `arn:aws:iam::${OWN}:role/x`,
  );
  const key = fc.constantFrom(
    'aws:PrincipalOrgID',
    'aws:PrincipalAccount',
    'aws:PrincipalArn',
    'sts:ExternalId',
    'aws:SourceAccount',
  );
  const operator = fc.constantFrom(
    'StringEquals',
    'StringLike',
    'StringEqualsIfExists',
    'StringNotEquals',
    'StringNotLike',
    'ForAnyValue:StringLike',
    'ForAllValues:StringEquals',
    'ArnLike',
  );
  const condition = fc.option(
    fc.tuple(operator, key, fc.array(values, { minLength: 1, maxLength: 2 })).map(([o, k, v]) => ({ [o]: { [k]: v } })),
    { nil: undefined },
  );
  const principal = fc.constantFrom<unknown>(
    '*',
    { AWS: '*' },
    { AWS: OUTSIDE },
    { AWS: [OWN, `arn:aws:iam::${OUTSIDE}:root`] },
    { AWS: `arn:aws:iam::${OUTSIDE}:role/x` },
    { AWS: OWN },
    { AWS: `arn:aws:iam::${OWN}:role/x` },
    { Service: 'lambda.amazonaws.com' },
  );
  const action = fc.constantFrom<unknown>('sts:AssumeRole', 'sts:*', '*', ['sts:TagSession'], 'sts:Assume*');
  const effect = fc.constantFrom('Allow', 'Allow', 'Deny');
  const policy = fc
    .array(fc.record({ Effect: effect, Principal: principal, Action: action, Condition: condition }), {
      minLength: 1,
      maxLength: 3,
    })
    .map((statements) => ({
      Version: '2012-10-17',
      Statement: statements.map(({ Condition, ...rest }) => (Condition === undefined ? rest : { ...rest, Condition })),
    }));
  let allowed = 0;
  let cleared = 0;
  await fc.assert(
    fc.asyncProperty(policy, async (trust) => {
      const simulated = await runSimulation(
        {
          request: {
            action: 'sts:AssumeRole',
            resource: { resource: ROLE, accountId: OWN },
            principal: `arn:aws:iam::${OUTSIDE}:role/x`,
            contextVariables: {
              'aws:PrincipalOrgID': 'o-other',
              'aws:PrincipalAccount': OUTSIDE,
              'aws:PrincipalArn': `arn:aws:iam::${OUTSIDE}:role/x`,
              'sts:ExternalId': 'o-own',
            },
          },
          identityPolicies: [
            {
              name: 'everything',
              policy: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
            },
          ],
          serviceControlPolicies: [],
          resourceControlPolicies: [],
          resourcePolicy: trust,
        },
        {},
      );
      // A condition on an organisation may be on anybody's: which one it should be the config does not say.
      const isOther = JSON.stringify(trust).includes('o-other');
      const isLetIn = simulated.resultType !== 'error' && simulated.overallResult === 'Allowed';
      const { outsiders: found } = judgeTrust(trust, 'aws', isTrusted);
      allowed += isLetIn ? 1 : 0;
      cleared += found.length === 0 ? 1 : 0;
      if (isLetIn && !isOther) expect([trust, found.length > 0]).toEqual([trust, true]);
    }),
    { numRuns: 400 },
  );
  expect(allowed).toBeGreaterThan(40);
  expect(cleared).toBeGreaterThan(40);
});
