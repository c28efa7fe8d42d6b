import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { SIGNING_ALGORITHMS } from '../../../core/archive/manifest-signature.ts';
import { type Config, defaultConfig } from '../../../core/config/config.ts';
import { ConfigError } from '../../../core/config/errors.ts';
import { parseAccepted, parseConfig, parseWaivers } from '../../../core/config/read-config.ts';
import { OPTIONAL_OUTPUT_NAMES } from '../../../core/model/optional-outputs.ts';
import { defineDirectoryRule, definePrincipalRule, defineUserRule } from '../../../rules/engine/rule.ts';
import { rules as catalogue } from '../../../rules/index.ts';
import { publicKeyFor } from '../../support/kms.ts';
import * as fc from '../../support/properties.ts';

const texts = (id: string) => ({
  id,
  title: 'A title',
  failsWhen: 'never',
  severity: 'LOW' as const,
  rationale: 'None.',
  remediation: 'Nothing.',
  controls: [],
});

const ROSTER_KEY = 'arn:aws:kms:us-east-1:111122223333:key/12345678-1234-1234-1234-123456789012';

const rules = [
  defineUserRule({
    ...texts('stale-login'),
    options: { maxDays: 90, privilegedMaxDays: 45 },
    optionsError: ({ maxDays, privilegedMaxDays }) =>
      privilegedMaxDays > maxDays
        ? `privilegedMaxDays must be at most ${maxDays}, got ${privilegedMaxDays}`
        : undefined,
    when: [],
    violation: () => ({ message: 'm', evidence: {} }),
  }),
  defineDirectoryRule({
    ...texts('email-domain'),
    options: { allowedDomains: ['example.com'] },
    about: 'environment',
    limit: () => ({ text: 'never', holds: false }),
    violation: () => ({ message: 'm', evidence: {} }),
  }),
  defineUserRule({
    ...texts('x-own'),
    options: { isStrict: false, domain: 'example.com' },
    when: [],
    violation: () => ({ message: 'm', evidence: {} }),
  }),
  definePrincipalRule({
    ...texts('principal-missing'),
    options: {},
    when: [],
    violation: () => ({ message: 'm', evidence: {} }),
  }),
];

const KMS = 'arn:aws:kms:us-east-1:123456789012:';
const KEY = `${KMS}key/1234abcd-12ab-34cd-56ef-1234567890ab`;

const pemOf = (key: KeyObject): string =>
  key.export({ format: 'pem', type: key.type === 'private' ? 'pkcs8' : 'spki' }).toString();

const PEMS = SIGNING_ALGORITHMS.map((algorithm) => pemOf(publicKeyFor(algorithm)));

const IDS = Array.from({ length: 31 }, (_, n) => `e${n}`);
const MANY_ENVIRONMENTS = `environments: [${IDS.map((id) => `{ id: ${id} }`).join(', ')}]\n`;

const ENVIRONMENTS = 'environments: [{ id: abc }]\n';

const READER = '{ id: 444455556666, roleArn: "arn:aws:iam::444455556666:role/reader" }';

const parse = (text: string): Config => parseConfig(text, 'audit.yaml', rules);

const problemsOf = (read: () => unknown): readonly string[] => {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  return [];
};

