import { describe, expect, test } from '@jest/globals';
import {
  keepAsGiven,
  memberAsGiven,
  memberText,
  parseRecord,
  recordAsGiven,
  serialiseRecord,
} from '../../../rules/engine/record.ts';
import * as fc from '../../support/properties.ts';

const NUMBERS = [
  '0',
  '-0',
  '1795399200123456789',
  '9007199254740993',
  '-1234567890123456',
  '1e999',
  '-1E+999',
  '1e3',
  '1.0',
  '0.10',
  '1.5',
  '-0.0',
  '5e-400',
];

describe('a number is written as it came', () => {
  test.each(NUMBERS)('%s', (number) => {
    for (const text of [
      `{"createTime":${number}}`,
      `{"a":[1,${number}],"b":"c:${number}"}`,
      `{"a":{"b":{"c":${number}}},"__proto__":{"d":${number}}}`,
      `[${number}]`,
    ])
      expect(serialiseRecord(parseRecord(text))).toBe(text);
  });

  test.each(NUMBERS)('%s, whatever white space stands about it', (number) => {
    const spaced = ` { "a" : ${number} , "b"\n:\t[ 1 , ${number} , "c" , [ ${number} ] ] } `;
    const text = `{"a":${number},"b":[1,${number},"c",[${number}]]}`;
    expect(serialiseRecord(parseRecord(spaced))).toBe(text);
    expect(serialiseRecord(parseRecord(` ${number} `))).toBe(serialiseRecord(JSON.parse(number)));
  });

  test('whatever stands about it, and is the number that JSON.parse gives', () => {
    const value = fc.letrec<{ value: string }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom(...NUMBERS),
        fc
          .double()
          .filter(Number.isFinite)
          .map((one) => JSON.stringify(one)),
        fc.string().map((one) => JSON.stringify(one)),
        fc.constantFrom('null', 'true'),
        fc.array(tie('value'), { maxLength: 3 }).map((all) => `[${all.join(',')}]`),
        fc
          .uniqueArray(fc.tuple(fc.constantFrom('a', 'b', '__proto__', 'toString', 'é'), tie('value')), {
            selector: ([name]) => name,
          })
          .map((all) => `{${all.map(([name, one]) => `${JSON.stringify(name)}:${one}`).join(',')}}`),
      ),
    })).value;
    fc.assert(
      fc.property(value, (text) => {
        const holder = `{"x":${text}}`;
        expect(serialiseRecord(parseRecord(holder))).toBe(holder);
        expect(parseRecord(holder)).toEqual(JSON.parse(holder));
      }),
    );
  });
});

const nested = (text: string): string => {
  const depth = 20_000;
  return `${'{"a":[1,'.repeat(depth)}${text}${',"b"],"c":{"d":null}}'.repeat(depth)}`;
};

test('a record that goes thousands deep is written as it came', () => {
  const text = nested('true');
  expect(serialiseRecord(parseRecord(text)) === text).toBe(true);
});

test('its numbers are those that JSON.parse gives, whatever digits they have', () => {
  expect(serialiseRecord(parseRecord(nested('-1.0'))) === nested('-1')).toBe(true);
});

test('numbers beside what goes thousands deep are written as they came', () => {
  const record = { one: parseRecord('{"n":1.0}'), other: parseRecord(nested('[]')), infinite: -Infinity };
  expect(serialiseRecord(record) === `{"one":{"n":1.0},"other":${nested('[]')},"infinite":-1e999}`).toBe(true);
});

test('a record that cannot be written at all is an error', () => {
  const circle: unknown[] = [];
  circle.push(circle);
  expect(() => serialiseRecord(circle)).toThrow(TypeError);
});

test.each([
  [{ n: Infinity }, '{"n":1e999}'],
  [{ n: [-Infinity, null] }, '{"n":[-1e999,null]}'],
  [null, 'null'],
])('what is infinite and came from elsewhere is read so again: %j', (record, text) => {
  expect(serialiseRecord(record)).toBe(text);
  expect(JSON.parse(text)).toEqual(record);
});

