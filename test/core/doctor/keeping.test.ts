import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DATED_AREAS } from '../../../core/archive/keys.ts';
import { runChecks } from '../../../core/doctor/check.ts';
import { type KeepingSettings, keepingChecks } from '../../../core/doctor/keeping.ts';
import { deployed } from '../../lib/iam.ts';
import { only, stackTemplate } from '../../lib/stack-template.ts';

const KEY = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const GLASS = 'arn:aws:iam::111122223333:role/glass';
const DENIALS = ['NothingIsDeleted', 'NothingIsOverwrittenUnseen', 'RunsAreWrittenOnce', 'OnlyByBreakGlass'];

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

const stack = stackTemplate(`environments: [{ id: abc }]\nbreakGlassRoleArn: ${GLASS}`);
const { arnOf, resolve } = deployed(stack);
const [, BUCKET = ''] = arnOf(only(stack, 'AWS::S3::Bucket', 'ArchiveBucket').id).split(':::');

interface Statement extends Readonly<Record<string, unknown>> {
  readonly Sid?: string;
}

/** A policy as the stack makes it; `change` gives what stands in the place of each statement, if anything. */
const policyOf = (document: unknown, change: (statement: Statement) => unknown = (statement) => statement): Answer => {
  const { Statement } = resolve(document) as { readonly Statement: readonly Statement[] };
  return { body: JSON.stringify({ Statement: Statement.flatMap((one) => change(one) ?? []) }) };
};
const bucketPolicy = (change?: (statement: Statement) => unknown): Answer =>
  policyOf(only(stack, 'AWS::S3::BucketPolicy', 'ArchiveBucket').properties.PolicyDocument, change);
const keyPolicy = (change?: (statement: Statement) => unknown): Answer => {
  const { body } = policyOf(only(stack, 'AWS::KMS::Key', 'Encryption').properties.KeyPolicy, change);
  return { body: JSON.stringify({ Policy: body }) };
};

/** Changes one statement. */
const differing =
  (sid: string, differs: object) =>
  (statement: Statement): unknown =>
    statement.Sid === sid ? { ...statement, ...differs } : statement;
const without =
  (...sids: readonly string[]) =>
  (statement: Statement): unknown =>
    sids.includes(statement.Sid ?? '') ? undefined : statement;

const xml = (name: string, body: string): Answer => ({ body: `<${name}>${body}</${name}>` });
const refused = (code: string, status = 404): Answer => ({ status, body: `<Error><Code>${code}</Code></Error>` });
const lockOf = (mode: string, days: number): Answer =>
  xml(
    'ObjectLockConfiguration',
    `<ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>${mode}</Mode><Days>${days}</Days></DefaultRetention></Rule>`,
  );
const lockedForYears = (years: number): Answer => {
  const { body } = lockOf('GOVERNANCE', years);
  return { body: body.replaceAll('Days>', 'Years>') };
};
const blocksOf = (isRestricted: boolean): Answer =>
  xml(
    'PublicAccessBlockConfiguration',
    `<BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>${isRestricted}</RestrictPublicBuckets>`,
  );
const stateOf = (KeyState: string, rest: object = {}): Answer => ({
  body: JSON.stringify({ KeyMetadata: { KeyId: KEY, KeyState, ...rest } }),
});

const lifecycleOf = (...rules: readonly string[]): Answer =>
  xml('LifecycleConfiguration', rules.map((rule) => `<Rule><Status>Enabled</Status>${rule}</Rule>`).join(''));
const HIDDEN = '<NoncurrentVersionExpiration><NoncurrentDays>30</NoncurrentDays></NoncurrentVersionExpiration>';
const expirationOf = (days: number): string => `<Expiration><Days>${days}</Days></Expiration>`;
const deletionOf = (prefix: string, days: number): string =>
  `<ID>${prefix}</ID><Filter><Prefix>${prefix}</Prefix></Filter>${expirationOf(days)}${HIDDEN}`;
const tagged = (prefix: string): string =>
  `<ID>tagged</ID><Filter><And><Prefix>${prefix}</Prefix><Tag><Key>a</Key><Value>b</Value></Tag></And></Filter>`;

/** The answers of S3 and KMS about an archive that is kept as the stack makes it, by the subresource or the operation. */
const SOUND: Readonly<Record<string, Answer>> = {
  versioning: xml('VersioningConfiguration', '<Status>Enabled</Status>'),
  'object-lock': lockOf('GOVERNANCE', 2557),
  lifecycle: lifecycleOf('<Filter><Prefix>chain/</Prefix></Filter>'),
  publicAccessBlock: blocksOf(true),
  policy: bucketPolicy(),
  encryption: xml(
    'ServerSideEncryptionConfiguration',
    `<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>${KEY}</KMSMasterKeyID></ApplyServerSideEncryptionByDefault></Rule>`,
  ),
  DescribeKey: stateOf('Enabled'),
  GetKeyPolicy: keyPolicy(),
  GetKeyRotationStatus: { body: JSON.stringify({ KeyRotationEnabled: true }) },
};

