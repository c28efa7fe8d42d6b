import type { Archive } from '../../core/archive/archive.ts';
import { ArchiveError } from '../../core/archive/errors.ts';
import { readJson } from '../../core/archive/lines.ts';
import type { Manifest } from '../../core/archive/manifest.ts';
import { parseCustomRule } from '../../core/config/custom-rules.ts';
import type { ConfiguredRule } from '../../rules/engine/configure.ts';
import type { Rule } from '../../rules/engine/rule.ts';
import { rules } from '../../rules/index.ts';

/**
 * Gives the catalogue, and after it the operators' own rules as they stood when a run was judged: their files stand in the
 * archive. Throws ArchiveError where they can't be read, and ConfigError where this version takes one no longer.
 */
export const rulesOfRun = async (archive: Archive, { objects, run }: Manifest): Promise<readonly Rule[]> => {
  const { ruleset } = objects;
  if (ruleset === undefined) return rules;
  const stored = await archive.read(ruleset.key);
  if (stored === undefined) throw new ArchiveError(`${ruleset.key}, by which run ${run} was judged, is not there`);
  const judgedBy = (await readJson(stored)) as readonly ConfiguredRule[];
  const own = judgedBy.flatMap(({ rule: { id, text } }) =>
    // What judged was let in by the config of that time, with names in its messages or without.
    text === undefined ? [] : [parseCustomRule(text, `${id}.yaml`, true).rule],
  );
  return [...rules, ...own];
};
