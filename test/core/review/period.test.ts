import { expect, test } from '@jest/globals';
import { daysWithout } from '../../../core/review/period.ts';

const runsOf = (...days: readonly string[]) => days.map((day) => ({ run: `${day.replaceAll('-', '')}T235959Z` }));

test.each([
  { name: 'each day has one', days: ['2026-11-01', '2026-11-02'], from: '2026-11-01', to: '2026-11-02', gaps: [] },
  {
    name: 'a period of one day has none',
    days: [],
    from: '2026-11-01',
    to: '2026-11-01',
    gaps: [{ from: '2026-11-01', to: '2026-11-01' }],
  },
  {
    name: 'the first and the last days have none, over the end of a month',
    days: ['2024-02-28', '2024-03-01', '2024-03-01'],
    from: '2024-02-27',
    to: '2024-03-03',
    gaps: [
      { from: '2024-02-27', to: '2024-02-27' },
      { from: '2024-02-29', to: '2024-02-29' },
      { from: '2024-03-02', to: '2024-03-03' },
    ],
  },
  {
    name: 'runs are of other days alone',
    days: ['2026-10-31', '2026-11-04'],
    from: '2026-11-01',
    to: '2026-11-03',
    gaps: [{ from: '2026-11-01', to: '2026-11-03' }],
  },
])('days without a run, where $name', ({ days, from, to, gaps }) => {
  expect(daysWithout(runsOf(...days), { from, to })).toEqual(gaps);
});