let answers = SOUND;
/** The last requests to KMS, by operation. */
const askedOf: Record<string, string> = {};
const server = createServer((request, response) => {
  const operation = String(request.headers['x-amz-target'] ?? '').split('.')[1];
  if (operation !== undefined)
    request.on('data', (chunk) => {
      askedOf[operation] = String(chunk);
    });
  const query = new URL(request.url ?? '/', 'http://localhost').searchParams;
  const asked =
    operation ?? (request.method === 'HEAD' ? 'head' : (Object.keys(answers).find((name) => query.has(name)) ?? ''));
  const { status = 200, headers = {}, body } = answers[asked] ?? refused('NotImplemented', 501);
  response.writeHead(status, {
    ...headers,
    'content-type': operation === undefined ? 'application/xml' : 'application/x-amz-json-1.1',
  });
  response.end(body);
});
let settings: KeepingSettings;
beforeAll(async () => {
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done);
  });
  const { port } = server.address() as AddressInfo;
  const client = {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
  };
  settings = {
    s3: new S3Client({ ...client, forcePathStyle: true }),
    kms: new KMSClient(client),
    bucket: BUCKET,
    config: { retention: { years: 7, lock: 'governance', afterRetention: 'keep' }, breakGlassRoleArn: GLASS },
  };
});
afterAll(() => {
  server.close();
});

const checked = async (config: KeepingSettings['config']) => {
  const archive = { name: 'archive', needs: [], check: () => Promise.resolve({ outcome: 'ok' as const, told: '' }) };
  return runChecks([archive, ...keepingChecks({ ...settings, config }, 'abc')]);
};

/** The answers of all checks but those that are `ok`. */
const faultsBy = async (config: KeepingSettings['config']) =>
  (await checked(config))
    .filter(({ outcome }) => outcome !== 'ok')
    .map(({ name, outcome, told }) => [name, outcome, told]);

const look = (differs: Readonly<Record<string, Answer>>, config: KeepingSettings['config'] = settings.config) => {
  answers = { ...SOUND, ...differs };
  return faultsBy(config);
};

