import { older, overLimit } from './conditions/age.ts';
import { limitsError } from './conditions/limits.ts';
import { hasStatus } from './conditions/users.ts';
import { controls } from './engine/controls.ts';
import { defineUserRule } from './engine/rule.ts';
import { daysBetween } from './engine/time.ts';

export default defineUserRule({
  id: 'long-disabled',
  title: 'Users disabled long ago are accounted for',
  failsWhen:
    'the `status` is `DISABLED` and `lastDisabledTime` is older than `maxDays`; not assessed where `lastDisabledTime` is never or unusable',
  severity: 'INFORMATIONAL',
  rationale:
    'FinSpace has no deletion: a disabled user stays, and can be enabled again, for as long as the environment exists. An inventory that tells of it keeps that from surprising anyone.',
  remediation: 'Confirm that the user should stay disabled, and take its API access and its groups away.',
  controls: controls({ 'NIST-800-53-r5': ['AC-2'], 'CIS-v8.1': ['6.2'], 'ISO-27001-2022': ['A.5.18'] }),
  options: { maxDays: 365 },
  optionsError: (options) => limitsError(options),

  when: [hasStatus('DISABLED'), older('lastDisabledTime', 'maxDays', 'day')],

  violation({ status, lastDisabledTime }, { maxDays }, { now }) {
    const disabled = Number(lastDisabledTime);
    return {
      message: `disabled ${overLimit(now - disabled, maxDays, 'day')} ago; noted past ${maxDays}`,
      evidence: { status, lastDisabledTime, disabledDays: daysBetween(disabled, now), notedPastDays: maxDays },
    };
  },
});
