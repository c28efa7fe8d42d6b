import { describe, expect, test } from '@jest/globals';
import { partitionFor, type RunFlags, readRunFlags } from '../../../cli/run/options.ts';

const NOW = Date.parse('2026-11-24T02:00:00Z');
const FLAGS: RunFlags = { environment: 'abc', region: 'us-east-1', out: 'history' };
const TOPIC = 'arn:aws:sns:us-east-1:111122223333:audits';

const read = (flags: RunFlags, env = {}) => readRunFlags({ ...FLAGS, ...flags }, env, NOW);

const { out: _, ...WITHOUT_OUT } = FLAGS;
const { region: __, ...WITHOUT_REGION } = FLAGS;

test('what is not said', () => {
  expect(read({})).toEqual({
    environmentId: 'abc',
    accountId: undefined,
    region: 'us-east-1',
    partition: undefined,
    location: { kind: 'folder', path: 'history' },
    topicArn: undefined,
    configFile: undefined,
    asOf: undefined,
    isAll: false,
    isJson: false,
    failOn: undefined,
    deadlineSeconds: undefined,
    isByDefaults: false,
    credentials: undefined,
    acceptRosterDrop: false,
  });
});

describe('what is allowed', () => {
  const cases: readonly (readonly [string, RunFlags, object])[] = [
    ['the longest id', { environment: 'a'.repeat(26) }, { environmentId: 'a'.repeat(26) }],
    ['an account with a leading zero', { account: '012345678901' }, { accountId: '012345678901' }],
    ['a region of another partition', { region: 'us-gov-west-1' }, { region: 'us-gov-west-1' }],
    ['a region that nobody knows, and its partition', { region: 'xx-new-1', partition: 'aws' }, { partition: 'aws' }],
    ['now', { asOf: '2026-11-24T02:00:00Z' }, { asOf: new Date(NOW) }],
    ['a zone other than UTC', { asOf: '2026-11-23T21:00:00-05:00' }, { asOf: new Date(NOW) }],
    ['a severity in small letters', { failOn: 'high' }, { failOn: 'HIGH' }],
    ['one second', { deadlineSeconds: '1' }, { deadlineSeconds: 1 }],
    ['keys of FinSpace', { directCredentials: true, account: '111122223333' }, { credentials: 'direct' }],
  ];
  test.each(cases)('%s', (_name, flags, options) => {
    expect(read(flags)).toMatchObject(options);
  });

  test('the region of the environment, where no flag gives one', () => {
    expect(readRunFlags(WITHOUT_REGION, { AWS_REGION: 'eu-west-1' }, NOW).region).toBe('eu-west-1');
    expect(readRunFlags(WITHOUT_REGION, { AWS_DEFAULT_REGION: 'eu-west-2' }, NOW).region).toBe('eu-west-2');
    const both = { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-2' };
    expect(readRunFlags(WITHOUT_REGION, both, NOW).region).toBe('eu-west-1');
    expect(readRunFlags(WITHOUT_REGION, {}, NOW).region).toBeUndefined();
  });

  test.each([
    [{ bucket: 'my-bucket' }, undefined],
    [{ bucket: 'my-bucket', topic: TOPIC }, TOPIC],
  ])('a bucket: %j', (flags, topicArn) => {
    expect(readRunFlags({ ...WITHOUT_OUT, ...flags }, {}, NOW)).toMatchObject({
      location: { kind: 'bucket', name: 'my-bucket' },
      topicArn,
    });
  });
});

describe('the partition', () => {
  test.each([
    ['us-gov-west-1', undefined, 'aws-us-gov'],
    ['us-gov-west-1', 'aws-us-gov', 'aws-us-gov'],
    ['xx-new-1', 'aws-cn', 'aws-cn'],
  ])('of region %s, given %s, is %s', (region, given, partition) => {
    expect(partitionFor(region, given)).toBe(partition);
  });

  test.each([
    ['us-east-1', 'aws-cn', '--partition must be aws, which region us-east-1 is of, got aws-cn'],
    ['xx-new-1', undefined, /^--partition must be one of aws, aws-cn, .*, got nothing, and region xx-new-1 does not/],
  ])('of region %s, given %s, is refused', (region, given, problem) => {
    expect(() => partitionFor(region, given)).toThrow(problem);
  });

  test('is one that AWS has', () => {
    expect(() => read({ partition: 'aws-moon' })).toThrow(/--partition must be one of aws, .*, got "aws-moon"/);
  });
});

describe('what is not', () => {
  const time = '--as-of must be a time in ISO 8601 with its zone, such as 2026-11-24T02:00:00Z, got';
  /** One problem, with nothing before or after it. */
  const only = (problem: string): RegExp => new RegExp(`^${problem}.*$`);
  const cases: readonly (readonly [string, RunFlags, string | RegExp])[] = [
    ['an empty id', { environment: '' }, '--environment must be 1 to 26 letters and digits, got nothing'],
    ['an id too long', { environment: 'a'.repeat(27) }, '--environment must be 1 to 26 letters and digits, got "aaa'],
    ['an id with a dash', { environment: 'a-b' }, '--environment must be 1 to 26 letters and digits, got "a-b"'],
    ['11 digits', { account: '12345678901' }, '--account must be 12 digits, got "12345678901"'],
    ['a city', { region: 'virginia' }, '--region must be a region such as us-east-1, got "virginia"'],
    ['a blank path', { out: ' ' }, '--out must be the path of a folder, got " "'],
    ['both locations', { bucket: 'my-bucket' }, 'one of --out FOLDER and --bucket NAME must be given, got both'],
    ['a bucket with capitals', { bucket: 'Bucket' }, '--bucket must be the name of an S3 bucket, got "Bucket"'],
    ['a topic for a folder', { topic: TOPIC }, '--topic is allowed with --bucket only'],
    ['a topic by name', { topic: 'audits' }, '--topic must be the ARN of an SNS topic, got "audits"'],
    ['a queue', { topic: TOPIC.replace('sns', 'sqs') }, '--topic must be the ARN of an SNS topic, got "arn:aws:sqs'],
    [
      'a millisecond over 5 minutes ahead',
      { asOf: '2026-11-24T02:05:00.001Z' },
      '--as-of must be at most 5 minutes ahead of the clock, which says 2026-11-24T02:00:00.000Z, got 2026-11-24T02:05:00.001Z',
    ],
    ['a time without its zone', { asOf: '2026-11-24T02:00:00' }, `${time} "2026-11-24T02:00:00"`],
    ['a day', { asOf: '2026-11-24' }, `${time} "2026-11-24"`],
    ['a day that no month has', { asOf: '2026-02-30T00:00:00Z' }, `${time} "2026-02-30T00:00:00Z"`],
    ['a word', { asOf: 'yesterday' }, `${time} "yesterday"`],
    [
      'a severity of somebody else',
      { failOn: 'severe' },
      '--fail-on must be one of INFORMATIONAL, LOW, MEDIUM, HIGH, CRITICAL, got "severe"',
    ],
    ['no second', { deadlineSeconds: '0' }, '--deadline-seconds must be a whole number of 1 or more, got "0"'],
    ['half a second', { deadlineSeconds: '0.5' }, '--deadline-seconds must be a whole number of 1 or more, got "0.5"'],
    [
      'a time before time',
      { deadlineSeconds: '-1' },
      '--deadline-seconds must be a whole number of 1 or more, got "-1"',
    ],
    [
      'keys of FinSpace that tell no account',
      { directCredentials: true },
      '--account must be 12 digits, got nothing: with --direct-credentials',
    ],
    ['a history by name', { acceptHistory: 'x', reason: 'looked into' }, only('--accept-history must be 64')],
    [
      'no reason',
      { acceptHistory: 'a'.repeat(64), reason: '' },
      only('--reason must be a text of 1 to 500 characters'),
    ],
    ['a reason for nothing', { reason: 'x' }, only('--accept-history and --reason must be given together')],
    ['a value that may be an address', { environment: 'a@b.example' }, 'got a text with "@" (not shown)'],
  ];
  test.each(cases)('%s', (_name, flags, message) => {
    expect(() => read(flags)).toThrow(message);
  });

  test('no location', () => {
    expect(() => readRunFlags(WITHOUT_OUT, {}, NOW)).toThrow(
      'one of --out FOLDER and --bucket NAME must be given, got neither',
    );
  });

  test('a region of the environment that is none, by its name', () => {
    expect(() => readRunFlags(WITHOUT_REGION, { AWS_DEFAULT_REGION: 'virginia' }, NOW)).toThrow(
      'AWS_DEFAULT_REGION must be a region such as us-east-1, got "virginia"',
    );
  });

  test('everything at once is reported at once', () => {
    expect(() => readRunFlags({ account: '1', region: 'here', asOf: 'now' }, {}, NOW)).toThrow(
      expect.objectContaining({
        name: 'UsageError',
        message: expect.stringMatching(/^--environment .*\n--account .*\n--region .*\none of --out .*\n--as-of /),
      }),
    );
  });
});
