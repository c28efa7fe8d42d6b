import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ZodType } from 'zod';
import { rules } from '../rules/index.ts';
import { configSchema, waiversSchema } from './config.ts';
import { checked } from './config-file.ts';

/** Reads the config files that were deployed beside the code, as JSON. Throws `ConfigError`. */
export const readBundledConfig = (folder: string) => {
  const read = <T>(name: string, schema: ZodType<T>): T =>
    checked(JSON.parse(readFileSync(join(folder, name), 'utf8')), schema, () => name);
  return {
    config: read('audit.json', configSchema(rules)),
    waivers: read('waivers.json', waiversSchema(Date.now())),
  };
};
