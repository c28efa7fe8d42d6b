import { describe, expect, test } from '@jest/globals';
import { attemptKeys, runKeys, runMarkedBy } from '../../../core/archive/keys.ts';
import { OUTPUTS, type OutputName } from '../../../core/outputs/index.ts';

const ASOF = new Date('2026-11-24T02:00:00Z');
const RUN = '20261124T020000Z';
const DAY = 'environment=abc/dt=2026-11-24';
const complete = runKeys('abc', ASOF);
const attempt = attemptKeys('abc', ASOF, '20261124T020007Z-1b9d6bcd');
const FOLDER = `incomplete/${DAY}/${RUN}-20261124T020007Z-1b9d6bcd`;

// Archives of years hold these keys: a table, and not the code's own, says what they are.
const KEYS: Readonly<Partial<Record<OutputName, readonly [ofRun: string, ofAttempt: string]>>> = {
  snapshot: [`snapshots/${DAY}/${RUN}.jsonl.gz`, `${FOLDER}/snapshot.jsonl.gz`],
  findings: [`findings/${DAY}/${RUN}.jsonl.gz`, `${FOLDER}/findings.jsonl.gz`],
  resolved: [`resolved/${DAY}/${RUN}.jsonl.gz`, `${FOLDER}/resolved.jsonl.gz`],
  csv: [`reports/${DAY}/${RUN}/findings.csv`, `${FOLDER}/findings.csv`],
  report: [`reports/${DAY}/${RUN}/report.json`, `${FOLDER}/report.json`],
  digest: [`reports/${DAY}/${RUN}/digest.json`, `${FOLDER}/digest.json`],
  html: [`reports/${DAY}/${RUN}/report.html`, `${FOLDER}/report.html`],
};

test.each(Object.entries(KEYS))('%s stands where it always stood', (name, keys) => {
  const output = OUTPUTS[name as OutputName];
  expect([complete.object(output), attempt.object(output)]).toEqual(keys);
});

test('no two outputs of a run share a key', () => {
  const keys = Object.values(OUTPUTS).flatMap((output) => [complete.object(output), attempt.object(output)]);
  expect(new Set(keys).size).toBe(keys.length);
});

describe('markers', () => {
  test.each([
    { channel: 'alert', ofRun: `alerts/${DAY}/${RUN}.json` },
    { channel: 'events', ofRun: `events/${DAY}/${RUN}.json` },
    { channel: 'security-hub', ofRun: `securityhub/${DAY}/${RUN}.json` },
    { channel: 'pager', ofRun: `alerts/${DAY}/${RUN}.pager.json` },
    { channel: 'toString', ofRun: `alerts/${DAY}/${RUN}.toString.json` },
  ])('of $channel stand in their place, and are known for those of their channel only', ({ channel, ofRun }) => {
    expect(complete.marker(channel)).toBe(ofRun);
    const ofAttempt = attempt.marker(channel);
    for (const other of ['alert', 'events', 'pager', 'toString']) {
      const isOwn = other === channel || (ofRun.endsWith(`${RUN}.json`) && other !== 'pager' && other !== 'toString');
      expect([other, runMarkedBy(other, ofRun), runMarkedBy(other, ofAttempt)]).toEqual([
        other,
        isOwn ? RUN : undefined,
        isOwn ? RUN : undefined,
      ]);
    }
  });
});
