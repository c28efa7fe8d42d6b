import { readUser } from '../../rules/engine/user.ts';
import { aRoleArn, daysAgo, NOW } from './builders.ts';
import * as fc from './properties.ts';

// What the service might give for a member: a documented value, nothing, any JSON, or a text that no mail may hold.
const SECRETS = [
  'Zebulon',
  'Zebulon@quagmire.example',
  'zebulon+tag@evil.example',
  'helpdesk@evil.example',
  '@quagmire',
];
/** The people named in them. */
export const NAMED = [
  { firstName: 'Zebulon', lastName: 'Quagmire' },
  ...SECRETS.map((emailAddress) => ({ emailAddress })),
];
const member = (...documented: readonly unknown[]): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...documented) },
    { weight: 2, arbitrary: fc.constantFrom(undefined, null, '', 0, ...SECRETS) },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
  );
const time = member(daysAgo(400), daysAgo(60), daysAgo(1), daysAgo(1) / 1000, NOW + 600_000);
/** One entry of a listing: a user with some members awkward, or any JSON at all. */
export const record = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({
      userId: member('u1', 'u2', 'u3', 'u4'),
      status: member('ENABLED', 'DISABLED', 'CREATING'),
      type: member('SUPER_USER', 'APP_USER'),
      apiAccess: member('ENABLED', 'DISABLED'),
      apiAccessPrincipalArn: member(aRoleArn(), aRoleArn('analyst', '999988887777'), 'arn:aws:iam::111122223333:root'),
      firstName: member('Zebulon', ' zebulon '),
      lastName: member('Quagmire', 'QUAGMIRE'),
      emailAddress: member(...SECRETS),
      createTime: time,
      lastEnabledTime: time,
      lastDisabledTime: time,
      lastModifiedTime: time,
      lastLoginTime: time,
    }),
  },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
);

/** As a run drops them, before rules see them: the first record of a userId counts. */
export const oneEach = (records: readonly unknown[]): readonly unknown[] => {
  const seen = new Set<string>();
  return records.filter((entry, place) => {
    const { id, hasUserId } = readUser(entry, place);
    const isNew = !hasUserId || !seen.has(id);
    seen.add(id);
    return isNew;
  });
};