describe('audit.yaml', () => {
  it('needs environments only', () => {
    expect(parse(ENVIRONMENTS)).toEqual({ ...defaultConfig(rules), environments: [{ id: 'abc' }] });
  });

  it('has the defaults of the contract', () => {
    const { schedule, ...rest } = defaultConfig(rules);
    expect(rest).toEqual({
      archiveWriters: [],
      name: 'FinSpaceUserAuditor',
      environments: [],
      trustedAccounts: [],
      rules: {},
      alerts: [],
      auditors: [],
      reminders: { CRITICAL: 1, HIGH: 7, MEDIUM: 30, LOW: 'off', INFORMATIONAL: 'off' },
      retention: { years: 7, lock: 'governance', afterRetention: 'keep' },
      credentials: 'exchange',
      deadlineSeconds: 840,
      listing: { mode: 'single' },
      maxDropPercent: 20,
    });
    expect(schedule).toEqual({ cron: '30 4 * * *', timezone: 'America/New_York' });
  });

  it.each([
    {
      name: 'two environments',
      text: 'environments: [{ id: abc, name: Research EU }, { id: ABC }]',
      part: { environments: [{ id: 'abc', name: 'Research EU' }, { id: 'ABC' }] },
    },
    {
      name: 'an environment whose id looks like a number',
      text: 'environments: [{ id: 12e4 }, { id: 007 }]',
      part: { environments: [{ id: '12e4' }, { id: '007' }] },
    },
    {
      name: 'environments of other regions and accounts',
      text: `environments:
  - { id: abc, region: eu-west-1 }
  - { id: def, account: 222233334444, assumeRoleArn: "arn:aws:iam::222233334444:role/audited", externalId: 12 }
  - { id: ghi, assumeRoleArn: "arn:aws-cn:iam::222233334444:role/finspace/audited", externalId: agreed/upon }`,
      part: {
        environments: [
          { id: 'abc', region: 'eu-west-1' },
          {
            id: 'def',
            role: { arn: 'arn:aws:iam::222233334444:role/audited', accountId: '222233334444', externalId: '12' },
          },
          {
            id: 'ghi',
            role: {
              arn: 'arn:aws-cn:iam::222233334444:role/finspace/audited',
              accountId: '222233334444',
              externalId: 'agreed/upon',
            },
          },
        ],
      },
    },
    {
      name: 'an environment whose users come from saved rosters',
      text: `environments:
  - { id: abc, source: { roster: "s3://my-rosters/finspace/" } }
  - { id: def, account: 222233334444, source: { roster: "s3://my-rosters/", key: "${ROSTER_KEY}" } }
  - { id: ghi, account: 222233334444, source: { roster: "s3://my-rosters/" }, enrich: { iamRoles: { accounts: [{ id: 222233334444, roleArn: "arn:aws:iam::222233334444:role/reader" }] } } }`,
      part: {
        environments: [
          { id: 'abc', source: { roster: 's3://my-rosters/finspace/' } },
          { id: 'def', accountId: '222233334444', source: { roster: 's3://my-rosters/', key: ROSTER_KEY } },
          {
            id: 'ghi',
            accountId: '222233334444',
            source: { roster: 's3://my-rosters/' },
            enrich: {
              iamRoles: { accounts: [{ id: '222233334444', roleArn: 'arn:aws:iam::222233334444:role/reader' }] },
            },
          },
        ],
      },
    },
    {
      name: 'a name of 60 characters',
      text: `${ENVIRONMENTS}name: A${'-b2'.repeat(19)}cd`,
      part: { name: `A${'-b2'.repeat(19)}cd` },
    },
    {
      name: 'an environment name of 64 characters',
      text: `environments: [{ id: abc, name: ${'x'.repeat(64)} }]`,
      part: { environments: [{ name: 'x'.repeat(64) }] },
    },
    {
      name: 'an id of 26 characters',
      text: `environments: [{ id: ${'x'.repeat(26)} }]`,
      part: { environments: [{ id: 'x'.repeat(26) }] },
    },
    {
      name: 'a time zone that is an alias',
      text: `${ENVIRONMENTS}schedule: { timezone: Asia/Kolkata }`,
      part: { schedule: { timezone: 'Asia/Kolkata' } },
    },
    {
      name: 'a cron expression, as it stands there',
      text: `${ENVIRONMENTS}schedule: { cron: "*/30 8-17 * * 1-5" }`,
      part: { schedule: { cron: '*/30 8-17 * * 1-5' } },
    },
    {
      name: 'runs a quarter of an hour apart',
      text: `${ENVIRONMENTS}schedule: { cron: "*/15 * * * *" }`,
      part: { schedule: { cron: '*/15 * * * *' } },
    },
    {
      name: 'the earliest beginning',
      text: `${ENVIRONMENTS}schedule: { lateAfterHours: 0.1 }`,
      part: { schedule: { lateAfterHours: 0.1 } },
    },
    {
      name: 'the latest beginning',
      text: `${ENVIRONMENTS}schedule: { lateAfterHours: 168 }`,
      part: { schedule: { lateAfterHours: 168 } },
    },
    { name: 'UTC', text: `${ENVIRONMENTS}schedule: { timezone: UTC }`, part: { schedule: { timezone: 'UTC' } } },
    {
      name: 'accounts, quoted or not, with leading zeros',
      text: `${ENVIRONMENTS}trustedAccounts: [012345678901, 123456789012, "000000000001"]`,
      part: { trustedAccounts: ['012345678901', '123456789012', '000000000001'] },
    },
    {
      name: 'the settings of a rule',
      text: `${ENVIRONMENTS}rules: { stale-login: { enabled: true, severity: CRITICAL, maxDays: 60.5 } }`,
      part: { rules: { 'stale-login': { enabled: true, severity: 'CRITICAL', maxDays: 60.5 } } },
    },
    {
      name: 'a list option',
      text: `${ENVIRONMENTS}rules: { email-domain: { allowedDomains: [a.com, "*.a.com"] } }`,
      part: { rules: { 'email-domain': { allowedDomains: ['a.com', '*.a.com'] } } },
    },
    {
      name: 'an empty list option',
      text: `${ENVIRONMENTS}rules: { email-domain: { allowedDomains: [] } }`,
      part: { rules: { 'email-domain': { allowedDomains: [] } } },
    },
    {
      name: 'options of other types',
      text: `${ENVIRONMENTS}rules: { x-own: { isStrict: true, domain: a.com } }`,
      part: { rules: { 'x-own': { isStrict: true, domain: 'a.com' } } },
    },
    {
      name: 'an option of 0',
      text: `${ENVIRONMENTS}rules: { stale-login: { privilegedMaxDays: 0 } }`,
      part: { rules: { 'stale-login': { privilegedMaxDays: 0 } } },
    },
    {
      name: 'an unread rule that is off',
      text: `${ENVIRONMENTS}rules: { principal-missing: { enabled: false } }`,
      part: { rules: { 'principal-missing': { enabled: false } } },
    },
    {
      name: 'facts that are read beside the listing',
      text: 'environments: [{ id: abc, enrich: { iamRoles: true, permissionGroups: true } }, { id: def, enrich: { iamRoles: false, permissionGroups: false } }]\nrules: { principal-missing: { enabled: true, severity: LOW } }',
      part: {
        environments: [
          { id: 'abc', enrich: { iamRoles: { accounts: [] }, permissionGroups: true } },
          { id: 'def', enrich: {} },
        ],
        rules: { 'principal-missing': { enabled: true, severity: 'LOW' } },
      },
    },
    {
      name: 'accounts that may be asked besides',
      text: 'environments: [{ id: abc, enrich: { iamRoles: { accounts: [{ id: 444455556666, roleArn: arn:aws:iam::444455556666:role/reader, externalId: a-b }] } } }]\ntrustedAccounts: [444455556666]',
      part: {
        environments: [
          {
            id: 'abc',
            enrich: {
              iamRoles: {
                accounts: [{ id: '444455556666', roleArn: 'arn:aws:iam::444455556666:role/reader', externalId: 'a-b' }],
              },
            },
          },
        ],
      },
    },
    {
      name: 'recipients by mail',
      text: `${ENVIRONMENTS}alerts: [{ email: a@example.com, minSeverity: HIGH }, { email: b@example.com }]`,
      part: {
        alerts: [
          { protocol: 'email', endpoint: 'a@example.com', minSeverity: 'HIGH' },
          { protocol: 'email', endpoint: 'b@example.com' },
        ],
      },
    },
    {
      name: 'a recipient of every other protocol',
      text: `${ENVIRONMENTS}alerts:
  - { https: "https://hooks.example.com:8443/a?b=c", minSeverity: CRITICAL }
  - { sqs: "arn:aws:sqs:us-east-1:111122223333:tickets" }
  - { lambda: "arn:aws-cn:lambda:cn-north-1:111122223333:function:paging" }
  - { lambda: "arn:aws:lambda:us-east-1:111122223333:function:paging:live" }`,
      part: {
        alerts: [
          { protocol: 'https', endpoint: 'https://hooks.example.com:8443/a?b=c', minSeverity: 'CRITICAL' },
          { protocol: 'sqs', endpoint: 'arn:aws:sqs:us-east-1:111122223333:tickets' },
          { protocol: 'lambda', endpoint: 'arn:aws-cn:lambda:cn-north-1:111122223333:function:paging' },
          { protocol: 'lambda', endpoint: 'arn:aws:lambda:us-east-1:111122223333:function:paging:live' },
        ],
      },
    },
    ...(['environment', 'auditor'] as const).map((account) => ({
      name: `the Security Hub of the ${account}`,
      text: `${ENVIRONMENTS}securityHub: ${account === 'environment' ? '{}' : '{ account: auditor }'}`,
      part: { securityHub: { account } },
    })),
    ...['default', 'audits/of.users', 'arn:aws:events:us-east-1:111122223333:event-bus/audits'].map((bus) => ({
      name: `events to ${bus}`,
      text: `${ENVIRONMENTS}events: { bus: "${bus}" }`,
      part: { events: { bus } },
    })),
    {
      name: 'reminders, the shortest, the longest and none',
      text: `${ENVIRONMENTS}reminders: { HIGH: 1, LOW: 365, CRITICAL: off }`,
      part: { reminders: { CRITICAL: 'off', HIGH: 1, MEDIUM: 30, LOW: 365, INFORMATIONAL: 'off' } },
    },
    {
      name: 'no lock',
      text: `${ENVIRONMENTS}retention: { lock: off }`,
      part: { retention: { years: 7, lock: 'off', afterRetention: 'keep' } },
    },
    {
      name: 'the longest lock for good that nobody has to acknowledge',
      text: `${ENVIRONMENTS}retention: { years: 10, lock: compliance }`,
      part: { retention: { years: 10, lock: 'compliance', afterRetention: 'keep' } },
    },
    {
      name: 'the archive of an earlier stack, and who alone may change it',
      text: `${ENVIRONMENTS}archive: { bucket: earlier-evidence, key: "${KEY}" }\nbreakGlassRoleArn: arn:aws:iam::111122223333:role/break-glass`,
      part: {
        archive: { bucket: 'earlier-evidence', key: KEY, shared: false },
        breakGlassRoleArn: 'arn:aws:iam::111122223333:role/break-glass',
      },
    },
    {
      name: 'the archive of another auditor',
      text: `${ENVIRONMENTS}archive: { bucket: central, key: "${KEY}", shared: true }`,
      part: { archive: { bucket: 'central', key: KEY, shared: true } },
    },
    {
      name: 'auditors of other accounts that archive here',
      text: `${ENVIRONMENTS}archiveWriters: [{ account: "444455556666", auditor: Auditor, environments: [def, ghi] }]`,
      part: { archiveWriters: [{ account: '444455556666', auditor: 'Auditor', environments: ['def', 'ghi'] }] },
    },
    {
      name: 'HIGH to a pager at once, and the rest on Mondays',
      text: `${ENVIRONMENTS}alerts:
  - { https: "https://pager.example.com", minSeverity: HIGH, every: night }
  - { email: a@example.com, maxSeverity: MEDIUM, every: week, environments: [abc] }`,
      part: {
        alerts: [
          { protocol: 'https', endpoint: 'https://pager.example.com', minSeverity: 'HIGH' },
          { protocol: 'email', endpoint: 'a@example.com', maxSeverity: 'MEDIUM', every: 'week', environments: ['abc'] },
        ],
      },
    },
    {
      name: 'one mail about all environments, beside each digest of what is severe',
      text: `${ENVIRONMENTS}alerts: [{ email: a@example.com, minSeverity: HIGH }, { email: a@example.com, digest: all }]`,
      part: {
        alerts: [
          { protocol: 'email', endpoint: 'a@example.com', minSeverity: 'HIGH' },
          { protocol: 'email', endpoint: 'a@example.com', digest: 'all' },
        ],
      },
    },
    {
      name: 'as many environments of somebody as SNS filters by',
      text: `${MANY_ENVIRONMENTS}alerts: [{ email: a@example.com, environments: [${IDS.slice(1).join(', ')}] }]`,
      part: { alerts: [{ environments: IDS.slice(1) }] },
    },
    {
      name: 'more of them in a weekly mail, and parts of it',
      text: `${MANY_ENVIRONMENTS}alerts: [{ email: a@example.com, every: week, digest: all, maxSeverity: HIGH, environments: [${IDS.join(', ')}] }]`,
      part: { alerts: [{ every: 'week', digest: 'all', maxSeverity: 'HIGH', environments: IDS }] },
    },
    { name: 'messages, which name nobody', text: `${ENVIRONMENTS}messages: {}`, part: { messages: { names: false } } },
    {
      name: 'a folder of rules',
      text: `${ENVIRONMENTS}customRules: our-rules.d`,
      part: { customRules: 'our-rules.d' },
    },
    {
      name: 'a deletion that leaves the run that the next one goes on from',
      text: `${ENVIRONMENTS}schedule: { cron: "0 5 1 1 *" }\nretention: { years: 3, afterRetention: delete }`,
      part: { retention: { years: 3, afterRetention: 'delete' } },
    },
    {
      name: 'the shortest retention',
      text: `${ENVIRONMENTS}retention: { years: 1, lock: governance }`,
      part: { retention: { years: 1, lock: 'governance' } },
    },
    {
      name: 'the longest retention',
      text: `${ENVIRONMENTS}retention: { years: 99, lock: compliance, acknowledgedYears: 99 }`,
      part: { retention: { years: 99, lock: 'compliance', afterRetention: 'keep' } },
    },
    {
      name: 'the shortest deadline and no drop',
      text: `${ENVIRONMENTS}credentials: direct\ndeadlineSeconds: 10\nmaxDropPercent: 0`,
      part: { credentials: 'direct', deadlineSeconds: 10, maxDropPercent: 0 },
    },
    {
      name: 'a key that signs',
      text: `${ENVIRONMENTS}signing: { key: "${KEY}" }`,
      part: { signing: { key: KEY, algorithm: 'ECDSA_SHA_256' } },
    },
    {
      name: 'a key of several regions, and an algorithm',
      text: `${ENVIRONMENTS}signing: { key: "${KMS}key/mrk-1234abcd12ab34cd56ef1234567890ab", algorithm: RSASSA_PSS_SHA_256 }`,
      part: { signing: { algorithm: 'RSASSA_PSS_SHA_256' } },
    },
    {
      name: 'an alias, in another partition',
      text: `${ENVIRONMENTS}signing: { key: "arn:aws-us-gov:kms:us-gov-west-1:123456789012:alias/finspace/audit" }`,
      part: { signing: { key: 'arn:aws-us-gov:kms:us-gov-west-1:123456789012:alias/finspace/audit' } },
    },
    {
      name: 'public keys',
      text: `${ENVIRONMENTS}signing: { key: "${KEY}", publicKeys: ${JSON.stringify(PEMS)} }`,
      part: { signing: { publicKeys: PEMS } },
    },
    {
      name: 'a listing of many invocations',
      text: `${ENVIRONMENTS}listing: { mode: durable }`,
      part: { listing: { mode: 'durable' } },
    },
    { name: 'outputs', text: `${ENVIRONMENTS}outputs: [oscal, ocsf]`, part: { outputs: ['oscal', 'ocsf'] } },
    { name: 'no outputs', text: `${ENVIRONMENTS}outputs:`, part: { outputs: [] } },
    {
      name: 'a report without names',
      text: `${ENVIRONMENTS}report: { names: false }`,
      part: { report: { names: false } },
    },
    { name: 'a report as it is', text: `${ENVIRONMENTS}report: {}`, part: { report: { names: true } } },
    { name: 'any drop', text: `${ENVIRONMENTS}maxDropPercent: 100`, part: { maxDropPercent: 100 } },
    {
      name: 'keys whose entries are commented out',
      text: `${ENVIRONMENTS}rules:\n  # none\ntrustedAccounts:\nalerts:\nretention:\nschedule:`,
      part: {
        rules: {},
        trustedAccounts: [],
        alerts: [],
        retention: { years: 7, lock: 'governance', afterRetention: 'keep' },
      },
    },
    {
      name: 'an anchor used twice',
      text: `${ENVIRONMENTS}rules: { stale-login: &off { enabled: false }, email-domain: *off }`,
      part: { rules: { 'stale-login': { enabled: false }, 'email-domain': { enabled: false } } },
    },
  ])('takes $name', ({ text, part }) => {
    expect(parse(text)).toMatchObject(part);
  });

  it('has nothing of what it switches off, or leaves to whoever reads it', () => {
    const off =
      'environments: [{ id: abc, enrich: { iamRoles: false, permissionGroups: false } }, { id: def, source: { roster: "s3://rosters/" } }]';
    const { environments, alerts } = parse(`${off}\nalerts: [{ email: a@example.com, every: night }]`);
    expect(environments).toStrictEqual([
      { id: 'abc', enrich: {} },
      { id: 'def', source: { roster: 's3://rosters/' } },
    ]);
    expect(alerts).toStrictEqual([{ protocol: 'email', endpoint: 'a@example.com' }]);
  });

  it.each([
    { name: 'nothing', text: '', problem: 'audit.yaml: environments: must be a list of {id, name}, got nothing' },
    {
      name: 'comments only',
      text: '# nothing\n',
      problem: 'audit.yaml: environments: must be a list of {id, name}, got nothing',
    },
    { name: 'a list', text: '- x', problem: 'audit.yaml:1: must be a mapping, got a list' },
    { name: 'a word', text: 'x', problem: 'audit.yaml:1: must be a mapping, got "x"' },
    {
      name: 'no environment',
      text: 'environments: []',
      problem: 'audit.yaml:1: environments: must be a list of 1 or more environments, got an empty list',
    },
    {
      name: 'an environment that is a word',
      text: 'environments: [abc]',
      problem: 'audit.yaml:1: environments[0]: must be a mapping, got "abc"',
    },
    {
      name: 'an environment without an id',
      text: 'environments: [{ name: x }]',
      problem:
        'audit.yaml:1: environments[0].id: must be 1 to 26 letters and digits, as in the address of the web application, got nothing',
    },
    {
      name: 'an id of 27 characters',
      text: `environments: [{ id: ${'x'.repeat(27)} }]`,
      problem: `audit.yaml:1: environments[0].id: must be 1 to 26 letters and digits, as in the address of the web application, got "${'x'.repeat(27)}"`,
    },
    {
      name: 'an id with a hyphen',
      text: 'environments: [{ id: a-b }]',
      problem:
        'audit.yaml:1: environments[0].id: must be 1 to 26 letters and digits, as in the address of the web application, got "a-b"',
    },
    {
      name: 'the same id twice',
      text: 'environments:\n  - id: abc\n  - id: def\n  - id: abc',
      problem: 'audit.yaml:4: environments[2].id: stands already in entry [0]',
    },
    {
      name: 'an environment name of two lines',
      text: 'environments: [{ id: abc, name: "a\\nb" }]',
      problem: 'audit.yaml:1: environments[0].name: must be text on one line, of 1 to 64 characters, got "a\\nb"',
    },
    {
      name: 'an environment name of 65 characters',
      text: `environments: [{ id: abc, name: ${'x'.repeat(65)} }]`,
      problem: `audit.yaml:1: environments[0].name: must be text on one line, of 1 to 64 characters, got "${'x'.repeat(65)}"`,
    },
    ...['2Auditor', 'Auditor-', 'Auditor-2', 'Mein Auditor', `A${'b'.repeat(60)}`].map((name) => ({
      name: `the name ${name}`,
      text: `${ENVIRONMENTS}name: "${name}"`,
      problem: `audit.yaml:2: name: must be a name of 1 to 60 letters, digits and hyphens, a letter first, without a hyphen or -NUMBER at its end, got "${name}"`,
    })),
    {
      name: 'a misspelt key',
      text: `${ENVIRONMENTS}\nshedule: {}`,
      problem:
        'audit.yaml:3: shedule: unknown key, did you mean schedule? (allowed: environments, name, schedule, trustedAccounts, rules, customRules, alerts, messages, events, securityHub, outputs, report, reminders, retention, archive, archiveWriters, replicateTo, auditors, breakGlassRoleArn, credentials, listing, deadlineSeconds, maxDropPercent, signing)',
    },
    {
      name: 'a key that is like no other',
      text: 'environments: [{ id: abc, colour: red }]',
      problem:
        'audit.yaml:1: environments[0].colour: unknown key (allowed: id, name, account, region, assumeRoleArn, externalId, enrich, source)',
    },
    {
      name: 'a misspelt rule',
      text: `${ENVIRONMENTS}rules:\n  stale-logn: {}`,
      problem:
        'audit.yaml:3: rules.stale-logn: unknown key, did you mean stale-login? (the rules are listed in rules/README.md)',
    },
    {
      name: 'a blank within a key',
      text: `${ENVIRONMENTS}rules: { "\u000bstale-login": {} }`,
      problem:
        'audit.yaml:2: rules."\\u000bstale-login": unknown key, did you mean stale-login? (the rules are listed in rules/README.md)',
    },
    {
      name: 'an unknown rule',
      text: `${ENVIRONMENTS}rules: { no-such-thing: {} }`,
      problem: 'audit.yaml:2: rules.no-such-thing: unknown key (the rules are listed in rules/README.md)',
    },
    {
      name: 'an unknown option',
      text: `${ENVIRONMENTS}rules: { stale-login: { maxDay: 1 } }`,
      problem:
        'audit.yaml:2: rules.stale-login.maxDay: unknown key, did you mean maxDays? (allowed: enabled, severity, maxDays, privilegedMaxDays)',
    },
    {
      name: 'an option of another type',
      text: `${ENVIRONMENTS}rules: { stale-login: { maxDays: [60] } }`,
      problem: 'audit.yaml:2: rules.stale-login.maxDays: must be a number of 0 or more, got a list',
    },
    {
      name: 'a flag of a rule that is none',
      text: `${ENVIRONMENTS}rules: { x-own: { isStrict: yes } }`,
      problem: 'audit.yaml:2: rules.x-own.isStrict: must be true or false, got "yes"',
    },
    {
      name: 'a text of a rule that is a list',
      text: `${ENVIRONMENTS}rules: { x-own: { domain: [a.com] } }`,
      problem: 'audit.yaml:2: rules.x-own.domain: must be text, got a list',
    },
    {
      name: 'a misspelt key alone, and not what it lacks for that',
      text: 'environments: [{ id: abc, assumeRolArn: "arn:aws:iam::222233334444:role/audited", externalId: ab }]',
      problem:
        'audit.yaml:1: environments[0].assumeRolArn: unknown key, did you mean assumeRoleArn? (allowed: id, name, account, region, assumeRoleArn, externalId, enrich, source)',
    },
    {
      name: 'a misspelt acknowledgement alone, and not that there is none',
      text: `${ENVIRONMENTS}retention: { years: 12, lock: compliance, acknowledgdYears: 12 }`,
      problem:
        'audit.yaml:2: retention.acknowledgdYears: unknown key, did you mean acknowledgedYears? (allowed: years, lock, afterRetention, acknowledgedYears)',
    },
    {
      name: 'a negative option',
      text: `${ENVIRONMENTS}rules: { stale-login: { maxDays: -1 } }`,
      problem: 'audit.yaml:2: rules.stale-login.maxDays: must be a number of 0 or more, got "-1"',
    },
    {
      name: 'an infinite option',
      text: `${ENVIRONMENTS}rules: { stale-login: { maxDays: .inf } }`,
      problem: 'audit.yaml:2: rules.stale-login.maxDays: must be a number of 0 or more, got ".inf"',
    },
    {
      name: 'a number beyond all numbers',
      text: `${ENVIRONMENTS}rules: { stale-login: { maxDays: ${'9'.repeat(400)} } }`,
      problem: `audit.yaml:2: rules.stale-login.maxDays: must be a number of 0 or more, got "${'9'.repeat(80)}…"`,
    },
    {
      name: 'an option left empty',
      text: `${ENVIRONMENTS}rules: { stale-login: { maxDays: } }`,
      problem: 'audit.yaml:2: rules.stale-login.maxDays: must be a number of 0 or more, got nothing',
    },
    {
      name: 'a blank entry in a list option',
      text: `${ENVIRONMENTS}rules: { email-domain: { allowedDomains: [a.com, " "] } }`,
      problem: 'audit.yaml:2: rules.email-domain.allowedDomains[1]: must be text, got " "',
    },
    {
      name: 'a list option that is a word',
      text: `${ENVIRONMENTS}rules: { email-domain: { allowedDomains: a.com } }`,
      problem: 'audit.yaml:2: rules.email-domain.allowedDomains: must be a list of texts, got "a.com"',
    },
    {
      name: 'options that the rule itself refuses',
      text: `${ENVIRONMENTS}rules: { stale-login: { privilegedMaxDays: 91 } }`,
      problem: 'audit.yaml:2: rules.stale-login: privilegedMaxDays must be at most 90, got 91',
    },
    {
      name: 'a severity in lower case',
      text: `${ENVIRONMENTS}rules: { stale-login: { severity: high } }`,
      problem:
        'audit.yaml:2: rules.stale-login.severity: must be one of INFORMATIONAL, LOW, MEDIUM, HIGH, CRITICAL, got "high"',
    },
    {
      name: 'a rule that is a word',
      text: `${ENVIRONMENTS}rules: { stale-login: off }`,
      problem: 'audit.yaml:2: rules.stale-login: must be a mapping, got "off"',
    },
    {
      name: 'a flag that is none',
      text: `${ENVIRONMENTS}rules: { stale-login: { enabled: no } }`,
      problem: 'audit.yaml:2: rules.stale-login.enabled: must be true or false, got "no"',
    },
    {
      name: 'an unread rule switched on',
      text: `${ENVIRONMENTS}rules: { principal-missing: { enabled: true } }`,
      problem:
        'audit.yaml:2: rules.principal-missing.enabled: must be false, since its data is not read: enrich.iamRoles is set for no environment, got "true"',
    },
    {
      name: 'facts that nobody reads',
      text: 'environments: [{ id: abc, enrich: { iamRole: true } }]',
      problem:
        'audit.yaml:1: environments[0].enrich.iamRole: unknown key, did you mean iamRoles? (allowed: iamRoles, permissionGroups)',
    },
    {
      name: 'roles that are neither read nor not',
      text: 'environments: [{ id: abc, enrich: { iamRoles: yes } }]',
      problem:
        'audit.yaml:1: environments[0].enrich.iamRoles: must be true, false or a mapping with accounts, got "yes"',
    },
    {
      name: 'an account to ask that is not trusted',
      text: 'environments: [{ id: abc, enrich: { iamRoles: { accounts: [{ id: 444455556666, roleArn: arn:aws:iam::444455556666:role/reader }] } } }]',
      problem:
        'audit.yaml:1: environments[0].enrich.iamRoles.accounts[0].id: must be one of trustedAccounts, since rules on roles judge no others, got "444455556666"',
    },
    {
      name: 'an account to ask by a role of another',
      text: 'environments: [{ id: abc, enrich: { iamRoles: { accounts: [{ id: 444455556666, roleArn: arn:aws:iam::777788889999:role/reader }] } } }]\ntrustedAccounts: [444455556666]',
      problem:
        'audit.yaml:1: environments[0].enrich.iamRoles.accounts[0].roleArn: must be a role of account 444455556666, got one of 777788889999',
    },
    {
      name: 'an account to ask twice',
      text: `environments: [{ id: abc, enrich: { iamRoles: { accounts: [${READER}, ${READER}] } } }]\ntrustedAccounts: [444455556666]`,
      problem: 'audit.yaml:1: environments[0].enrich.iamRoles.accounts[1].id: stands already in entry [0]',
    },
    {
      name: 'an account to ask by whom it is not',
      text: 'environments: [{ id: abc, enrich: { iamRoles: { accounts: [{ id: 444455556666, roleArn: reader }] } } }]\ntrustedAccounts: [444455556666]',
      problem:
        'audit.yaml:1: environments[0].enrich.iamRoles.accounts[0].roleArn: must be the ARN of a role, got "reader"',
    },
    {
      name: 'the name of a bucket that S3 takes no other for',
      text: `${ENVIRONMENTS}replicateTo: { bucket: Copy, key: "${KEY}" }`,
      problem: 'audit.yaml:2: replicateTo.bucket: must be the name of a bucket, got "Copy"',
    },
    {
      name: 'a writer by the ARN of its stack',
      text: `${ENVIRONMENTS}archiveWriters: [{ account: "444455556666", auditor: "arn:aws:x", environments: [def] }]`,
      problem:
        'audit.yaml:2: archiveWriters[0].auditor: must be the name of its stack: 1 to 60 letters, digits and hyphens, a letter first, got "arn:aws:x"',
    },
    ...[
      { text: 'schedule: { cron: [daily] }', problem: 'schedule.cron: must be a cron expression, got a list' },
      { text: 'alerts: [{ https: [a] }]', problem: 'alerts[0].https: must be an https URL, got a list' },
      {
        text: 'alerts: none',
        problem:
          'alerts: must be a list of {email, https, sqs or lambda, minSeverity, maxSeverity, environments, every, and digest}, got "none"',
      },
      {
        text: 'alerts: [{ email: a@b.co, environments: abc }]',
        problem: 'alerts[0].environments: must be a list of ids, got "abc"',
      },
      { text: 'auditors: anybody', problem: 'auditors: must be a list of ARNs, got "anybody"' },
      {
        text: 'archiveWriters: anybody',
        problem: 'archiveWriters: must be a list of {account, auditor, environments}, got "anybody"',
      },
      {
        text: `signing: { key: "${KEY}", publicKeys: none }`,
        problem: 'signing.publicKeys: must be a list of public keys, got "none"',
      },
      {
        text: `signing: { key: "${KEY}", publicKeys: [[]] }`,
        problem: 'signing.publicKeys[0]: must be a public key, got an empty list',
      },
      {
        text: 'retention: { years: 12, lock: compliance, acknowledgedYears: all }',
        problem: 'retention.acknowledgedYears: must be the same number as years, got "all"',
      },
    ].map(({ text, problem }) => ({
      name: `what is of another form: ${text}`,
      text: ENVIRONMENTS + text,
      problem: `audit.yaml:2: ${problem}`,
    })),
    {
      name: 'runs that a listing may overtake',
      text: `${ENVIRONMENTS}schedule: { cron: "0,14 * * * *" }`,
      problem:
        'audit.yaml:2: schedule.cron: must leave 15 minutes or more between two runs where listing.mode is single, got "0,14 * * * *": a listing may take as long, and the next one would overtake it',
    },
    {
      name: 'runs that a durable listing may overtake',
      text: `${ENVIRONMENTS}schedule: { cron: "0 0,12 * * *" }\nlisting: { mode: durable }`,
      problem:
        'audit.yaml:2: schedule.cron: must leave 13 hours or more between two runs where listing.mode is durable, got "0 0,12 * * *": a listing may take as long, and the next one would overtake it',
    },
    {
      name: 'a bad cron',
      text: `${ENVIRONMENTS}schedule: { cron: 0 2 * * }`,
      problem:
        'audit.yaml:2: schedule.cron: must have 5 fields (minute, hour, day of the month, month, day of the week), got "0 2 * *"',
    },
    {
      name: 'an unknown time zone',
      text: `${ENVIRONMENTS}schedule: { timezone: America/Gotham }`,
      problem:
        'audit.yaml:2: schedule.timezone: must be an IANA time zone, such as America/New_York, got "America/Gotham"',
    },
    {
      name: 'a time zone in another case',
      text: `${ENVIRONMENTS}schedule: { timezone: America/new_york }`,
      problem:
        'audit.yaml:2: schedule.timezone: must be an IANA time zone, such as America/New_York, got "America/new_york"',
    },
    {
      name: 'an offset for a time zone',
      text: `${ENVIRONMENTS}schedule: { timezone: "+01:00" }`,
      problem: 'audit.yaml:2: schedule.timezone: must be an IANA time zone, such as America/New_York, got "+01:00"',
    },
    {
      name: 'an account of 11 digits',
      text: `${ENVIRONMENTS}trustedAccounts: [12345678901]`,
      problem: 'audit.yaml:2: trustedAccounts[0]: must be 12 digits, got "12345678901"',
    },
    {
      name: 'an account of 13 digits',
      text: `${ENVIRONMENTS}trustedAccounts: [1234567890123]`,
      problem: 'audit.yaml:2: trustedAccounts[0]: must be 12 digits, got "1234567890123"',
    },
    {
      name: 'accounts that are no list',
      text: `${ENVIRONMENTS}trustedAccounts: 123456789012`,
      problem: 'audit.yaml:2: trustedAccounts: must be a list of account ids, got "123456789012"',
    },
    {
      name: 'an address without a host, which is not shown',
      text: `${ENVIRONMENTS}alerts: [{ email: jo@ }]`,
      problem: 'audit.yaml:2: alerts[0].email: must be an e-mail address, got a text with "@" (not shown)',
    },
    ...[
      {
        environment: 'assumeRoleArn: "arn:aws:iam::222233334444:role/audited"',
        problem: 'externalId: must be set where assumeRoleArn is, got nothing',
      },
      { environment: 'externalId: agreed', problem: 'assumeRoleArn: must be set where externalId is, got nothing' },
      { environment: 'account: 222233334444', problem: 'assumeRoleArn: must be set where account is, got nothing' },
      {
        environment: 'account: 111122223333, externalId: ab, assumeRoleArn: "arn:aws:iam::222233334444:role/audited"',
        problem: 'account: must be that of assumeRoleArn, 222233334444, got "111122223333"',
      },
      {
        environment: 'externalId: ab, assumeRoleArn: "arn:aws:iam::222233334444:role/*"',
        problem: 'assumeRoleArn: must be the ARN of a role, got "arn:aws:iam::222233334444:role/*"',
      },
      {
        environment: 'externalId: ab, assumeRoleArn: "arn:aws:iam::222233334444:user/auditor"',
        problem: 'assumeRoleArn: must be the ARN of a role, got "arn:aws:iam::222233334444:user/auditor"',
      },
      {
        environment: 'externalId: a, assumeRoleArn: "arn:aws:iam::222233334444:role/audited"',
        problem: 'externalId: must be 2 to 1224 letters, digits or characters of +=,.@:/-_, got "a"',
      },
      ...['users.json', 's3://my-rosters/users.json', 's3://MY/', 's3://my-rosters/*/'].map((roster) => ({
        environment: `source: { roster: "${roster}" }`,
        problem: `source.roster: must be s3://BUCKET/PREFIX/, with the / at its end: the newest object there is the roster, got "${roster}"`,
      })),
      {
        environment: 'source: { roster: "s3://my-rosters/", attestedBy: ada }',
        problem: 'source.attestedBy: unknown key (allowed: roster, key)',
      },
      {
        environment:
          'source: { roster: "s3://my-rosters/" }, externalId: ab, assumeRoleArn: "arn:aws:iam::222233334444:role/audited"',
        problem: 'assumeRoleArn: must not be set where source is: FinSpace is not asked',
      },
      {
        environment: 'source: { roster: "s3://my-rosters/" }, enrich: { iamRoles: true, permissionGroups: true }',
        problem:
          'enrich: must not have permissionGroups where source is: only FinSpace tells them, and it is not asked',
      },
      { environment: 'region: us-east', problem: 'region: must be a region such as us-east-1, got "us-east"' },
    ].map(({ environment, problem }) => ({
      name: `an environment of { ${environment} }`,
      text: `environments: [{ id: abc, ${environment} }]`,
      problem: `audit.yaml:1: environments[0].${problem}`,
    })),
    {
      name: 'a role to be assumed where the keys are FinSpace’s already',
      text: 'environments: [{ id: abc, externalId: ab, assumeRoleArn: "arn:aws:iam::222233334444:role/audited" }]\ncredentials: direct',
      problem:
        "audit.yaml:1: environments[0].assumeRoleArn: must not be set where credentials is direct: the keys are FinSpace's already",
    },
    {
      name: 'a recipient without any protocol',
      text: `${ENVIRONMENTS}alerts: [{ minSeverity: HIGH }]`,
      problem: 'audit.yaml:2: alerts[0]: must have exactly one of email, https, sqs, lambda, got none',
    },
    {
      name: 'a recipient of two protocols',
      text: `${ENVIRONMENTS}alerts: [{ email: a@example.com, https: "https://example.com" }]`,
      problem: 'audit.yaml:2: alerts[0]: must have exactly one of email, https, sqs, lambda, got email and https',
    },
    {
      name: 'an unknown protocol',
      text: `${ENVIRONMENTS}alerts: [{ emial: a@example.com }]`,
      problem:
        'audit.yaml:2: alerts[0].emial: unknown key (allowed: email, https, sqs, lambda, minSeverity, maxSeverity, environments, every, digest)',
    },
    ...[
      'http://example.com/hook',
      'https://user:secret@example.com/hook',
      'https://example.com/hook#secret',
      'example.com',
    ].map((url) => ({
      name: `the URL ${url}, which is not shown`,
      text: `${ENVIRONMENTS}alerts: [{ https: "${url}" }]`,
      problem:
        'audit.yaml:2: alerts[0].https: must be an https URL without user name, password and fragment, got another text (not shown)',
    })),
    {
      name: 'a FIFO queue',
      text: `${ENVIRONMENTS}alerts: [{ sqs: "arn:aws:sqs:us-east-1:111122223333:tickets.fifo" }]`,
      problem:
        'audit.yaml:2: alerts[0].sqs: must be the ARN of a queue (no FIFO one: SNS delivers nothing from this topic to it), got "arn:aws:sqs:us-east-1:111122223333:tickets.fifo"',
    },
    {
      name: 'the URL of a queue',
      text: `${ENVIRONMENTS}alerts: [{ sqs: "https://sqs.us-east-1.amazonaws.com/1/q" }]`,
      problem:
        'audit.yaml:2: alerts[0].sqs: must be the ARN of a queue (no FIFO one: SNS delivers nothing from this topic to it), got "https://sqs.us-east-1.amazonaws.com/1/q"',
    },
    {
      name: 'the name of a function',
      text: `${ENVIRONMENTS}alerts: [{ lambda: paging }]`,
      problem: 'audit.yaml:2: alerts[0].lambda: must be the ARN of a function, with or without an alias, got "paging"',
    },
    {
      name: 'the same queue twice',
      text: `${ENVIRONMENTS}alerts: [{ sqs: "arn:aws:sqs:us-east-1:111122223333:q" }, { sqs: "arn:aws:sqs:us-east-1:111122223333:q" }]`,
      problem: 'audit.yaml:2: alerts[1].sqs: stands already in entry [0]',
    },
    {
      name: 'the same address in another case',
      text: `${ENVIRONMENTS}alerts: [{ email: a@b.co }, { email: A@b.co }]`,
      problem: 'audit.yaml:2: alerts[1].email: stands already in entry [0]',
    },
    {
      name: 'a Security Hub of nobody',
      text: `${ENVIRONMENTS}securityHub: { account: "111122223333" }`,
      problem: 'audit.yaml:2: securityHub.account: must be one of environment, auditor, got "111122223333"',
    },
    {
      name: 'events without a bus',
      text: `${ENVIRONMENTS}events:`,
      problem: 'audit.yaml:2: events.bus: must be default, or the name or the ARN of an event bus, got nothing',
    },
    {
      name: 'events to the ARN of something else',
      text: `${ENVIRONMENTS}events: { bus: "arn:aws:sns:us-east-1:111122223333:audits" }`,
      problem:
        'audit.yaml:2: events.bus: must be default, or the name or the ARN of an event bus, got "arn:aws:sns:us-east-1:111122223333:audits"',
    },
    {
      name: 'a lock for good of over ten years that nobody acknowledged',
      text: `${ENVIRONMENTS}retention: { years: 11, lock: compliance }`,
      problem:
        'audit.yaml:2: retention.acknowledgedYears: must be 11, as years, since for that long nobody can delete a record or close the account without losing it, got nothing',
    },
    {
      name: 'an acknowledgement of another time',
      text: `${ENVIRONMENTS}retention: { years: 12, lock: compliance, acknowledgedYears: 11 }`,
      problem:
        'audit.yaml:2: retention.acknowledgedYears: must be 12, as years, since for that long nobody can delete a record or close the account without losing it, got "11"',
    },
    {
      name: 'an acknowledgement of nothing',
      text: `${ENVIRONMENTS}retention: { years: 12, acknowledgedYears: 12 }`,
      problem:
        'audit.yaml:2: retention.acknowledgedYears: must be left out unless lock is compliance for over 10 years, got "12"',
    },
    {
      name: 'an archive without its key',
      text: `${ENVIRONMENTS}archive: { bucket: earlier-evidence }`,
      problem: 'audit.yaml:2: archive.key: must be the ARN of a KMS key, got nothing',
    },
    {
      name: 'a rhythm of another kind',
      text: `${ENVIRONMENTS}alerts: [{ email: a@example.com, every: day }]`,
      problem: 'audit.yaml:2: alerts[0].every: must be one of night, week, got "day"',
    },
    {
      name: 'severities of which none is left',
      text: `${ENVIRONMENTS}alerts: [{ email: a@example.com, minSeverity: HIGH, maxSeverity: LOW }]`,
      problem: 'audit.yaml:2: alerts[0].maxSeverity: must be HIGH, as minSeverity, or worse, got "LOW"',
    },
    {
      name: 'an environment that the config has not',
      text: `${ENVIRONMENTS}alerts: [{ email: a@example.com, environments: [nowhere] }]`,
      problem: 'audit.yaml:2: alerts[0].environments[0]: must be one of abc, got "nowhere"',
    },
    {
      name: 'nothing to hear of',
      text: `${ENVIRONMENTS}alerts: [{ email: a@example.com, environments: [] }]`,
      problem: 'audit.yaml:2: alerts[0].environments: must be a list of 1 or more ids, got an empty list',
    },
    {
      name: 'more environments of somebody than SNS filters by',
      text: `${MANY_ENVIRONMENTS}alerts: [{ email: a@example.com, environments: [${IDS.join(', ')}] }]`,
      problem: 'audit.yaml:2: alerts[0].environments: must be a list of 1 to 30 ids, which SNS filters by, got 31',
    },
    {
      name: 'the mild part of the one mail about all',
      text: `${ENVIRONMENTS}alerts: [{ email: a@example.com, digest: all, maxSeverity: HIGH }]`,
      problem:
        'audit.yaml:2: alerts[0].maxSeverity: must be left out with digest: all of each night, which is about all; give it with every: week',
    },
    {
      name: 'a part of the one mail about all',
      text: `${ENVIRONMENTS}alerts: [{ email: a@example.com, digest: all, environments: [abc] }]`,
      problem:
        'audit.yaml:2: alerts[0].environments: must be left out with digest: all of each night, which is about all; give it with every: week',
    },
    {
      name: 'a weekly mail, and another over the same topic',
      text: `${ENVIRONMENTS}alerts: [{ email: a@example.com, digest: all }, { email: A@example.com, every: week }]`,
      problem: 'audit.yaml:2: alerts[1].email: stands already in entry [0]',
    },
    {
      name: 'a digest of another kind',
      text: `${ENVIRONMENTS}alerts: [{ email: a@example.com, digest: some }]`,
      problem: 'audit.yaml:2: alerts[0].digest: must be all, got "some"',
    },
    {
      name: 'writers to the archive of somebody else',
      text: `${ENVIRONMENTS}archive: { bucket: central, key: "${KEY}" }\narchiveWriters: [{ account: "444455556666", auditor: Auditor, environments: [def] }]`,
      problem:
        "audit.yaml:3: archiveWriters: must be left out where archive is set: the policy of that bucket is its owner's",
    },
    {
      name: 'a writer of an environment that is audited here',
      text: `${ENVIRONMENTS}archiveWriters: [{ account: "444455556666", auditor: Auditor, environments: [abc] }]`,
      problem:
        'audit.yaml:2: archiveWriters[0].environments[0]: must be an environment that nobody else archives here, got "abc"',
    },
    {
      name: 'two writers of one environment',
      text: `${ENVIRONMENTS}archiveWriters: [{ account: "444455556666", auditor: One, environments: [def] }, { account: "777788889999", auditor: Two, environments: [ghi, def] }]`,
      problem:
        'audit.yaml:2: archiveWriters[1].environments[1]: must be an environment that nobody else archives here, got "def"',
    },
    {
      name: 'a writer of nothing',
      text: `${ENVIRONMENTS}archiveWriters: [{ account: "444455556666", auditor: Auditor, environments: [] }]`,
      problem:
        'audit.yaml:2: archiveWriters[0].environments: must be a list of 1 or more environment ids, got an empty list',
    },
    {
      name: 'a break-glass role that is a user',
      text: `${ENVIRONMENTS}breakGlassRoleArn: arn:aws:iam::111122223333:user/root`,
      problem: 'audit.yaml:2: breakGlassRoleArn: must be the ARN of a role, got "arn:aws:iam::111122223333:user/root"',
    },
    {
      name: 'a retention of 0 years',
      text: `${ENVIRONMENTS}retention: { years: 0 }`,
      problem: 'audit.yaml:2: retention.years: must be a whole number of 1 to 99, got "0"',
    },
    {
      name: 'a retention of 100 years',
      text: `${ENVIRONMENTS}retention: { years: 100 }`,
      problem: 'audit.yaml:2: retention.years: must be a whole number of 1 to 99, got "100"',
    },
    ...[1, 2].map((years) => ({
      name: `a deletion after ${years} years that could take the run that the next one goes on from`,
      text: `${ENVIRONMENTS}schedule: { cron: "0 5 1 1 *" }\nretention: { years: ${years}, afterRetention: delete }`,
      problem:
        'audit.yaml:3: retention.afterRetention: must be keep where two runs may lie over half of retention.years apart, got "delete": the run that the next one goes on from could be gone',
    })),
    {
      name: 'a copy of a bucket that somebody else configures',
      text: `${ENVIRONMENTS}archive: { bucket: theirs, key: "${KEY}" }\nreplicateTo: { bucket: copy, key: "${KEY}" }`,
      problem:
        'audit.yaml:3: replicateTo: must be left out where archive is set: that bucket is configured by whoever owns it',
    },
    {
      name: 'a copy without a key',
      text: `${ENVIRONMENTS}replicateTo: { bucket: copy }`,
      problem: 'audit.yaml:2: replicateTo.key: must be the ARN of a KMS key, got nothing',
    },
    {
      name: 'an auditor who is anybody of an account',
      text: `${ENVIRONMENTS}auditors: ["arn:aws:iam::111122223333:root"]`,
      problem: 'audit.yaml:2: auditors[0]: must be the ARN of a role or a user, got "arn:aws:iam::111122223333:root"',
    },
    {
      name: 'something else after the retention',
      text: `${ENVIRONMENTS}retention: { afterRetention: move }`,
      problem: 'audit.yaml:2: retention.afterRetention: must be one of keep, delete, got "move"',
    },
    {
      name: 'a retention of half a year',
      text: `${ENVIRONMENTS}retention: { years: 1.5 }`,
      problem: 'audit.yaml:2: retention.years: must be a whole number of 1 to 99, got "1.5"',
    },
    {
      name: 'an unknown lock',
      text: `${ENVIRONMENTS}retention: { lock: on }`,
      problem: 'audit.yaml:2: retention.lock: must be one of off, governance, compliance, got "on"',
    },
    {
      name: 'unknown credentials',
      text: `${ENVIRONMENTS}credentials: static`,
      problem: 'audit.yaml:2: credentials: must be one of exchange, direct, got "static"',
    },
    ...['0', '366', '7.5', 'daily', ''].map((days) => ({
      name: `a reminder after ${JSON.stringify(days)} days`,
      text: `${ENVIRONMENTS}reminders: { HIGH: ${days} }`,
      problem: `audit.yaml:2: reminders.HIGH: must be a whole number of days of 1 to 365, or off, got ${days === '' ? 'nothing' : JSON.stringify(days)}`,
    })),
    {
      name: 'a reminder of no severity',
      text: `${ENVIRONMENTS}reminders: { high: 7 }`,
      problem:
        'audit.yaml:2: reminders.high: unknown key, did you mean HIGH? (allowed: CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL)',
    },
    {
      name: 'a deadline of under 10 seconds',
      text: `${ENVIRONMENTS}deadlineSeconds: 9.9`,
      problem: 'audit.yaml:2: deadlineSeconds: must be a number of 10 or more, got "9.9"',
    },
    {
      name: 'an output that there is not',
      text: `${ENVIRONMENTS}outputs: [ocsf, oscla]`,
      problem: `audit.yaml:2: outputs[1]: must be one of ${OPTIONAL_OUTPUT_NAMES.join(', ')}, got "oscla"`,
    },
    {
      name: 'an output twice',
      text: `${ENVIRONMENTS}outputs: [ocsf, ocsf]`,
      problem: 'audit.yaml:2: outputs: must be a list of different names, got a list',
    },
    {
      name: 'outputs that are no list',
      text: `${ENVIRONMENTS}outputs: ocsf`,
      problem: `audit.yaml:2: outputs: must be a list of ${OPTIONAL_OUTPUT_NAMES.join(', ')}, got "ocsf"`,
    },
    {
      name: 'a report of neither',
      text: `${ENVIRONMENTS}report: { names: some }`,
      problem: 'audit.yaml:2: report.names: must be true or false, got "some"',
    },
    {
      name: 'a key of the report that there is not',
      text: `${ENVIRONMENTS}report: { name: false }`,
      problem: 'audit.yaml:2: report.name: unknown key, did you mean names? (allowed: names)',
    },
    {
      name: 'a listing of an unknown mode',
      text: `${ENVIRONMENTS}listing: { mode: twice }`,
      problem: 'audit.yaml:2: listing.mode: must be one of single, durable, got "twice"',
    },
    ...['0', '168.1', 'never'].map((hours) => ({
      name: `lateness after ${hours} hours`,
      text: `${ENVIRONMENTS}schedule: { lateAfterHours: ${hours} }`,
      problem: `audit.yaml:2: schedule.lateAfterHours: must be a number over 0, up to 168, got "${hours}"`,
    })),
    {
      name: 'a drop of over 100 per cent',
      text: `${ENVIRONMENTS}maxDropPercent: 100.1`,
      problem: 'audit.yaml:2: maxDropPercent: must be a number of 0 to 100, got "100.1"',
    },
    ...[
      { name: 'a key by its id', key: '1234abcd-12ab-34cd-56ef-1234567890ab' },
      { name: 'an alias by its name', key: 'alias/audit' },
      { name: 'an alias of AWS', key: `${KMS}alias/aws/s3` },
      { name: 'an alias without a name', key: `${KMS}alias/` },
      { name: 'a key that is any', key: `${KMS}key/*` },
      { name: 'a key of another service', key: KEY.replace('kms', 's3') },
    ].map(({ name, key }) => ({
      name,
      text: `${ENVIRONMENTS}signing: { key: "${key}" }`,
      problem: `audit.yaml:2: signing.key: must be the ARN of a KMS key or of its alias, got "${key}"`,
    })),
    ...[
      { name: 'a private key', publicKey: pemOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey) },
      {
        name: 'a key of another curve',
        publicKey: pemOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey),
      },
      { name: 'a key of another kind', publicKey: pemOf(generateKeyPairSync('ed25519').publicKey) },
      { name: 'a text', publicKey: 'x' },
    ].map(({ name, publicKey }) => ({
      name: `${name} for a public key, which is not shown`,
      text: `${ENVIRONMENTS}signing: { key: "${KEY}", publicKeys: [${JSON.stringify(publicKey)}] }`,
      problem:
        'audit.yaml:2: signing.publicKeys[0]: must be an RSA or P-256 public key in PEM, or DER in base64, got another text (not shown)',
    })),
    ...['../rules', '.rules', '/etc'].map((folder) => ({
      name: `rules in ${folder}`,
      text: `${ENVIRONMENTS}customRules: ${folder}`,
      problem: `audit.yaml:2: customRules: must be a folder beside this file, got "${folder}"`,
    })),
    {
      name: 'signing without a key',
      text: `${ENVIRONMENTS}signing: {}`,
      problem: 'audit.yaml:2: signing.key: must be the ARN of a KMS key or of its alias, got nothing',
    },
    {
      name: 'an algorithm over another digest',
      text: `${ENVIRONMENTS}signing: { key: "${KEY}", algorithm: ECDSA_SHA_384 }`,
      problem:
        'audit.yaml:2: signing.algorithm: must be one of ECDSA_SHA_256, RSASSA_PSS_SHA_256, RSASSA_PKCS1_V1_5_SHA_256, got "ECDSA_SHA_384"',
    },
    {
      name: 'broken YAML',
      text: 'environments: [\n',
      problem: 'audit.yaml:2:1: flow sequence in block collection must be sufficiently indented and end with a ]',
    },
    {
      name: 'two documents',
      text: 'alerts: []\n---\nalerts: []',
      problem: 'audit.yaml:2:1: must be one YAML document, got another from here on',
    },
    { name: 'a key twice', text: 'alerts: []\nalerts: []', problem: 'audit.yaml:2:1: map keys must be unique' },
    {
      name: 'a tag',
      text: 'deadlineSeconds: !!int 5',
      problem: 'audit.yaml:1:18: unresolved tag: tag:yaml.org,2002:int',
    },
    {
      name: 'an alias without its anchor',
      text: 'alerts: *none',
      problem: 'audit.yaml: unresolved alias (the anchor must be set before the alias): none',
    },
  ])('refuses $name', ({ text, problem }) => {
    expect(problemsOf(() => parse(text))).toEqual([problem]);
  });

  it('names every problem at once', () => {
    const text =
      'environments: [{ id: a-b }]\nalert: []\nrules: { stale-login: { maxDays: x, colour: red, shade: dark } }\ncredentials: x';
    expect(problemsOf(() => parse(text)).map((problem) => problem.split(': ', 2).join(': '))).toEqual([
      'audit.yaml:1: environments[0].id',
      'audit.yaml:3: rules.stale-login.maxDays',
      'audit.yaml:3: rules.stale-login.colour',
      'audit.yaml:3: rules.stale-login.shade',
      'audit.yaml:4: credentials',
      'audit.yaml:2: alert',
    ]);
  });

  it('is fine as it comes with the project', () => {
    expect(parseConfig(readFileSync('audit.yaml', 'utf8'), 'audit.yaml', catalogue)).toMatchObject({
      rules: { 'stale-login': { maxDays: 60, severity: 'HIGH' } },
    });
  });
});

