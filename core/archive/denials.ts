import { OBJECT_AREAS } from './keys.ts';

/** A statement of the policy of the archive's bucket that denies everybody something. */
export interface Denial {
  readonly sid: string;
  readonly actions: readonly string[];
  /** The objects that it is about. */
  readonly keys: readonly string[];
  readonly condition: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** The keys of what runs leave: pages about all runs, which stand beside reports, and pointers are written again. */
const WRITTEN_ONCE: readonly string[] = [
  'chain/*',
  'keys/*',
  'rulesets/*',
  ...['manifests', 'incomplete', 'listings', 'verifications', ...OBJECT_AREAS].map((area) => `${area}/*/dt=*`),
];

/** Lists what nobody may do to the evidence, the account's administrators included, as long as the policy stands. */
export const DENIALS: readonly Denial[] = [
  { sid: 'NothingIsDeleted', actions: ['s3:DeleteObject', 's3:DeleteObjectVersion'], keys: ['*'], condition: {} },
  {
    sid: 'NothingIsOverwrittenUnseen',
    actions: ['s3:PutObject'],
    keys: ['*'],
    condition: { Null: { 's3:if-match': 'true', 's3:if-none-match': 'true' } },
  },
  {
    sid: 'RunsAreWrittenOnce',
    actions: ['s3:PutObject'],
    keys: WRITTEN_ONCE,
    condition: { Null: { 's3:if-none-match': 'true' } },
  },
];

/** Names the statement that denies everybody but one role to change how evidence is kept, of the bucket and of its key. */
export const BREAK_GLASS = 'OnlyByBreakGlass';

/** The condition of that statement. */
export const butFor = (roleArn: string): Denial['condition'] => ({ ArnNotEquals: { 'aws:PrincipalArn': roleArn } });

/** The actions that change how the bucket keeps evidence, in the words of IAM. */
export const BUCKET_CHANGES: readonly string[] = [
  's3:BypassGovernanceRetention',
  's3:DeleteBucket',
  's3:DeleteBucketPolicy',
  's3:PutBucketObjectLockConfiguration',
  's3:PutBucketOwnershipControls',
  's3:PutBucketPolicy',
  's3:PutBucketPublicAccessBlock',
  's3:PutBucketVersioning',
  's3:PutEncryptionConfiguration',
  's3:PutLifecycleConfiguration',
  's3:PutReplicationConfiguration',
];

/** The calls by which evidence could be made unreadable, or readable to others. */
export const KEY_CHANGES: readonly string[] = [
  'DisableKey',
  'DisableKeyRotation',
  'PutKeyPolicy',
  'ScheduleKeyDeletion',
];
