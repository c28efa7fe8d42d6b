import { active, anyOf, isShared } from './conditions/conditions.ts';
import { localEnd, soleAt } from './conditions/email-address.ts';
import { namedUsers } from './conditions/user-ids.ts';
import { controls } from './engine/controls.ts';
import { SharedKeys } from './engine/memory/shared-keys.ts';
import { type DirectoryJudgement, defineDirectoryRule, type Evidence } from './engine/rule.ts';
import type { User } from './engine/user.ts';

/** An address as people mean it: lower-cased, without its `+tag`. */
const emailKey = (emailAddress: unknown): string | undefined => {
  if (typeof emailAddress !== 'string') return undefined;
  const at = soleAt(emailAddress);
  const end = localEnd(emailAddress, at);
  if (end < 1 || at === emailAddress.length - 1) return undefined;
  const untagged = end === at ? emailAddress : emailAddress.slice(0, end) + emailAddress.slice(at);
  return untagged.toLowerCase();
};

/** Most names: ASCII words with a space between, which need no work but for their case. */
const PLAIN = /^[!-~]+(?: [!-~]+)*$/;

const normalised = (name: unknown): string => {
  if (typeof name !== 'string') return '';
  const spaced = PLAIN.test(name) ? name : name.normalize('NFKC').replace(/\s+/g, ' ').trim();
  return spaced.toLowerCase();
};

/** First and last name; undefined where one is blank. */
const nameOf = ({ firstName, lastName }: User): readonly [first: string, last: string] | undefined => {
  const first = normalised(firstName);
  if (first === '') return undefined;
  const last = normalised(lastName);
  return last === '' ? undefined : [first, last];
};

const keysOf = (user: User) => ({
  email: emailKey(user.emailAddress),
  name: nameOf(user),
});

/** By code unit; a record without a userId comes last, since its `#N` changes from run to run. */
const lowest = (ids: readonly string[]): string => {
  const rank = (id: string): string => (id.startsWith('#') ? '1' : '0') + id;
  return ids.reduce((least, id) => (rank(id) < rank(least) ? id : least));
};

interface Group {
  readonly reasons: readonly string[];
  readonly evidence: Evidence;
}

/** One finding a subject: the users of an e-mail address and those of a name are often the same. */
const merged = (
  groups: readonly (readonly [subject: string, group: Group])[],
): DirectoryJudgement['violations'] => {
  const bySubject = new Map<string, Group>();
  for (const [subject, { reasons, evidence }] of groups) {
    const known = bySubject.get(subject);
    bySubject.set(subject, {
      reasons: [...(known?.reasons ?? []), ...reasons],
      evidence: { ...known?.evidence, ...evidence },
    });
  }
  return [...bySubject].map(([id, { reasons, evidence }]) => ({
    subject: { kind: 'user', id },
    violation: { message: `likely one person with several users: ${reasons.join('; ')}`, evidence },
  }));
};

const sharingEmail = (key: string, ids: readonly string[]) =>
  [
    lowest(ids),
    {
      reasons: [`${ids.length} active users have the same e-mail address`],
      evidence: { sameEmailAddress: { emailAddress: key, ...namedUsers(ids) } },
    },
  ] as const;

const sharingName = (key: string, ids: readonly string[]) => {
  const [firstName, lastName] = key.split('\n');
  return [
    lowest(ids),
    {
      reasons: [`${ids.length} active users have the same first and last name`],
      evidence: { sameName: { firstName, lastName, ...namedUsers(ids) } },
    },
  ] as const;
};

export default defineDirectoryRule({
  id: 'duplicate-person',
  title: 'Each person has one user',
  failsWhen:
    'two or more active users have the same e-mail address (exactly one `@` with something on either side, compared in lower case and without a `+tag`) or the same first and last name (both not blank, compared in Unicode form NFKC, in lower case and with white space collapsed); the finding is about the lowest userId of the group',
  severity: 'LOW',
  rationale:
    'A person with two users has the permissions of both, and when the person leaves, one of them is easily forgotten.',
  remediation:
    'Agree with the person on the user to keep and disable the others. Waive the finding for namesakes.',
  controls: controls({
    'NIST-800-53-r5': ['IA-4'],
    'ISO-27001-2022': ['A.5.16'],
    'PCI-DSS-4.0.1': ['8.2.1'],
  }),
  options: {},
  about: 'user',

  clauses(user) {
    const { email, name } = keysOf(user);
    return [
      active(user),
      anyOf('there is something to compare', [
        { text: 'emailAddress has exactly one @ with something on either side', holds: email !== undefined },
        { text: 'firstName and lastName are both there and not blank', holds: name !== undefined },
      ]),
    ];
  },
  keys(user) {
    const { email, name } = keysOf(user);
    return { emailAddress: email, 'firstName and lastName': name?.join('\n') };
  },
  limit: isShared,

  begin() {
    const emails = new SharedKeys();
    const names = new SharedKeys();
    let checked = 0;
    return {
      see(user, place) {
        if (!user.isActive) return;
        const { email, name } = keysOf(user);
        if (email !== undefined) emails.add(place, email);
        if (name !== undefined) names.add(place, ...name);
        if (email !== undefined || name !== undefined) checked += 1;
      },
      judge: (idAt) => ({
        checked,
        violations: merged([
          ...emails.shared().map(({ key, places }) => sharingEmail(key, places.map(idAt))),
          ...names.shared().map(({ key, places }) => sharingName(key, places.map(idAt))),
        ]),
      }),
    };
  },
});
