import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { ACCOUNT } from './builders.ts';

// The limits of https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchImportFindings.html and of the format,
// https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html

const text = (most: number) => z.string().max(most).regex(/\S/);
const instant = z.iso.datetime();
const label = z.enum(['INFORMATIONAL', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL']);
const NAMESPACES =
  /^(Software and Configuration Checks|TTPs|Effects|Unusual Behaviors|Sensitive Data Identifications)(\/[^/]+){0,2}$/;
const fields = (most: number) =>
  z.record(text(128), z.string().max(2048)).refine((all) => Object.keys(all).length <= most);

const importedFinding = z.strictObject({
  SchemaVersion: z.literal('2018-10-08'),
  Id: text(512),
  ProductArn: text(2048),
  GeneratorId: text(512),
  AwsAccountId: z.string().regex(/^\d{12}$/),
  FirstObservedAt: instant.optional(),
  LastObservedAt: instant.optional(),
  CreatedAt: instant,
  UpdatedAt: instant,
  Title: text(256),
  Description: text(1024),
  FindingProviderFields: z.strictObject({
    Severity: z.strictObject({ Label: label, Original: text(64) }),
    Types: z.array(z.string().regex(NAMESPACES)).min(1).max(50),
  }),
  Remediation: z.strictObject({ Recommendation: z.strictObject({ Text: text(512) }) }).optional(),
  ProductFields: fields(50).refine((all) => Object.keys(all).every((key) => !key.startsWith('aws/'))),
  Resources: z
    .array(
      z.strictObject({
        Type: z.enum(['AwsIamRole', 'Other']),
        Id: text(512),
        Partition: z.enum(['aws', 'aws-cn', 'aws-us-gov']),
        Region: text(16),
        Details: z.strictObject({ Other: fields(50) }).optional(),
      }),
    )
    .min(1)
    .max(32),
  Compliance: z.strictObject({
    Status: z.enum(['PASSED', 'WARNING', 'FAILED', 'NOT_AVAILABLE']),
    RelatedRequirements: z.array(text(64)).max(32).optional(),
    StatusReasons: z
      .array(z.strictObject({ ReasonCode: text(128), Description: text(2048) }))
      .max(50)
      .optional(),
  }),
  RecordState: z.enum(['ACTIVE', 'ARCHIVED']),
});

/** A finding as it was imported. */
export type ImportedFinding = z.output<typeof importedFinding>;

const MOST_FINDING_BYTES = 240 * 1024;
const MOST_BATCH_BYTES = 6 * 1024 * 1024;
const REQUESTS_A_SECOND = 10;
const BURST = 30;

/** An answer to a request other than the hub's own: to all of it, to these of its findings, or as it stands, with nothing taken. */
export type ImportAnswer =
  | { readonly status: number; readonly code: string }
  | { readonly says: object }
  | { readonly refuse: readonly number[]; readonly code: string };

interface HubOptions {
  readonly account?: string;
  readonly region?: string;
  /** Asked at every import, by its number from 0 on and its findings; undefined: the hub's own answer. */
  readonly answer?: (
    request: number,
    findings: readonly { readonly Id?: unknown }[],
  ) => ImportAnswer | undefined | Promise<ImportAnswer | undefined>;
  /** Requests that it takes in a second, and at once. */
  readonly rate?: { readonly aSecond: number; readonly burst: number };
  /** It takes a batch of nothing, which AWS does not. */
  readonly takesNone?: boolean;
  /** In milliseconds, for the rate. */
  readonly now?: () => number;
}

/** Takes requests as a token bucket does. */
const tokenBucket = ({ aSecond, burst }: NonNullable<HubOptions['rate']>, now: () => number) => {
  let tokens = burst;
  let last = now();
  return (): boolean => {
    const at = now();
    tokens = Math.min(burst, tokens + ((at - last) / 1000) * aSecond);
    last = at;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
};

/** Security Hub of one account and region on loopback, which takes no finding that AWS would not. Any credentials will do. */
export const startSecurityHub = async ({
  account = ACCOUNT,
  region = 'us-east-1',
  answer = () => undefined,
  rate = { aSecond: REQUESTS_A_SECOND, burst: BURST },
  takesNone = false,
  now = () => performance.now(),
}: HubOptions = {}) => {
  const findings = new Map<string, ImportedFinding>();
  const requests: (readonly { readonly Id?: unknown }[])[] = [];
  const state = { isOn: true };
  let throttled = 0;
  const mayAsk = tokenBucket(rate, now);

  /** The reason for which AWS refuses a finding. */
  const faultOf = (given: unknown): string | undefined => {
    if (Buffer.byteLength(JSON.stringify(given)) > MOST_FINDING_BYTES) return 'a finding is over 240 KB';
    const { data, error } = importedFinding.safeParse(given);
    if (data === undefined) return error?.message;
    const product = `arn:aws:securityhub:${region}:${account}:product/${account}/default`;
    if (data.ProductArn !== product || data.AwsAccountId !== account) return `is not of ${product}`;
    const known = findings.get(data.Id);
    return known !== undefined && known.CreatedAt !== data.CreatedAt ? 'CreatedAt has changed' : undefined;
  };

  const server = createServer(async (request, response) => {
    const reply = (status: number, body: object, code?: string) => {
      response.writeHead(status, { 'content-type': 'application/json', ...(code && { 'x-amzn-errortype': code }) });
      response.end(JSON.stringify(body));
    };
    const refuse = (status: number, code: string, Message: string) => reply(status, { Message, Code: code }, code);
    const isSigned = new RegExp(`/${region}/securityhub/aws4_request`).test(request.headers.authorization ?? '');
    const body = request.method === 'POST' ? await json(request) : undefined;
    if (!isSigned) return refuse(403, 'AccessDeniedException', 'the request is signed for another service or region');
    // AWS does not say whether it looks at a batch before it looks whether it is on.
    if (!state.isOn && isDeepStrictEqual(body, { Findings: [] }))
      return refuse(400, 'InvalidInputException', 'Findings must have 1 to 100 entries');
    if (!state.isOn) return refuse(401, 'InvalidAccessException', `${account} is not subscribed to AWS Security Hub`);
    if (request.method === 'GET' && request.url?.startsWith('/accounts'))
      return reply(200, { HubArn: `arn:aws:securityhub:${region}:${account}:hub/default` });
    if (request.method !== 'POST' || request.url !== '/findings/import')
      return refuse(404, 'ResourceNotFoundException', 'no such operation');
    if (!mayAsk()) {
      throttled += 1;
      return refuse(429, 'TooManyRequestsException', 'Too Many Requests');
    }
    const { Findings: given } = z.object({ Findings: z.array(z.looseObject({})) }).parse(body);
    const number = requests.push(given) - 1;
    const own = await answer(number, given);
    if (own !== undefined && 'status' in own) return refuse(own.status, own.code, 'as the test says');
    if (own !== undefined && 'says' in own) return reply(200, own.says);
    if ((given.length < 1 && !takesNone) || given.length > 100)
      return refuse(400, 'InvalidInputException', 'Findings must have 1 to 100 entries');
    if (Buffer.byteLength(JSON.stringify(body)) > MOST_BATCH_BYTES)
      return refuse(413, 'RequestEntityTooLargeException', 'over 6 MB');
    const failed = given.flatMap((finding, index) => {
      const isToFail = own?.refuse.includes(index) ?? false;
      const fault = isToFail ? 'as the test says' : faultOf(finding);
      if (fault !== undefined)
        return [{ Id: finding.Id, ErrorCode: isToFail ? own?.code : 'InvalidInput', ErrorMessage: fault }];
      const sound = importedFinding.parse(finding);
      // What is no later than what is there is taken and passed over.
      if (sound.UpdatedAt > (findings.get(sound.Id)?.UpdatedAt ?? '')) findings.set(sound.Id, sound);
      return [];
    });
    return reply(200, {
      FailedCount: failed.length,
      SuccessCount: given.length - failed.length,
      FailedFindings: failed,
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    /** By id, as they were imported last. */
    findings,
    /** The findings of each request that was not refused for its rate. */
    requests,
    state,
    throttled: () => throttled,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};

export type SecurityHubServer = Awaited<ReturnType<typeof startSecurityHub>>;
