import { parseRecord, serialiseRecord } from '../../rules/engine/record.ts';
import neverLoggedIn from '../../rules/never-logged-in.ts';
import { makeDirectory } from '../../simulator/directory.ts';
import type { Measure } from '../measure.ts';
import { ASOF } from '../pages.ts';

const USERS = 100;
const PAGES = 200;
const TIMES = 9;

/** The least time that some work takes a user, in microseconds. */
const leastOf = (work: () => void): number => {
  const taken = Array.from({ length: TIMES }, () => {
    const before = performance.now();
    for (let page = 0; page < PAGES; page += 1) work();
    return performance.now() - before;
  });
  return (Math.min(...taken) * 1000) / (PAGES * USERS);
};

/** Parses a page and writes its users again, as the audit does. */
const passing = (text: string, parse: (page: string) => unknown, write: (user: unknown) => string) => () => {
  const { users } = parse(text) as { readonly users: readonly unknown[] };
  for (const user of users) write(user);
};

/** A line of a findings file, as far as it has controls and numbers: `CIS-v8.1:5.1` looks like a member's value. */
const FINDING = JSON.stringify({
  id: `bench/${neverLoggedIn.id}/u1`,
  ruleId: neverLoggedIn.id,
  evidence: { lastLoginTime: 0, createTime: 1_671_554_051_410, unusedDays: 1434, allowedDays: 45 },
  controls: neverLoggedIn.controls,
});

const parsing = (parse: (text: string) => unknown) => () => {
  for (let line = 0; line < USERS; line += 1) parse(FINDING);
};

/**
 * Measures what it takes to keep numbers as the service gave them: where none needs it, and where one in each page
 * does.
 */
export const records = async (): Promise<readonly Measure[]> => {
  const page = JSON.stringify({
    users: makeDirectory({ users: USERS, seed: 7, asOf: ASOF, accountId: '111122223333' }),
  });
  const odd = page.replace(/"createTime":\d+/, '"createTime":1795399200123456789');
  const bare = leastOf(passing(page, JSON.parse, (user) => JSON.stringify(user)));
  const plain = leastOf(passing(page, parseRecord, serialiseRecord));
  const kept = leastOf(passing(odd, parseRecord, serialiseRecord));
  const finding = leastOf(parsing(parseRecord)) / leastOf(parsing(JSON.parse));
  return [
    { what: 'a finding read / JSON alone', value: finding, unit: '×', most: 2 },
    { what: 'a user read and written, no number to keep', value: plain, unit: 'µs' },
    { what: 'the same / JSON alone', value: plain / bare, unit: '×', most: 2 },
    { what: 'one number in 100 users to keep / JSON alone', value: kept / bare, unit: '×' },
  ];
};