const NOW = Date.parse('2026-11-24T12:00:00Z');

const aWaiver = (changes: Readonly<Record<string, string | undefined>> = {}): string => {
  const members = {
    rule: 'stale-login',
    user: '01FXYZ',
    reason: 'on leave',
    owner: 'owner@example.com',
    approver: 'approver@example.com',
    expires: '2027-03-31',
    ...changes,
  };
  return `- ${JSON.stringify(members)}\n`;
};

const waivers = (text: string) => parseWaivers(text, 'waivers.yaml', NOW);

describe('waivers.yaml', () => {
  it.each([
    { name: 'nothing', text: '' },
    { name: 'comments only', text: '# none\n' },
    { name: 'an empty list', text: '[]' },
  ])('takes $name', ({ text }) => {
    expect(waivers(text)).toStrictEqual([]);
  });

  it('gives what stands there', () => {
    expect(waivers(aWaiver({ ticket: 'SEC-1' }))).toEqual([
      {
        rule: 'stale-login',
        user: '01FXYZ',
        reason: 'on leave',
        ticket: 'SEC-1',
        owner: 'owner@example.com',
        approver: 'approver@example.com',
        expires: '2027-03-31',
      },
    ]);
  });

  it.each([
    { name: 'no ticket', changes: {} },
    { name: 'an ARN, though its role has an @', changes: { user: 'arn:aws:iam::123456789012:role/jo@example.com' } },
    { name: 'a rule that the catalogue does not have', changes: { rule: 'no-such-rule' } },
    { name: 'one that has expired', changes: { expires: '2020-02-29' } },
    { name: 'the last day within 365', changes: { expires: '2027-11-24' } },
  ])('takes $name', ({ changes }) => {
    expect(waivers(aWaiver(changes))).toMatchObject([changes]);
  });

  it('takes the last day within 365 on the stroke of a day', () => {
    const read = (expires: string) =>
      parseWaivers(aWaiver({ expires }), 'waivers.yaml', Date.parse('2026-11-24T00:00:00Z'));
    expect(read('2027-11-24')).toHaveLength(1);
    expect(() => read('2027-11-25')).toThrow('must be at most 365 days ahead');
  });

  it('takes texts that look like something else', () => {
    const text = '- { rule: r, user: 0123, reason: no, ticket: 42, owner: a, approver: b, expires: 2027-01-01 }';
    expect(waivers(text)).toMatchObject([{ user: '0123', reason: 'no', ticket: '42' }]);
  });

  it.each(['rule', 'reason', 'owner', 'approver', 'expires', 'user'])('refuses one without %s', (member) => {
    const problems = problemsOf(() => waivers(aWaiver({ [member]: undefined })));
    expect(problems).toEqual([
      expect.stringMatching(new RegExp(`^waivers.yaml:1: \\[0\\]\\.${member}: must be .*, got nothing$`)),
    ]);
  });

  const USER =
    'a user id, an ARN or the environment id (a place in the listing, as #3, is another user tomorrow; a pattern is nobody)';
  it.each([
    { name: 'a mapping', text: 'rule: x', problem: 'waivers.yaml:1: must be a list of waivers, got a mapping' },
    {
      name: 'a blank reason',
      text: aWaiver({ reason: ' ' }),
      problem: 'waivers.yaml:1: [0].reason: must be text, got " "',
    },
    {
      name: 'a place in the listing',
      text: aWaiver({ user: '#3' }),
      problem: `waivers.yaml:1: [0].user: must be ${USER}, got "#3"`,
    },
    {
      name: 'an e-mail address, which is not shown',
      text: aWaiver({ user: 'jo@example.com' }),
      problem: `waivers.yaml:1: [0].user: must be ${USER}, got a text with "@" (not shown)`,
    },
    {
      name: 'the owner as approver',
      text: aWaiver({ approver: 'OWNER@example.com ' }),
      problem: 'waivers.yaml:1: [0].approver: must not be the owner',
    },
    {
      name: 'the user as approver',
      text: aWaiver({ approver: '01fxyz' }),
      problem: 'waivers.yaml:1: [0].approver: must not be the user',
    },
    {
      name: 'the owner as approver, written otherwise',
      text: aWaiver({ approver: 'O. Wner <ow\u200bner@EXAMPLE.com>' }),
      problem: 'waivers.yaml:1: [0].approver: must not be the owner',
    },
    {
      name: 'the user as approver, in brackets',
      text: aWaiver({ approver: 'Jo (01FXYZ)' }),
      problem: 'waivers.yaml:1: [0].approver: must not be the user',
    },
    {
      name: 'an owner that nobody can see',
      text: aWaiver({ owner: '\u200b' }),
      problem: 'waivers.yaml:1: [0].owner: must be text, got "\u200b"',
    },
    {
      name: 'a reason that nobody can see',
      text: aWaiver({ reason: '\u200b' }),
      problem: 'waivers.yaml:1: [0].reason: must be text, got "\u200b"',
    },
    {
      name: 'a blank rule',
      text: aWaiver({ rule: ' ' }),
      problem: 'waivers.yaml:1: [0].rule: must be the id of one rule, got " "',
    },
    {
      name: 'every rule',
      text: aWaiver({ rule: '*' }),
      problem: 'waivers.yaml:1: [0].rule: must be the id of one rule, got "*"',
    },
    {
      name: 'a day that does not exist',
      text: aWaiver({ expires: '2027-02-29' }),
      problem: 'waivers.yaml:1: [0].expires: must be a day as YYYY-MM-DD, got "2027-02-29"',
    },
    {
      name: 'a number of days, telling the day that is meant',
      text: aWaiver({ expires: '30d' }),
      problem: 'waivers.yaml:1: [0].expires: must be a day as YYYY-MM-DD, got "30d"; 30 days from today is 2026-12-24',
    },
    {
      name: 'as many days as a waiver may last',
      text: aWaiver({ expires: '365d' }),
      problem: expect.stringMatching(/got "365d"; 365 days from today is /),
    },
    {
      name: 'a day more than that',
      text: aWaiver({ expires: '366d' }),
      problem: 'waivers.yaml:1: [0].expires: must be a day as YYYY-MM-DD, got "366d"',
    },
    {
      name: 'a day in another form',
      text: aWaiver({ expires: '31.03.2027' }),
      problem: 'waivers.yaml:1: [0].expires: must be a day as YYYY-MM-DD, got "31.03.2027"',
    },
    {
      name: 'the first day beyond 365',
      text: aWaiver({ expires: '2027-11-25' }),
      problem: 'waivers.yaml:1: [0].expires: must be at most 365 days ahead, got "2027-11-25"',
    },
    {
      name: 'an unknown key',
      text: aWaiver({ approvr: 'x' }),
      problem:
        'waivers.yaml:1: [0].approvr: unknown key, did you mean approver? (allowed: rule, user, reason, ticket, owner, approver, expires)',
    },
    {
      name: 'the same finding twice',
      text: aWaiver() + aWaiver({ reason: 'other' }),
      problem: 'waivers.yaml:2: [1].user: stands already in entry [0]',
    },
  ])('refuses $name', ({ text, problem }) => {
    expect(problemsOf(() => waivers(text))).toEqual([problem]);
  });

  it('refuses whatever stands for several users, and never reads a pattern as an id', () => {
    const pattern = fc.tuple(
      fc.string(),
      fc.constantFrom('*', '?', '[ab]', '{a,b}', 'a|b', '^a', 'a$', '\\d'),
      fc.string(),
    );
    const arn = fc.constantFrom('', 'arn:aws:iam::123456789012:role/');
    fc.assert(
      fc.property(arn, pattern, (start, [before, some, after]) => {
        const user = `${start}x${before}${some}${after}`;
        expect(problemsOf(() => waivers(aWaiver({ user })))).toEqual([
          expect.stringMatching(/^waivers.yaml:1: \[0\]\.user: must be a user id, an ARN or the environment id/),
        ]);
      }),
    );
    expect(problemsOf(() => waivers(aWaiver({ user: '/^01/i' })))).toHaveLength(1);
  });

  it('gives what YAML with lines gives, long as it may be', () => {
    const text = `# first\n- &w\n  rule: stale-login\n  user: "a"\n  reason: >\n    two\n    lines\n  owner: o\n  approver: a1\n  expires: 2027-01-01\n`;
    expect(waivers(text)).toMatchObject([{ user: 'a', reason: 'two lines\n', expires: '2027-01-01' }]);
    expect(waivers(aWaiver() + Array.from({ length: 99 }, (_, n) => aWaiver({ user: `u${n}` })).join(''))).toHaveLength(
      100,
    );
  });

  it('takes one user for two rules', () => {
    expect(waivers(aWaiver() + aWaiver({ rule: 'shared-mailbox' }))).toHaveLength(2);
  });

  it('is fine as it comes with the project', () => {
    expect(waivers(readFileSync('waivers.yaml', 'utf8'))).toStrictEqual([]);
  });
});

