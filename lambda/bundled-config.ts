import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Accepted } from '../core/config/accepted.ts';
import type { Config } from '../core/config/config.ts';
import type { Waiver } from '../rules/engine/waiver.ts';

const read = (folder: string, name: string): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8'));

// The files that operators edit stand beside the code, as JSON: they were checked when that was put together.
export const readBundledConfig = (folder: string) => read(folder, 'audit.json') as Config;
export const readBundledWaivers = (folder: string) => read(folder, 'waivers.json') as readonly Waiver[];
export const readBundledAccepted = (folder: string) => read(folder, 'accepted.json') as readonly Accepted[];
