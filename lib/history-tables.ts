import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnNamedQuery, CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { RULESETS } from '../core/archive/keys.ts';
import type { Environment } from '../core/config/config.ts';
import { acknowledge } from './acknowledge.ts';
import { historyQueries } from './history-queries.ts';
import {
  HISTORY_VIEWS,
  type HistoryView,
  LINE_TABLES,
  RULESET_LINES,
  type ViewColumn,
  viewSql,
} from './history-views.ts';

export interface HistoryTablesProps {
  readonly environments: readonly Environment[];
  readonly archive: IBucket;
  /** The bucket that takes the access log of the results. */
  readonly accessLogs: IBucket;
  /** The key of the archive, and here of the results. */
  readonly encryptionKey: IKey;
  /** Of the workgroup, and in lower case of the database: no other in the account may have it. */
  readonly name: string;
}

/** The first day that can be asked for: Amazon FinSpace began in 2021, so no archive is older. */
const FIRST_DAY = '2021-01-01';

/** The most that one query may read before Athena cancels it: half a dollar. */
const SCAN_LIMIT_BYTES = 100 * 1024 ** 3;

/** The time for which results are kept. They name people: they are there to be read. */
const RESULTS_KEPT = Duration.days(30);

const PARTITIONS = [
  { name: 'environment', type: 'string', comment: 'The id of the FinSpace environment' },
  { name: 'dt', type: 'string', comment: 'The day of the run in UTC, YYYY-MM-DD' },
];

/**
 * Says how Athena finds partitions. Environments are injected, so a query names those it asks about and fails where it
 * doesn't: a list of them would make those that have left audit.yaml vanish from their history.
 */
const projection = (location: string): Readonly<Record<string, string>> => ({
  'projection.enabled': 'true',
  'projection.environment.type': 'injected',
  'projection.dt.type': 'date',
  'projection.dt.format': 'yyyy-MM-dd',
  'projection.dt.range': `${FIRST_DAY},NOW`,
  'projection.dt.interval': '1',
  'projection.dt.interval.unit': 'DAYS',
  'storage.location.template': `${location}environment=$\{environment}/dt=$\{dt}/`,
});

/**
 * Makes a table of one column for the line: columns end with the character 1, which JSON only holds escaped.
 * @param isDated it has folders of environments and days
 */
const lineTable = (location: string, isDated: boolean): CfnTable.TableInputProperty => ({
  tableType: 'EXTERNAL_TABLE',
  parameters: { EXTERNAL: 'TRUE', ...(isDated && projection(location)) },
  ...(isDated && { partitionKeys: PARTITIONS }),
  storageDescriptor: {
    location,
    columns: [{ name: 'line', type: 'string' }],
    inputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
    outputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
    serdeInfo: {
      serializationLibrary: 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe',
      parameters: { 'serialization.format': '1' },
    },
  },
});

const trinoType = ({ type }: ViewColumn): string => (type === 'string' ? 'varchar' : type);

/** Writes a view as Athena itself writes its own into the catalog: https://stackoverflow.com/a/56347331 */
const viewTable = (view: HistoryView, database: string): CfnTable.TableInputProperty => {
  const definition = {
    originalSql: viewSql(view),
    catalog: 'awsdatacatalog',
    schema: database,
    columns: view.columns.map((column) => ({ name: column.name, type: trinoType(column) })),
  };
  return {
    tableType: 'VIRTUAL_VIEW',
    description: view.description,
    parameters: { presto_view: 'true', comment: 'Presto View' },
    viewOriginalText: `/* Presto View: ${Buffer.from(JSON.stringify(definition)).toString('base64')} */`,
    viewExpandedText: '/* Presto View */',
    storageDescriptor: { columns: view.columns.map(({ name, type }) => ({ name, type })), serdeInfo: {} },
  };
};

/** Makes a name that needs no quotes in SQL, of lower-case letters, digits and underscores. */
const sqlName = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '_');

/**
 * The history of runs, users and findings as tables of Athena, with the usual questions saved. It grants nobody
 * anything: IAM decides who may read them, as snapshots and results name people.
 */
export class HistoryTables extends Construct {
  readonly workGroupName: string;
  readonly databaseName: string;

  constructor(scope: Construct, id: string, props: HistoryTablesProps) {
    super(scope, id);
    const { environments, archive, encryptionKey } = props;
    const { account } = Stack.of(this);
    this.databaseName = sqlName(props.name);
    this.workGroupName = props.name;

    const database = new CfnDatabase(this, 'Database', {
      catalogId: account,
      databaseInput: { name: this.databaseName, description: 'What the FinSpace user auditor saw and found' },
    });
    const table = (name: string, input: CfnTable.TableInputProperty): void => {
      new CfnTable(this, name, {
        catalogId: account,
        databaseName: this.databaseName,
        tableInput: { name, ...input },
      }).addResourceDependency(database);
    };
    for (const [name, area] of Object.entries(LINE_TABLES))
      table(name, lineTable(`s3://${archive.bucketName}/${area}/`, true));
    table(RULESET_LINES, lineTable(`s3://${archive.bucketName}/${RULESETS}`, false));
    for (const view of HISTORY_VIEWS) table(view.name, viewTable(view, this.databaseName));

    const workGroup = new CfnWorkGroup(this, 'WorkGroup', {
      name: this.workGroupName,
      description: 'Questions to the history of the FinSpace user auditor',
      // What was saved and asked here goes with the stack.
      recursiveDeleteOption: true,
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: true,
        bytesScannedCutoffPerQuery: SCAN_LIMIT_BYTES,
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        resultConfiguration: {
          outputLocation: `s3://${this.results(props).bucketName}/`,
          expectedBucketOwner: account,
          encryptionConfiguration: { encryptionOption: 'SSE_KMS', kmsKey: encryptionKey.keyArn },
        },
      },
    });
    for (const { name, description, sql } of historyQueries(environments.map((environment) => environment.id))) {
      new CfnNamedQuery(this, name, {
        name,
        description,
        queryString: sql,
        database: this.databaseName,
        workGroup: this.workGroupName,
      }).addResourceDependency(workGroup);
    }
  }

  /** Makes the bucket of results, as the archive takes nothing without a condition and keeps all of it. */
  private results({ accessLogs, encryptionKey }: HistoryTablesProps): Bucket {
    const bucket = new Bucket(this, 'Results', {
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      versioned: true,
      encryption: BucketEncryption.KMS,
      encryptionKey,
      bucketKeyEnabled: true,
      serverAccessLogsBucket: accessLogs,
      serverAccessLogsPrefix: 'query-results/',
      // CloudFormation deletes no bucket that holds something: what is left in it expires by itself.
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [
        {
          expiration: RESULTS_KEPT,
          noncurrentVersionExpiration: Duration.days(1),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
    });
    acknowledge(bucket, {
      'NIST.800.53.R5::NIST.800.53.R5-S3BucketReplicationEnabled':
        'answers that can be asked for again, and that are gone after 30 days',
    });
    return bucket;
  }
}
