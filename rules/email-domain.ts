import { isMissing, soleAt } from './conditions/email-address.ts';
import { active, isPrivileged } from './conditions/users.ts';
import { anyOf } from './engine/condition.ts';
import { controls } from './engine/controls.ts';
import { defineUserRule } from './engine/rule.ts';

const ENTRY = /^(?:\*\.)?[^\s@*.]+(?:\.[^\s@*.]+)*$/;

interface Allowed {
  readonly exact: ReadonlySet<string>;
  /** Domains whose subdomains are allowed. */
  readonly parents: ReadonlySet<string>;
}

const prepared = new WeakMap<readonly string[], Allowed>();

/** A list is prepared once, not once a user. */
const allowedBy = (entries: readonly string[]): Allowed => {
  const known = prepared.get(entries);
  if (known !== undefined) return known;
  const domains = entries.map((entry) => entry.toLowerCase());
  const allowed = {
    exact: new Set(domains),
    parents: new Set(domains.filter((entry) => entry.startsWith('*.')).map((entry) => entry.slice(2))),
  };
  prepared.set(entries, allowed);
  return allowed;
};

/** Tells whether some parent of the domain is in the set. An empty label makes it no subdomain of anything. */
const isSubdomain = (domain: string, parents: ReadonlySet<string>): boolean => {
  if (domain.startsWith('.') || domain.includes('..')) return false;
  for (let dot = domain.indexOf('.'); dot !== -1; dot = domain.indexOf('.', dot + 1)) {
    if (parents.has(domain.slice(dot + 1))) return true;
  }
  return false;
};

const isAllowed = (domain: string, { exact, parents }: Allowed): boolean =>
  exact.has(domain) || isSubdomain(domain, parents);

/** The domain of an address that has exactly one `@` and something on either side, lower-cased. */
const domainOf = (emailAddress: unknown): string | undefined => {
  if (typeof emailAddress !== 'string') return undefined;
  const at = soleAt(emailAddress);
  return at < 1 || at === emailAddress.length - 1 ? undefined : emailAddress.slice(at + 1).toLowerCase();
};

export default defineUserRule({
  id: 'email-domain',
  title: 'Users have an e-mail address of an allowed domain',
  fault: 'E-mail address of another domain',
  failsWhen:
    'the user is active and the domain of its e-mail address is none of `allowedDomains` (compared regardless of case; `*.example.com` is any subdomain, not `example.com` itself), or the address has not exactly one `@` with something on either side; not assessed where the address is missing, null or empty, and not configured while the list is empty',
  severity: 'MEDIUM',
  severityNote: '`HIGH` for privileged users',
  rationale:
    'The e-mail address is what identifies a user. At a foreign domain, somebody else owns that identity, and nobody takes it back when its owner leaves.',
  remediation:
    'Disable the user and create it again with an address of your own, since an address cannot be changed. If the domain is one of yours, add it to `allowedDomains`.',
  controls: controls({ 'NIST-800-53-r5': ['AC-2', 'IA-4'], 'ISO-27001-2022': ['A.5.16'], 'PCI-DSS-4.0.1': ['8.2.7'] }),
  options: { allowedDomains: [] as readonly string[] },
  isConfigured: ({ allowedDomains }) => allowedDomains.length > 0,
  optionsError({ allowedDomains }) {
    const wrong = allowedDomains.find((entry) => !ENTRY.test(entry));
    if (wrong === undefined) return undefined;
    return `allowedDomains must list domains such as example.com or *.example.com, got ${JSON.stringify(wrong)}`;
  },

  when: [
    active,
    anyOf('emailAddress is not of an allowed domain', [
      {
        text: () => 'it has not exactly one @ with something on either side',
        holds: ({ emailAddress }) => (isMissing(emailAddress) ? undefined : domainOf(emailAddress) === undefined),
        unknown: () => 'no e-mail address',
      },
      {
        text: () => 'its domain is none of allowedDomains',
        holds({ emailAddress }, { allowedDomains }: { readonly allowedDomains: readonly string[] }) {
          const domain = domainOf(emailAddress);
          return domain === undefined ? undefined : !isAllowed(domain, allowedBy(allowedDomains));
        },
      },
    ]),
  ],

  violation: (user, _options, context) => ({
    message:
      domainOf(user.emailAddress) === undefined
        ? 'e-mail address is malformed'
        : 'domain of the e-mail address is none of the allowed ones',
    evidence: { status: user.status, type: user.type, emailAddress: user.emailAddress },
    ...(isPrivileged(user, context) !== false && { severity: 'HIGH' }),
  }),
});