describe('an archive', () => {
  const PUT_BACK =
    'put it back by hand: a deploy without changes mends nothing; the runbook\'s "The keeping of evidence was changed" says how to find who changed it';

  /** The checks, with what they say and advise; the first one is that of the archive itself. */
  const adviceOf = async (differs: Readonly<Record<string, Answer>>, config: KeepingSettings['config']) => {
    answers = { ...SOUND, ...differs };
    return Object.fromEntries((await checked(config)).slice(1).map(({ name, ...answer }) => [name, answer]));
  };

  test('that is kept as the stack makes it is well, and says how', async () => {
    expect(await adviceOf({}, settings.config)).toStrictEqual({
      versioning: { outcome: 'ok', told: 'Enabled' },
      lock: { outcome: 'ok', told: 'GOVERNANCE, 2557 days' },
      lifecycle: {
        outcome: 'ok',
        told: 'nothing is deleted: names and addresses of users stay for good (retention.afterRetention: delete has S3 delete them)',
      },
      'public-access': { outcome: 'ok', told: 'all of it is blocked' },
      'bucket-policy': { outcome: 'ok', told: `denies ${DENIALS.join(', ')}` },
      key: { outcome: 'ok', told: 'the key is Enabled, and rotated' },
      'key-policy': { outcome: 'ok', told: 'denies OnlyByBreakGlass' },
    });
    expect(JSON.parse(askedOf.GetKeyPolicy ?? '')).toStrictEqual({ KeyId: KEY, PolicyName: 'default' });
  });

  const ALL = { ...SOUND, replication: refused('') };
  const allRefusing = (answer: Answer) => Object.fromEntries(Object.keys(ALL).map((name) => [name, answer]));
  const COPIED = {
    retention: { years: 7, lock: 'governance', afterRetention: 'keep' },
    breakGlassRoleArn: GLASS,
    replicateTo: { bucket: 'copy', key: KEY },
  } as const;

  test('of which nothing may be looked at says what to allow', async () => {
    const allowing = (permission: string) => ({
      outcome: 'not-checked',
      told: expect.stringMatching(/^AccessDenied: /),
      remedy: `allow ${permission}, which an audit does not need`,
    });
    expect(await adviceOf(allRefusing(refused('AccessDenied', 403)), COPIED)).toEqual({
      versioning: allowing('s3:GetBucketVersioning on the bucket'),
      lock: allowing('s3:GetBucketObjectLockConfiguration on the bucket'),
      lifecycle: allowing('s3:GetLifecycleConfiguration on the bucket'),
      copy: allowing('s3:GetReplicationConfiguration on the bucket, and s3:GetObject on its objects'),
      'public-access': allowing('s3:GetBucketPublicAccessBlock on the bucket'),
      'bucket-policy': allowing('s3:GetBucketPolicy on the bucket'),
      key: allowing(
        's3:GetEncryptionConfiguration on the bucket, kms:DescribeKey and kms:GetKeyRotationStatus on its key',
      ),
      'key-policy': allowing('s3:GetEncryptionConfiguration on the bucket, and kms:GetKeyPolicy on its key'),
    });
  });

  test('in a store that knows no setting says so of each', async () => {
    const answer = { outcome: 'not-checked', told: 'the store does not know this setting' };
    const said = await adviceOf(allRefusing(refused('NotImplemented', 501)), COPIED);
    expect(Object.values(said)).toStrictEqual(Array.from({ length: 8 }, () => answer));
  });

  const REPLICATED = xml(
    'ReplicationConfiguration',
    `<Role>r</Role><Rule><Status>Enabled</Status><Destination><Bucket>arn:aws:s3:::copy</Bucket><EncryptionConfiguration><ReplicaKmsKeyID>${KEY}</ReplicaKmsKeyID></EncryptionConfiguration></Destination></Rule>`,
  );
  const BEHIND = 'look into it as the runbook\'s "The copy is behind" says';
  const S3_KEY = xml('ServerSideEncryptionConfiguration', '<Rule/>');

  test.each<{ name: string; differs: Readonly<Record<string, Answer>>; check: string; remedy: string | undefined }>([
    ...[
      { check: 'versioning', name: 'versioning', answer: xml('VersioningConfiguration', '') },
      { check: 'lock', name: 'object-lock', answer: lockOf('GOVERNANCE', 1) },
      { check: 'lifecycle', name: 'lifecycle', answer: lifecycleOf(deletionOf('chain/', 1)) },
      { check: 'copy', name: 'replication', answer: xml('ReplicationConfiguration', '') },
      {
        check: 'copy',
        name: 'replication',
        answer: { body: REPLICATED.body.replace('</Status><Dest', '</Status><Prefix>chain/</Prefix><Dest') },
      },
      {
        check: 'copy',
        name: 'replication',
        answer: {
          body: REPLICATED.body.replace(
            '<Dest',
            '<DeleteMarkerReplication><Status>Enabled</Status></DeleteMarkerReplication><Dest',
          ),
        },
      },
      { check: 'copy', name: 'replication', answer: { body: REPLICATED.body.replace(KEY, 'another') } },
      { check: 'public-access', name: 'publicAccessBlock', answer: blocksOf(false) },
      { check: 'bucket-policy', name: 'policy', answer: refused('NoSuchBucketPolicy') },
      { check: 'key', name: 'encryption', answer: S3_KEY },
      { check: 'key-policy', name: 'GetKeyPolicy', answer: keyPolicy(without('OnlyByBreakGlass')) },
    ].map(({ check, name, answer }) => ({
      name: `of which somebody has changed ${name}`,
      differs: { [name]: answer },
      check,
      remedy: PUT_BACK,
    })),
    {
      name: 'whose copies fail',
      differs: { replication: REPLICATED, head: { body: '', headers: { 'x-amz-replication-status': 'FAILED' } } },
      check: 'copy',
      remedy: BEHIND,
    },
    {
      name: 'whose copies began late',
      differs: { replication: REPLICATED, head: { body: '' } },
      check: 'copy',
      remedy: BEHIND,
    },
    {
      name: 'whose key is about to go',
      differs: { DescribeKey: stateOf('PendingDeletion', { DeletionDate: 1_796_083_200 }) },
      check: 'key',
      remedy: 'aws kms cancel-key-deletion, then enable-key',
    },
    {
      name: 'whose key is disabled',
      differs: { DescribeKey: stateOf('Disabled') },
      check: 'key',
      remedy: 'aws kms enable-key',
    },
    {
      name: 'whose key does not turn',
      differs: { GetKeyRotationStatus: { body: '{}' } },
      check: 'key',
      remedy: 'aws kms enable-key-rotation',
    },
  ])('$name says what to do: $remedy', async ({ differs, check, remedy }) => {
    expect((await adviceOf(differs, COPIED))[check]?.remedy).toBe(remedy);
  });

  test('whose key is in no state that KMS names is told', async () => {
    expect((await adviceOf({ DescribeKey: { body: '{}' } }, settings.config)).key?.told).toBe(
      'the key is in no state: nothing is read or written',
    );
  });

  test.each([
    ['COMPLETED', 'copied to copy; what that bucket is like was not looked at'],
    ['COMPLETE', 'copied to copy; what that bucket is like was not looked at'],
    ['PENDING', 'the last run is being copied to copy'],
  ])('whose copy is %s says so', async (status, told) => {
    const head = { body: '', headers: { 'x-amz-replication-status': status } };
    expect((await adviceOf({ replication: REPLICATED, head }, COPIED)).copy).toStrictEqual({ outcome: 'ok', told });
  });

  test('of which no config says anything is to be locked, and guarded, all the same', async () => {
    const { lock, 'bucket-policy': policy } = await adviceOf(
      {
        'object-lock': refused('ObjectLockConfigurationNotFoundError'),
        policy: bucketPolicy(without('OnlyByBreakGlass')),
      },
      undefined,
    );
    expect([lock?.remedy, policy?.remedy]).toStrictEqual([
      PUT_BACK,
      'name the one role that may, as breakGlassRoleArn in audit.yaml',
    ]);
    const off = await adviceOf({}, { retention: { years: 7, lock: 'off', afterRetention: 'keep' } });
    expect(off.lock?.remedy).toBe('set retention.lock, so that no version of an object can be deleted');
  });

  test.each<{ name: string; differs: Readonly<Record<string, Answer>> }>([
    { name: 'without any lifecycle', differs: { lifecycle: refused('NoSuchLifecycleConfiguration') } },
    ...[
      '<Tag><Key>kept</Key><Value>briefly</Value></Tag>',
      '<And><Prefix></Prefix><Tag><Key>kept</Key><Value>briefly</Value></Tag></And>',
    ].map((filter) => ({
      name: `of which earlier hints are deleted, by ${filter}`,
      differs: { lifecycle: lifecycleOf(`<Filter>${filter}</Filter>${HIDDEN}`) },
    })),
    { name: 'of which something else is deleted', differs: { lifecycle: lifecycleOf(deletionOf('athena/', 30)) } },
    ...[`<Prefix>athena/</Prefix>${expirationOf(30)}`, `${tagged('athena/')}${expirationOf(30)}`].map((rule) => ({
      name: `of which something else is deleted, by ${rule}`,
      differs: { lifecycle: lifecycleOf(rule) },
    })),
    {
      name: 'of which a rule that is off would delete something',
      differs: {
        lifecycle: xml('LifecycleConfiguration', `<Rule><Status>Disabled</Status>${deletionOf('chain/', 30)}</Rule>`),
      },
    },
    { name: 'locked for years', differs: { 'object-lock': lockedForYears(8) } },
    {
      name: 'whose denials are about everybody in few words',
      differs: { policy: bucketPolicy((one) => ({ ...one, Principal: '*' })) },
    },
  ])('$name is well', async ({ differs }) => {
    expect(await look(differs)).toStrictEqual([]);
  });

  test.each<{ name: string; differs: Readonly<Record<string, Answer>>; found: readonly unknown[] }>([
    {
      name: 'locked for fewer years',
      differs: { 'object-lock': lockedForYears(6) },
      found: ['lock', 'fail', 'GOVERNANCE, 2192 days, where audit.yaml has governance, 2557 days'],
    },
    {
      name: 'locked otherwise',
      differs: { 'object-lock': lockOf('COMPLIANCE', 2557) },
      found: ['lock', 'fail', 'COMPLIANCE, 2557 days, where audit.yaml has governance, 2557 days'],
    },
    {
      name: 'whose versioning was suspended',
      differs: { versioning: xml('VersioningConfiguration', '<Status>Suspended</Status>') },
      found: ['versioning', 'fail', 'it is Suspended: what is written over is lost'],
    },
    {
      name: 'that never had versions',
      differs: { versioning: xml('VersioningConfiguration', '') },
      found: ['versioning', 'fail', 'it is never enabled: what is written over is lost'],
    },
    {
      name: 'without a lock',
      differs: { 'object-lock': refused('ObjectLockConfigurationNotFoundError') },
      found: ['lock', 'fail', 'no default retention, where audit.yaml has governance, 2557 days'],
    },
    {
      name: 'with a lock of no default',
      differs: { 'object-lock': xml('ObjectLockConfiguration', '<ObjectLockEnabled>Enabled</ObjectLockEnabled>') },
      found: ['lock', 'fail', 'no default retention, where audit.yaml has governance, 2557 days'],
    },
    {
      name: 'locked for a day less',
      differs: { 'object-lock': lockOf('GOVERNANCE', 2556) },
      found: ['lock', 'fail', 'GOVERNANCE, 2556 days, where audit.yaml has governance, 2557 days'],
    },
    {
      name: 'of which a lifecycle deletes something',
      differs: { lifecycle: lifecycleOf(deletionOf('chain/', 9999)) },
      found: ['lifecycle', 'fail', 'the rules chain/ delete evidence that is to be kept'],
    },
    {
      name: 'of which a lifecycle deletes everything',
      differs: { lifecycle: lifecycleOf('<ID>all</ID><Expiration><Days>30</Days></Expiration>') },
      found: ['lifecycle', 'fail', 'the rules all delete evidence that is to be kept'],
    },
    ...[
      { name: 'of one environment', rule: deletionOf('chain/environment=abc/', 9999), id: 'chain/environment=abc/' },
      { name: 'of an area whose name begins so', rule: deletionOf('cha', 9999), id: 'cha' },
      {
        name: 'of one area, and something of another',
        rule: `${deletionOf('chain/', 9999)}</Rule><Rule><Status>Enabled</Status>${deletionOf('findings/', 9999)}`,
        id: 'findings/, chain/',
      },
      { name: 'once it is written over, by an older way to say so', rule: `<ID>old</ID><Prefix/>${HIDDEN}`, id: 'old' },
      { name: 'that has a tag', rule: `${tagged('chain/')}${expirationOf(9999)}`, id: 'tagged' },
      { name: 'once it is written over', rule: `<ID>earlier</ID><Filter/>${HIDDEN}`, id: 'earlier' },
      { name: 'that has a tag, once it is written over', rule: `${tagged('chain/')}${HIDDEN}`, id: 'tagged' },
      {
        name: 'by an older way to say so',
        rule: `<ID>old</ID><Prefix>chain/</Prefix>${expirationOf(9999)}`,
        id: 'old',
      },
      {
        name: 'on a day',
        rule: '<ID>day</ID><Prefix/><Expiration><Date>2099-01-01T00:00:00.000Z</Date></Expiration>',
        id: 'day',
      },
    ].map(({ name, rule, id }) => ({
      name: `of which a lifecycle deletes something ${name}`,
      differs: { lifecycle: lifecycleOf(rule) },
      found: ['lifecycle', 'fail', `the rules ${id} delete evidence that is to be kept`],
    })),
    {
      name: 'that may become public',
      differs: { publicAccessBlock: blocksOf(false) },
      found: ['public-access', 'fail', 'without RestrictPublicBuckets'],
    },
    {
      name: 'whose block of public access is gone',
      differs: { publicAccessBlock: refused('NoSuchPublicAccessBlockConfiguration') },
      found: [
        'public-access',
        'fail',
        'without BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets',
      ],
    },
    {
      name: 'without a policy',
      differs: { policy: refused('NoSuchBucketPolicy') },
      found: ['bucket-policy', 'fail', `without the denials ${DENIALS.join(', ')}`],
    },
    {
      name: 'whose denials became permissions',
      differs: { policy: bucketPolicy((one) => ({ ...one, Effect: 'Allow' })) },
      found: ['bucket-policy', 'fail', `${DENIALS.join(', ')} does not deny all that the stack has it deny`],
    },
    {
      name: 'whose guard is gone',
      differs: { policy: bucketPolicy(without('OnlyByBreakGlass')) },
      found: ['bucket-policy', 'fail', 'without the denials OnlyByBreakGlass'],
    },
    ...[
      { name: 'of which other calls are denied', sid: 'NothingIsDeleted', differs: { Action: 's3:DeleteObject' } },
      {
        name: 'of which other objects are kept',
        sid: 'NothingIsDeleted',
        differs: { Resource: 'arn:aws:s3:::other/*' },
      },
      { name: 'that one role may not delete', sid: 'NothingIsDeleted', differs: { Principal: { AWS: GLASS } } },
      {
        name: 'that is deleted by whoever has no second factor',
        sid: 'NothingIsDeleted',
        differs: { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } },
      },
      {
        name: 'that is overwritten where one of two conditions is missing',
        sid: 'NothingIsOverwrittenUnseen',
        differs: { Condition: { Null: { 's3:if-match': 'true' } } },
      },
      {
        name: 'whose runs of one area are written again',
        sid: 'RunsAreWrittenOnce',
        differs: { Resource: [`arn:aws:s3:::${BUCKET}/chain/*`] },
      },
      {
        name: 'whose guard is another role',
        sid: 'OnlyByBreakGlass',
        differs: { Condition: { ArnNotEquals: { 'aws:PrincipalArn': `${GLASS}-2` } } },
      },
    ].map(({ name, sid, differs }) => ({
      name,
      differs: { policy: bucketPolicy(differing(sid, differs)) },
      found: ['bucket-policy', 'fail', `${sid} does not deny all that the stack has it deny`],
    })),
    {
      name: 'whose guard is gone, and of which other calls are denied',
      differs: {
        policy: bucketPolicy((one) =>
          one.Sid === 'NothingIsDeleted' ? { ...one, Action: 's3:DeleteObject' } : without('OnlyByBreakGlass')(one),
        ),
      },
      found: [
        'bucket-policy',
        'fail',
        'without the denials OnlyByBreakGlass; NothingIsDeleted does not deny all that the stack has it deny',
      ],
    },
    {
      name: 'whose guard is of another key',
      differs: { GetKeyPolicy: keyPolicy(differing('OnlyByBreakGlass', { Resource: KEY })) },
      found: ['key-policy', 'fail', 'OnlyByBreakGlass does not deny all that the stack has it deny'],
    },
    {
      name: 'whose key is guarded by nobody',
      differs: { GetKeyPolicy: keyPolicy(without('OnlyByBreakGlass')) },
      found: ['key-policy', 'fail', 'without the denials OnlyByBreakGlass'],
    },
    {
      name: 'whose key anybody may let go',
      differs: { GetKeyPolicy: keyPolicy(differing('OnlyByBreakGlass', { Action: ['kms:PutKeyPolicy'] })) },
      found: ['key-policy', 'fail', 'OnlyByBreakGlass does not deny all that the stack has it deny'],
    },
    {
      name: 'whose key may not be looked at, which KMS says by 400',
      differs: { DescribeKey: { status: 400, body: '{"__type":"AccessDeniedException"}' } },
      found: ['key', 'not-checked', expect.stringContaining('AccessDenied')],
    },
    {
      name: 'whose key is of an account that does not show its policy',
      differs: { GetKeyPolicy: { status: 400, body: '{"__type":"AccessDeniedException"}' } },
      found: ['key-policy', 'not-checked', expect.stringContaining('AccessDenied')],
    },
    {
      name: 'whose key is about to go',
      differs: { DescribeKey: stateOf('PendingDeletion', { DeletionDate: 1_796_083_200 }) },
      found: ['key', 'fail', 'the key is deleted on 2026-12-01, and with it all evidence'],
    },
    {
      name: 'whose key is disabled',
      differs: { DescribeKey: stateOf('Disabled') },
      found: ['key', 'fail', 'the key is Disabled: nothing is read or written'],
    },
    {
      name: 'whose key does not turn',
      differs: { GetKeyRotationStatus: { body: '{"KeyRotationEnabled":false}' } },
      found: ['key', 'warn', 'the key is Enabled, and not rotated'],
    },
    {
      name: 'in a store that knows no policy',
      differs: { policy: refused('NotImplemented', 501) },
      found: ['bucket-policy', 'not-checked', 'the store does not know this setting'],
    },
    {
      name: 'that may not be looked at',
      differs: { policy: refused('AccessDenied', 403) },
      found: ['bucket-policy', 'not-checked', expect.stringContaining('AccessDenied')],
    },
  ])('$name is told', async ({ differs, found }) => {
    expect(await look(differs)).toEqual([found]);
  });

  describe('that is to be deleted after its retention', () => {
    const config = {
      retention: { years: 7, lock: 'governance', afterRetention: 'delete' },
      breakGlassRoleArn: GLASS,
    } as const;
    const rules = (days: number) => DATED_AREAS.map((area) => deletionOf(`${area}/`, days));

    test.each([
      { name: 'is deleted then', lifecycle: lifecycleOf(...rules(2557)), found: [] },
      {
        name: 'is not deleted a day before',
        lifecycle: lifecycleOf(...rules(2557).slice(1), deletionOf('snapshots/', 2556)),
        found: [['lifecycle', 'fail', 'the rules snapshots/ delete evidence before 2557 days are over']],
      },
      ...[
        { name: 'a day late', rule: deletionOf('snapshots/', 2558) },
        { name: 'of one environment alone', rule: deletionOf('snapshots/environment=abc/', 2557) },
        { name: 'where it has a tag', rule: `${tagged('snapshots/')}${expirationOf(2557)}${HIDDEN}` },
        {
          name: 'and stays as an earlier version',
          rule: `<Filter><Prefix>snapshots/</Prefix></Filter>${expirationOf(2557)}`,
        },
      ].map(({ name, rule }) => ({
        name: `is not deleted ${name}`,
        lifecycle: lifecycleOf(...rules(2557).slice(1), rule),
        found: [['lifecycle', 'fail', 'nothing deletes snapshots after 2557 days, as retention.afterRetention says']],
      })),
      {
        name: 'is not deleted on a day',
        lifecycle: lifecycleOf(
          ...rules(2557),
          '<ID>day</ID><Prefix>snapshots/</Prefix><Expiration><Date>2099-01-01T00:00:00.000Z</Date></Expiration>',
        ),
        found: [['lifecycle', 'fail', 'the rules day delete evidence before 2557 days are over']],
      },
      {
        name: 'is deleted by one rule about all',
        lifecycle: lifecycleOf(`<ID>all</ID><Filter/>${expirationOf(2557)}${HIDDEN}`),
        found: [],
      },
      {
        name: 'is deleted by an older way to say so',
        lifecycle: lifecycleOf(`<ID>all</ID><Prefix/>${expirationOf(2557)}${HIDDEN}`),
        found: [],
      },
      {
        name: 'is deleted by a rule about all that begins so',
        lifecycle: lifecycleOf(...rules(2557).slice(1), deletionOf('snap', 2557)),
        found: [],
      },
      {
        name: 'is deleted by two rules, of which one is about earlier versions',
        lifecycle: lifecycleOf(
          ...rules(2557).slice(1),
          `<ID>a</ID><Filter><Prefix>snapshots/</Prefix></Filter>${expirationOf(2557)}`,
          `<ID>b</ID><Filter><Prefix>snapshots/</Prefix></Filter>${HIDDEN}`,
        ),
        found: [],
      },
      {
        name: 'is deleted in all areas but two',
        lifecycle: lifecycleOf(...rules(2557).slice(2)),
        found: [
          [
            'lifecycle',
            'fail',
            `nothing deletes ${DATED_AREAS.slice(0, 2).join(', ')} after 2557 days, as retention.afterRetention says`,
          ],
        ],
      },
      {
        name: 'is deleted everywhere',
        lifecycle: lifecycleOf(...rules(2557).slice(1)),
        found: [['lifecycle', 'fail', 'nothing deletes snapshots after 2557 days, as retention.afterRetention says']],
      },
    ])('$name', async ({ lifecycle, found }) => {
      expect(await look({ lifecycle }, config)).toEqual(found);
    });
  });

  describe('that is copied', () => {
    const copied = {
      retention: { years: 7, lock: 'governance', afterRetention: 'keep' },
      breakGlassRoleArn: GLASS,
      replicateTo: { bucket: 'copy', key: KEY },
    } as const;
    const replicationOf = ({
      bucket = 'copy',
      key = KEY,
      markers = 'Disabled',
      part = '<Filter><Prefix/></Filter>',
    } = {}) =>
      xml(
        'ReplicationConfiguration',
        `<Role>r</Role><Rule><Status>Enabled</Status>${part}<DeleteMarkerReplication><Status>${markers}</Status></DeleteMarkerReplication><Destination><Bucket>arn:aws:s3:::${bucket}</Bucket><EncryptionConfiguration><ReplicaKmsKeyID>${key}</ReplicaKmsKeyID></EncryptionConfiguration></Destination></Rule>`,
      );
    const headOf = (status?: string): Answer => ({
      body: '',
      ...(status && { headers: { 'x-amz-replication-status': status } }),
    });

    test.each([
      {
        name: 'is not known to be before there is a run',
        replication: replicationOf(),
        head: refused('NotFound'),
        found: [['copy', 'not-checked', 'whether it is copied shows once a run is archived']],
      },
      { name: 'is well', replication: replicationOf(), head: headOf('COMPLETED'), found: [] },
      { name: 'may wait', replication: replicationOf(), head: headOf('PENDING'), found: [] },
      {
        name: 'is told to be where it failed',
        replication: replicationOf(),
        head: headOf('FAILED'),
        found: [['copy', 'fail', 'S3 failed to copy the last run']],
      },
      {
        name: 'is told to be where it began later',
        replication: replicationOf(),
        head: headOf(),
        found: [['copy', 'fail', 'the last run was archived before there were copies']],
      },
      {
        name: 'is told where nothing copies it',
        replication: refused('ReplicationConfigurationNotFoundError'),
        head: headOf(),
        found: [['copy', 'fail', 'nothing is copied to copy, as replicateTo says']],
      },
      {
        name: 'elsewhere is not',
        replication: replicationOf({ bucket: 'not-copy' }),
        head: headOf(),
        found: [['copy', 'fail', 'nothing is copied to copy, as replicateTo says']],
      },
      {
        name: 'with its deletions is told',
        replication: replicationOf({ markers: 'Enabled' }),
        head: headOf(),
        found: [['copy', 'fail', 'deletions are copied too']],
      },
      ...[
        { name: 'of one area', part: '<Filter><Prefix>latest/</Prefix></Filter>' },
        { name: 'of one area, in the older way', part: '<Prefix>latest/</Prefix>' },
        { name: 'with a tag', part: '<Filter><Tag><Key>a</Key><Value>b</Value></Tag></Filter>' },
        {
          name: 'with two tags',
          part: '<Filter><And><Prefix/><Tag><Key>a</Key><Value>b</Value></Tag><Tag><Key>c</Key><Value>d</Value></Tag></And></Filter>',
        },
      ].map(({ name, part }) => ({
        name: `is told where only what is ${name} is copied`,
        replication: replicationOf({ part }),
        head: headOf('COMPLETED'),
        found: [['copy', 'fail', 'only a part is copied to copy']],
      })),
      {
        name: 'is well by one rule of several',
        replication: {
          body: ['latest/', '']
            .map((prefix) => replicationOf({ part: `<Filter><Prefix>${prefix}</Prefix></Filter>` }).body)
            .join('')
            .replace('</ReplicationConfiguration><ReplicationConfiguration><Role>r</Role>', ''),
        },
        head: headOf('COMPLETED'),
        found: [],
      },
      {
        name: 'by no key is told',
        replication: {
          body: replicationOf().body.replace(/<EncryptionConfiguration>.*<\/EncryptionConfiguration>/, ''),
        },
        head: headOf(),
        found: [['copy', 'fail', 'the copy is encrypted by another key than that of replicateTo']],
      },
      {
        name: 'by another key is told',
        replication: replicationOf({ key: 'other' }),
        head: headOf(),
        found: [['copy', 'fail', 'the copy is encrypted by another key than that of replicateTo']],
      },
    ])('$name', async ({ replication, head, found }) => {
      expect(await look({ replication, head }, copied)).toEqual(found);
    });
  });

  test.each([
    '',
    '<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule>',
  ])('that is encrypted by a key of S3 is warned of: %s', async (rule) => {
    const encryption = xml('ServerSideEncryptionConfiguration', rule);
    expect(await look({ encryption })).toEqual([
      ['key', 'warn', 'the bucket encrypts by a key of S3, which any reader may use'],
      ['key-policy', 'not-checked', 'the bucket encrypts by a key of S3'],
    ]);
  });

  test('of which S3 can tell nothing is told to be ill, and is looked at only where there is one', async () => {
    expect(await look({ versioning: refused('InternalError', 500) })).toEqual([
      ['versioning', 'fail', expect.stringMatching(/^InternalError: /)],
    ]);
    expect(new Set(keepingChecks(settings, 'abc').flatMap(({ needs }) => needs))).toEqual(new Set(['archive']));
  });

  test('of which no config says anything is held to keep all, for however long', async () => {
    const warned = [
      'bucket-policy',
      'warn',
      'an administrator can change policy, lock and lifecycle, and delete the key',
    ];
    const policy = bucketPolicy(without('OnlyByBreakGlass'));
    answers = { ...SOUND, policy, 'object-lock': lockOf('COMPLIANCE', 1) };
    expect(await faultsBy(undefined)).toEqual([warned]);
    answers = {
      ...SOUND,
      policy,
      'object-lock': refused('ObjectLockConfigurationNotFoundError'),
      lifecycle: lifecycleOf(deletionOf('chain/', 99_999)),
    };
    expect(await faultsBy(undefined)).toEqual([
      ['lock', 'warn', 'no default retention'],
      ['lifecycle', 'fail', 'the rules chain/ delete evidence that is to be kept'],
      warned,
    ]);
  });

  test('that is deleted says when', async () => {
    answers = { ...SOUND, lifecycle: lifecycleOf(...DATED_AREAS.map((area) => deletionOf(`${area}/`, 2557))) };
    const results = await checked({ retention: { years: 7, lock: 'governance', afterRetention: 'delete' } });
    expect(results.find(({ name }) => name === 'lifecycle')).toMatchObject({
      outcome: 'ok',
      told: 'what had to be kept is deleted after 7 years',
    });
  });

  test('that an administrator can change is warned of, and one that is not locked', async () => {
    const policy = bucketPolicy(without('OnlyByBreakGlass'));
    expect(await look({ policy }, { retention: { years: 7, lock: 'off', afterRetention: 'keep' } })).toEqual([
      ['lock', 'warn', 'GOVERNANCE, 2557 days: retention.lock is off'],
      ['bucket-policy', 'warn', 'an administrator can change policy, lock and lifecycle, and delete the key'],
    ]);
  });
});
