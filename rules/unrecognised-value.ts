import { anyOf } from './conditions/conditions.ts';
import { controls } from './engine/controls.ts';
import { defineUserRule } from './engine/rule.ts';

// As API_User documents them: https://docs.aws.amazon.com/finspace/latest/data-api/API_User.html
const isStatus = (value: unknown): boolean =>
  value === 'ENABLED' || value === 'DISABLED' || value === 'CREATING';
const isType = (value: unknown): boolean => value === 'SUPER_USER' || value === 'APP_USER';
const isApiAccess = (value: unknown): boolean => value === 'ENABLED' || value === 'DISABLED';

/** What is wrong with a member, if anything. Never the value: it might be anything, and messages are mailed. */
const faultOf = (name: string, value: unknown, isDocumented: boolean): readonly string[] => {
  if (isDocumented) return [];
  return [value === undefined || value === null ? `${name} is missing` : `${name} is not a documented value`];
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

  clauses: ({ status, type, apiAccess, hasUserId }) => [
    anyOf('a member holds what is not documented', [
      { text: 'userId is missing or empty', holds: !hasUserId },
      { text: 'status is none of ENABLED, DISABLED, CREATING', holds: !isStatus(status) },
      { text: 'type is none of SUPER_USER, APP_USER', holds: !isType(type) },
      { text: 'apiAccess is none of ENABLED, DISABLED', holds: !isApiAccess(apiAccess) },
    ]),
  ],

  check({ status, type, apiAccess, hasUserId }) {
    if (hasUserId && isStatus(status) && isType(type) && isApiAccess(apiAccess)) return undefined;

    const faults = [
      ...(hasUserId ? [] : ['userId is missing or empty']),
      ...faultOf('status', status, isStatus(status)),
      ...faultOf('type', type, isType(type)),
      ...faultOf('apiAccess', apiAccess, isApiAccess(apiAccess)),
    ];
    return { message: faults.join('; '), evidence: { hasUserId, status, type, apiAccess } };
  },
});
