import { anyOf, type Truth } from './engine/condition.ts';
import type { Context, Options } from './engine/context.ts';
import { controls } from './engine/controls.ts';
import { defineUserRule } from './engine/rule.ts';
import { DOCUMENTED, type User } from './engine/user.ts';

type Member = keyof typeof DOCUMENTED | 'userId';

const MEMBERS = ['userId', 'status', 'type', 'apiAccess'] as const;

const isWrong = (member: Member, user: User, context: Context): Truth => {
  if (member === 'userId') return !user.hasUserId;
  return user[member] === undefined && context.hasGaps ? undefined : !DOCUMENTED[member].includes(user[member]);
};

/** Never tells the value: it might be anything, and messages are mailed. */
const faultText = (member: Member, user: User): string => {
  if (member === 'userId') return 'userId is missing or empty';
  const value = user[member];
  return value === undefined || value === null ? `${member} is missing` : `${member} is not a documented value`;
};

export default defineUserRule({
  id: 'unrecognised-value',
  title: 'User records hold documented values only',
  failsWhen:
    '`status`, `type` or `apiAccess` is missing or none of the documented values, or `userId` is missing or empty',
  severity: 'MEDIUM',
  rationale:
    'Rules know what the documented values mean. A value that they do not know may stand for a privilege or a state that nobody judges.',
  remediation:
    'Look the value up in the current API reference. If it is a new one, have the rules learn it; if the record is broken, ask AWS Support.',
  controls: controls({ 'NIST-800-53-r5': ['AU-8', 'SI-10'] }),
  options: {},

  when: [
    anyOf(
      'a member holds what is not documented',
      MEMBERS.map((member) => ({
        text: () =>
          member === 'userId' ? 'userId is missing or empty' : `${member} is none of ${DOCUMENTED[member].join(', ')}`,
        holds: (user: User, _options: Options, context: Context) => isWrong(member, user, context),
        unknown: () => `${member} is not told`,
      })),
    ),
  ],

  violation(user, _options, context) {
    const { status, type, apiAccess, hasUserId } = user;
    const faults = MEMBERS.filter((member) => isWrong(member, user, context));
    return {
      message: faults.map((member) => faultText(member, user)).join('; '),
      evidence: { hasUserId, status, type, apiAccess },
    };
  },
});
