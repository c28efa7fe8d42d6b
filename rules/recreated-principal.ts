import { instantText } from './conditions/roles.ts';
import { controls } from './engine/controls.ts';
import type { RoleAnswer, RoleFacts } from './engine/facts.ts';
import { definePrincipalRule, type PrincipalSubject } from './engine/rule.ts';

/** The last that was known of the role before this run: however old, it tells the role that it was. */
const lastKnown = (before: RoleFacts | undefined): RoleAnswer | undefined => before?.answer ?? before?.outdated;

const idBefore = ({ before }: PrincipalSubject): string | undefined => lastKnown(before)?.role?.roleId;

export default definePrincipalRule({
  id: 'recreated-principal',
  title: 'API principals stay the roles they were',
  failsWhen:
    'the unique id of the role is not the one of the last snapshot, while the ARN is the same; or the last snapshot knew of no such role, and now there is one',
  severity: 'HIGH',
  severityNote: '`LOW` where no active user reaches the API by it',
  rationale:
    'A role that was deleted and created again has the same ARN and may be trusted to somebody else. Nothing in FinSpace shows the difference.',
  remediation: 'Find out who created the role again and why. Turn the API access of the user off if nobody knows.',
  controls: controls({ 'NIST-800-53-r5': ['AC-2(3)', 'AC-3', 'IA-4'], 'ISO-27001-2022': ['A.5.16'] }),
  options: {},
  isEvent: true,

  when: [
    { text: () => 'a user had the role in the earlier run', holds: ({ before }) => before !== undefined },
    {
      text: () => 'the role exists',
      holds: ({ facts: { answer, unread } }) =>
        answer === undefined || unread !== undefined ? undefined : answer.role !== null,
      unknown: ({ facts: { unread } }) => unread ?? 'the role was not read',
    },
    {
      text: () => 'its unique id is not the one that it had',
      holds: (subject) =>
        subject.facts.unread !== undefined || lastKnown(subject.before) === undefined
          ? undefined
          : subject.facts.answer?.role?.roleId !== idBefore(subject),
      // That it was not read in this one is told by the condition before.
      unknown: () => 'the role was not read in an earlier run',
    },
  ],

  violation: (subject) => ({
    message:
      idBefore(subject) === undefined ? 'the role was created where there was none' : 'the role was created again',
    evidence: {
      roleId: subject.facts.answer?.role?.roleId,
      roleIdBefore: idBefore(subject) ?? null,
      createdAt: instantText(subject.facts.answer?.role?.createdAt),
    },
  }),
});
