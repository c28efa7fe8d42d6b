import { expect, test } from '@jest/globals';
import { configureRules, type RuleSettings } from '../../../rules/engine/configure.ts';
import { ENRICHMENTS } from '../../../rules/engine/facts.ts';
import { defineUserRule } from '../../../rules/engine/rule.ts';

const TEXT = {
  title: 'A rule',
  failsWhen: 'always',
  severity: 'LOW',
  rationale: 'For tests.',
  remediation: 'None.',
  controls: [],
} as const;
const rule = defineUserRule({
  ...TEXT,
  id: 'a-rule',
  options: { domains: [] as readonly string[], maxDays: 9 },
  isConfigured: ({ domains }) => domains.length > 0,
  when: [],
  violation: () => ({ message: 'fails', evidence: {} }),
});
const needy = { ...rule, needs: 'iamRoles' as const };

const domains = ['example.com'];
const offInConfig = { state: 'off', reason: 'switched off in the config' };
const unread = { state: 'off', reason: `its data is not read: ${ENRICHMENTS.iamRoles}` };

test.each<[name: string, given: typeof rule, settings: RuleSettings | undefined, expected: object]>([
  ['without settings', rule, undefined, { state: 'not-configured', reason: 'needs domains, maxDays' }],
  ['with those that it needs', rule, { domains }, { state: 'on' }],
  ['that is said to be on', rule, { domains, enabled: true }, { state: 'on' }],
  ['that is switched off', rule, { domains, enabled: false }, offInConfig],
  ['that is switched off and lacks its settings', rule, { enabled: false }, offInConfig],
  ['whose data nobody reads', needy, { domains }, unread],
  ['whose data nobody reads, without its settings', needy, undefined, unread],
  ['that is switched off, and whose data nobody reads', needy, { enabled: false }, offInConfig],
])('a rule %s', (_name, given, settings, expected) => {
  const { enabled: _, ...set } = settings ?? {};
  const options = { domains: [], maxDays: 9, ...set };
  const configured = (more: RuleSettings | undefined) => configureRules([given], more && { 'a-rule': more });
  expect(configured(settings)).toStrictEqual([{ rule: given, options, ...expected }]);
  // Whatever its state, it is listed as it was set.
  const severe = { ...settings, severity: 'HIGH' as const };
  expect(configured(severe)).toStrictEqual([{ rule: given, options, severity: 'HIGH', ...expected }]);
});

test('a rule is on where its data is read', () => {
  expect(configureRules([needy], { 'a-rule': { domains } }, new Set(['iamRoles']))).toMatchObject([{ state: 'on' }]);
  expect(configureRules([needy], { 'a-rule': { domains } }, new Set(['permissionGroups']))).toMatchObject([unread]);
});
