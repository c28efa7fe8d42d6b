import { runKeys } from '../../../../core/archive/keys.ts';
import { OUTPUTS } from '../../../../core/outputs/index.ts';
import type { RunFacts } from '../../../../core/outputs/output.ts';
import { configureRules } from '../../../../rules/engine/configure.ts';
import { rules } from '../../../../rules/index.ts';
import { aReport } from '../../notify/digest/facts.ts';

const sha = (letter: string): string => letter.repeat(64);

const evidenceOf = (name: 'snapshot' | 'findings' | 'csv' | 'report', key: string, letter: string) => ({
  name,
  label: OUTPUTS[name].label ?? '',
  object: { key, sha256: sha(letter), size: 1000 },
});

/** A quiet, complete second run of which everything was stored; a test says what differs. */
export const someRunFacts = (differs: Partial<RunFacts> = {}): RunFacts => ({
  report: aReport({
    trend: [
      ['20261123T020000Z', 0, 1, 2, 3, 4],
      ['20261124T020000Z', 0, 0, 0, 0, 0],
    ],
  }),
  environmentName: 'research',
  timeZone: 'America/New_York',
  rules: configureRules(rules),
  highlights: [],
  evidence: [
    evidenceOf('snapshot', 'snapshots/snapshot.jsonl.gz', 'a'),
    evidenceOf('findings', 'findings/findings.jsonl.gz', 'b'),
    evidenceOf('csv', 'reports/findings.csv', 'c'),
    evidenceOf('report', 'reports/report.json', 'd'),
  ],
  keys: runKeys('vs57phhvijir4kv5rf6ywt', new Date('2026-11-24T02:00:00Z')),
  hashes: { ruleset: sha('1'), config: sha('2'), waivers: sha('3') },
  ...differs,
});

/** The page as a person reads it: no markup, no style, no script. */
export const wordsOf = (page: string): string =>
  page
    .replaceAll(/<(style|script)>.*?<\/\1>/gs, ' ')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ');
