import type { Options } from '../../rules/engine/context.ts';
import type { Rule } from '../../rules/engine/rule.ts';
import type { Severity } from '../../rules/engine/severity.ts';

/**
 * Operators, waivers and archived reports rely on these: a rule that stands here keeps its id, kind, severity and
 * defaults, and a change of one is a major release. A new rule needs no line.
 */
export const CONTRACT: readonly (readonly [id: string, kind: Rule['kind'], severity: Severity, defaults?: Options])[] =
  [
    ['super-user-api-access', 'user', 'HIGH'],
    ['stale-login', 'user', 'MEDIUM', { maxDays: 90, privilegedMaxDays: 45 }],
    ['never-logged-in', 'user', 'MEDIUM', { maxDays: 45 }],
    ['principal-outside-account', 'user', 'CRITICAL', { trustedAccounts: [] }],
    ['principal-not-a-role', 'user', 'HIGH'],
    ['api-access-without-principal', 'user', 'MEDIUM'],
    ['leftover-principal', 'user', 'LOW'],
    ['disabled-user-api-access', 'user', 'MEDIUM'],
    ['stuck-creating', 'user', 'LOW', { maxHours: 24 }],
    ['email-domain', 'user', 'MEDIUM', { allowedDomains: [] }],
    [
      'shared-mailbox',
      'user',
      'MEDIUM',
      {
        names:
          'admin administrator root ops operations support helpdesk team info noreply no-reply service svc system test shared'.split(
            ' ',
          ),
      },
    ],
    ['long-disabled', 'user', 'INFORMATIONAL', { maxDays: 365 }],
    ['inconsistent-timestamps', 'user', 'LOW'],
    ['unrecognised-value', 'user', 'MEDIUM'],
    ['shared-principal', 'directory', 'HIGH'],
    ['too-many-super-users', 'directory', 'MEDIUM', { max: 3 }],
    ['too-few-super-users', 'directory', 'INFORMATIONAL', { min: 2 }],
    ['duplicate-person', 'directory', 'LOW'],
    ['promoted-to-super-user', 'change', 'HIGH'],
    ['new-super-user', 'change', 'HIGH'],
    ['api-access-granted', 'change', 'MEDIUM'],
    ['principal-changed', 'change', 'HIGH'],
    ['re-enabled', 'change', 'MEDIUM'],
    ['vanished-user', 'change', 'HIGH'],
    ['effective-super-user', 'user', 'HIGH'],
    ['self-service-credentials', 'user', 'MEDIUM'],
    ['principal-missing', 'principal', 'HIGH'],
    ['principal-trusts-outsiders', 'principal', 'HIGH'],
    ['idle-principal', 'principal', 'LOW', { maxDays: 90 }],
    ['recreated-principal', 'principal', 'HIGH'],
    ['end-of-support', 'directory', 'INFORMATIONAL'],
  ];

/** Tells whether a release has brought a rule: one that has not is nothing that samples and simulated people know of. */
export const isReleased = (id: string): boolean => CONTRACT.some(([released]) => released === id);
