import { isDeepStrictEqual } from 'node:util';
import type { KMSClient } from '@aws-sdk/client-kms';
import {
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  GetBucketReplicationCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  GetPublicAccessBlockCommand,
  HeadObjectCommand,
  type LifecycleRule,
  type ReplicationRule,
  type S3Client,
} from '@aws-sdk/client-s3';
import { BREAK_GLASS, BUCKET_CHANGES, butFor, DENIALS, type Denial, KEY_CHANGES } from '../archive/denials.ts';
import { HINT_TAG } from '../archive/hint.ts';
import { DATED_AREAS, latestKey } from '../archive/keys.ts';
import { parsedJson } from '../archive/lines.ts';
import type { Config, ReplicateTo } from '../config/config.ts';
import { type RetentionDuty, retentionDays } from '../model/retention.ts';
import { type Check, type CheckAnswer, errorText, fail, isDenied, isNamed, notChecked, ok, warn } from './check.ts';

export interface KeepingSettings {
  readonly s3: S3Client;
  readonly kms: KMSClient;
  /** The name of the archive's bucket. */
  readonly bucket: string;
  /** The config's wishes; undefined: there is no config. */
  readonly config: Pick<Config, 'retention' | 'breakGlassRoleArn' | 'replicateTo'> | undefined;
}

const PUT_BACK =
  'put it back by hand: a deploy without changes mends nothing; the runbook\'s "The keeping of evidence was changed" says how to find who changed it';

/** Asks for a setting; what S3 has no setting of is undefined. */
const settingOf = async <T>(ask: () => Promise<T>, ...absent: readonly string[]): Promise<T | undefined> => {
  try {
    return await ask();
  } catch (error) {
    if (isNamed(error, ...absent)) return undefined;
    throw error;
  }
};

