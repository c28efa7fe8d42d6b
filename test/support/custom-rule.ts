import { stringify } from 'yaml';
import { type CustomRule, parseCustomRule } from '../../core/config/custom-rules.ts';
import { customRules } from '../../rules/custom/custom-rule.ts';
import type { CustomRuleDefinition } from '../../rules/custom/definition.ts';
import type { Rule } from '../../rules/engine/rule.ts';

/** The file of a sound rule; a member overridden with undefined is left out. */
export const aRuleFile = (overrides: Readonly<Record<string, unknown>> = {}): string =>
  stringify({
    id: 'x-contractor-api-access',
    kind: 'user',
    title: 'Contractors have no API access',
    severity: 'HIGH',
    rationale: 'A contractor leaves without notice.',
    remediation: 'Take the access away.',
    controls: { 'NIST-800-53-r5': ['AC-6'] },
    options: { domain: 'contractor.example.com', graceDays: 7 },
    failsWhen: [
      'user.active && user.apiBound',
      'user.emailAddress.domain() == options.domain',
      'age(user.createTime) > days(options.graceDays)',
    ],
    message: '"API access of a contractor, " + string(daysOld(user.createTime)) + " days old"',
    evidence: ['emailAddress', 'apiAccess', 'createTime'],
    tests: [
      {
        name: 'old',
        user: { emailAddress: 'a@contractor.example.com', apiAccess: 'ENABLED', createTime: '200 days ago' },
        fails: 'API access of a contractor, 200 days old',
      },
      { name: 'no address', user: { apiAccess: 'ENABLED' }, notAssessed: 'emailAddress' },
    ],
    ...overrides,
  });

export const FILE = 'custom-rules/x-contractor-api-access.yaml';

export const aCustomRule = (overrides: Readonly<Record<string, unknown>> = {}): CustomRule =>
  parseCustomRule(aRuleFile(overrides), FILE);

/** A rule of one clause, whose message is `m`, without tests of its own. */
export const ruleOf = (clause: string, overrides: Partial<CustomRuleDefinition> = {}): Rule => {
  const { definition } = aCustomRule();
  const sole = { options: {}, failsWhen: [clause], message: '"m"', evidence: [] };
  const [rule] = customRules([{ ...definition, ...sole, ...overrides }]);
  if (rule === undefined) throw new Error('there is no rule');
  return rule;
};