describe('accepted.yaml', () => {
  const one = '{ kind: gap, run: 20261124T020000Z, reason: r, approver: a }';
  const accepted = (text: string) => parseAccepted(text, 'accepted.yaml');

  it('gives what stands there, and nothing where there is nothing', () => {
    expect(accepted('')).toStrictEqual([]);
    expect(accepted(`- ${one}\n- ${one.replace('gap', 'late')}`)).toEqual([
      { kind: 'gap', run: '20261124T020000Z', reason: 'r', approver: 'a' },
      { kind: 'late', run: '20261124T020000Z', reason: 'r', approver: 'a' },
    ]);
  });

  it.each([
    { name: 'a word', text: 'x', problem: ':1: must be a list of {kind, run, reason, approver}, got "x"' },
    {
      name: 'a fault that nobody may accept',
      text: `- ${one.replace('gap', 'altered')}`,
      problem: ':1: [0].kind: must be one of fork, gap, late, got "altered"',
    },
    {
      name: 'a day',
      text: `- ${one.replace('20261124T020000Z', '2026-11-24')}`,
      problem: ':1: [0].run: must be a run as 20261124T020000Z, got "2026-11-24"',
    },
    {
      name: 'no reason',
      text: `- ${one.replace('reason: r', 'reason: " "')}`,
      problem: ':1: [0].reason: must be text, got " "',
    },
    { name: 'the same fault twice', text: `- ${one}\n- ${one}`, problem: ':2: [1].run: stands already in entry [0]' },
  ])('refuses $name', ({ text, problem }) => {
    expect(problemsOf(() => accepted(text))).toEqual([`accepted.yaml${problem}`]);
  });
});
