import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  AccountPrincipal,
  AnyPrincipal,
  Effect,
  type IRole,
  PolicyStatement,
  type PolicyStatementProps,
} from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type IBucket,
  type LifecycleRule,
  ObjectLockRetention,
  ObjectOwnership,
  StorageClass,
  TransitionDefaultMinimumObjectSize,
} from 'aws-cdk-lib/aws-s3';
import { S3_SERVER_ACCESS_LOGS_USE_BUCKET_POLICY } from 'aws-cdk-lib/cx-api';
import { Construct } from 'constructs';
import { BUCKET_CHANGES, DENIALS } from '../core/archive/denials.ts';
import { HINT_DAYS, HINT_TAG } from '../core/archive/hint.ts';
import { type Area, DATED_AREAS, OBJECT_AREAS } from '../core/archive/keys.ts';
import type { ArchiveWriter, ReplicateTo, Retention } from '../core/config/config.ts';
import { ConfigError } from '../core/config/errors.ts';
import { retentionDays } from '../core/model/retention.ts';
import { acknowledge } from './acknowledge.ts';
import { ArchiveReplication } from './archive-replication.ts';
import { accountsOf, MOST_HINT_DAYS, onlyBy, rolesOf } from './permissions.ts';

const yearsAsDays = (years: number): Duration => Duration.days(retentionDays(years));

const defaultRetention = ({ years, lock }: Retention): ObjectLockRetention | undefined => {
  if (lock === 'off') return undefined;
  const duration = yearsAsDays(years);
  return lock === 'governance' ? ObjectLockRetention.governance(duration) : ObjectLockRetention.compliance(duration);
};

const denial = (
  sid: string,
  actions: string[],
  resources: string[],
  conditions: PolicyStatementProps['conditions'] = {},
): PolicyStatement =>
  new PolicyStatement({ sid, effect: Effect.DENY, principals: [new AnyPrincipal()], actions, resources, conditions });

/** Denies everybody what nobody may do to the evidence, the account's administrators included. */
const denials = (bucket: Bucket): readonly PolicyStatement[] =>
  DENIALS.map(({ sid, actions, keys, condition }) =>
    denial(
      sid,
      [...actions],
      keys.map((key) => bucket.arnForObjects(key)),
      condition,
    ),
  );

/**
 * Lists what the auditors of other accounts may do: read and write what is of their own environments, and the markers of
 * their mails. They see the names of all keys, which name nobody: S3 else calls what is not there forbidden. What is the
 * same for all is said once, as a policy takes 20 KB.
 */
const writerStatements = (bucket: Bucket, writers: readonly ArchiveWriter[]): readonly PolicyStatement[] => {
  if (writers.length === 0) return [];
  const everything = [bucket.bucketArn, bucket.arnForObjects('*')];
  const calls = ['s3:GetObject', 's3:ListBucket', 's3:PutObject', 's3:PutObjectRetention', 's3:PutObjectTagging'];
  return [
    new PolicyStatement({
      principals: accountsOf(writers),
      actions: ['s3:GetObject', 's3:ListBucket', 's3:PutObject'],
      resources: [
        bucket.bucketArn,
        ...[`alerts/auditor=${OWN_ACCOUNT}-*`, 'rulesets/*'].map((keys) => bucket.arnForObjects(keys)),
      ],
    }),
    ...writers.map(
      ({ account, environments }) =>
        new PolicyStatement({
          principals: [new AccountPrincipal(account)],
          actions: ['s3:GetObject', 's3:PutObject'],
          resources: environments.flatMap((id) =>
            [`*/environment=${id}/*`, `*/environment=${id}.json`].map((keys) => bucket.arnForObjects(keys)),
          ),
        }),
    ),
    // Pages about all runs are no evidence, and kept briefly; a tag has no days.
    new PolicyStatement({
      principals: accountsOf(writers),
      actions: ['s3:PutObjectRetention', 's3:PutObjectTagging'],
      resources: [bucket.arnForObjects('reports/environment=*/index.html')],
      conditions: { NumericLessThanEqualsIfExists: { 's3:object-lock-remaining-retention-days': MOST_HINT_DAYS } },
    }),
    denial('OtherAccountsByTheirAuditor', calls, everything, {
      Null: { 'aws:PrincipalAccount': 'false' },
      StringNotEquals: { 'aws:PrincipalAccount': Stack.of(bucket).account },
      ArnNotLike: { 'aws:PrincipalArn': rolesOf(writers) },
    }),
    // A star stands for slashes too: the folder of an environment within that of another one is the other's.
    denial('NobodyWritesForAnother', ['s3:PutObject'], [bucket.arnForObjects('*/environment=*/environment=*')]),
  ];
};

