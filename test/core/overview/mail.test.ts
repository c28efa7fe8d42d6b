import { expect, test } from '@jest/globals';
import { overviewMail } from '../../../core/overview/mail.ts';
import { aReport } from '../notify/digest/facts.ts';

const NIGHT = { name: '2026-11-25 02:00 UTC', pageLocation: 's3://evidence/index.html' };

/** An environment whose last run was late, and has been told. */
const LATE = {
  environmentId: 'alpha',
  last: { report: aReport({ late: true }), pageKey: undefined },
  isClosed: false,
  changes: [],
};

test.each([
  { name: 'the night that was seen late is told among what changed', differs: {}, changed: 1 },
  { name: 'a night that nobody saw is no change', differs: { unseen: 'no run is complete since' }, changed: 0 },
  { name: 'nor is one of a closed environment', differs: { isClosed: true }, changed: 0 },
])('$name', ({ differs, changed }) => {
  const { body } = overviewMail([{ ...LATE, ...differs }], NIGHT);
  expect(/^CHANGED \((\d+)\)$/m.exec(body)?.[1] ?? '0').toBe(`${changed}`);
});
