import { readFileSync, writeFileSync } from 'node:fs';
import { readConfigWithRules } from '../core/config/custom-rules.ts';
import { parseAccepted, parseWaivers } from '../core/config/read-config.ts';
import { rules } from '../rules/index.ts';

// This runs while the function is bundled: the files that operators edit are checked and become JSON, with the defaults
// of what they leave out. So the function has neither to parse YAML nor to check what can't have changed.
const [kind = '', yamlFile = '', jsonFile = ''] = process.argv.slice(2);
const text = readFileSync(yamlFile, 'utf8');
const contents: Readonly<Record<string, () => unknown>> = {
  config: () => readConfigWithRules(text, yamlFile, rules).config,
  'custom-rules': () => readConfigWithRules(text, yamlFile, rules).custom.map(({ definition }) => definition),
  waivers: () => parseWaivers(text, yamlFile, Date.now()),
  accepted: () => parseAccepted(text, yamlFile),
};
const content = contents[kind]?.();
writeFileSync(jsonFile, JSON.stringify(content));
