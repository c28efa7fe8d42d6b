import { type Condition, not } from '../engine/condition.ts';
import { DOCUMENTED, type Status, type User, type UserFacts } from '../engine/user.ts';

const undocumented = (member: keyof typeof DOCUMENTED) => (): string =>
  `${member} is missing or not a documented value`;

export const active: Condition<User> = { text: () => 'status is not DISABLED', holds: ({ isActive }) => isActive };

/** Unknown of a user without a documented status, who is active all the same. */
export const hasStatus = (wanted: Status): Condition<UserFacts> => {
  const [one, another] = DOCUMENTED.status.filter((status) => status !== wanted);
  return {
    text: () => `status is ${wanted}`,
    holds({ status }) {
      if (status === wanted) return true;
      return status === one || status === another ? false : undefined;
    },
    unknown: undocumented('status'),
  };
};

export const superUser: Condition<UserFacts> = {
  text: () => 'type is SUPER_USER',
  holds: ({ isPrivileged }) => isPrivileged,
  unknown: undocumented('type'),
};

export const apiBound: Condition<UserFacts> = {
  text: () => 'apiAccess is ENABLED',
  holds: ({ isApiBound }) => isApiBound,
  unknown: undocumented('apiAccess'),
};

export const apiAccessDisabled = not('apiAccess is DISABLED', apiBound);

export const principalPresent: Condition<UserFacts> = {
  text: () => 'apiAccessPrincipalArn is present',
  holds: ({ principalArn }) => principalArn !== undefined,
};
