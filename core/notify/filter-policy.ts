import { isRecord } from '../archive/lines.ts';

/** The attributes of a message, all of them strings. */
export type MessageAttributes = Readonly<Record<string, string>>;

/** A kind of message that somebody should hear. */
export interface Audible {
  /** Reads after "nobody hears". */
  readonly what: string;
  /** Those that say it: whoever gets one of them has heard. */
  readonly messages: readonly MessageAttributes[];
}

/** Tells whether one condition of a policy takes a value; what is not known here takes none. */
const takes = (condition: unknown, value: string | undefined): boolean => {
  if (typeof condition === 'string') return condition === value;
  const [[operator, operand] = [], ...others] = Object.entries(isRecord(condition) ? condition : {});
  if (others.length > 0) return false;
  if (operator === 'exists') return operand === (value !== undefined);
  if (value === undefined) return false;
  const text = typeof operand === 'string' ? operand : undefined;
  if (operator === 'anything-but') {
    const excluded: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
    return excluded.every((one) => typeof one === 'string' && one !== value);
  }
  if (text === undefined) return false;
  if (operator === 'prefix') return value.startsWith(text);
  if (operator === 'suffix') return value.endsWith(text);
  return operator === 'equals-ignore-case' && value.toLowerCase() === text.toLowerCase();
};

/**
 * Tells whether a filter policy lets a message through, as far as the policy is understood: what is not, lets nothing
 * through, so that nobody is taken for told who may not be.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
 */
export const letsThrough = (policy: unknown, attributes: MessageAttributes): boolean =>
  isRecord(policy) &&
  Object.entries(policy).every(([name, conditions]) => {
    if (!Array.isArray(conditions)) return false;
    return name === '$or'
      ? conditions.some((one) => letsThrough(one, attributes))
      : conditions.some((condition) => takes(condition, attributes[name]));
  });