/** The account of whoever asks, in the words of IAM. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of IAM's policies
const OWN_ACCOUNT = '${aws:PrincipalAccount}';

const COLD_AFTER = Duration.days(90);

/**
 * The classes that objects move to. Those that are read for years stay where they are read at once: Athena passes over
 * a colder class without a word, and verifying would fail. The rest of unfinished runs, and the parts that a long
 * listing was read in, are looked at once, if ever. What people were told of is too small to be moved.
 */
const COLD_CLASSES: Readonly<Partial<Record<Area, { readonly id: string; readonly storageClass: StorageClass }>>> = {
  ...Object.fromEntries(
    [...OBJECT_AREAS, 'manifests', 'chain'].map((area) => [
      area,
      { id: 'instant-retrieval', storageClass: StorageClass.GLACIER_INSTANT_RETRIEVAL },
    ]),
  ),
  incomplete: { id: 'deep-archive', storageClass: StorageClass.DEEP_ARCHIVE },
  listings: { id: 'deep-archive', storageClass: StorageClass.DEEP_ARCHIVE },
};

/** The time within which a version comes back by hand that was hidden before it had to be; a lock holds it for longer. */
const HIDDEN_FOR = Duration.days(30);

/**
 * Gives S3 its orders. Nothing is deleted before its retention has ended: a lifecycle passes over what is locked, and
 * the denials of the bucket's policy do not hold for it, so that these are the only deletions there are.
 */
const lifecycleRules = ({ years, afterRetention }: Retention): LifecycleRule[] => {
  const deletion =
    afterRetention === 'delete' ? { expiration: yearsAsDays(years), noncurrentVersionExpiration: HIDDEN_FOR } : {};
  return [
    ...DATED_AREAS.flatMap((area): readonly LifecycleRule[] => {
      const { id = 'deletion', storageClass } = COLD_CLASSES[area] ?? {};
      if (storageClass === undefined && afterRetention === 'keep') return [];
      const transitions = storageClass && [{ storageClass, transitionAfter: COLD_AFTER }];
      return [{ id: `${area}/${id}`, prefix: `${area}/`, ...(transitions && { transitions }), ...deletion }];
    }),
    // Of evidence, none is ever replaced: what somebody put over it all the same stays.
    {
      id: 'old-hints',
      tagFilters: { [HINT_TAG.key]: HINT_TAG.value },
      noncurrentVersionExpiration: Duration.days(HINT_DAYS),
    },
    { id: 'broken-uploads', abortIncompleteMultipartUploadAfter: Duration.days(7) },
    ...(afterRetention === 'delete' ? [{ id: 'delete-markers', expiredObjectDeleteMarker: true }] : []),
  ];
};

/** The keeping of evidence: how, and for whom. */
export interface ReportArchiveProps {
  /** The years of keeping, and the kind of lock: `retention` of the config. */
  readonly retention: Retention;
  /** The key of what is made here: the bucket and its access logs. */
  readonly encryptionKey: IKey;
  /** A bucket that is there already; nothing of it is changed. @default - a bucket is made */
  readonly bucket?: IBucket;
  /** The auditors of other accounts that write to a bucket that is made here. @default - none */
  readonly writers?: readonly ArchiveWriter[];
  /** The role that alone may change how the bucket keeps evidence. @default - whoever the account's policies let */
  readonly breakGlassRoleArn?: string;
  /** The bucket that S3 copies it to. @default - nowhere */
  readonly replicateTo?: ReplicateTo;
}

