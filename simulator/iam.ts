import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Credentials } from './keys.ts';
import type { Role } from './roles.ts';
import { CALLER } from './service.ts';
import { checkSignature } from './signature.ts';
import { type Rate, tokenBucket } from './token-bucket.ts';

/** A fault that befalls requests of IAM or STS, in the order of the plan. */
export interface IamFault {
  readonly fault: 'throttle' | 'denied' | 'service-failure' | 'reset' | 'torn-xml' | 'html-404' | 'hang' | 'expired';
  /** Default: any. */
  readonly action?: string;
  /** Default: any role. */
  readonly roleName?: string;
  /** Default 1; Infinity is for ever. */
  readonly times?: number;
}

/** Another account, whose role whoever is asked may assume. */
export interface OtherAccount {
  readonly roleArn: string;
  readonly externalId?: string;
  /** The keys that the role gives. */
  readonly credentials: Credentials;
  readonly roles: readonly Role[];
}

export interface IamOptions {
  readonly accountId: string;
  readonly roles?: readonly Role[];
  readonly credentials?: Credentials;
  /** Asked at the same address by keys of their own. */
  readonly others?: readonly OtherAccount[];
  readonly faults?: readonly IamFault[];
  readonly rate?: Rate;
  /** The roles on a page of ListRoles; default 1000. */
  readonly pageSize?: number;
  /** Milliseconds since the epoch; default `Date.now`. */
  readonly clock?: () => number;
}

export interface Iam {
  readonly url: string;
  readonly setRoles: (roles: readonly Role[]) => void;
  readonly setFaults: (faults: readonly IamFault[]) => void;
  /** The actions that were asked for, each with the name of its role, and when. */
  readonly requests: () => readonly {
    readonly at: number;
    readonly action: string;
    /** Of the keys; empty where they are wrong. */
    readonly accountId: string;
    readonly roleName?: string;
  }[];
  readonly close: () => Promise<void>;
}

const escapeXml = (value: string): string =>
  value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const roleXml = (role: Role, isListed: boolean): string => {
  const name = role.Arn.slice(role.Arn.lastIndexOf('/') + 1);
  const path = role.Arn.slice(role.Arn.indexOf('/'), role.Arn.length - name.length);
  const used =
    isListed || role.LastUsedDate === undefined
      ? ''
      : `<LastUsedDate>${role.LastUsedDate}</LastUsedDate><Region>us-east-1</Region>`;
  return (
    `<Path>${escapeXml(path)}</Path><RoleName>${escapeXml(name)}</RoleName><RoleId>${role.RoleId}</RoleId>` +
    `<Arn>${escapeXml(role.Arn)}</Arn><CreateDate>${role.CreateDate}</CreateDate>` +
    `<AssumeRolePolicyDocument>${encodeURIComponent(JSON.stringify(role.AssumeRolePolicyDocument))}</AssumeRolePolicyDocument>` +
    `<MaxSessionDuration>3600</MaxSessionDuration>${isListed ? '' : `<RoleLastUsed>${used}</RoleLastUsed>`}`
  );
};

const resultXml = (action: string, content: string): string =>
  `<${action}Response><${action}Result>${content}</${action}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></${action}Response>`;

const errorXml = (code: string, type = 'Sender'): string =>
  `<ErrorResponse><Error><Type>${type}</Type><Code>${code}</Code><Message>simulated</Message></Error><RequestId>r</RequestId></ErrorResponse>`;

interface Reply {
  readonly status: number;
  readonly body: string;
}

const ok = (body: string): Reply => ({ status: 200, body });

/** Errors as IAM gives them: throttling is HTTP 400, and an unknown role 404. */
const THROTTLING: Reply = { status: 400, body: errorXml('Throttling') };
const NO_SUCH_ROLE: Reply = { status: 404, body: errorXml('NoSuchEntity') };

const played = (fault: IamFault['fault'], reply: Reply): Reply | 'reset' | 'hang' => {
  switch (fault) {
    case 'throttle':
      return THROTTLING;
    case 'denied':
      return { status: 403, body: errorXml('AccessDenied') };
    case 'service-failure':
      return { status: 500, body: errorXml('ServiceFailure', 'Receiver') };
    case 'torn-xml':
      return { ...reply, body: reply.body.slice(0, reply.body.length / 2) };
    case 'html-404':
      return { status: 404, body: '<html><body>Not Found</body></html>' };
    case 'expired':
      return { status: 403, body: errorXml('ExpiredToken') };
    default:
      return fault;
  }
};

/** An account, as its keys find it. */
interface Account extends Credentials {
  readonly accountId: string;
  readonly roles: () => readonly Role[];
}

const SESSION_MS = 3_600_000;

