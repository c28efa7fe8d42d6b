import { stringify } from 'yaml';
import { configuredSettings } from '../../core/audit/settings.ts';
import { ConfigError } from '../../core/config/errors.ts';
import { parseConfig, parseWaivers } from '../../core/config/read-config.ts';
import { rules } from '../../rules/index.ts';
import { type Random, seededRandom, wholeBetween } from '../../simulator/random.ts';
import { ENVIRONMENT, NOW } from '../support/builders.ts';
import type { Fuzzed } from './fuzzed.ts';
import { mutatedBytes, mutatedJson, oneOf, repeatedly } from './mutations.ts';

const CONFIG = {
  environments: [
    { id: ENVIRONMENT, name: 'research' },
    { id: 'abc', name: 'trading' },
  ],
  schedule: { cron: '0 2 * * *', timezone: 'America/New_York' },
  trustedAccounts: ['444455556666', '012345678901'],
  rules: {
    'stale-login': { maxDays: '60', privilegedMaxDays: '30', severity: 'HIGH' },
    'email-domain': { allowedDomains: ['example.com', '*.example.com'] },
    'too-few-super-users': { enabled: 'false' },
  },
  alerts: [{ email: 'governance@example.com', minSeverity: 'MEDIUM' }],
  reminders: { CRITICAL: '1', HIGH: '7', MEDIUM: 'off' },
  retention: { years: '7', lock: 'governance', afterRetention: 'keep' },
  credentials: 'exchange',
  deadlineSeconds: '840',
  maxDropPercent: '20',
};

const WAIVERS = [
  {
    rule: 'super-user-api-access',
    user: '01FXYZ',
    reason: "the auditor's own identity",
    ticket: 'SEC-1234',
    owner: 'owner@example.com',
    approver: 'approver@example.com',
    expires: '2027-03-31',
  },
  { rule: 'stale-login', user: 'u7', reason: 'leave', owner: 'a', approver: 'b', expires: '2026-12-31' },
];

/** Syntax that YAML has and JSON has not. */
const SYNTAX: readonly [string, ...string[]] = [
  '&a [*a]',
  '*nobody',
  '!!binary aGVsbG8=',
  '!!js/function x',
  '<<: {}',
  '? a\n: b',
  '--- \n---',
  '%YAML 9.9\n---',
  '|\n  text',
  '>-\n',
  '"\\ud800"',
  '\t',
  '{ a: 1, a: 2 }',
  '[a, [b, [c',
  '0x10',
  '1e400',
  '!<tag:x> y',
];

/** A list that aliases make of nine to the ninth. */
const LAUGHS = `a0: &a0 [x]\n${[1, 2, 3, 4, 5, 6, 7, 8, 9]
  .map((n) => `a${n}: &a${n} [${Array.from({ length: 9 }, () => `*a${n - 1}`).join(', ')}]`)
  .join('\n')}\n`;

const mutatedLines = (random: Random, text: string): string => {
  const lines = text.split('\n');
  const at = wholeBetween(random, 0, lines.length - 1);
  const line = lines[at] ?? '';
  const put = oneOf<readonly string[]>(random, [
    [],
    [line, line],
    [`  ${line}`],
    [line.trimStart()],
    [line.replace(/:.*/, `: ${oneOf(random, SYNTAX)}`)],
    [line, oneOf(random, SYNTAX)],
    [`${line} # ${oneOf(random, SYNTAX)}`],
  ]);
  return lines.toSpliced(at, 1, ...put).join('\n');
};

const mutatedText = (random: Random, value: unknown): string => {
  const text = stringify(value);
  const bytes: Uint8Array = Buffer.from(text);
  return oneOf<() => string>(random, [
    () => stringify(repeatedly(random, 3, value, (one) => mutatedJson(random, one))),
    () => stringify(repeatedly(random, 3, value, (one) => mutatedJson(random, one))),
    () => JSON.stringify(repeatedly(random, 3, value, (one) => mutatedJson(random, one))) ?? '',
    () => Buffer.from(repeatedly(random, 5, bytes, (one) => mutatedBytes(random, one))).toString('utf8'),
    () => Buffer.from(repeatedly(random, 5, bytes, (one) => mutatedBytes(random, one))).toString('utf8'),
    () => repeatedly(random, 4, text, (one) => mutatedLines(random, one)),
    () => repeatedly(random, 4, text, (one) => mutatedLines(random, one)),
    () => `${text}odd: ${'['.repeat(wholeBetween(random, 1, 2000))}`,
    () => `${LAUGHS}${text}`,
  ])();
};

/** An error begins with the file, and with the line where there is one. */
const LOCATED = /^fuzz\.yaml(?::\d+)?(?::\d+)?: \S/;

const read = (random: Random): void => {
  if (random() < 0.3) {
    parseWaivers(mutatedText(random, WAIVERS), 'fuzz.yaml', NOW);
    return;
  }
  const config = parseConfig(mutatedText(random, CONFIG), 'fuzz.yaml', rules);
  // A config that is taken must be fit for use.
  configuredSettings(config, [], config.environments[0]?.id ?? '');
};

/** Reads a mutated config: it is taken, or refused with a message that names the file and line. */
export const fuzzConfig = (seed: number): Fuzzed => {
  try {
    read(seededRandom(seed));
    return { outcome: 'taken' };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // A value may have line ends of its own; the first line is always ours.
    const [first = ''] = error.message.split('\n');
    const problem = LOCATED.test(first) ? {} : { problem: `names no file and line: ${first.slice(0, 120)}` };
    return { outcome: 'refused', ...problem };
  }
};
