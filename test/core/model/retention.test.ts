import { expect, test } from '@jest/globals';
import { endedRetention, type NotedDuty, type RetentionDuty, retentionDays } from '../../../core/model/retention.ts';

test.each([
  { years: 1, days: 366 },
  { years: 4, days: 1461 },
  { years: 7, days: 2557 },
])('$years years are kept for $days days: no leap year shortens them', ({ years, days }) => {
  expect(retentionDays(years)).toBe(days);
});

const deleted = (years: number): RetentionDuty => ({ years, afterRetention: 'delete' });
const kept = (years: number): RetentionDuty => ({ years, afterRetention: 'keep' });

test.each<{
  name: string;
  noted?: readonly NotedDuty[];
  given?: RetentionDuty;
  until: string | undefined;
  says?: string;
}>([
  { name: 'nobody says anything', until: undefined },
  { name: 'no run noted one', noted: [{ run: 'a' }], until: undefined },
  { name: 'all keep', noted: [{ run: 'a', retention: kept(1) }], given: kept(1), until: undefined },
  {
    name: 'the config alone deletes',
    noted: [{ run: 'a' }],
    given: deleted(1),
    until: '2025-11-23T02:00:00.000Z',
    says: 'the config says that runs are kept for 1 year and deleted then, which was over by 2025-11-23',
  },
  {
    name: 'the oldest that noted one has another than the config',
    noted: [{ run: 'a' }, { run: 'b', retention: deleted(4) }, { run: 'c', retention: deleted(1) }],
    given: deleted(1),
    until: '2022-11-24T02:00:00.000Z',
    says: 'run b noted that runs are kept for 4 years and deleted then, which was over by 2022-11-24',
  },
  {
    name: 'the oldest keeps and a later one deletes',
    noted: [
      { run: 'a', retention: kept(4) },
      { run: 'b', retention: deleted(1) },
    ],
    until: '2022-11-24T02:00:00.000Z',
    says: 'run a noted that runs are kept for 4 years and run b noted that they are deleted then, which was over by 2022-11-24',
  },
  {
    name: 'those who keep are told by the config alone to delete',
    noted: [
      { run: 'a', retention: kept(4) },
      { run: 'b', retention: kept(4) },
    ],
    given: deleted(7),
    until: '2022-11-24T02:00:00.000Z',
    says: 'run a noted that runs are kept for 4 years and the config says that they are deleted then, which was over by 2022-11-24',
  },
])('the duty that ended where $name', ({ noted = [], given, until, says }) => {
  const ended = endedRetention(noted, given, Date.parse('2026-11-24T02:00:00Z'));
  expect(ended?.says).toBe(says);
  expect(ended && new Date(ended.until).toISOString()).toBe(until);
});
