import {
  DAY_MS,
  never,
  plainAccount,
  roleArn,
  type Site,
  type SoundAccount,
  type UserRecord,
  untouched,
} from './accounts.ts';
import { wholeBetween } from './random.ts';

/** The kinds that a second account of the same block is made to resemble. */
export type TwinKind = 'duplicate-person/mail' | 'duplicate-person/name';

/** The position of a faulty account: each block of the directory has one of each kind. */
export interface FaultySite extends Site {
  readonly block: number;
  readonly siteOf: (twin: TwinKind) => Site;
}

type Maker = (account: SoundAccount, site: FaultySite) => UserRecord;

const pick = <T>(list: readonly T[], index: number): T | undefined => list[index % list.length];

const daysBefore = ({ now, chance }: Site, least: number, most: number): number =>
  now - wholeBetween(chance, least, most) * DAY_MS;

const bound = ({ accountId, index }: FaultySite): UserRecord => ({
  apiAccess: 'ENABLED',
  apiAccessPrincipalArn: roleArn(accountId, `batch-${index}`),
});

const disabled = (site: FaultySite): UserRecord => ({
  status: 'DISABLED',
  lastDisabledTime: daysBefore(site, 5, 300),
});

/** A role of an account that is anybody's but the environment's. */
const foreignRole = ({ accountId, block }: FaultySite): string =>
  roleArn(accountId === '999988887777' ? '888877776666' : '999988887777', `vendor-${block}`);

/** Principals as a hand might have typed or pasted them in place of a role. */
const noRole = ({ accountId, block }: FaultySite): UserRecord => ({
  apiAccess: 'ENABLED',
  apiAccessPrincipalArn:
    pick(
      [
        `arn:aws:iam::${accountId}:user/quant`,
        `arn:aws:sts::${accountId}:assumed-role/quant/session`,
        `arn:aws:iam::${accountId}:root`,
        `arn:aws:iam::${accountId}:rolequant`,
        `arn:aws:iam::${accountId}:role/quant-*`,
        ` arn:aws:iam::${accountId}:role/quant`,
      ],
      block,
    ) ?? null,
});

/** Times that can't be true, each for as long as a demonstration runs: seconds, the future, a login too early. */
const wrongTime = ({ now, block }: FaultySite): UserRecord =>
  pick(
    [
      { lastLoginTime: Math.floor((now - 3 * DAY_MS) / 1000) },
      { lastModifiedTime: now + 400 * DAY_MS },
      { createTime: now - 60 * DAY_MS, lastEnabledTime: now - 60 * DAY_MS, lastLoginTime: now - 62 * DAY_MS },
    ],
    block,
  ) ?? {};

const unknownValue = ({ block }: FaultySite): UserRecord =>
  pick([{ status: 'SUSPENDED' }, { type: 'GUEST_USER' }, { apiAccess: 'PENDING' }], block) ?? {};

const sharedRole: Maker = (account, { accountId, block }) => ({
  ...account,
  apiAccess: 'ENABLED',
  apiAccessPrincipalArn: roleArn(accountId, `desk-${block}-shared`),
});

const withoutLogin = (account: SoundAccount): UserRecord => {
  const { lastLoginTime: _, ...rest } = account;
  return rest;
};

const localPart = (address: string): string => address.split('@', 1)[0] ?? '';

const domainOf = (address: string): string => address.split('@').at(-1) ?? '';

