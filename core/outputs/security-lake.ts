import type { Manifest } from '../archive/manifest.ts';
import { findingEvents, type OcsfEvents, userEvents } from './ocsf.ts';
import type { StoredRun } from './output.ts';
import { type Columns, parquetBytes } from './parquet.ts';

/** Of both classes. What rules or the service may give anything for is JSON, as a text. */
const COMMON = {
  time: 'long',
  metadata: {
    version: 'text',
    profiles: ['text'],
    product: { name: 'text', vendor_name: 'text', version: 'text' },
    tenant_uid: 'text',
  },
  cloud: {
    provider: 'text',
    account: { uid: 'text', type_id: 'whole', type: 'text' },
    region: 'text',
    cloud_partition: 'text',
  },
  activity_id: 'whole',
  activity_name: 'text',
  category_uid: 'whole',
  category_name: 'text',
  class_uid: 'whole',
  class_name: 'text',
  type_uid: 'long',
  type_name: 'text',
  severity_id: 'whole',
  severity: 'text',
  observables: [{ name: 'text', type_id: 'whole', value: 'text' }],
  unmapped: 'json',
} as const satisfies Columns;

const STATUS = { status_id: 'whole', status: 'text' } as const;
const TYPE = { type_id: 'whole', type: 'text' } as const;

const FINDING_COLUMNS = {
  ...COMMON,
  ...STATUS,
  message: 'text',
  finding_info: {
    uid: 'text',
    title: 'text',
    desc: 'text',
    created_time: 'long',
    first_seen_time: 'long',
    last_seen_time: 'long',
    modified_time: 'long',
    analytic: { uid: 'text', name: 'text', ...TYPE, version: 'text' },
  },
  compliance: {
    control: 'text',
    standards: ['text'],
    requirements: ['text'],
    ...STATUS,
    status_details: ['text'],
    checks: [{ uid: 'text', name: 'text', ...STATUS, severity_id: 'whole', severity: 'text', standards: ['text'] }],
    control_parameters: [{ name: 'text', value: 'text', values: ['text'] }],
  },
  resources: [{ uid: 'text', type: 'text', region: 'text', cloud_partition: 'text', data: 'json' }],
  remediation: { desc: 'text' },
} as const satisfies Columns;

const USER_COLUMNS = {
  ...COMMON,
  user: {
    uid: 'text',
    email_addr: 'text',
    full_name: 'text',
    ...TYPE,
    account: { uid: 'text', ...TYPE, is_disabled: 'flag' },
    programmatic_credentials: [{ uid: 'text', type: 'text' }],
  },
} as const satisfies Columns;

/** A Parquet file as Security Lake takes it: its place names the source, the environment's account and region, and the day. */
export interface LakeFile {
  /** A source of Security Lake holds one class of events, and has a name of 20 characters at most. */
  readonly source: string;
  bytes(run: StoredRun): AsyncIterable<Uint8Array>;
}

/** All events of a run have the same time, so they are in its order. */
const bytesOf = (columns: Columns, { common, events }: OcsfEvents): AsyncIterable<Uint8Array> => {
  async function* rows() {
    for await (const event of events) yield { ...common, ...event };
  }
  return parquetBytes(columns, rows());
};

export const LAKE_FILES: readonly LakeFile[] = [
  { source: 'finspace-findings', bytes: (run) => bytesOf(FINDING_COLUMNS, findingEvents(run)) },
  { source: 'finspace-roster', bytes: (run) => bytesOf(USER_COLUMNS, userEvents(run)) },
];

/**
 * Gives the place of a file: https://docs.aws.amazon.com/security-lake/latest/userguide/custom-sources.html. The same run has
 * the same, so that what is sent twice is there once; environments of one account and region have others.
 */
export const lakePath = (source: string, { run, asOf, environmentId, accountId, region }: Manifest): string => {
  const day = asOf.slice(0, 10).replaceAll('-', '');
  return `ext/${source}/region=${region}/accountId=${accountId}/eventDay=${day}/${environmentId}-${run}.parquet`;
};
