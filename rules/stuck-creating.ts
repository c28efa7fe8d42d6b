import { overLimit } from './conditions/age.ts';
import { hasStatus, isOlder } from './conditions/conditions.ts';
import { limitsError } from './conditions/limits.ts';
import { controls } from './engine/controls.ts';
import { defineUserRule } from './engine/rule.ts';
import { HOUR_MS, readTime } from './engine/time.ts';

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

  clauses: (user, { maxHours }, { now }) => [
    hasStatus(user, 'CREATING'),
    isOlder('createTime', readTime(user.createTime, now), maxHours, 'hour', now),
  ],

  check({ status, createTime }, { maxHours }, { now }) {
    if (status !== 'CREATING') return undefined;
    const created = readTime(createTime, now);
    if (typeof created !== 'number') return { notAssessed: 'createTime is missing or unusable' };
    if (now - created <= maxHours * HOUR_MS) return undefined;

    return {
      message: `in creation for ${overLimit(now - created, maxHours, 'hour')}; at most ${maxHours} allowed`,
      evidence: {
        status,
        createTime,
        creatingHours: Math.floor((now - created) / HOUR_MS),
        allowedHours: maxHours,
      },
    };
  },
});
