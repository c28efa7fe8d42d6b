import { type Condition, reasonOf } from '../engine/condition.ts';
import type { Context } from '../engine/context.ts';
import type { UserChange } from '../engine/rule.ts';
import type { UserFacts } from '../engine/user.ts';

export const wasThere: Condition<UserChange> = {
  text: () => 'the user was there in the earlier run',
  holds: ({ before }) => before !== undefined,
};

const inRun =
  (run: keyof UserChange, when: string, contextOf: (context: Context) => Context) =>
  (text: string, condition: Condition<UserFacts>): Condition<UserChange> => {
    const { holds: test } = condition;
    return {
      text: () => text,
      holds({ [run]: user }, options, context) {
        return user !== undefined && test(user, options, contextOf(context));
      },
      unknown: ({ [run]: user }, options, context) =>
        user === undefined ? '' : when + reasonOf(condition, user, options, contextOf(context)),
    };
  };

/** Holds where a condition held of the user in the earlier run; false of a user that was not there. */
export const was = inRun('before', 'in the earlier run ', (context) =>
  // Whatever the records of this run lack, that one was complete.
  context.hasGaps ? { ...context, hasGaps: false } : context,
);

/** Holds where a condition holds of the user now; false of a user that is not there. */
export const is = inRun('after', '', (context) => context);
