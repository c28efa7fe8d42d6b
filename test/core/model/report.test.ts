import { describe, expect, it } from '@jest/globals';
import {
  countFindings,
  foundBySeverity,
  isFullyJudged,
  isNobodySeen,
  isOn,
  notFullyJudged,
} from '../../../core/model/report.ts';
import type { Finding } from '../../../rules/engine/finding.ts';
import { aFinding, counts } from '../notify/digest/facts.ts';

const NO_COST = { duplicates: 0, pages: 0, requests: 1, throttled: 0, retries: 0 };

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

it.each([
  ['COMPLETE', 0, false],
  ['COMPLETE', 1, false],
  ['INCOMPLETE', 0, true],
  ['INCOMPLETE', 1, false],
  ['FAILED', 0, true],
] as const)('a run that is %s and saw %i users saw nobody: %s', (verdict, users, isNobody) => {
  expect(isNobodySeen({ verdict, counts: { ...NO_COST, users } })).toBe(isNobody);
});

describe('findings are counted', () => {
  const counted = countFindings();
  for (const finding of [
    { severity: 'HIGH', state: 'new' },
    { severity: 'HIGH', state: 'open' },
    { severity: 'LOW', state: 'reopened' },
    { severity: 'HIGH', state: 'resolved' },
    { severity: 'HIGH', state: 'waived' },
    { severity: 'HIGH', state: 'event' },
    { severity: 'MEDIUM', state: 'event' },
  ] as const)
    counted.add(aFinding(finding));
  const none = { CRITICAL: 0, HIGH: 0, MEDIUM: 0, LOW: 0, INFORMATIONAL: 0 };

  it('by severity what stands, and events apart', () => {
    expect(counted.counts()).toStrictEqual({
      bySeverity: { ...none, HIGH: 2, LOW: 1 },
      eventsBySeverity: { ...none, HIGH: 1, MEDIUM: 1 },
      byState: { new: 1, open: 1, reopened: 1, resolved: 1, waived: 1, event: 2 },
    });
  });

  it('together where all that was found is asked for', () => {
    expect(foundBySeverity(counted.counts())).toStrictEqual({ ...none, HIGH: 3, MEDIUM: 1, LOW: 1 });
  });

  it('as older versions did, which had events among them', () => {
    expect(foundBySeverity(counts({}, { HIGH: 2 }))).toStrictEqual({ ...none, HIGH: 2 });
  });
});

describe('a rule', () => {
  it.each([
    { state: 'ran', notAssessed: 0, on: true, fully: true },
    { state: 'ran', notAssessed: 1, on: true, fully: false },
    { state: 'not-assessed', notAssessed: 0, on: true, fully: false },
    { state: 'off', notAssessed: 0, on: false, fully: false },
    { state: 'not-configured', notAssessed: 0, on: false, fully: false },
  ] as const)('that is $state, with $notAssessed not assessed, is on: $on, and has judged all: $fully', (outcome) => {
    expect({ on: isOn(outcome), fully: isFullyJudged(outcome) }).toEqual({ on: outcome.on, fully: outcome.fully });
  });
});

it('names the rules that are on and had no answer for somebody', () => {
  const rule = { severity: 'LOW', checked: 1, failed: 0, notAssessed: 0 } as const;
  const rules = [
    { ...rule, id: 'judged', state: 'ran' },
    { ...rule, id: 'not-of-all', state: 'ran', notAssessed: 1 },
    { ...rule, id: 'of-nobody', state: 'not-assessed' },
    { ...rule, id: 'off', state: 'off' },
    { ...rule, id: 'not-set', state: 'not-configured' },
  ] as const;
  expect(notFullyJudged({ rules })).toEqual(['not-of-all', 'of-nobody']);
});
