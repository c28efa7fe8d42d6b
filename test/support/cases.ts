import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '../cases');

/** The text of an input of `test/cases/`: what ListUsers gives on one night, or a config. */
export const caseText = (file: string): string => readFileSync(join(FOLDER, file), 'utf8');

/** The users of an input, in the order of the listing. */
export const caseUsers = (name: string): readonly unknown[] => JSON.parse(caseText(`${name}.json`)) as unknown[];
