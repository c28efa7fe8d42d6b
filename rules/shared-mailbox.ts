import { isMissing, localEnd, soleAt } from './conditions/email-address.ts';
import { active } from './conditions/users.ts';
import { controls } from './engine/controls.ts';
import { defineUserRule } from './engine/rule.ts';

const NAME = /^[^\s@+\p{Lu}]+$/u;
const SEPARATORS = '.-_';

const isNamedLike = (local: string, name: string): boolean =>
  local.startsWith(name) && (local.length === name.length || SEPARATORS.includes(local.charAt(name.length)));

/** The local part of an address that has exactly one `@`, lower-cased and without its tag. */
const localPart = (address: unknown): string | undefined => {
  if (typeof address !== 'string') return undefined;
  const at = soleAt(address);
  return at === -1 ? undefined : address.slice(0, localEnd(address, at)).toLowerCase();
};

/** The listed name that a local part is like. */
const nameLike = (local: string, names: readonly string[]): string | undefined =>
  names.find((name) => isNamedLike(local, name));

export default defineUserRule({
  id: 'shared-mailbox',
  title: 'Users are persons, not shared mailboxes',
  failsWhen:
    'the user is active, its e-mail address has exactly one `@`, and the local part, lower-cased and up to a `+`, is one of `names` or starts with one of them and a `.`, `-` or `_`; not assessed where the address is missing, null, empty or no text',
  severity: 'MEDIUM',
  rationale:
    'A user named after a shared mailbox is likely to be used by everyone who reads it. What it does cannot be traced to a person, and it is not disabled when one of them leaves.',
  remediation:
    'Give each person a user of its own and disable the shared one. Waive the finding for a service identity that has an owner.',
  controls: controls({
    'NIST-800-53-r5': ['IA-2', 'IA-2(5)', 'IA-4'],
    'CIS-v8.1': ['5.1'],
    'ISO-27001-2022': ['A.5.16'],
    'PCI-DSS-4.0.1': ['8.2.2'],
  }),
  options: {
    names: [
      'admin',
      'administrator',
      'root',
      'ops',
      'operations',
      'support',
      'helpdesk',
      'team',
      'info',
      'noreply',
      'no-reply',
      'service',
      'svc',
      'system',
      'test',
      'shared',
    ] as readonly string[],
  },
  isConfigured: ({ names }) => names.length > 0,
  optionsError({ names }) {
    const wrong = names.find((name) => !NAME.test(name));
    if (wrong === undefined) return undefined;
    return `names must list local parts in lower case, without @ and +, got ${JSON.stringify(wrong)}`;
  },

  when: [
    active,
    {
      text: () => 'emailAddress has exactly one @',
      holds: ({ emailAddress }) =>
        typeof emailAddress === 'string' && emailAddress !== '' ? soleAt(emailAddress) !== -1 : undefined,
      unknown: ({ emailAddress }) =>
        isMissing(emailAddress) ? 'no e-mail address' : 'the e-mail address is not a text',
    },
    {
      text: () => 'what stands before it, up to a +, is one of names, or one of names and then . - or _',
      holds({ emailAddress }, { names }) {
        const local = localPart(emailAddress);
        return local === undefined ? undefined : nameLike(local, names) !== undefined;
      },
    },
  ],

  violation: ({ status, type, emailAddress }, { names }) => ({
    message: 'e-mail address is named like a shared mailbox',
    evidence: { status, type, emailAddress, matchedName: nameLike(localPart(emailAddress) ?? '', names) },
  }),
});