test('a member that the record has itself, as it came', () => {
  const record = parseRecord('{"n":1.0,"s":"1.0","__proto__":2e0}') as object;
  expect(JSON.stringify(['n', 's', '__proto__'].map((member) => memberAsGiven(record, member)))).toBe(
    '[1.0,"1.0",2e0]',
  );
  expect(['toString', 'm'].map((member) => memberAsGiven(record, member))).toEqual([undefined, undefined]);
  expect(memberAsGiven({ n: 1 }, 'n')).toBe(1);
});

test('a record to be shown has its own numbers as they came', () => {
  const record = parseRecord('{"n":1.0,"s":"1.0","inner":{"n":2.0}}');
  expect(JSON.stringify(recordAsGiven(record))).toBe('{"n":1.0,"s":"1.0","inner":{"n":2}}');
});

test.each([[null], ['text'], [7], [{ n: 1 }]])('a record without such numbers is shown as it is: %j', (record) => {
  expect(recordAsGiven(record)).toBe(record);
});

test('a text to be shown is a text, however it was written', () => {
  const record = parseRecord(String.raw`{"n":1.0,"s":"\u0041","is":true}`);
  expect(recordAsGiven(record)).toMatchObject({ s: 'A', is: true });
  expect(memberAsGiven(Object(record), 's')).toBe('A');
});

test.each([[null], ['text'], [7], [{ n: 1 }]])('evidence of a record without such numbers stays: %j', (record) => {
  parseRecord('{"n":1.0}');
  const evidence = { n: 1, none: null };
  keepAsGiven(record, evidence);
  expect(serialiseRecord(evidence)).toBe('{"n":1,"none":null}');
});

test('evidence repeats numbers of the record under their names, at whatever depth', () => {
  const record = parseRecord('{"createTime":1795399200123456789,"other":2.0}');
  const createTime = Number('1795399200123456789');
  const evidence = { createTime, days: 2, times: { createTime, other: 3 }, list: [2] };
  keepAsGiven(record, evidence);
  expect(serialiseRecord(evidence)).toBe(
    '{"createTime":1795399200123456789,"days":2,"times":{"createTime":1795399200123456789,"other":3},"list":[2]}',
  );
});

test('evidence repeats numbers of the record however deep it goes, and where it goes round', () => {
  const record = parseRecord('{"n":1.0}');
  const deepest: Record<string, unknown> = { n: 1 };
  let evidence = deepest;
  for (let depth = 0; depth < 50_000; depth += 1) evidence = { evidence };
  deepest.evidence = evidence;
  keepAsGiven(record, evidence);
  delete deepest.evidence;
  expect(serialiseRecord(evidence)).toContain('{"n":1.0}');
});

test('what goes thousands deep is written as JSON writes it', () => {
  let deep: unknown = {};
  for (let depth = 0; depth < 50_000; depth += 1) deep = [deep];
  const [opened, closed] = ['['.repeat(50_000), ']'.repeat(50_000)];
  expect(serialiseRecord({ none: undefined, of: [undefined, () => 1], day: new Date(0), deep, none2: undefined })).toBe(
    `{"of":[null,null],"day":"1970-01-01T00:00:00.000Z","deep":${opened}{}${closed}}`,
  );
});

test.each([
  ['{"n":1.0}', '1.0'],
  ['{"n":12345678901234567890}', '12345678901234567890'],
  ['{"n":-1e999}', '-1e999'],
  ['{"n":[1.0,{"a":"b"}]}', '[1.0,{"a":"b"}]'],
  ['{"n":"1.0"}', '"1.0"'],
  [`{"n":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, `${'['.repeat(50_000)}${']'.repeat(50_000)}`],
])('the text of a member of %.40s', (record, text) => {
  expect(memberText(parseRecord(record) as object, 'n')).toBe(text);
});

test('what is no number, as no service gives it, is null, and infinite is infinite', () => {
  expect(serialiseRecord({ a: Number.NaN, b: Number.NEGATIVE_INFINITY, c: Number.POSITIVE_INFINITY })).toBe(
    '{"a":null,"b":-1e999,"c":1e999}',
  );
});