/** A statement of a policy as S3 and KMS give it: one text, or a list of them. */
interface PolicyStatement {
  readonly Sid?: string;
  readonly Effect?: string;
  readonly Principal?: unknown;
  readonly Action?: unknown;
  readonly Resource?: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** A denial to everybody that a policy has to have, by a statement of its own. */
interface WantedDenial extends Omit<Denial, 'keys'> {
  /** The ends of ARNs. */
  readonly resources: readonly string[];
}

const statementsOf = (policy: string | undefined): readonly PolicyStatement[] => {
  const { Statement = [] } = Object(parsedJson(policy ?? '')) as { readonly Statement?: readonly PolicyStatement[] };
  return [Statement].flat();
};

/** The texts of a condition, each as the only one of a list. */
const plainCondition = (condition: NonNullable<PolicyStatement['Condition']>): object =>
  Object.fromEntries(
    Object.entries(condition).map(([operator, keys]) => [
      operator,
      Object.fromEntries(Object.entries(keys).map(([key, value]) => [key, [value].flat().map(String)])),
    ]),
  );

/** Tells whether a statement denies everybody all that is wanted, on the same conditions; it may deny more. */
const denies = (
  { Effect, Principal, Action, Resource, Condition = {} }: PolicyStatement,
  { actions, resources, condition }: WantedDenial,
): boolean => {
  const [denied, about] = [[Action].flat(), [Resource].flat().map(String)];
  return (
    Effect === 'Deny' &&
    isDeepStrictEqual([Object(Principal).AWS ?? Principal].flat(), ['*']) &&
    actions.every((action) => denied.includes(action)) &&
    resources.every((end) => about.some((arn) => arn.endsWith(end))) &&
    isDeepStrictEqual(plainCondition(Condition), plainCondition(condition))
  );
};

/** Says which denials a policy lacks, and which it has by name only; undefined where it denies all of them. */
const missingDenials = (policy: string | undefined, wanted: readonly WantedDenial[]): string | undefined => {
  const statements = statementsOf(policy);
  const open = wanted.filter((one) => !statements.some((statement) => denies(statement, one)));
  const isThere = ({ sid }: WantedDenial): boolean => statements.some(({ Sid }) => Sid === sid);
  const { absent = [], hollow = [] } = Object.groupBy(open, (one) => (isThere(one) ? 'hollow' : 'absent'));
  const names = (some: readonly WantedDenial[]): string => some.map(({ sid }) => sid).join(', ');
  const sentences = [
    ...(absent.length > 0 ? [`without the denials ${names(absent)}`] : []),
    ...(hollow.length > 0 ? [`${names(hollow)} does not deny all that the stack has it deny`] : []),
  ];
  return sentences.length === 0 ? undefined : sentences.join('; ');
};

/** Lists what the bucket's policy has to deny, by whoever alone may change how evidence is kept. */
const bucketDenials = (bucket: string, roleArn: string | undefined): readonly WantedDenial[] => [
  ...DENIALS.map(({ keys, ...denial }) => ({ ...denial, resources: keys.map((key) => `:::${bucket}/${key}`) })),
  ...(roleArn === undefined
    ? []
    : [
        {
          sid: BREAK_GLASS,
          actions: BUCKET_CHANGES,
          resources: [`:::${bucket}`, `:::${bucket}/*`],
          condition: butFor(roleArn),
        },
      ]),
];

/** The same of the policy of its key. */
const keyDenials = (roleArn: string): readonly WantedDenial[] => [
  { sid: BREAK_GLASS, actions: KEY_CHANGES.map((call) => `kms:${call}`), resources: ['*'], condition: butFor(roleArn) },
];

const prefixOf = ({ Filter, Prefix }: LifecycleRule): string => Filter?.Prefix ?? Filter?.And?.Prefix ?? Prefix ?? '';

/** Tells whether a rule is about all that stands in an area; one about tags or sizes, or a part of it, is not. */
const isOfAll = (area: string, rule: LifecycleRule): boolean =>
  `${area}/`.startsWith(prefixOf(rule)) &&
  Object.entries(rule.Filter ?? {}).every(([name, value]) => name === 'Prefix' || value === undefined);

const isOfHints = (filter: LifecycleRule['Filter']): boolean =>
  [filter?.Tag, ...(filter?.And?.Tags ?? [])].some((tag) => tag?.Key === HINT_TAG.key);

/** Says what a lifecycle deletes, or doesn't, other than the config says; undefined where it does as it says. */
const lifecycleFault = (
  rules: readonly LifecycleRule[],
  { years, afterRetention }: RetentionDuty,
): string | undefined => {
  const wanted = retentionDays(years);
  const enabled = rules.filter(({ Status }) => Status === 'Enabled');
  // Of what somebody wrote over, the version before is the evidence.
  const deleting = enabled.filter(
    ({ Filter, Expiration, NoncurrentVersionExpiration }) =>
      (Expiration?.Days ?? Expiration?.Date) !== undefined ||
      (afterRetention === 'keep' && NoncurrentVersionExpiration !== undefined && !isOfHints(Filter)),
  );
  const isOf = (area: string, rule: LifecycleRule): boolean =>
    `${area}/`.startsWith(prefixOf(rule)) || prefixOf(rule).startsWith(`${area}/`);
  const early = DATED_AREAS.flatMap((area) =>
    deleting
      .filter((rule) => isOf(area, rule))
      .filter(({ Expiration }) => afterRetention === 'keep' || (Expiration?.Days ?? 0) < wanted)
      .map(({ ID = '' }) => ID),
  );
  if (early.length > 0)
    return `the rules ${[...new Set(early)].join(', ')} delete evidence ${afterRetention === 'keep' ? 'that is to be kept' : `before ${wanted} days are over`}`;
  /** Tells whether objects of an area are deleted: what a deletion hides is gone once its version is. */
  const isDeleted = (area: string): boolean => {
    const own = enabled.filter((rule) => isOfAll(area, rule));
    return (
      own.some(({ Expiration }) => Expiration?.Days === wanted) &&
      own.some(({ NoncurrentVersionExpiration }) => NoncurrentVersionExpiration !== undefined)
    );
  };
  const kept = afterRetention === 'keep' ? [] : DATED_AREAS.filter((area) => !isDeleted(area));
  return kept.length > 0
    ? `nothing deletes ${kept.join(', ')} after ${wanted} days, as retention.afterRetention says`
    : undefined;
};

/** Tells whether a rule copies everything: one about a part may copy what is looked at here, and no evidence. */
const isOfEverything = ({ Filter = {}, Prefix = '' }: ReplicationRule): boolean =>
  [Prefix, ...Object.values(Filter)].every((value) => value === undefined || value === '');

/** Checks that what is archived stays, and can be read for as long: how the bucket keeps it, and its key. */
export const keepingChecks = (
  { s3, kms, bucket: Bucket, config }: KeepingSettings,
  environmentId: string,
): readonly Check[] => {
  const { breakGlassRoleArn, replicateTo }: Partial<NonNullable<typeof config>> = config ?? {};
  const check = (name: string, permission: string, look: () => Promise<CheckAnswer>): Check => ({
    name,
    needs: ['archive'],
    async check() {
      try {
        return await look();
      } catch (error) {
        if (isNamed(error, 'NotImplemented')) return notChecked('the store does not know this setting');
        if (isDenied(error)) return notChecked(errorText(error), `allow ${permission}, which an audit does not need`);
        throw error;
      }
    },
  });

  /** Looks at the orders that S3 has, and at what became of the object that was written last. */
  const copyAnswer = async (wanted: ReplicateTo): Promise<CheckAnswer> => {
    const found = await settingOf(
      () => s3.send(new GetBucketReplicationCommand({ Bucket })),
      'ReplicationConfigurationNotFoundError',
    );
    const rules = (found?.ReplicationConfiguration?.Rules ?? []).filter(
      ({ Status, Destination }) => Status === 'Enabled' && Destination?.Bucket?.endsWith(`:::${wanted.bucket}`),
    );
    if (rules.length === 0) return fail(`nothing is copied to ${wanted.bucket}, as replicateTo says`, PUT_BACK);
    const rule = rules.find(isOfEverything);
    if (rule === undefined) return fail(`only a part is copied to ${wanted.bucket}`, PUT_BACK);
    if (rule.DeleteMarkerReplication?.Status === 'Enabled') return fail('deletions are copied too', PUT_BACK);
    if (rule.Destination?.EncryptionConfiguration?.ReplicaKmsKeyID !== wanted.key)
      return fail('the copy is encrypted by another key than that of replicateTo', PUT_BACK);
    const last = await settingOf(
      () => s3.send(new HeadObjectCommand({ Bucket, Key: latestKey(environmentId) })),
      'NotFound',
    );
    if (last === undefined) return notChecked('whether it is copied shows once a run is archived');
    // What the SDK knows by one name S3 answers by another.
    const status = last.ReplicationStatus ?? 'none';
    if (status.startsWith('COMPLETE'))
      return ok(`copied to ${wanted.bucket}; what that bucket is like was not looked at`);
    if (status === 'PENDING') return ok(`the last run is being copied to ${wanted.bucket}`);
    return fail(
      status === 'FAILED' ? 'S3 failed to copy the last run' : 'the last run was archived before there were copies',
      'look into it as the runbook\'s "The copy is behind" says',
    );
  };

  /** Gives the key that the bucket encrypts by; undefined where it is S3's own. */
  const keyId = async (): Promise<string | undefined> => {
    const { ServerSideEncryptionConfiguration } = await s3.send(new GetBucketEncryptionCommand({ Bucket }));
    const [rule] = ServerSideEncryptionConfiguration?.Rules ?? [];
    return rule?.ApplyServerSideEncryptionByDefault?.KMSMasterKeyID;
  };

  const keyPolicyCheck = (roleArn: string): Check =>
    check('key-policy', 's3:GetEncryptionConfiguration on the bucket, and kms:GetKeyPolicy on its key', async () => {
      const KeyId = await keyId();
      if (KeyId === undefined) return notChecked('the bucket encrypts by a key of S3');
      const { GetKeyPolicyCommand } = await import('@aws-sdk/client-kms');
      const { Policy } = await kms.send(new GetKeyPolicyCommand({ KeyId, PolicyName: 'default' }));
      const missing = missingDenials(Policy, keyDenials(roleArn));
      return missing === undefined ? ok(`denies ${BREAK_GLASS}`) : fail(missing, PUT_BACK);
    });

  return [
    check('versioning', 's3:GetBucketVersioning on the bucket', async () => {
      const { Status = 'never enabled' } = await s3.send(new GetBucketVersioningCommand({ Bucket }));
      return Status === 'Enabled' ? ok('Enabled') : fail(`it is ${Status}: what is written over is lost`, PUT_BACK);
    }),
    check('lock', 's3:GetBucketObjectLockConfiguration on the bucket', async () => {
      const found = await settingOf(
        () => s3.send(new GetObjectLockConfigurationCommand({ Bucket })),
        'ObjectLockConfigurationNotFoundError',
      );
      const { Mode, Days, Years } = found?.ObjectLockConfiguration?.Rule?.DefaultRetention ?? {};
      const days = Days ?? Math.ceil((Years ?? 0) * 365.25);
      const set = Mode === undefined ? 'no default retention' : `${Mode}, ${days} days`;
      if (config === undefined) return Mode === undefined ? warn(set, PUT_BACK) : ok(set);
      const { lock, years } = config.retention;
      if (lock === 'off')
        return warn(
          `${set}: retention.lock is off`,
          'set retention.lock, so that no version of an object can be deleted',
        );
      const wanted = retentionDays(years);
      const isKept = Mode === lock.toUpperCase() && days >= wanted;
      return isKept ? ok(set) : fail(`${set}, where audit.yaml has ${lock}, ${wanted} days`, PUT_BACK);
    }),
    check('lifecycle', 's3:GetLifecycleConfiguration on the bucket', async () => {
      const found = await settingOf(
        () => s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket })),
        'NoSuchLifecycleConfiguration',
      );
      const duty = config?.retention ?? { years: 0, afterRetention: 'keep' };
      const fault = lifecycleFault(found?.Rules ?? [], duty);
      if (fault !== undefined) return fail(fault, PUT_BACK);
      if (duty.afterRetention === 'delete') return ok(`what had to be kept is deleted after ${duty.years} years`);
      return ok(
        'nothing is deleted: names and addresses of users stay for good (retention.afterRetention: delete has S3 delete them)',
      );
    }),
    ...(replicateTo === undefined
      ? []
      : [
          check('copy', 's3:GetReplicationConfiguration on the bucket, and s3:GetObject on its objects', () =>
            copyAnswer(replicateTo),
          ),
        ]),
    check('public-access', 's3:GetBucketPublicAccessBlock on the bucket', async () => {
      const found = await settingOf(
        () => s3.send(new GetPublicAccessBlockCommand({ Bucket })),
        'NoSuchPublicAccessBlockConfiguration',
      );
      const { BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets } =
        found?.PublicAccessBlockConfiguration ?? {};
      const blocks = { BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets };
      const missing = Object.entries(blocks).flatMap(([name, isSet]) => (isSet ? [] : [name]));
      return missing.length === 0 ? ok('all of it is blocked') : fail(`without ${missing.join(', ')}`, PUT_BACK);
    }),
    check('bucket-policy', 's3:GetBucketPolicy on the bucket', async () => {
      const found = await settingOf(() => s3.send(new GetBucketPolicyCommand({ Bucket })), 'NoSuchBucketPolicy');
      const wanted = bucketDenials(Bucket, breakGlassRoleArn);
      const missing = missingDenials(found?.Policy, wanted);
      if (missing !== undefined) return fail(missing, PUT_BACK);
      if (!statementsOf(found?.Policy).some(({ Sid }) => Sid === BREAK_GLASS))
        return warn(
          'an administrator can change policy, lock and lifecycle, and delete the key',
          'name the one role that may, as breakGlassRoleArn in audit.yaml',
        );
      return ok(`denies ${wanted.map(({ sid }) => sid).join(', ')}`);
    }),
    check(
      'key',
      's3:GetEncryptionConfiguration on the bucket, kms:DescribeKey and kms:GetKeyRotationStatus on its key',
      async () => {
        const KeyId = await keyId();
        if (KeyId === undefined) return warn('the bucket encrypts by a key of S3, which any reader may use', PUT_BACK);
        const { DescribeKeyCommand, GetKeyRotationStatusCommand } = await import('@aws-sdk/client-kms');
        const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }));
        const { KeyState = 'in no state', DeletionDate } = KeyMetadata ?? {};
        if (KeyState === 'PendingDeletion')
          return fail(
            `the key is deleted on ${DeletionDate?.toISOString().slice(0, 10)}, and with it all evidence`,
            'aws kms cancel-key-deletion, then enable-key',
          );
        if (KeyState !== 'Enabled')
          return fail(`the key is ${KeyState}: nothing is read or written`, 'aws kms enable-key');
        const { KeyRotationEnabled } = await kms.send(new GetKeyRotationStatusCommand({ KeyId }));
        if (!KeyRotationEnabled) return warn('the key is Enabled, and not rotated', 'aws kms enable-key-rotation');
        return ok('the key is Enabled, and rotated');
      },
    ),
    ...(breakGlassRoleArn === undefined ? [] : [keyPolicyCheck(breakGlassRoleArn)]),
  ];
};
