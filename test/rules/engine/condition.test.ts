import { describe, expect, jest, test } from '@jest/globals';
import { older } from '../../../rules/conditions/age.ts';
import {
  allOf,
  anyOf,
  byWhether,
  type Condition,
  firstReason,
  not,
  reasonOf,
  refuseAnswer,
  type Truth,
} from '../../../rules/engine/condition.ts';
import { defineUserRule, judgeBy } from '../../../rules/engine/rule.ts';
import { readUser } from '../../../rules/engine/user.ts';
import { aContext, aUser } from '../../support/builders.ts';

const TRUTHS: readonly Truth[] = [true, false, undefined];

const always = (truth: Truth, name = String(truth)): Condition<null> => ({
  text: () => `it is ${name}`,
  holds: () => truth,
  unknown: () => `${name} is missing`,
});

const asked = [null, {}, aContext()] as const;
const truthOf = (condition: Condition<null>): Truth => condition.holds(...asked);

describe('conditions joined by', () => {
  test.each(TRUTHS.flatMap((a) => TRUTHS.map((b) => [a, b] as const)))('%p and %p', (a, b) => {
    const both = [a, b];
    const all = both.includes(false) ? false : both.includes(undefined) ? undefined : true;
    const any = both.includes(true) ? true : both.includes(undefined) ? undefined : false;
    expect(allOf([always(a), always(b)])(...asked)).toBe(all);
    expect(truthOf(anyOf('either', [always(a), always(b)]))).toBe(any);
  });

  test('nothing: all of it holds, and none', () => {
    expect([allOf([])(...asked), truthOf(anyOf('any', []))]).toEqual([true, false]);
  });

  test('denial', () => {
    expect(TRUTHS.map((truth) => truthOf(not('it is not', always(truth))))).toEqual([false, true, undefined]);
  });
});

describe('an answer that is none', () => {
  const promise: Condition<null> = { text: () => '', holds: () => Promise.reject(new Error('late')) as never };
  const text: Condition<null> = { text: () => '', holds: () => 'yes' as never };
  const zero: Condition<null> = { text: () => '', holds: () => 0 as never };
  const no = always(false);

  test.each([
    { got: 'a promise', condition: promise },
    { got: 'string', condition: text },
    { got: 'number', condition: zero },
  ])('is refused wherever it is asked: $got', ({ got, condition }) => {
    const rule = {
      ...texts,
      id: 'r',
      options: {},
      when: [condition],
      violation: () => ({ message: 'm', evidence: {} }),
    };
    const ways: readonly (() => unknown)[] = [
      () => allOf([always(undefined), condition])(...asked),
      () => judgeBy(rule, {}, aContext())(null),
      () => truthOf(anyOf('any', [no, condition])),
      () => truthOf(not('not', condition)),
      () => truthOf(byWhether(condition, no, no)),
      () => truthOf(byWhether(always(undefined), condition, no)),
      () => truthOf(byWhether(always(undefined), no, condition)),
    ];
    for (const ask of ways) expect(ask).toThrow(`must answer true, false or undefined, got ${got}`);
  });

  test('is waited for where it is a promise: one that is rejected must not end the process', () => {
    const answer = Promise.reject(new Error('late'));
    const waited = jest.spyOn(answer, 'catch');
    expect(() => refuseAnswer(answer)).toThrow('got a promise');
    expect(waited).toHaveBeenCalledTimes(1);
  });
});

describe('a limit that depends on a condition', () => {
  const limit = (which: Truth, yes: Truth, no: Truth) =>
    byWhether(always(which, 'which'), always(yes, 'yes'), always(no, 'no'));

  test.each([
    { which: true, yes: true, no: false, holds: true },
    { which: false, yes: true, no: false, holds: false },
    { which: true, yes: undefined, no: true, holds: undefined },
    { which: undefined, yes: true, no: true, holds: true },
    { which: undefined, yes: false, no: false, holds: false },
    { which: undefined, yes: true, no: false, holds: undefined, reason: 'which is missing' },
    { which: undefined, yes: undefined, no: undefined, holds: undefined, reason: 'yes is missing' },
  ])('$which, of $yes and $no', ({ which, yes, no, holds, reason }) => {
    const condition = limit(which, yes, no);
    expect(truthOf(condition)).toBe(holds);
    if (reason !== undefined) expect(reasonOf(condition, ...asked)).toBe(reason);
  });

  test.each([
    [true, 'it is yes'],
    [false, 'it is no'],
    [undefined, undefined],
  ])('comes down to one where it is %p', (which, text) => {
    expect(
      limit(which, true, true)
        .applied?.(...asked)
        ?.text({}, aContext()),
    ).toBe(text);
  });

  test('states both in its text', () => {
    expect(limit(true, true, true).text({}, aContext())).toBe('it is no (where it is which: it is yes)');
  });
});

describe('the reason of what is unknown', () => {
  test('is that of the first that is', () => {
    const several = [always(true), always(undefined, 'one'), always(undefined, 'other')];
    expect(firstReason(several, ...asked)).toBe('one is missing');
    expect(reasonOf(anyOf('any', several.slice(1)), ...asked)).toBe('one is missing');
    expect(reasonOf(not('it is not', always(undefined, 'one')), ...asked)).toBe('one is missing');
  });

  test('is what it can tell, where the condition gives none', () => {
    const { unknown: _none, ...silent } = always(undefined, 'late');
    expect(reasonOf(silent, ...asked)).toBe("it can't be told whether it is late");
  });
});

const texts = { title: 't', failsWhen: 'f', severity: 'LOW', rationale: 'r', remediation: 'm', controls: [] } as const;

describe('a rule judges a subject', () => {
  test.each([
    { name: 'fails where all holds', truths: [true, true], outcome: { message: 'is u1', evidence: {} } },
    { name: 'passes where something does not', truths: [undefined, false, true], outcome: undefined },
    {
      name: 'is not assessed where something is unknown',
      truths: [true, undefined],
      outcome: { notAssessed: 'undefined is missing' },
    },
  ])('$name', ({ truths, outcome }) => {
    const rule = defineUserRule({
      ...texts,
      id: 'r',
      options: {},
      when: truths.map((truth) => ({
        text: () => String(truth),
        holds: () => truth,
        unknown: () => `${truth} is missing`,
      })),
      violation: ({ id }) => ({ message: `is ${id}`, evidence: {} }),
    });
    expect(judgeBy(rule, {}, aContext())(readUser(aUser(), 0))).toEqual(outcome);
  });

  test('by limits that are options of its own', () => {
    const rule = { ...texts, id: 'r', options: { maxDays: 1 }, violation: () => ({ message: 'm', evidence: {} }) };
    expect(defineUserRule({ ...rule, when: [older('createTime', 'maxDays', 'day')] }).options).toEqual({ maxDays: 1 });
    // @ts-expect-error it has no such option
    defineUserRule({ ...rule, when: [older('createTime', 'maxHours', 'hour')] });
  });
});
