import {
  DAY_MS,
  never,
  plainAccount,
  roleArn,
  type Slot,
  type SoundAccount,
  type UserRecord,
  untouched,
} from './accounts.ts';
import { wholeBetween } from './random.ts';

/** The kinds that a second account of the same block is made to resemble. */
export type TwinKind = 'duplicate-person/mail' | 'duplicate-person/name';

/** The slot of a faulty account: each block of the directory has one of each kind. */
export interface FaultySlot extends Slot {
  readonly block: number;
  readonly slotOf: (twin: TwinKind) => Slot;
}

type Maker = (account: SoundAccount, slot: FaultySlot) => UserRecord;

const pick = <T>(list: readonly T[], index: number): T | undefined => list[index % list.length];

const daysBefore = ({ now, chance }: Slot, least: number, most: number): number =>
  now - wholeBetween(chance, least, most) * DAY_MS;

const bound = ({ accountId, index }: FaultySlot): UserRecord => ({
  apiAccess: 'ENABLED',
  apiAccessPrincipalArn: roleArn(accountId, `batch-${index}`),
});

const disabled = (slot: FaultySlot): UserRecord => ({ status: 'DISABLED', lastDisabledTime: daysBefore(slot, 5, 300) });

/** A role of an account that is anybody's but the environment's. */
const foreignRole = ({ accountId, block }: FaultySlot): string =>
  roleArn(accountId === '999988887777' ? '888877776666' : '999988887777', `vendor-${block}`);

/** Principals as a hand might have typed or pasted them in place of a role. */
const noRole = ({ accountId, block }: FaultySlot): UserRecord => ({
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
const wrongTime = ({ now, block }: FaultySlot): UserRecord =>
  pick(
    [
      { lastLoginTime: Math.floor((now - 3 * DAY_MS) / 1000) },
      { lastModifiedTime: now + 400 * DAY_MS },
      { createTime: now - 60 * DAY_MS, lastEnabledTime: now - 60 * DAY_MS, lastLoginTime: now - 62 * DAY_MS },
    ],
    block,
  ) ?? {};

const unknownValue = ({ block }: FaultySlot): UserRecord =>
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
  'super-user-api-access': (account, slot) => ({ ...account, ...bound(slot), type: 'SUPER_USER' }),
  'stale-login': (account, slot) => ({ ...account, lastLoginTime: daysBefore(slot, 92, 400) }),
  'stale-login/privileged': (account, slot) => ({
    ...account,
    type: 'SUPER_USER',
    lastLoginTime: daysBefore(slot, 50, 75),
  }),
  'never-logged-in': (account, { chance }) => ({ ...withoutLogin(account), ...never(chance, 'lastLoginTime') }),
  'never-logged-in/service': (account, slot) => ({ ...withoutLogin(account), ...bound(slot) }),
  'principal-outside-account': (account, slot) => ({
    ...account,
    apiAccess: 'ENABLED',
    apiAccessPrincipalArn: foreignRole(slot),
  }),
  'principal-outside-account/dormant': (account, slot) => ({
    ...account,
    ...disabled(slot),
    apiAccessPrincipalArn: `${foreignRole(slot)}-former`,
  }),
  'principal-not-a-role': (account, slot) => ({ ...account, ...noRole(slot) }),
  'api-access-without-principal': (account) => ({ ...account, apiAccess: 'ENABLED' }),
  'leftover-principal': (account, { accountId, block }) => ({
    ...account,
    apiAccessPrincipalArn: roleArn(accountId, `former-${block}`),
  }),
  'disabled-user-api-access': (account, slot) => ({ ...account, ...disabled(slot), ...bound(slot) }),
  'stuck-creating': (account, slot) => ({
    ...untouched(account),
    status: 'CREATING',
    createTime: daysBefore(slot, 3, 40),
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
  'long-disabled': (account, slot) => ({
    ...account,
    status: 'DISABLED',
    lastDisabledTime: daysBefore(slot, 370, 480),
    lastLoginTime: daysBefore(slot, 490, 499),
  }),
  'inconsistent-timestamps': (account, slot) => ({ ...account, ...wrongTime(slot) }),
  'unrecognised-value': (account, slot) => ({ ...account, ...unknownValue(slot) }),
  'shared-principal/one': sharedRole,
  'shared-principal/other': sharedRole,
  'duplicate-person/mail': (account) => account,
  'duplicate-person/mail-again': (account, { slotOf }) => {
    const { emailAddress } = plainAccount(slotOf('duplicate-person/mail'));
    return { ...account, emailAddress: `${localPart(emailAddress).toUpperCase()}+research@${domainOf(emailAddress)}` };
  },
  'duplicate-person/name': (account) => account,
  'duplicate-person/name-again': (account, { slotOf }) => {
    const { firstName, lastName } = slotOf('duplicate-person/name').person;
    return { ...account, firstName: firstName.toUpperCase(), lastName: ` ${lastName} ` };
  },
} satisfies Record<string, Maker>;

export type FaultyKind = keyof typeof MAKERS;

const isFaultyKind = (text: string): text is FaultyKind => Object.hasOwn(MAKERS, text);

export const FAULTY_KINDS: readonly FaultyKind[] = Object.keys(MAKERS).filter(isFaultyKind);

/** The id of the rule that a kind of faulty account is made to fail. */
export const ruleOf = (kind: FaultyKind): string => kind.replace(/\/.*/, '');

export const faultyAccount = (kind: FaultyKind, slot: FaultySlot): UserRecord => MAKERS[kind](plainAccount(slot), slot);

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
