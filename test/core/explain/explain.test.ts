import { describe, expect, test } from '@jest/globals';
import { folderArchive } from '../../../core/archive/folder.ts';
import { lastCompleteRun } from '../../../core/archive/head.ts';
import { type ExplainedRule, explain } from '../../../core/explain/explain.ts';
import { configureRules } from '../../../rules/engine/configure.ts';
import type { Rule } from '../../../rules/engine/rule.ts';
import type { User } from '../../../rules/engine/user.ts';
import { rules } from '../../../rules/index.ts';
import { auditNights } from '../../support/archived-nights.ts';
import { aContext, anApiUser, aRoleArn, aUser, daysAgo, ENVIRONMENT } from '../../support/builders.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const newFolder = temporaryFolders();

describe('a rule that breaks', () => {
  const breaks = {
    text: () => 'it breaks',
    holds: (): never => {
      throw new Error('Zebulon Quagmire');
    },
  };
  /** Rules that break: on every user, on one that is changed, and as they count. */
  const breaking = rules.map((rule): Rule => {
    if (rule.kind === 'user' && rule.id === 'stale-login') return { ...rule, when: [breaks] };
    if (rule.kind === 'user' && rule.id === 'stuck-creating') {
      const holds = ({ apiAccess }: User) => apiAccess === 'ENABLED' || breaks.holds();
      return { ...rule, when: [{ ...breaks, holds }] };
    }
    if (rule.kind === 'directory' && rule.id === 'duplicate-person') return { ...rule, counts: [breaks] };
    return rule;
  });
  const shared = { apiAccessPrincipalArn: aRoleArn('shared'), lastLoginTime: daysAgo(400) };
  const users = [anApiUser({ ...shared, userId: 'a' }), anApiUser({ ...shared, userId: 'b' }), aUser()];

  const explained = async (): Promise<readonly ExplainedRule[]> => {
    const archive = folderArchive(await newFolder());
    await auditNights(archive, [{ number: 1, users }]);
    const last = await lastCompleteRun(archive, ENVIRONMENT);
    if (last === undefined) throw new Error('there is no complete run');
    const { manifest } = last;
    const subject = { kind: 'user', id: 'a' } as const;
    const then = { rules: configureRules(breaking, {}), context: aContext() };
    const told = await explain({ archive, manifest, subject, ruleId: undefined, then, today: undefined });
    return told?.rules ?? [];
  };

  test('has not judged, its error is not told, and the others are explained', async () => {
    const told = await explained();
    const broken = told.filter(({ unjudged }) => unjudged === 'the rule failed').map(({ rule }) => rule.id);
    expect(broken).toEqual(['stale-login', 'duplicate-person']);
    expect(JSON.stringify(told)).not.toContain('Zebulon');
    const sharing = told.find(({ rule }) => rule.id === 'shared-principal');
    expect(sharing?.explanation?.outcome).toBe('FAIL');
    expect(sharing?.smallestChanges.map(({ text }) => text)).toEqual([
      'set apiAccessPrincipalArn to a role of its own in the account of the environment',
    ]);
  });
});
