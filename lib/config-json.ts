import { readFileSync, writeFileSync } from 'node:fs';
import { jsonOf } from '../lambda/config-yaml.ts';

// Run while the function is bundled: a file that operators edit becomes one that the function reads.
const [yamlFile = '', jsonFile = '', empty = ''] = process.argv.slice(2);
writeFileSync(jsonFile, jsonOf(readFileSync(yamlFile, 'utf8'), yamlFile, JSON.parse(empty)));