/** Makes each kind of faulty account. A kind is named by its rule, with the variant after a slash where there are several. */
const MAKERS = {
  'super-user-api-access': (account, site) => ({ ...account, ...bound(site), type: 'SUPER_USER' }),
  'stale-login': (account, site) => ({ ...account, lastLoginTime: daysBefore(site, 92, 400) }),
  'stale-login/privileged': (account, site) => ({
    ...account,
    type: 'SUPER_USER',
    lastLoginTime: daysBefore(site, 50, 75),
  }),
  'never-logged-in': (account, { chance }) => ({
    ...withoutLogin(account),
    ...never(chance, 'lastLoginTime'),
  }),
  'never-logged-in/service': (account, site) => ({ ...withoutLogin(account), ...bound(site) }),
  'principal-outside-account': (account, site) => ({
    ...account,
    apiAccess: 'ENABLED',
    apiAccessPrincipalArn: foreignRole(site),
  }),
  'principal-outside-account/dormant': (account, site) => ({
    ...account,
    ...disabled(site),
    apiAccessPrincipalArn: `${foreignRole(site)}-former`,
  }),
  'principal-not-a-role': (account, site) => ({ ...account, ...noRole(site) }),
  'api-access-without-principal': (account) => ({ ...account, apiAccess: 'ENABLED' }),
  'leftover-principal': (account, { accountId, block }) => ({
    ...account,
    apiAccessPrincipalArn: roleArn(accountId, `former-${block}`),
  }),
  'disabled-user-api-access': (account, site) => ({ ...account, ...disabled(site), ...bound(site) }),
  'stuck-creating': (account, site) => ({
    ...untouched(account),
    status: 'CREATING',
    createTime: daysBefore(site, 3, 40),
  }),
  'email-domain': (account) => ({
    ...account,
    emailAddress: `${localPart(account.emailAddress)}@contractor.example.org`,
  }),
  'email-domain/malformed': (account) => ({ ...account, emailAddress: localPart(account.emailAddress) }),
  'shared-mailbox': (account, { block }) => ({
    ...account,
    firstName: 'Trading',
    lastName: `Desk ${block}`,
    emailAddress: `ops.desk-${block}@example.com`,
  }),
  'long-disabled': (account, site) => ({
    ...account,
    status: 'DISABLED',
    lastDisabledTime: daysBefore(site, 370, 480),
    lastLoginTime: daysBefore(site, 490, 499),
  }),
  'inconsistent-timestamps': (account, site) => ({ ...account, ...wrongTime(site) }),
  'unrecognised-value': (account, site) => ({ ...account, ...unknownValue(site) }),
  'shared-principal/one': sharedRole,
  'shared-principal/other': sharedRole,
  'duplicate-person/mail': (account) => account,
  'duplicate-person/mail-again': (account, { siteOf }) => {
    const { emailAddress } = plainAccount(siteOf('duplicate-person/mail'));
    return {
      ...account,
      emailAddress: `${localPart(emailAddress).toUpperCase()}+research@${domainOf(emailAddress)}`,
    };
  },
  'duplicate-person/name': (account) => account,
  'duplicate-person/name-again': (account, { siteOf }) => {
    const { firstName, lastName } = siteOf('duplicate-person/name').person;
    return { ...account, firstName: firstName.toUpperCase(), lastName: ` ${lastName} ` };
  },
} satisfies Record<string, Maker>;

export type FaultyKind = keyof typeof MAKERS;

const isFaultyKind = (text: string): text is FaultyKind => Object.hasOwn(MAKERS, text);

export const FAULTY_KINDS: readonly FaultyKind[] = Object.keys(MAKERS).filter(isFaultyKind);

/** The id of the rule that a kind of faulty account is made to fail. */
export const ruleOf = (kind: FaultyKind): string => kind.replace(/\/.*/, '');

export const faultyAccount = (kind: FaultyKind, site: FaultySite): UserRecord =>
  MAKERS[kind](plainAccount(site), site);

/** Entries of a listing that are no records, or that lack what makes them one. */
export const MALFORMED: readonly ((account: UserRecord) => unknown)[] = [
  () => null,
  () => 42,
  () => 'not a record',
  () => [],
  () => ({}),
  (account) => {
    const { userId: _, ...rest } = account;
    return rest;
  },
  (account) => ({ ...account, userId: '' }),
  (account) => ({ ...account, lastLoginTime: 'yesterday', createTime: -1, lastEnabledTime: {} }),
  (account) => ({ ...account, status: 7, type: null, apiAccess: ['ENABLED'], emailAddress: { at: 'home' } }),
  (account) => ({ ...account, firstName: null, lastName: false, apiAccessPrincipalArn: 12 }),
];
