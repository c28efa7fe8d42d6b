import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../core/config/config.ts';
import type { Waiver } from '../rules/engine/waiver.ts';

/** Reads the config files as they were checked when the code was bundled: they stand beside it, as JSON. */
export const readBundledConfig = (folder: string) => {
  const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8'));
  return { config: read('audit.json') as Config, waivers: read('waivers.json') as readonly Waiver[] };
};
