import { describe, expect, it } from '@jest/globals';
import type { Retention } from '../../../core/config/config.ts';
import { parseStacks } from '../../../core/config/read-config.ts';
import { assignStacks, reservedBy, type StacksFile } from '../../../core/config/stacks.ts';

const configOf = (ids: string, lock: Retention['lock'] = 'governance') => ({
  name: 'Auditor',
  environments: Array.from(ids).map((id) => ({ id })),
  retention: { years: 7, lock, afterRetention: 'keep' as const },
});

const fileOf = (stacks: Readonly<Record<string, string>>, lock: Retention['lock'] = 'governance'): StacksFile => ({
  Auditor: { lock, stacks: Object.fromEntries(Object.entries(stacks).map(([name, ids]) => [name, Array.from(ids)])) },
});

describe('the stacks of two environments each', () => {
  it.each([
    { name: 'nothing deployed', before: {}, ids: 'abc', after: fileOf({ Auditor: 'ab', 'Auditor-2': 'c' }) },
    {
      name: 'one more, first in the config',
      before: fileOf({ Auditor: 'ab' }),
      ids: 'xab',
      after: fileOf({ Auditor: 'ab', 'Auditor-2': 'x' }),
    },
    {
      name: 'one more where one was taken out',
      before: fileOf({ Auditor: 'a', 'Auditor-2': 'cd' }),
      ids: 'dxcay',
      after: fileOf({ Auditor: 'ax', 'Auditor-2': 'cd', 'Auditor-3': 'y' }),
    },
    {
      name: 'none left in the first',
      before: fileOf({ Auditor: '', 'Auditor-2': 'c' }),
      ids: 'c',
      after: fileOf({ Auditor: '', 'Auditor-2': 'c' }),
    },
    {
      name: 'another auditor, which is left as it is',
      before: { Other: { lock: 'off', stacks: { Other: ['z'] } } } as const,
      ids: 'a',
      after: { Other: { lock: 'off', stacks: { Other: ['z'] } }, ...fileOf({ Auditor: 'a' }) },
    },
    {
      name: 'another auditor whose name is that of a further stack',
      before: { 'Auditor-2': { lock: 'off', stacks: { 'Auditor-2': ['z'] } }, ...fileOf({ Auditor: 'ab' }) } as const,
      ids: 'abc',
      after: {
        'Auditor-2': { lock: 'off', stacks: { 'Auditor-2': ['z'] } },
        ...fileOf({ Auditor: 'ab', 'Auditor-3': 'c' }),
      },
    },
    {
      name: 'more in a stack than it takes today, which move to no other',
      before: fileOf({ Auditor: 'abcd' }),
      ids: 'abcde',
      after: fileOf({ Auditor: 'abcd', 'Auditor-2': 'e' }),
    },
  ])('hold them after $name', ({ before, ids, after }) => {
    const assigned = assignStacks(configOf(ids), before, 2);
    expect(assigned).toEqual(after);
    // What is written is read as it was, and nothing more is to be written.
    const reread = parseStacks(JSON.stringify(assigned, undefined, 2), 'stacks.json');
    expect(reread).toEqual(assigned);
    expect(JSON.stringify(assignStacks(configOf(ids), reread, 2))).toBe(JSON.stringify(assigned));
  });

  it('hold one each where none takes more', () => {
    expect(assignStacks(configOf('ab'), {}, 1)).toEqual(fileOf({ Auditor: 'a', 'Auditor-2': 'b' }));
  });

  it('are not made under the name of another auditor’s further stack', () => {
    const file = { Other: { lock: 'off', stacks: { Other: ['y'], Auditor: ['z'] } } } as const;
    expect(() => assignStacks(configOf('a'), file, 2)).toThrow(
      /^name: must be none of the stacks of another auditor, got "Auditor", which stacks\.json has as a further one of Other/,
    );
  });

  it('are not made where an environment would drop out', () => {
    expect(() => assignStacks(configOf('a'), fileOf({ Auditor: 'ab', 'Auditor-2': 'c' }), 2)).toThrow(
      /^stacks\.json: Auditor\.stacks\.Auditor: environment b is not in the config: .*\nstacks\.json: Auditor\.stacks\.Auditor-2: environment c /,
    );
  });
});

describe('a lock that is deployed', () => {
  it.each([
    ['governance', 'governance'],
    ['governance', 'compliance'],
    ['off', 'governance'],
    ['off', 'off'],
  ] as const)('of %s may become %s', (before, after) => {
    const assigned = assignStacks(configOf('a', after), fileOf({ Auditor: 'a' }, before), 2);
    expect(assigned.Auditor?.lock).toBe(after);
  });

  it.each(['governance', 'compliance'] as const)('of %s is not switched off', (before) => {
    expect(() => assignStacks(configOf('a', 'off'), fileOf({ Auditor: 'a' }, before), 2)).toThrow(
      new RegExp(`^retention\\.lock: must be governance or compliance, got "off": .* locked by ${before}`),
    );
  });
});

it.each([
  ['{', /stacks\.json:1:/],
  ['{"Auditor": {"lock": "none", "stacks": {}}}', /stacks\.json:1: Auditor\.lock: must be one of off, governance/],
  [
    '{"Auditor": {"lock": "off", "stacks": {"Auditor": ["a b"]}}}',
    /Auditor\.stacks\.Auditor\[0\]: must be an environment/,
  ],
  ['{"Auditor": {"lock": "off", "stack": {}}}', /unknown key, did you mean stacks\?/],
])('a wrong file is told: %s', (text, message) => {
  expect(() => parseStacks(text, 'stacks.json')).toThrow(message);
});

it.each([
  { environments: 0, reserved: 1 },
  { environments: 1, reserved: 1 },
  { environments: 2, reserved: 2 },
  { environments: 40, reserved: 40 },
  { environments: 41, reserved: 40 },
])('a stack of $environments environments reserves $reserved executions', ({ environments, reserved }) => {
  expect(reservedBy(environments)).toBe(reserved);
});