/** IAM and STS of an account and others on loopback, as far as reading roles goes: checks signatures, and plays faults. */
export const startIam = async (options: IamOptions): Promise<Iam> => {
  const { accountId, credentials = CALLER, others = [], rate, pageSize = 1000, clock = Date.now } = options;
  const requests: { at: number; action: string; accountId: string; roleName?: string }[] = [];
  const takeToken = rate === undefined ? () => true : tokenBucket(rate, clock);
  let roles = options.roles ?? [];
  let plan = (options.faults ?? []).map((fault) => ({ fault, left: fault.times ?? 1 }));

  const accounts: readonly Account[] = [
    { ...credentials, accountId, roles: () => roles },
    ...others.map(({ roleArn, credentials: theirs, roles: all }) => ({
      ...theirs,
      accountId: roleArn.split(':')[4] ?? '',
      roles: () => all,
    })),
  ];
  const assumed = (form: URLSearchParams): Reply => {
    const other = others.find(
      ({ roleArn, externalId }) =>
        roleArn === form.get('RoleArn') && (externalId === undefined || externalId === form.get('ExternalId')),
    );
    if (other === undefined) return { status: 403, body: errorXml('AccessDenied') };
    const { accessKeyId, secretAccessKey, sessionToken = '' } = other.credentials;
    const expires = new Date(Date.now() + SESSION_MS).toISOString();
    return ok(
      resultXml(
        'AssumeRole',
        `<Credentials><AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>${secretAccessKey}</SecretAccessKey>` +
          `<SessionToken>${sessionToken}</SessionToken><Expiration>${expires}</Expiration></Credentials>`,
      ),
    );
  };

  const listed = (all: readonly Role[], marker: string | undefined): Reply => {
    const start = Number(marker ?? 0);
    const end = start + pageSize;
    const members = all.slice(start, end).map((role) => `<member>${roleXml(role, true)}</member>`);
    const more =
      end < all.length ? `<IsTruncated>true</IsTruncated><Marker>${end}</Marker>` : '<IsTruncated>false</IsTruncated>';
    return ok(resultXml('ListRoles', `${more}<Roles>${members.join('')}</Roles>`));
  };

  const answer = (form: URLSearchParams, asked: Account): Reply => {
    const action = form.get('Action');
    if (action === 'AssumeRole') return assumed(form);
    if (action === 'GetCallerIdentity')
      return ok(
        resultXml(
          action,
          `<Arn>arn:aws:sts::${asked.accountId}:assumed-role/auditor/session</Arn><UserId>AROA:session</UserId><Account>${asked.accountId}</Account>`,
        ),
      );
    if (action === 'ListRoles') return listed(asked.roles(), form.get('Marker') ?? undefined);
    if (action !== 'GetRole') return { status: 400, body: errorXml('InvalidAction') };
    // Names are unique whatever their case.
    const name = form.get('RoleName')?.toLowerCase();
    const role = asked.roles().find(({ Arn }) => Arn.slice(Arn.lastIndexOf('/') + 1).toLowerCase() === name);
    return role === undefined ? NO_SUCH_ROLE : ok(resultXml(action, `<Role>${roleXml(role, false)}</Role>`));
  };

  const replyTo = (request: IncomingMessage, body: string): Reply | 'reset' | 'hang' => {
    const form = new URLSearchParams(body);
    const action = form.get('Action') ?? '';
    const roleName = form.get('RoleName') ?? undefined;
    const isSts = action === 'GetCallerIdentity' || action === 'AssumeRole';
    const { method = '', url = '', rawHeaders } = request;
    const check = checkSignature(
      { method, url, rawHeaders, bodySha256: createHash('sha256').update(body).digest('hex') },
      {
        region: 'us-east-1',
        service: isSts ? 'sts' : 'iam',
        now: Date.now(),
        findKey: (id) => accounts.find(({ accessKeyId }) => accessKeyId === id),
      },
    );
    const of = check.valid ? check.key.accountId : '';
    requests.push({ at: clock(), action, accountId: of, ...(roleName !== undefined && { roleName }) });
    if (!check.valid) return { status: 403, body: errorXml(check.refusal.headers['x-amzn-errortype'] ?? '') };
    if (!isSts && !takeToken()) return THROTTLING;
    const entry = plan.find(
      ({ fault, left }) =>
        left > 0 &&
        (fault.action === undefined || fault.action === action) &&
        (fault.roleName === undefined || fault.roleName === roleName),
    );
    const reply = answer(form, check.key);
    if (entry === undefined) return reply;
    entry.left -= 1;
    return played(entry.fault.fault, reply);
  };

  const server = createServer(async (request, response) => {
    const reply = replyTo(request, await text(request));
    if (reply === 'hang') return;
    if (reply === 'reset') {
      response.socket?.resetAndDestroy();
      return;
    }
    response.writeHead(reply.status, { 'content-type': 'text/xml' });
    response.end(reply.body);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    setRoles(next) {
      roles = next;
    },
    setFaults(faults) {
      plan = faults.map((fault) => ({ fault, left: fault.times ?? 1 }));
    },
    requests: () => [...requests],
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
};
