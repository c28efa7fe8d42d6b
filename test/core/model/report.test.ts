import { describe, expect, it } from '@jest/globals';
import { countFindings } from '../../../core/model/report.ts';
import type { Finding } from '../../../rules/engine/finding.ts';
import { aFinding } from '../notify/digest/facts.ts';

const oldestOf = (...findings: readonly Partial<Finding>[]): string | undefined => {
  const counted = countFindings();
  for (const finding of findings) counted.add(aFinding({ severity: 'CRITICAL', ...finding }));
  return counted.counts().oldestOpenCritical;
};

describe('the oldest open CRITICAL', () => {
  it.each([
    { name: 'is none where nothing was found', findings: [], oldest: undefined },
    { name: 'is none of a lesser severity', findings: [{ severity: 'HIGH' }], oldest: undefined },
    { name: 'is none that is waived', findings: [{ state: 'waived' }], oldest: undefined },
    { name: 'is none that resolved', findings: [{ state: 'resolved' }], oldest: undefined },
    {
      name: 'is the one that was seen first',
      findings: [
        { firstSeen: '2026-11-03T02:00:00.000Z' },
        { firstSeen: '2026-11-01T02:00:00.000Z', state: 'open' },
        { firstSeen: '2026-11-02T02:00:00.000Z' },
        { firstSeen: '2026-10-01T02:00:00.000Z', state: 'waived' },
        { firstSeen: '2026-10-02T02:00:00.000Z', severity: 'HIGH' },
      ],
      oldest: '2026-11-01T02:00:00.000Z',
    },
  ] as const)('$name', ({ findings, oldest }) => {
    expect(oldestOf(...findings)).toBe(oldest);
  });
});
