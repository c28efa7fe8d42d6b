import { join } from 'node:path';
import * as ts from 'typescript/unstable/ast';
import { API, TypeFlags } from 'typescript/unstable/sync';

/** One change of one expression that no test may let pass. Positions are those of the source, lines and columns from 1. */
export interface Mutant {
  readonly id: number;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly original: string;
  readonly replacement: string;
}

export interface MutatedFile {
  readonly file: string;
  /** The source with every mutant in it; `__mutant(id)` says whether one is chosen. */
  readonly code: string;
  readonly mutants: readonly Mutant[];
}

interface Range {
  readonly start: number;
  readonly end: number;
}

interface Change extends Range {
  readonly text: string;
}

interface Edit extends Change {
  /** The expression that is chosen between: the least one that can stand in parentheses. */
  readonly host: Range;
}

const { SyntaxKind } = ts;

const SWAPPED: Readonly<Partial<Record<ts.SyntaxKind, string>>> = {
  [SyntaxKind.LessThanToken]: '<=',
  [SyntaxKind.LessThanEqualsToken]: '<',
  [SyntaxKind.GreaterThanToken]: '>=',
  [SyntaxKind.GreaterThanEqualsToken]: '>',
  [SyntaxKind.EqualsEqualsEqualsToken]: '!==',
  [SyntaxKind.ExclamationEqualsEqualsToken]: '===',
  [SyntaxKind.AmpersandAmpersandToken]: '||',
  [SyntaxKind.BarBarToken]: '&&',
  [SyntaxKind.MinusToken]: '+',
  [SyntaxKind.AsteriskToken]: '/',
  [SyntaxKind.SlashToken]: '*',
  [SyntaxKind.PercentToken]: '*',
  [SyntaxKind.MinusEqualsToken]: '+=',
};

/** Only of numbers: what joins texts has no other way. */
const SWAPPED_NUMBERS: Readonly<Partial<Record<ts.SyntaxKind, string>>> = {
  [SyntaxKind.PlusToken]: '-',
  [SyntaxKind.PlusEqualsToken]: '-=',
};

const COMPARED = new Set([SyntaxKind.EqualsEqualsEqualsToken, SyntaxKind.ExclamationEqualsEqualsToken]);

const OPPOSITES = [
  ['some', 'every'],
  ['min', 'max'],
  ['floor', 'ceil'],
  ['startsWith', 'endsWith'],
  ['find', 'findLast'],
] as const;

const RENAMED = new Map<string, string>(
  OPPOSITES.flatMap(
    ([a, b]) =>
      [
        [a, b],
        [b, a],
      ] as const,
  ),
);

/** Methods whose result can be what they were called on. */
const DROPPED = new Set(
  'filter slice subarray toSorted toReversed sort reverse trim toLowerCase toUpperCase padStart'.split(' '),
);

const isLink = (node: ts.Node): node is ts.Node & { readonly expression: ts.Node } =>
  ts.isPropertyAccessExpression(node) ||
  ts.isElementAccessExpression(node) ||
  ts.isCallExpression(node) ||
  ts.isNonNullExpression(node);

const isAssigned = (node: ts.Node, parent: ts.Node): boolean =>
  ts.isDeleteExpression(parent) ||
  ts.isPostfixUnaryExpression(parent) ||
  (ts.isPrefixUnaryExpression(parent) &&
    (parent.operator === SyntaxKind.PlusPlusToken || parent.operator === SyntaxKind.MinusMinusToken)) ||
  (ts.isBinaryExpression(parent) &&
    parent.left === node &&
    parent.operatorToken.kind >= SyntaxKind.FirstAssignment &&
    parent.operatorToken.kind <= SyntaxKind.LastAssignment);

/** A chain is chosen as a whole, since parentheses inside end what `?.` skips, and part a method from its object. */
const hostOf = (node: ts.Node): ts.Node => {
  const { parent } = node;
  const isInside = isLink(node) && isLink(parent) && parent.expression === node;
  return isInside || (isLink(node) && isAssigned(node, parent)) ? hostOf(parent) : node;
};

/** Whether a text is only said, as an error's is, or stands where no expression can; or a number is a signal. */
const isLeftAlone = (node: ts.Node): boolean => {
  const { parent } = node;
  if (ts.isPropertyAssignment(parent) && (parent.name === node || parent.name.getText() === 'message')) return true;
  if (ts.isBinaryExpression(parent) && [parent.left, parent.right].some(ts.isTypeOfExpression)) return true;
  if (ts.isCallExpression(parent) && parent.expression.kind === SyntaxKind.ImportKeyword) return true;
  if (ts.isExpressionStatement(parent) || ts.isTaggedTemplateExpression(parent)) return true;
  // Another signal than none ends whichever process a test asks for, and this one with it.
  if (ts.isCallExpression(parent) && parent.expression.getText() === 'process.kill') return true;
  for (let at = parent; !ts.isStatement(at) && at.parent !== undefined; at = at.parent) {
    if (ts.isNewExpression(at) && at.expression.getText().endsWith('Error')) return true;
  }
  return false;
};

