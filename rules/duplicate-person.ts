import { localEnd, soleAt } from './conditions/email-address.ts';
import { isShared } from './conditions/limits.ts';
import { active } from './conditions/users.ts';
import { controls } from './engine/controls.ts';
import { defineDirectoryRule, type UserGroup, type Violation } from './engine/rule.ts';
import type { User } from './engine/user.ts';

/** An address as people mean it: lower-cased, without its `+tag`. */
const emailKey = ({ emailAddress }: User): string | undefined => {
  if (typeof emailAddress !== 'string') return undefined;
  const at = soleAt(emailAddress);
  const end = localEnd(emailAddress, at);
  if (end < 1 || at === emailAddress.length - 1) return undefined;
  const untagged = end === at ? emailAddress : emailAddress.slice(0, end) + emailAddress.slice(at);
  return untagged.toLowerCase();
};

/** Most names: ASCII words with a space between, which need no work but for their case. */
const PLAIN = /^[!-~]+(?: [!-~]+)*\n[!-~]+(?: [!-~]+)*$/;

const normalised = (name: string): string => name.normalize('NFKC').replace(/\s+/g, ' ').trim().toLowerCase();

/** First and last name, a line feed between; undefined where one is blank. */
const nameKey = ({ firstName, lastName }: User): string | undefined => {
  if (typeof firstName !== 'string' || typeof lastName !== 'string') return undefined;
  const both = `${firstName}\n${lastName}`;
  if (PLAIN.test(both)) return both.toLowerCase();
  const [first, last] = [normalised(firstName), normalised(lastName)];
  return first === '' || last === '' ? undefined : `${first}\n${last}`;
};

const sharingEmail = ({ key, count, users }: UserGroup): Violation => ({
  message: `${count} active users have the same e-mail address`,
  evidence: { sameEmailAddress: { emailAddress: key, ...users } },
});

const sharingName = ({ key, count, users }: UserGroup): Violation => {
  const [firstName, lastName] = key.split('\n');
  return {
    message: `${count} active users have the same first and last name`,
    evidence: { sameName: { firstName, lastName, ...users } },
  };
};

export default defineDirectoryRule({
  id: 'duplicate-person',
  title: 'Each person has one user',
  failsWhen:
    'two or more active users have the same e-mail address (exactly one `@` with something on either side, compared in lower case and without a `+tag`) or the same first and last name (both not blank, compared in Unicode form NFKC, in lower case and with white space collapsed); the finding is about the lowest userId of the group, and stands where it would end only for want of a name or an address',
  severity: 'LOW',
  rationale:
    'A person with two users has the permissions of both, and when the person leaves, one of them is easily forgotten.',
  remediation: 'Agree with the person on the user to keep and disable the others. Waive the finding for namesakes.',
  controls: controls({ 'NIST-800-53-r5': ['IA-4'], 'ISO-27001-2022': ['A.5.16'], 'PCI-DSS-4.0.1': ['8.2.1'] }),
  options: {},
  about: 'user',

  counts: [active],
  keys: {
    emailAddress: {
      text: 'emailAddress has exactly one @ with something on either side',
      of: emailKey,
      unknownWithout: ['emailAddress'],
    },
    'firstName and lastName': {
      text: 'firstName and lastName are both there and not blank',
      of: nameKey,
      unknownWithout: ['firstName', 'lastName'],
    },
  },
  limit: isShared,

  violation: (group) => (group.sharing === 'emailAddress' ? sharingEmail(group) : sharingName(group)),
  /** The users of an e-mail address and those of a name are often the same. */
  merge: (violations) => ({
    message: `likely one person with several users: ${violations.map(({ message }) => message).join('; ')}`,
    evidence: Object.assign({}, ...violations.map(({ evidence }) => evidence)),
  }),
});
