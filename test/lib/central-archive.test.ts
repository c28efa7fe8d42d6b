import { describe, expect, it } from '@jest/globals';
import { askIam, type Context, deployed, REGION } from './iam.ts';
import { only, stackTemplate } from './stack-template.ts';

const WRITER = '444455556666';
const BUCKET = 'arn:aws:s3:::central-evidence';
const KEY = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

const central = stackTemplate(`environments: [{ id: abc }]
archiveWriters:
  - { account: "${WRITER}", auditor: Auditor, environments: [def, defg] }
  - { account: "777788889999", auditor: Auditor, environments: [ghi] }`);
const writer = stackTemplate(`environments: [{ id: def }, { id: defg }]
archive: { bucket: central-evidence, key: "${KEY}", shared: true }
alerts: [{ email: a@example.com, digest: all }]`);

const atHome = deployed(central);
const abroad = deployed(writer, WRITER);

/** The policies of the archive, by the names that the writer knows it by. */
const RESOURCE_POLICIES = [
  [
    BUCKET,
    JSON.parse(
      JSON.stringify(
        atHome.resolve(only(central, 'AWS::S3::BucketPolicy', 'ArchiveBucket').properties.PolicyDocument),
      ).replaceAll(atHome.arnOf(only(central, 'AWS::S3::Bucket', 'ArchiveBucket').id), BUCKET),
    ),
  ],
  [KEY, atHome.resolve(only(central, 'AWS::KMS::Key', 'Encryption').properties.KeyPolicy)],
] as const;

const policyOf = (role: string) => [abroad.resolve(only(writer, 'AWS::IAM::Policy', role).properties.PolicyDocument)];
const ALL = [{ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }];

/** The writer's own roles, and who else has a role. */
const HOLDERS = {
  audit: { arn: `arn:aws:iam::${WRITER}:role/Auditor-AuditRole1234-ABCDEF`, policies: policyOf('AuditRole') },
  watch: { arn: `arn:aws:iam::${WRITER}:role/Auditor-WatchRole1234-ABCDEF`, policies: policyOf('WatchRole') },
  administrator: { arn: `arn:aws:iam::${WRITER}:role/Administrator`, policies: ALL },
  home: { arn: 'arn:aws:iam::111122223333:role/Central-AuditRole1234-ABCDEF', policies: ALL },
  namesake: { arn: 'arn:aws:iam::777788889999:role/Auditor-AuditRole1234-ABCDEF', policies: ALL },
  stranger: { arn: 'arn:aws:iam::999999999999:role/Auditor-AuditRole1234-ABCDEF', policies: ALL },
} as const;

const askAs = (holder: keyof typeof HOLDERS, action: string, resource: string, context: Context = {}) => {
  const { arn, policies } = HOLDERS[holder];
  return askIam(
    arn,
    policies,
    action,
    resource,
    { 'aws:PrincipalArn': arn, 'aws:PrincipalAccount': arn.split(':')[4] ?? '', ...context },
    RESOURCE_POLICIES,
  );
};

const NEW: Context = { 's3:if-none-match': '*' };
const SWAP: Context = { 's3:if-match': '"etag"' };
const S3: Context = { 'kms:ViaService': `s3.${REGION}.amazonaws.com` };
const placeOf = (id: string): string => `${BUCKET}/chain/environment=${id}/000000000001.json`;

type Case = readonly [holder: keyof typeof HOLDERS, action: string, resource: string, context?: Context];

describe('an auditor of another account may', () => {
  it.each<Case>([
    ['audit', 's3:PutObject', placeOf('def'), NEW],
    ['audit', 's3:PutObject', placeOf('defg'), NEW],
    ['audit', 's3:PutObject', `${BUCKET}/latest/environment=def.json`, SWAP],
    ['audit', 's3:PutObject', `${BUCKET}/reports/environment=def/index.html`, SWAP],
    ['audit', 's3:GetObject', placeOf('def')],
    ['audit', 's3:ListBucket', BUCKET],
    ['audit', 'kms:GenerateDataKey', KEY, S3],
    ['watch', 's3:GetObject', placeOf('def')],
    ['watch', 's3:PutObject', `${BUCKET}/alerts/auditor=${WRITER}-Auditor/dt=2026-11-24/20261124T093000Z.json`, NEW],
    ['watch', 'kms:GenerateDataKey', KEY, S3],
    ['namesake', 's3:PutObject', placeOf('ghi'), NEW],
    ['home', 's3:PutObject', placeOf('abc'), NEW],
    ['home', 's3:GetObject', placeOf('def')],
    ['home', 's3:PutObject', `${BUCKET}/reports/index.html`, SWAP],
  ])('as %s %s on %s', async (...request) => {
    expect(await askAs(...request)).toBe('allowed');
  });
});

describe('an auditor of another account must not', () => {
  it.each<Case>([
    ['audit', 's3:PutObject', placeOf('abc'), NEW],
    ['audit', 's3:PutObject', placeOf('ghi'), NEW],
    ['audit', 's3:PutObject', placeOf('de'), NEW],
    ['audit', 's3:PutObject', placeOf('defgh'), NEW],
    ['audit', 's3:PutObject', `${BUCKET}/latest/environment=abc.json`, SWAP],
    // A star of a policy stands for slashes as well.
    ['audit', 's3:PutObject', `${BUCKET}/chain/environment=abc/environment=def/000000000001.json`, NEW],
    ['audit', 's3:PutObject', `${BUCKET}/chain/environment=abc/environment=def.json`, NEW],
    ['audit', 's3:PutObject', placeOf('def')],
    ['audit', 's3:PutObject', placeOf('def'), SWAP],
    ['audit', 's3:DeleteObject', placeOf('def')],
    ['audit', 's3:GetObject', placeOf('abc')],
    ['audit', 's3:PutBucketPolicy', BUCKET],
    ['audit', 'kms:GenerateDataKey', KEY],
    ['audit', 'kms:Decrypt', KEY, { 'kms:ViaService': `sns.${REGION}.amazonaws.com` }],
    // The page of all environments is its owner's.
    ['audit', 's3:PutObject', `${BUCKET}/reports/index.html`, SWAP],
    ['watch', 's3:PutObject', `${BUCKET}/reports/index.html`, SWAP],
    ['watch', 's3:PutObject', `${BUCKET}/alerts/auditor=777788889999-Auditor/dt=2026-11-24/20261124T093000Z.json`, NEW],
    ['administrator', 's3:PutObject', placeOf('def'), NEW],
    ['administrator', 's3:GetObject', placeOf('def')],
    ['administrator', 's3:ListBucket', BUCKET],
    ['administrator', 'kms:Decrypt', KEY, S3],
    ['namesake', 's3:PutObject', placeOf('def'), NEW],
    ['stranger', 's3:PutObject', placeOf('def'), NEW],
    ['stranger', 's3:ListBucket', BUCKET],
    ['stranger', 'kms:Decrypt', KEY, S3],
  ])('as %s %s on %s', async (...request) => {
    expect(await askAs(...request)).toBe('denied');
  });
});
