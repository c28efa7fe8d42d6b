import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Rule } from '../rules/engine/rule.ts';
import { rules } from '../rules/index.ts';

/**
 * Gives the catalogue, and after it the operators' own rules. What reads their expressions is a file of its own beside the
 * code, which goes along only where there are some: else nobody loads it.
 */
export const readBundledRules = async (folder: string): Promise<readonly Rule[]> => {
  const file = join(folder, 'custom-rules.json');
  if (!existsSync(file)) return rules;
  const { customRules }: typeof import('../rules/custom/custom-rule.ts') = await import(
    pathToFileURL(join(folder, 'custom-rules.mjs')).href
  );
  return [...rules, ...customRules(JSON.parse(readFileSync(file, 'utf8')))];
};
