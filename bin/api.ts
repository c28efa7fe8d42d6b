import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Node, ParameterDeclaration } from 'typescript/unstable/ast';
import {
  isClassDeclaration,
  isConstructorDeclaration,
  isFunctionTypeNode,
  isInterfaceDeclaration,
  isIntersectionTypeNode,
  isMethodDeclaration,
  isMethodSignatureDeclaration,
  isObjectBindingPattern,
  isPropertyDeclaration,
  isPropertySignatureDeclaration,
  isTypeAliasDeclaration,
  isVariableDeclaration,
} from 'typescript/unstable/ast/is';
import { API, NodeBuilderFlags, type Project, SymbolFlags, type Symbol as TypeSymbol } from 'typescript/unstable/sync';
import { compileDeclarations } from './declarations.ts';

// Prints docs/api.md: what the package exports, by the declarations that lie in it. Fails where something lacks its
// comment.

const PROJECT = resolve(import.meta.dirname, '..');
/** Beside the packages that the declarations refer to. */
const FOLDER = join(PROJECT, 'node_modules/.cache/api');
const CONFIG = join(FOLDER, 'tsconfig.json');

/** The names that whoever builds an app asks for first; the rest stands as it is exported. */
const FIRST: readonly string[] = ['FinSpaceAuditor', 'FinSpaceAuditorProps', 'AuditorStack', 'addAuditorStacks'];

const ENTRIES = {
  'finspace-user-auditor': {
    file: 'lib/index.d.ts',
    intro: `For a CDK app: \`FinSpaceAuditor\` is all that most need. It reads [audit.yaml](../README.md#configuration), where the rest is
said; [examples/](../examples) has whole apps. The further constructs are its parts, for whoever puts them together otherwise.`,
  },
  'finspace-user-auditor/rules': {
    file: 'rules/engine/authoring.d.ts',
    intro: `For rules in TypeScript, as the catalogue's own are: [CONTRIBUTING](../CONTRIBUTING.md#add-a-rule) has the steps. Rules of a firm's
own are written [in YAML and CEL](custom-rules.md) and need none of this.`,
  },
} as const;

const { peerDependencies }: { readonly peerDependencies: Readonly<Record<string, string>> } = JSON.parse(
  readFileSync(join(PROJECT, 'package.json'), 'utf8'),
);

const exportedNames = new Set<string>();

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

