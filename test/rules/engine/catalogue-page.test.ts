import { expect, test } from '@jest/globals';
import { cataloguePage } from '../../../rules/engine/catalogue-page.ts';
import { controls } from '../../../rules/engine/controls.ts';
import { defineUserRule } from '../../../rules/engine/rule.ts';

const text = { failsWhen: 'this | that', rationale: 'Because.', remediation: 'Do it.' };

const judged = defineUserRule({
  ...text,
  id: 'judged-rule',
  title: 'All is well | done',
  severity: 'LOW',
  severityNote: '`HIGH` at times',
  controls: controls({ 'NIST-800-53-r5': ['AC-10', 'AC-2(3)', 'AC-2'], 'SOC-2': ['CC6.1'] }),
  options: { maxDays: 5, names: ['a'] },
  when: [],
  violation: () => ({ message: 'm', evidence: {} }),
});

const unread = defineUserRule({
  ...text,
  id: 'unread-rule',
  title: 'Nobody looks',
  severity: 'HIGH',
  controls: controls({ 'NIST-800-53-r5': ['AC-2'] }),
  needs: 'iamRoles',
  options: {},
  when: [],
  violation: () => ({ message: 'm', evidence: {} }),
});

const page = cataloguePage([judged, unread]);

test.each([
  ['the overview, with its bars escaped', '| [`judged-rule`](#judged-rule) | All is well \\| done | LOW | each user |'],
  ['what is not read', '| [`unread-rule`](#unread-rule) | Nobody looks | HIGH | each user |'],
  ['a section', '### judged-rule\n\nAll is well | done.\n\n- **Severity**: LOW; `HIGH` at times\n'],
  ['a severity without a note', '- **Severity**: HIGH\n'],
  ['the condition', '- **Fails when** this | that\n'],
  ['options', '- **Option** `maxDays`, by default `5`\n- **Option** `names`, by default `["a"]`\n'],
  ['what the data would take', '- **Off** unless `enrich.iamRoles` is set for the environment: it needs iam:GetRole\n'],
  ['controls', '- **NIST SP 800-53 r5**: AC-10, AC-2(3), AC-2\n- **SOC 2**: CC6.1\n'],
  ['why, and what to do', '\nBecause.\n\n**Remediation.** Do it.\n'],
  [
    'rules by control, in natural order',
    '| AC-2 | [`judged-rule`](#judged-rule), [`unread-rule`](#unread-rule) |\n| AC-2(3) | [`judged-rule`](#judged-rule) |\n| AC-10 |',
  ],
])('the page has %s', (_name, part) => {
  expect(page).toContain(part);
});

test('frameworks that no rule names are left out', () => {
  expect(page).toContain('### SOC 2');
  expect(page).not.toContain('CIS');
});

test('the page ends with one line break', () => {
  expect(page).toMatch(/[^\n]\n$/);
});
