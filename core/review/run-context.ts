import { allOf } from '../../rules/engine/condition.ts';
import type { Context } from '../../rules/engine/context.ts';
import type { Rule } from '../../rules/engine/rule.ts';
import type { Archive } from '../archive/archive.ts';
import type { Manifest } from '../archive/manifest.ts';
import { readFacts } from '../archive/read-facts.ts';
import { partitionOfRun } from '../aws/partition.ts';
import { momentsOf } from '../model/listing.ts';
import type { CountsFor } from './open-findings.ts';

/** Reads what the users of a run are judged by besides themselves. */
export const contextOf = async (archive: Archive, manifest: Manifest): Promise<Context> => ({
  ...momentsOf(manifest),
  environmentId: manifest.environmentId,
  partition: partitionOfRun(manifest),
  trustedAccounts: new Set(manifest.trustedAccounts),
  ...(await readFacts(archive, manifest)),
});

/** Whoever may count is taken to: a reviewer had better look. */
export const countsIn = (manifest: Manifest, rules: ReadonlyMap<string, Rule>, context: Context): CountsFor => {
  return (ruleId, user) => {
    const rule = rules.get(ruleId);
    if (rule?.kind !== 'directory') return true;
    const options = { ...rule.options, ...manifest.rules[ruleId]?.options };
    return allOf([...(rule.outOf ?? []), ...(rule.counts ?? [])])(user, options, context) !== false;
  };
};
