import { readTime } from '../../rules/engine/time.ts';
import { isSuperUser, type User } from '../../rules/engine/user.ts';
import type { Manifest } from '../archive/manifest.ts';
import { momentsOf } from '../model/listing.ts';
import { fullNameOf, memberText } from '../model/user-text.ts';
import { plural } from '../text/plain-text.ts';
import { cellsLine } from './csv.ts';
import type { StoredRun } from './output.ts';

/** A run whose users can't be taken for the whole directory as it was: whom it leaves out would be deactivated. */
export class NotWhole extends Error {
  override readonly name = 'NotWhole';
}

/** Says why the users of a run can't be taken for the whole directory; undefined where they can. */
export const notWhole = ({ run, verdict, reason, source, late, counts }: Manifest): string | undefined => {
  const { conflicting = 0 } = counts;
  if (verdict !== 'COMPLETE') return `run ${run} is ${verdict}: ${reason ?? 'no reason given'}`;
  if (source?.attestedBy !== undefined) return `the roster of run ${run} is attested, not seen`;
  if (late) return `run ${run} is late: it shows the users of another moment`;
  return conflicting === 0
    ? undefined
    : `of ${plural(conflicting, 'user')} run ${run} has records that differ: nothing tells which of them holds`;
};

type Moments = ReturnType<typeof momentsOf>;

/** ISO 8601; empty where there is none or it is none. */
const timeOf = (value: unknown, moments: Moments): string => {
  const time = readTime(value, moments);
  return typeof time === 'number' ? new Date(time).toISOString() : '';
};

/** Gives the users of a run that was seen whole; throws NotWhole where another would be taken for them. */
async function* wholeUsers({ manifest, users }: StoredRun): AsyncGenerator<User> {
  const problem = notWhole(manifest);
  if (problem !== undefined) throw new NotWhole(problem);
  for await (const { user } of users()) {
    if (!user.hasUserId)
      throw new NotWhole(`record ${user.id} of run ${manifest.run} has no userId: nothing tells it from others`);
    yield user;
  }
}

const COLUMNS: readonly (readonly [name: string, read: (user: User, moments: Moments) => string])[] = [
  ['accountId', ({ id }) => id],
  ['displayName', fullNameOf],
  ['givenName', ({ firstName }) => memberText(firstName)],
  ['familyName', ({ lastName }) => memberText(lastName)],
  ['email', ({ emailAddress }) => memberText(emailAddress)],
  ['status', ({ status }) => memberText(status)],
  ['disabled', ({ isActive }) => String(!isActive)],
  ['entitlement', ({ type }) => memberText(type)],
  ['apiAccess', ({ apiAccess }) => memberText(apiAccess)],
  ['apiPrincipal', ({ principalArn = '' }) => principalArn],
  ['created', ({ createTime }, moments) => timeOf(createTime, moments)],
  ['lastLogin', ({ lastLoginTime }, moments) => timeOf(lastLoginTime, moments)],
];

/** `accounts.csv`: an account a line, for tools of identity governance. */
export const accountLines = async function* lines(run: StoredRun): AsyncGenerator<string> {
  const moments = momentsOf(run.manifest);
  yield cellsLine(COLUMNS.map(([name]) => name));
  for await (const user of wholeUsers(run)) yield cellsLine(COLUMNS.map(([, read]) => read(user, moments)));
};

/** The console of FinSpace: users have no page of their own, and Vanta asks for one. */
const consoleOf = ({ region }: Manifest): string => `https://${region}.console.aws.amazon.com/finspace/home`;

/** The ids of those who are no super users by their type, and whom the run found to be as much by their groups. */
const effectiveSuperUsers = async ({ findings }: StoredRun): Promise<ReadonlySet<string>> => {
  const ids = new Set<string>();
  for await (const { ruleId, state, subject } of findings())
    if (ruleId === 'effective-super-user' && state !== 'resolved') ids.add(subject.id);
  return ids;
};

/** A user as Vanta's resource type UserAccount has it; what the roster does not tell is unknown there. */
const vantaUser = (user: User, moments: Moments, externalUrl: string, isEffectiveSuperUser: boolean) => {
  const created = timeOf(user.createTime, moments);
  const name = fullNameOf(user) || user.id;
  return {
    uniqueId: user.id,
    externalUrl,
    displayName: name,
    fullName: name,
    accountName: user.id,
    email: memberText(user.emailAddress),
    permissionLevel: isSuperUser(user.type) === false && !isEffectiveSuperUser ? 'BASE' : 'ADMIN',
    status: user.isActive ? 'ACTIVE' : 'DEACTIVATED',
    ...(created !== '' && { createdTimestamp: created }),
    mfaMethods: ['UNKNOWN'],
    authMethod: 'UNKNOWN',
  };
};

/** `vanta-users.json`: the body of a sync of users with Vanta, but for the id of the resource there. */
export const vantaLines = async function* lines(run: StoredRun): AsyncGenerator<string> {
  const moments = momentsOf(run.manifest);
  const url = consoleOf(run.manifest);
  const superUsers = await effectiveSuperUsers(run);
  yield '{"resources":[';
  let separator = '';
  for await (const user of wholeUsers(run)) {
    yield `${separator}${JSON.stringify(vantaUser(user, moments, url, superUsers.has(user.id)))}`;
    separator = ',';
  }
  yield ']}';
};
