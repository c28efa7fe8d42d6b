import { describe, expect, test } from '@jest/globals';
import { FRAMEWORKS } from '../../rules/engine/controls.ts';
import { rules } from '../../rules/index.ts';
import { CONTRACT } from './contract.ts';

// One line for rules that share their controls. Columns: NIST 800-53 r5, CIS v8.1, ISO 27001:2022, SOC 2, PCI DSS 4.0.1, NYDFS 500.7.
const CONTROLS = `
super-user-api-access, promoted-to-super-user, new-super-user | AC-6, AC-6(5), AC-6(7) | 5.4 | A.8.2 | CC6.1 | 7.2.5 | (a)(2), (a)(3)
effective-super-user, self-service-credentials | AC-6, AC-6(5), AC-6(7) | 5.4 | A.8.2 | CC6.1 | | (a)(2)
stale-login | AC-2(3) | 5.3 | A.5.18 | CC6.2 | 8.2.6 | (a)(4)
never-logged-in | AC-2(3) | 5.1, 5.3 | A.5.18 | CC6.2 | 8.2.6 | (a)(4)
principal-outside-account, principal-trusts-outsiders | AC-3, AC-6, AC-20 | | A.5.15 | CC6.1 | | (a)(1)
principal-not-a-role | AC-3, IA-2, IA-5 | | A.5.15 | CC6.1 | |
api-access-without-principal, leftover-principal | AC-2, IA-4 | | A.5.18 | CC6.2 | |
shared-principal | IA-2, IA-4, AC-2 | | A.5.16 | CC6.1 | 8.2.1, 8.2.2 |
disabled-user-api-access | AC-2(3), PS-4 | 6.2 | A.5.18 | CC6.2 | 8.2.5 | (a)(6)
stuck-creating | AC-2 | 6.1 | A.5.16 | | |
email-domain | AC-2, IA-4 | | A.5.16 | | 8.2.7 |
shared-mailbox | IA-2, IA-2(5), IA-4 | 5.1 | A.5.16 | | 8.2.2 |
duplicate-person | IA-4 | | A.5.16 | | 8.2.1 |
too-many-super-users | AC-6(5) | 5.4 | A.8.2 | | | (a)(2)
too-few-super-users | | | | | |
api-access-granted, principal-changed, re-enabled, vanished-user | AC-2(4), AU-6 | 6.1 | A.5.18 | | 8.2.4 | (c)
principal-missing, recreated-principal, idle-principal | AC-2(3), AC-3, IA-4 | | A.5.16 | | |
long-disabled | AC-2 | 6.2 | A.5.18 | | |
inconsistent-timestamps, unrecognised-value | AU-8, SI-10 | | | | |
end-of-support | SA-22 | | | | |
`;

const listed = (cell: string): readonly string[] =>
  cell
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');

const expectedControls = new Map(
  CONTROLS.trim()
    .split('\n')
    .flatMap((line) => {
      const [owners = '', ...columns] = line.split('|');
      const frameworks = Object.keys(FRAMEWORKS);
      const clauses = columns.flatMap((cell, index) => listed(cell).map((clause) => `${frameworks[index]}:${clause}`));
      return listed(owners).map((id) => [id, clauses] as const);
    }),
);

const ids = CONTRACT.map(([id]) => id);

describe('the contract', () => {
  test('is kept whole, in the order in which reports list it', () => {
    expect(rules.map(({ id }) => id).filter((id) => ids.includes(id))).toEqual(ids);
  });

  test('names the controls of each of its rules', () => {
    expect([...expectedControls.keys()].toSorted()).toEqual(ids.toSorted());
  });

  test.each(CONTRACT)('%s', (id, kind, severity, defaults = {}) => {
    const rule = rules.find((one) => one.id === id);
    expect({
      kind: rule?.kind,
      severity: rule?.severity,
      defaults: rule === undefined ? {} : rule.options,
      controls: rule?.controls,
    }).toEqual({ kind, severity, defaults, controls: expectedControls.get(id) });
  });
});
