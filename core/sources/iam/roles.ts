import { DAY_MS } from '../../../rules/engine/time.ts';
import type { RoleRecord, Roles } from '../../model/roles.ts';
import type { Enrichments, RolesRequest } from '../enrich/enrichment.ts';
import type { AwsCredentials } from '../finspace/signing.ts';
import { type Asked, type IamClient, type IamEdges, type KnownRole, openIam } from './client.ts';

export interface RoleReaderSettings extends IamEdges {
  /** The region whose partition IAM is asked in. */
  readonly region: string;
  /** The accounts that can be asked, each with what signs there; any other's roles are not. */
  readonly accounts: ReadonlyMap<string, () => Promise<AwsCredentials>>;
  /** Nobody asks when roles were last used: then many may be listed at once. */
  readonly mayList: boolean;
}

/** The age up to which an answer stands in for one that could not be had. */
const STANDS_IN_MS = 7 * DAY_MS;

/** More roles of an account than this are listed, where that is enough. */
const MOST_ASKED = 200;

/** Refusals in a row after which an account is asked no more: whoever may read one role may read all. */
const MOST_DENIALS = 3;

const accountOf = (arn: string): string => arn.split(':', 5)[4] ?? '';

function* ofAccount(arns: Iterable<string>, account: string): Generator<string> {
  for (const arn of arns) if (accountOf(arn) === account) yield arn;
}

const nameOf = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);

/** The trust policy, which IAM gives percent-encoded; undefined where it is no JSON. */
const trustOf = (document: string | undefined): unknown => {
  try {
    return JSON.parse(decodeURIComponent(document ?? ''));
  } catch {
    return undefined;
  }
};

/** Records a role that IAM knows; of another path, or other letters, it is another role than the one that is asked about. */
const recordOf = (arn: string, readAt: string, role: KnownRole, isListed: boolean): RoleRecord => {
  if (role.Arn !== arn) return { arn, readAt, exists: false, arnOfName: role.Arn };
  const { RoleId, CreateDate, RoleLastUsed, AssumeRolePolicyDocument } = role;
  return {
    arn,
    readAt,
    exists: true,
    roleId: RoleId,
    ...(CreateDate !== undefined && { createdAt: CreateDate.toISOString() }),
    ...(!isListed && { lastUsedAt: RoleLastUsed?.LastUsedDate?.toISOString() ?? null }),
    trust: trustOf(AssumeRolePolicyDocument),
  };
};

/** Records that IAM gave no answer; one of an earlier run stands beside it, to judge by where it is of under a week. */
const unreadRecord = (arn: string, unread: string, before: Roles | undefined, now: number): RoleRecord => {
  const known = before?.book(arn);
  const earlier = known?.answer ?? known?.outdated;
  if (earlier === undefined) return { arn, unread };
  const { readAt, role } = earlier;
  return {
    arn,
    unread,
    ...(now - readAt >= STANDS_IN_MS && { isOutdated: true }),
    readAt: new Date(readAt).toISOString(),
    exists: role !== null,
    ...(role !== null && {
      roleId: role.roleId,
      ...(role.createdAt !== undefined && { createdAt: new Date(role.createdAt).toISOString() }),
      ...(role.lastUsedAt !== undefined && {
        lastUsedAt: role.lastUsedAt === null ? null : new Date(role.lastUsedAt).toISOString(),
      }),
      trust: role.trust,
    }),
  };
};

/** The ARNs, those first that were never read, then the least recently read: no account keeps another's from their turn. */
const inOrder = ({ arns, before }: RolesRequest): readonly string[] => {
  const known = new Map(before?.answered());
  return [...arns()].toSorted((one, other) => (known.get(one) ?? 0) - (known.get(other) ?? 0));
};

/** The roles of an account that are listed, by ARN, of those that are asked for; undefined where they can't be. */
const listRoles = async (
  client: IamClient,
  wanted: ReadonlySet<string>,
): Promise<ReadonlyMap<string, KnownRole> | undefined> => {
  const found = new Map<string, KnownRole>();
  const seen = new Set<string>();
  let marker: string | undefined;
  do {
    const page = await client.roles(marker);
    if (!('answer' in page)) return undefined;
    for (const role of page.answer.roles) if (wanted.has(role.Arn)) found.set(role.Arn, role);
    ({ marker } = page.answer);
    if (marker !== undefined && seen.has(marker)) return undefined;
    if (marker !== undefined) seen.add(marker);
  } while (marker !== undefined);
  return found;
};

/** The reason for which an account's roles can't be asked for; undefined: they can. */
const accountProblem = async (client: IamClient, account: string): Promise<string | undefined> => {
  const confirmed: Asked<string> = await client.account();
  if (!('answer' in confirmed)) return `account ${account} was not asked: ${confirmed.failed}`;
  const { answer } = confirmed;
  return answer === account
    ? undefined
    : `account ${account} was not asked: STS says that the credentials are of ${answer === '' ? 'no account' : `account ${answer}`}`;
};

/** Gives what a run learns of a role of one account: an answer, or why there is none. */
type AskAbout = (arn: string) => Promise<RoleRecord | { readonly unread: string }>;

/** Begins to ask an account for its roles, once it is confirmed to be the one that the credentials are of. */
const openAccount = async (
  account: string,
  { accounts, mayList, clock, ...opening }: RoleReaderSettings,
  { arns, deadline }: RolesRequest,
): Promise<AskAbout> => {
  const loadCredentials = accounts.get(account);
  if (loadCredentials === undefined) return async () => ({ unread: `account ${account} is none that can be asked` });
  const client = await openIam({ ...opening, clock, loadCredentials, deadline });
  let problem = await accountProblem(client, account);
  const wanted = new Set(mayList && problem === undefined ? ofAccount(arns(), account) : []);
  const listed = wanted.size > MOST_ASKED ? await listRoles(client, wanted) : undefined;
  const instant = (): string => new Date(clock.now()).toISOString();
  const listedAt = instant();
  let denials = 0;
  return async (arn) => {
    const role = listed?.get(arn);
    if (role !== undefined) return recordOf(arn, listedAt, role, true);
    if (problem !== undefined) return { unread: problem };
    const asked = await client.role(nameOf(arn));
    if ('answer' in asked) {
      denials = 0;
      const { answer } = asked;
      const from = accountOf(answer?.Arn ?? arn);
      // Credentials that were renewed meanwhile may be of another account: neither its roles nor their lack say anything.
      if (from !== account) {
        problem = `account ${account} was not asked any more: IAM answered for account ${from}`;
        return { unread: problem };
      }
      return answer === undefined ? { arn, readAt: instant(), exists: false } : recordOf(arn, instant(), answer, false);
    }
    denials = asked.isDenied ? denials + 1 : 0;
    if (asked.isOver || denials === MOST_DENIALS) problem = asked.failed;
    return { unread: asked.failed };
  };
};

/** Reads roles from IAM, of the accounts only that can be asked: a role of the same name in another is another role. */
export const iamRoles = (settings: RoleReaderSettings): NonNullable<Enrichments['roles']> =>
  async function* read(request): AsyncGenerator<RoleRecord> {
    const opened = new Map<string, AskAbout>();
    for (const arn of inOrder(request)) {
      const account = accountOf(arn);
      const ask = opened.get(account) ?? (await openAccount(account, settings, request));
      opened.set(account, ask);
      const told = await ask(arn);
      yield 'arn' in told ? told : unreadRecord(arn, told.unread, request.before, settings.clock.now());
    }
  };
