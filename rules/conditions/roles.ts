import type { Condition, Truth } from '../engine/condition.ts';
import type { Context, Options } from '../engine/context.ts';
import type { RoleAnswer } from '../engine/facts.ts';
import type { PrincipalSubject } from '../engine/rule.ts';

/**
 * A statement about the role of an ARN, as IAM answered; unknown where it gave no answer to judge by.
 * @param holds is asked of the answer, whose role is null where there is none
 * @param unknown names what is missing of a role that was read
 */
export const roleCondition = <O = Options>(
  text: Condition<PrincipalSubject, O>['text'],
  holds: (answer: RoleAnswer, options: O, context: Context) => Truth,
  unknown = 'IAM does not tell it of the role',
): Condition<PrincipalSubject, O> => ({
  text,
  holds: ({ facts: { answer } }, options, context) =>
    answer === undefined ? undefined : holds(answer, options, context),
  unknown: ({ facts: { answer, unread } }) => (answer === undefined ? (unread ?? 'the role was not read') : unknown),
});

/** An instant of IAM as evidence: ISO 8601, null where it never was. */
export const instantText = (time: number | null | undefined): string | null | undefined =>
  typeof time === 'number' ? new Date(time).toISOString() : time;

/** Holds of a role by which an active user reaches the API. */
export const inUse: Condition<PrincipalSubject> = {
  text: () => 'the role stands on an active, API-bound user',
  holds: ({ isInUse }) => isInUse,
  unknown: ({ isUseUnseen }) =>
    isUseUnseen ? 'not every user was seen' : 'apiAccess of its users is missing or not a documented value',
};
