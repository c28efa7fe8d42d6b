export interface Price {
  readonly usd: number;
  /** The unit that it buys. */
  readonly per: string;
  readonly note?: string;
}

export const ASSUMED_ON = '2026-11-24';

/** List prices of us-east-1 without free tiers, from memory of AWS's public price pages: assumed, never looked up. */
export const PRICES = {
  lambdaGbSecond: { usd: 0.0000133334, per: 'GB-second of Lambda, arm64' },
  lambdaRequest: { usd: 0.2 / 1e6, per: 'request of Lambda' },
  lambdaDiskGbSecond: { usd: 0.0000000309, per: 'GB-second of disk of Lambda', note: 'the first 512 MB are free' },
  s3Put: { usd: 0.005 / 1000, per: 'PUT or LIST of S3 Standard' },
  s3Get: { usd: 0.0004 / 1000, per: 'GET or HEAD of S3 Standard' },
  s3StandardGbMonth: { usd: 0.023, per: 'GB and month in S3 Standard' },
  s3InstantGbMonth: { usd: 0.004, per: 'GB and month in Glacier Instant Retrieval' },
  s3Transition: { usd: 0.02 / 1000, per: 'object moved to Glacier Instant Retrieval' },
  s3InstantGb: { usd: 0.03, per: 'GB read from Glacier Instant Retrieval' },
  s3InstantGet: { usd: 0.01 / 1000, per: 'GET from Glacier Instant Retrieval' },
  kmsKey: { usd: 1, per: 'KMS key and month', note: 'the first and the second rotation add one dollar each' },
  kmsRequest: { usd: 0.03 / 10_000, per: 'request to KMS' },
  snsMail: { usd: 2 / 100_000, per: 'mail of SNS' },
  alarmMetric: { usd: 0.1, per: 'metric of an alarm and month' },
  customMetric: { usd: 0.3, per: 'custom metric and month', note: 'AWS counts hours with data only: a bound' },
  dashboard: { usd: 3, per: 'dashboard and month' },
  logsGb: { usd: 0.5, per: 'GB of logs taken in' },
  schedule: { usd: 1 / 1e6, per: 'invocation by EventBridge Scheduler' },
  event: { usd: 1 / 1e6, per: 'event put to EventBridge' },
  hubFinding: { usd: 0.00003, per: 'finding that Security Hub takes in', note: 'the first 10,000 a month are free' },
  opsItem: { usd: 2.97 / 1000, per: 'OpsItem of Systems Manager' },
  athenaTb: { usd: 5, per: 'TB scanned by Athena, 10 MB a query at least' },
} as const satisfies Readonly<Record<string, Price>>;