/**
 * The bucket of evidence. It outlives the stack: only its owner deletes it, by hand, and once no lock is left.
 * @throws an error named `ConfigError` where `bucket` and `replicateTo` are given together
 */
export class ReportArchive extends Construct {
  /** The bucket that is made, or the one that was given. */
  readonly bucket: IBucket;
  /** The bucket of S3's logs of who read and wrote, for a year. */
  readonly accessLogs: Bucket;
  /** The role that copies what is archived; undefined where nothing is copied. */
  readonly replicationRole?: IRole;

  constructor(
    scope: Construct,
    id: string,
    { retention, encryptionKey, bucket, writers = [], breakGlassRoleArn, replicateTo }: ReportArchiveProps,
  ) {
    super(scope, id);
    // Whatever the app is set to: access logs are let in by the bucket's policy, never by an access control list.
    this.node.setContext(S3_SERVER_ACCESS_LOGS_USE_BUCKET_POLICY, true);
    const objectLockDefaultRetention = defaultRetention(retention);
    const common = {
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      versioned: true,
      removalPolicy: RemovalPolicy.RETAIN,
    };

    this.accessLogs = new Bucket(this, 'AccessLogs', {
      ...common,
      // S3 delivers access logs to no bucket that encrypts by a key of KMS.
      encryption: BucketEncryption.S3_MANAGED,
      lifecycleRules: [{ expiration: Duration.days(365), noncurrentVersionExpiration: Duration.days(30) }],
    });
    acknowledge(this.accessLogs, {
      'NIST.800.53.R5::NIST.800.53.R5-S3BucketReplicationEnabled':
        'tells who touched the evidence for a year; it is no evidence itself',
      'NIST.800.53.R5::NIST.800.53.R5-S3DefaultEncryptionKMS':
        'S3 delivers access logs to no bucket that encrypts by a key of KMS',
    });
    if (bucket !== undefined) {
      if (replicateTo !== undefined)
        throw new ConfigError(['replicateTo: must be left out where the bucket is given, whose owner configures it']);
      this.bucket = bucket;
      return;
    }
    const own = new Bucket(this, 'Bucket', {
      ...common,
      encryption: BucketEncryption.KMS,
      encryptionKey,
      bucketKeyEnabled: true,
      serverAccessLogsBucket: this.accessLogs as IBucket,
      serverAccessLogsPrefix: 'archive/',
      lifecycleRules: lifecycleRules(retention),
      // What is smaller costs more to move than it saves; reports of old unfinished runs so stay readable at once.
      transitionDefaultMinimumObjectSize: TransitionDefaultMinimumObjectSize.ALL_STORAGE_CLASSES_128_K,
      ...(objectLockDefaultRetention && { objectLockDefaultRetention }),
    });
    for (const statement of [...denials(own), ...writerStatements(own, writers)]) own.addToResourcePolicy(statement);
    if (breakGlassRoleArn !== undefined)
      own.addToResourcePolicy(onlyBy(breakGlassRoleArn, BUCKET_CHANGES, [own.bucketArn, own.arnForObjects('*')]));
    // The evidence is protected as long as it is there, not as long as the stack is.
    own.policy?.applyRemovalPolicy(RemovalPolicy.RETAIN);

    this.bucket = own as IBucket;
    if (replicateTo === undefined)
      acknowledge(own, {
        'NIST.800.53.R5::NIST.800.53.R5-S3BucketReplicationEnabled':
          'its owner decides on a copy in another region or account, since names and addresses would leave this one',
      });
    else
      this.replicationRole = new ArchiveReplication(this, 'Replication', {
        bucket: this.bucket,
        encryptionKey,
        replicateTo,
        lock: retention.lock,
      }).role;
  }
}
