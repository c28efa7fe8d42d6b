import type { Condition, Truth } from '../engine/condition.ts';
import type { Context, Options } from '../engine/context.ts';
import { NOBODY_COUNTED } from '../engine/directory.ts';
import type { Bounds, GroupFacts } from '../engine/rule.ts';
import type { Expression, Language } from './language.ts';
import { Lack } from './records.ts';

/** The most that a group may be like for each to be judged. */
const MOST_VALUES = 1000;

/**
 * All that a group may be like; undefined where that is too much to judge.
 * @param isOfOthers whether it matters how many are counted besides
 */
const valuesOf = ({ low, high }: Bounds, isOfOthers: boolean): readonly GroupFacts[] | undefined => {
  const most = low.outOf - low.count;
  const fewest = isOfOthers ? high.outOf - high.count : most;
  if ((high.count - low.count + 1) * (most - fewest + 1) > MOST_VALUES) return undefined;
  const values: GroupFacts[] = [];
  for (let count = low.count; count <= high.count; count += 1)
    for (let others = fewest; others <= most; others += 1) values.push({ count, outOf: count + others, key: low.key });
  return values;
};

/**
 * The clauses of a rule on a group. Each is asked at all that the group may be like where those before it hold, or may: so
 * all of them together hold, or do not, exactly where that is so whatever the group is like.
 * @param isGrouped a group is one of some, and there is none of nobody
 */
export const clausesOn = (
  language: Language,
  expressions: readonly Expression[],
  isGrouped: boolean,
): readonly Condition<Bounds>[] => {
  const isOfOthers = expressions.some(({ reads }) => reads.some(({ member }) => member === 'counted'));
  const ask = (expression: Expression, value: GroupFacts, options: Options, context: Context): Truth => {
    if (value.count === 0) return isGrouped ? false : undefined;
    language.turnToGroup(value, options, context);
    return language.holds(expression);
  };
  return expressions.map((expression, index) => ({
    text: () => expression.source,
    holds(bounds, options, context) {
      const { low, high } = bounds;
      if (low.count === high.count && low.outOf === high.outOf) return ask(expression, low, options, context);
      let values = valuesOf(bounds, isOfOthers);
      if (values === undefined) return undefined;
      for (const earlier of expressions.slice(0, index))
        values = values.filter((value) => ask(earlier, value, options, context) !== false);
      const truths = new Set(values.map((value) => ask(expression, value, options, context)));
      return truths.size === 1 ? [...truths][0] : undefined;
    },
    unknown(bounds, options, context) {
      if (bounds.high.count === 0) return NOBODY_COUNTED;
      const values = valuesOf(bounds, isOfOthers);
      if (values === undefined) return `over ${MOST_VALUES} counts are possible; ${bounds.doubt()}`;
      const [value, ...more] = values;
      if (value === undefined || more.length > 0) return bounds.doubt();
      language.turnToGroup(value, options, context);
      const answer = language.valueOf(expression);
      return answer instanceof Lack ? answer.reason : bounds.doubt();
    },
  }));
};
