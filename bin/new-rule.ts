import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Rule } from '../rules/engine/rule.ts';

const PROJECT = resolve(import.meta.dirname, '..');
const LIST = 'rules/index.ts';
const PAGE = 'rules/README.md';

/** The rules that a new one begins as, by what it judges: it and its test pass, and are something to change. */
const MODELS = {
  user: 'stuck-creating',
  directory: 'too-many-super-users',
  change: 're-enabled',
  principal: 'principal-missing',
} as const satisfies Record<Rule['kind'], string>;

const isKind = (kind: string): kind is keyof typeof MODELS => Object.hasOwn(MODELS, kind);

const read = (file: string): string => readFileSync(join(PROJECT, file), 'utf8');
const write = (file: string, text: string): void => writeFileSync(join(PROJECT, file), text);

const camelCase = (id: string): string => id.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/** Enters a rule into the list: its import in the order of files, and itself after its model. */
const entered = (list: string, id: string, model: string): string => {
  const line = `import ${camelCase(id)} from './${id}.ts';\n`;
  const next = [...list.matchAll(/^import .* from '(.*)';\n/gm)].find(([, file = '']) => file > `./${id}.ts`);
  const at = next?.index ?? list.indexOf('\n/**');
  const imported = list.slice(0, at) + line + list.slice(at);
  const entry = `  ${camelCase(model)},\n`;
  return imported.replace(entry, `${entry}  ${camelCase(id)},\n`);
};

const refuse = (message: string): never => {
  process.stderr.write(`new-rule: ${message}\n`);
  process.exit(3);
};

const readArgs = () => {
  try {
    return parseArgs({ allowPositionals: true, options: { kind: { type: 'string', default: 'user' } } });
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
};

const { values, positionals } = readArgs();
const { kind } = values;
const id = positionals.join(' ');
if (!/^[a-z]+(?:-[a-z]+)*$/.test(id))
  refuse(`ID must be one id of lower-case words with - between, got ${JSON.stringify(id)}`);
if (!isKind(kind)) throw refuse(`--kind must be one of ${Object.keys(MODELS).join(', ')}, got ${JSON.stringify(kind)}`);
if (existsSync(join(PROJECT, `rules/${id}.ts`))) refuse(`ID must be new, got ${id}: rules/${id}.ts exists`);

const model = MODELS[kind];
for (const fileOf of [(rule: string) => `rules/${rule}.ts`, (rule: string) => `test/rules/${rule}.test.ts`])
  write(fileOf(id), read(fileOf(model)).replaceAll(model, id));
write(LIST, entered(read(LIST), id, model));
const { rules }: { readonly rules: readonly Rule[] } = await import('../rules/index.ts');
const { cataloguePage } = await import('../rules/engine/catalogue-page.ts');
write(PAGE, cataloguePage(rules));

process.stdout.write(`rules/${id}.ts, test/rules/${id}.test.ts, two lines in ${LIST}, and ${PAGE} are written, as ${model} is.
They pass: npm test -- test/rules/${id} test/rules/catalogue
Now change them into the new rule; npm run catalogue writes the page anew.
`);