/** `...(node)` */
const isSpread = ({ parent }: ts.Node): boolean =>
  ts.isParenthesizedExpression(parent) && (ts.isSpreadAssignment(parent.parent) || ts.isSpreadElement(parent.parent));

const isConditionOf = (node: ts.Node, parent: ts.Node): boolean =>
  (ts.isIfStatement(parent) && parent.expression === node) ||
  (ts.isConditionalExpression(parent) && parent.condition === node) ||
  (ts.isBinaryExpression(parent) &&
    parent.left === node &&
    parent.operatorToken.kind === SyntaxKind.AmpersandAmpersandToken &&
    isSpread(parent));

/** A loop is only left out: one that never ends says nothing. */
const isLoopConditionOf = (node: ts.Node, parent: ts.Node): boolean =>
  ((ts.isWhileStatement(parent) || ts.isDoStatement(parent)) && parent.expression === node) ||
  (ts.isForStatement(parent) && parent.condition === node);

const changeOf = (node: ts.Node, text: string): Change => ({ start: node.getStart(), end: node.end, text });

const conditionChanges = (node: ts.Node): readonly Change[] => {
  const isLoop = isLoopConditionOf(node, node.parent);
  if (node.kind === SyntaxKind.TrueKeyword || !(isLoop || isConditionOf(node, node.parent))) return [];
  return [...(isLoop ? [] : [changeOf(node, 'true')]), changeOf(node, 'false')];
};

const operatorChanges = (node: ts.BinaryExpression, isNumber: (node: ts.Node) => boolean): readonly Change[] => {
  const { operatorToken, left, right } = node;
  const { kind } = operatorToken;
  if (kind === SyntaxKind.QuestionQuestionToken) {
    return [
      // What stands for an element that is always there is for the compiler only.
      ...(ts.isElementAccessExpression(left) ? [] : [{ start: left.end, end: node.end, text: '' }]),
      { start: node.getStart(), end: right.getStart(), text: '' },
    ];
  }
  // As a whole it is true and false already, which says as much.
  if (isSpread(node) || (COMPARED.has(kind) && isConditionOf(node, node.parent))) return [];
  const swapped = SWAPPED[kind] ?? (Object.hasOwn(SWAPPED_NUMBERS, kind) && isNumber(node) && SWAPPED_NUMBERS[kind]);
  return swapped ? [changeOf(operatorToken, swapped)] : [];
};

const literalChanges = (node: ts.Node): readonly Change[] => {
  if (isLeftAlone(node)) return [];
  if (node.kind === SyntaxKind.TrueKeyword)
    return isLoopConditionOf(node, node.parent) ? [] : [changeOf(node, 'false')];
  if (node.kind === SyntaxKind.FalseKeyword) return [changeOf(node, 'true')];
  if (ts.isNumericLiteral(node)) return [changeOf(node, `${Number(node.getText().replaceAll('_', '')) + 1}`)];
  if (!ts.isStringLiteral(node) && !ts.isNoSubstitutionTemplateLiteral(node)) return [];
  return [changeOf(node, node.text === '' ? "'mutant'" : "''")];
};

const callChanges = ({ expression: callee, arguments: given, end }: ts.CallExpression): readonly Change[] => {
  if (!ts.isPropertyAccessExpression(callee)) return [];
  const name = callee.name.getText();
  const [first] = given;
  const renamed = RENAMED.get(name);
  return [
    ...(renamed === undefined ? [] : [changeOf(callee.name, renamed)]),
    ...(DROPPED.has(name) && (first !== undefined || name !== 'slice')
      ? [{ start: callee.expression.end, end, text: '' }]
      : []),
    ...(name === 'at' && first !== undefined ? [changeOf(first, '0')] : []),
  ];
};

const statementChanges = ({ expression }: ts.ExpressionStatement): readonly Change[] => {
  const called = ts.isAwaitExpression(expression) ? expression.expression : expression;
  const isCall = ts.isCallExpression(called) && called.expression.kind !== SyntaxKind.SuperKeyword;
  return isCall ? [changeOf(expression, 'undefined')] : [];
};

const chainChanges = (node: ts.Node): readonly Change[] => {
  const { questionDotToken } = node as { readonly questionDotToken?: ts.Node };
  if (questionDotToken === undefined || !isLink(node)) return [];
  return [changeOf(questionDotToken, ts.isPropertyAccessExpression(node) ? '.' : '')];
};