const textOf = (node: Node): string => oneLine(node.getText().replaceAll(/\/\*\*.*?\*\//gs, ''));

/** Opens the declarations, and gives them by name. */
const openDeclarations = (): { readonly project: Project; readonly close: () => void } => {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  compileDeclarations(FOLDER);
  const compilerOptions = { module: 'nodenext', target: 'es2024', strict: true, noEmit: true, types: [] };
  const files = Object.values(ENTRIES).map(({ file }) => file);
  writeFileSync(CONFIG, JSON.stringify({ compilerOptions, files }));
  const api = new API({ cwd: PROJECT });
  const project = api.updateSnapshot({ openProject: CONFIG }).getProject(CONFIG);
  if (project === undefined) throw new Error(`${CONFIG} is no project`);
  return { project, close: () => api.close() };
};

const { project, close } = openDeclarations();
const { checker, program } = project;

/** Everything that is exported without a comment. */
const undocumented: string[] = [];

interface Comment {
  readonly text: string;
  readonly byDefault: string | undefined;
  readonly params: readonly string[];
  readonly errors: readonly string[];
}

const commentOf = (symbol: TypeSymbol): Comment => {
  const tags = checker.getJsDocTagsOfSymbol(symbol);
  const tagged = (name: string) => tags.filter((tag) => tag.name === name).map(({ text = '' }) => oneLine(text));
  return {
    text: oneLine(checker.getDocumentationCommentOfSymbol(symbol)),
    byDefault: tagged('default')[0]?.replace(/^- /, ''),
    params: tagged('param'),
    errors: tagged('throws'),
  };
};

/** The comment, which has to be there. */
const requiredComment = (symbol: TypeSymbol, name: string): Comment => {
  const comment = commentOf(symbol);
  if (comment.text === '' && comment.byDefault === undefined) undocumented.push(name);
  return comment;
};

const isOurs = (node: Node): boolean => resolve(node.getSourceFile().fileName).startsWith(FOLDER);

/** A parameter as a caller sees it: what is taken apart at once has no name of its own. */
const parameterText = (parameter: ParameterDeclaration): string => {
  if (!isObjectBindingPattern(parameter.name)) return textOf(parameter);
  const type = typeText(parameter.type);
  const [word = 'options'] = /[A-Z][a-z]+$/.exec(type) ?? [];
  return `${word.toLowerCase()}${parameter.questionToken === undefined ? '' : '?'}: ${type}`;
};

const typeText = (type: Node | undefined): string => (type === undefined ? 'unknown' : textOf(type));

/** Gives the text behind the `=` of a constant that has no type. */
const constantText = (member: Node): string => textOf(member).replace(/^[^=]*= ?|;$/g, '');

const parametersText = (parameters: readonly ParameterDeclaration[]): string =>
  parameters.map(parameterText).join(', ');

/** `name?: type` or `name(parameters): type`; undefined where it is no member by a name. */
const memberText = (symbol: TypeSymbol, member: Node): string | undefined => {
  const isOptional = (symbol.flags & SymbolFlags.Optional) !== 0;
  const name = `${symbol.name}${isOptional ? '?' : ''}`;
  if (isMethodDeclaration(member) || isMethodSignatureDeclaration(member))
    return `${name}(${parametersText([...member.parameters])}): ${typeText(member.type)}`;
  if (!isPropertyDeclaration(member) && !isPropertySignatureDeclaration(member)) return undefined;
  // One of several forms of a type has it otherwise than another.
  const type = symbol.declarations.length > 1 ? checker.getTypeOfSymbol(symbol) : undefined;
  if (type !== undefined) return `${name}: ${checker.typeToString(type)}`;
  return `${name}: ${member.type === undefined ? constantText(member) : typeText(member.type)}`;
};

const isHidden = (member: Node): boolean => /^(?:private|protected|static|#)/.test(textOf(member));

const memberLine = (symbol: TypeSymbol, node: Node, owner: string): readonly string[] => {
  const text = memberText(symbol, node);
  if (text === undefined) return [];
  const { text: said, byDefault } = requiredComment(symbol, `${owner}.${symbol.name}`);
  const notes = [said, ...(byDefault === undefined ? [] : [`_Default:_ ${byDefault}.`])].filter((one) => one !== '');
  return [`- \`${text}\`${notes.length === 0 ? '' : `<br>${notes.join(' ')}`}`];
};

/** The members that the project declares; those that another export declares, and another package, are described there. */
const membersOf = (symbol: TypeSymbol, owner: string): readonly string[] => {
  const elsewhere = new Set<string>();
  const own = checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol)).flatMap((property) => {
    const node = property.declarations[0]?.resolve(project);
    if (node === undefined || !isOurs(node) || isHidden(node)) return [];
    const { name = owner } = property.getParent() ?? {};
    if (name === owner || !exportedNames.has(name)) return memberLine(property, node, owner);
    elsewhere.add(name);
    return [];
  });
  return [...own, ...[...elsewhere].map((name) => `- and the members of [\`${name}\`](#${name.toLowerCase()})`)];
};

const heritageText = (declaration: { readonly heritageClauses?: Iterable<Node> | undefined }): string =>
  [...(declaration.heritageClauses ?? [])].map((clause) => ` ${textOf(clause)}`).join('');

const genericsText = (declaration: { readonly typeParameters?: Iterable<Node> | undefined }): string => {
  const parameters = [...(declaration.typeParameters ?? [])];
  return parameters.length === 0 ? '' : `<${parameters.map(textOf).join(', ')}>`;
};

/** The signature of an export, a line each, and its members. */
const described = (
  symbol: TypeSymbol,
  name: string,
): { readonly code: readonly string[]; readonly members: readonly string[] } => {
  const [node] = symbol.declarations.map((handle) => handle.resolve(project));
  if (node === undefined) throw new Error(`${name} is declared nowhere`);
  if (isClassDeclaration(node)) {
    const made = [...node.members]
      .filter(isConstructorDeclaration)
      .map(({ parameters }) => `new ${name}(${parametersText([...parameters])})`);
    return {
      code: [`class ${name}${genericsText(node)}${heritageText(node)}`, ...made],
      members: membersOf(symbol, name),
    };
  }
  if (isInterfaceDeclaration(node))
    return { code: [`interface ${name}${genericsText(node)}${heritageText(node)}`], members: membersOf(symbol, name) };
  if (isTypeAliasDeclaration(node)) {
    // What is put together of several shapes has members of its own; of alternatives and names it says all.
    const members = isIntersectionTypeNode(node.type) ? membersOf(symbol, name) : [];
    // Of a list of words that is not exported the words are what matters.
    const text = textOf(node.type).includes('typeof')
      ? checker.typeToString(checker.getDeclaredTypeOfSymbol(symbol), undefined, NodeBuilderFlags.InTypeAlias)
      : textOf(node.type);
    return { code: [`type ${name}${genericsText(node)} = ${text}`], members };
  }
  if (isVariableDeclaration(node) && node.type !== undefined && isFunctionTypeNode(node.type)) {
    const { parameters, type } = node.type;
    return {
      code: [`${name}${genericsText(node.type)}(${parametersText([...parameters])}): ${typeText(type)}`],
      members: [],
    };
  }
  throw new Error(`${name} is exported as ${textOf(node).slice(0, 80)}, which nothing here describes`);
};

const sectionOf = (symbol: TypeSymbol): string => {
  const { name } = symbol;
  const real = (symbol.flags & SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol);
  const { text, params, errors } = requiredComment(real, name);
  const { code, members } = described(real, name);
  const parts = [
    `### ${name}`,
    text,
    ['```ts', ...code, '```'].join('\n'),
    [
      ...params.map((param) => `- ${param.replace(/^(\S+) /, '`$1`: ')}`),
      ...errors.map((error) => `- throws ${error}`),
    ].join('\n'),
    members.join('\n'),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
};

/** The place of an export on the page: functions stand before the types that they take. */
const rankOf = ({ name }: TypeSymbol): number => {
  if (FIRST.includes(name)) return FIRST.indexOf(name) - FIRST.length;
  return name.startsWith('define') ? 0 : 1;
};

const exportsOf = (file: string): readonly TypeSymbol[] => {
  const source = program.getSourceFile(join(FOLDER, file));
  const module = source && checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${file} exports nothing`);
  return checker.getExportsOfModule(module).toSorted((a, b) => rankOf(a) - rankOf(b));
};

const entryOf = ([name, { file, intro }]: [string, (typeof ENTRIES)[keyof typeof ENTRIES]]): string => {
  const exported = exportsOf(file);
  for (const one of exported) exportedNames.add(one.name);
  return [`## ${name}`, intro, ...exported.map(sectionOf)].join('\n\n');
};

const peers = Object.entries(peerDependencies).map(([name, range]) => `\`${name}\` ${range}`);
const page = [
  '<!-- Written by npm run api: change the comments in the sources. -->',
  '# What the package exports',
  `Beside the command line \`finspace-audit\`. The package takes ${peers.join(' and ')}; types that no section here describes are
of these, say what [audit.yaml](../README.md#configuration) holds, or are parts that are not exported.`,
  ...Object.entries(ENTRIES).map(entryOf),
].join('\n\n');
close();

process.stdout.write(`${page}\n`);
if (undocumented.length > 0) {
  process.stderr.write(
    `api: each export and each member must have a comment, got none on ${undocumented.join(', ')}\n`,
  );
  process.exitCode = 1;
}
