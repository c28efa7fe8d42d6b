import { older, overLimit } from './conditions/age.ts';
import { limitsError } from './conditions/limits.ts';
import { hasStatus } from './conditions/users.ts';
import { controls } from './engine/controls.ts';
import { defineUserRule } from './engine/rule.ts';
import { HOUR_MS } from './engine/time.ts';

export default defineUserRule({
  id: 'stuck-creating',
  title: 'The creation of users comes to an end',
  failsWhen:
    'the `status` is `CREATING` and `createTime` is older than `maxHours`; not assessed where `createTime` is never or unusable',
  severity: 'LOW',
  rationale:
    'A user that stays in creation is neither usable nor disabled, so nobody reviews it; it may become active at any time.',
  remediation: 'Finish the creation or disable the user; ask AWS Support if neither can be done.',
  controls: controls({ 'NIST-800-53-r5': ['AC-2'], 'CIS-v8.1': ['6.1'], 'ISO-27001-2022': ['A.5.16'] }),
  options: { maxHours: 24 },
  optionsError: (options) => limitsError(options),

  when: [hasStatus('CREATING'), older('createTime', 'maxHours', 'hour')],

  violation({ status, createTime }, { maxHours }, { now }) {
    const age = now - Number(createTime);
    return {
      message: `in creation for ${overLimit(age, maxHours, 'hour')}; at most ${maxHours} allowed`,
      evidence: { status, createTime, creatingHours: Math.floor(age / HOUR_MS), allowedHours: maxHours },
    };
  },
});
