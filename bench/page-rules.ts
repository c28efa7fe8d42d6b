import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** The rules that docs/custom-rules.md shows, as they stand there. */
export const pageRules = (): readonly { readonly id: string; readonly text: string }[] => {
  const page = readFileSync(resolve(import.meta.dirname, '../docs/custom-rules.md'), 'utf8');
  const found = page.matchAll(/^```yaml\n(id: (?<id>[\w-]+)\n.*?)^```$/gms);
  return [...found].map(([, text = '', id = '']) => ({ id, text }));
};