const changesOf = (node: ts.Node, isNumber: (node: ts.Node) => boolean): readonly Change[] => [
  ...conditionChanges(node),
  ...(ts.isBinaryExpression(node) ? operatorChanges(node, isNumber) : []),
  ...(ts.isPrefixUnaryExpression(node) && node.operator === SyntaxKind.ExclamationToken
    ? [{ start: node.getStart(), end: node.operand.getStart(), text: '' }]
    : []),
  ...literalChanges(node),
  ...(ts.isCallExpression(node) ? callChanges(node) : []),
  ...(ts.isExpressionStatement(node) ? statementChanges(node) : []),
  ...chainChanges(node),
];

const hasNoValues = (node: ts.Node): boolean =>
  ts.isTypeNode(node) ||
  ts.isImportDeclaration(node) ||
  ts.isExportDeclaration(node) ||
  ts.isInterfaceDeclaration(node) ||
  ts.isTypeAliasDeclaration(node);

const editsOf = (source: ts.SourceFile, isNumber: (node: ts.Node) => boolean): readonly Edit[] => {
  const edits: Edit[] = [];
  const visit = (node: ts.Node): void => {
    if (hasNoValues(node)) return;
    const chosen = hostOf(ts.isExpressionStatement(node) ? node.expression : node);
    const host = { start: chosen.getStart(), end: chosen.end };
    for (const change of changesOf(node, isNumber)) edits.push({ ...change, host });
    node.forEachChild(visit);
  };
  source.forEachChild(visit);
  return edits;
};

interface Placed {
  readonly id: number;
  readonly edit: Edit;
}

/** Writes the mutants into their hosts: each beside the code as it was, and inside that the mutants of its parts. */
const placeAll = (text: string, placed: readonly Placed[]): string => {
  const hosts = [...Map.groupBy(placed, ({ edit: { host } }) => `${host.start}-${host.end}`).values()]
    .flatMap((inHost) => (inHost[0] === undefined ? [] : [{ ...inHost[0].edit.host, inHost }]))
    .toSorted((a, b) => a.start - b.start || b.end - a.end);
  let next = 0;
  const write = ({ start, end }: Range): string => {
    let written = '';
    let from = start;
    for (let host = hosts[next]; host !== undefined && host.start < end; host = hosts[next]) {
      next += 1;
      const choices = host.inHost.map(({ id, edit }) => {
        const mutated = text.slice(host.start, edit.start) + edit.text + text.slice(edit.end, host.end);
        return `__mutant(${id}) ? (${mutated}) : `;
      });
      written += `${text.slice(from, host.start)}(${choices.join('')}(${write(host)}))`;
      from = host.end;
    }
    return written + text.slice(from, end);
  };
  return write({ start: 0, end: text.length });
};

/** A piece of code on one line, short enough to be read. */
const shown = (code: string): string => {
  const line = code.replaceAll(/\s+/g, ' ').trim();
  return line.length > 60 ? `${line.slice(0, 57)}...` : line;
};

/** Says what a mutant changes; a token alone tells little, so that a short expression is shown with it. */
const described = (text: string, { start, end, text: by, host }: Edit): Pick<Mutant, 'original' | 'replacement'> => {
  const whole = host.end - host.start > 60 ? { start, end } : host;
  return {
    original: shown(text.slice(whole.start, whole.end)),
    replacement: shown(text.slice(whole.start, start) + by + text.slice(end, whole.end)) || 'nothing',
  };
};

/** Makes every mutant of files of the project at `root`; their ids go on through all of them. */
export const mutate = (root: string, files: readonly string[]): readonly MutatedFile[] => {
  const config = join(root, 'tsconfig.json');
  const api = new API({});
  try {
    const project = api.updateSnapshot({ openProjects: [config] }).getProject(config);
    if (project === undefined) throw new Error(`${config} is no project`);
    const isNumber = (node: ts.Node): boolean =>
      ((project.checker.getTypeAtLocation(node)?.flags ?? 0) & (TypeFlags.Number | TypeFlags.NumberLiteral)) !== 0;
    let lastId = 0;
    return files.map((file) => {
      const source = project.program.getSourceFile(join(root, file));
      if (source === undefined) throw new Error(`${file} is no source of ${config}`);
      const { text } = source;
      const placed = editsOf(source, isNumber).map((edit) => {
        lastId += 1;
        return { id: lastId, edit };
      });
      const mutants = placed.map(({ id, edit }) => {
        const before = text.slice(0, edit.start).split('\n');
        return { id, file, line: before.length, column: (before.at(-1) ?? '').length + 1, ...described(text, edit) };
      });
      return { file, code: placeAll(text, placed), mutants };
    });
  } finally {
    api.close();
  }
};
