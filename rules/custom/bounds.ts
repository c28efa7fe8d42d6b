import type { ASTNode } from '@marcbachmann/cel-js';

// The language's engine has no limit at run time: what an expression may take is bounded here, before it ever runs.

/** The limits of the parser. */
export const LIMITS = { maxAstNodes: 300, maxDepth: 24, maxMapEntries: 100 } as const;

/** The most texts that an option may list. */
export const MOST_LISTED = 1000;

/** The most permission groups of a user that are told. */
export const MOST_GROUPS = 50;

const MOST_NESTED = 2;
const MOST_STEPS = 10_000;
/** To compare with so many items of a list takes a step. */
const COMPARED = 10;

/** They evaluate their last arguments for each item of a list. */
const MACROS: readonly string[] = ['all', 'exists', 'exists_one', 'map', 'filter'];

const REFUSED: ReadonlyMap<string, string> = new Map([
  [
    'matches',
    'matches is refused, since its time has no bound: write startsWith, endsWith, contains or domain() instead',
  ],
  ['bind', 'bind is refused, since texts could double with each: write the value where it is used instead'],
]);

/** A member of a record that an expression reads, as in `user.status`, or a name by itself, as in `count`. */
export interface MemberRead {
  /** Empty where it is a name by itself. */
  readonly record: string;
  readonly member: string;
}

/** One that stands at a place of the expression. */
interface ReadAt extends MemberRead {
  readonly node: ASTNode;
  /** Without it there is no answer, whatever else holds. */
  readonly isNeeded: boolean;
}

/** Whether there is a member, where an expression asks that by `has()`. */
interface AskAt extends MemberRead {
  readonly node: ASTNode;
}

/** The limits of an expression that are known before it runs. */
export interface Bounded {
  /** The reason for which it must not run. */
  readonly problem: string | undefined;
  readonly reads: readonly ReadAt[];
  readonly asks: readonly AskAt[];
  /** The members, or the names, whose domains it asks for. */
  readonly domainsOf: readonly string[];
}

/** The most items of a list that a record has. */
const MOST_ITEMS: Readonly<Record<string, number>> = { options: MOST_LISTED, groups: MOST_GROUPS };

/** The most items of a list; undefined where it has no bound. */
const rangeOf = (node: ASTNode): number | undefined => {
  if (node.op === 'list') return node.args.length;
  if (node.op === '.' && node.args[0].op === 'id') return MOST_ITEMS[node.args[0].args];
  if (node.op === 'rcall' && (node.args[0] === 'map' || node.args[0] === 'filter')) return rangeOf(node.args[1]);
  return undefined;
};

const nameOf = (node: ASTNode): string | undefined => {
  if (node.op === 'id') return node.args;
  return node.op === '.' ? node.args[1] : undefined;
};

const isNode = (value: unknown): value is ASTNode => typeof value === 'object' && value !== null && 'op' in value;

/** The expressions that one is made of, at any depth of lists. */
const partsOf = (args: unknown): readonly ASTNode[] =>
  isNode(args) ? [args] : Array.isArray(args) ? args.flatMap(partsOf) : [];

/** The member that a part reads of one of some records; undefined where it does something else. */
const readAt = (node: ASTNode, records: readonly string[]): MemberRead | undefined => {
  if (node.op !== '.') return undefined;
  const [of, member] = node.args;
  return of.op === 'id' && records.includes(of.args) ? { record: of.args, member } : undefined;
};

/**
 * Walks an expression for what it may take at most, and for what it reads.
 * @param records the variables of which each is asked for its members only, so that it is known who reads what
 * @param names the other variables of which that is to be known
 */
export const boundsOf = (expression: ASTNode, records: readonly string[], names: readonly string[] = []): Bounded => {
  const reads: ReadAt[] = [];
  const asks: AskAt[] = [];
  const domainsOf = new Set<string>();
  let problem: string | undefined;

  const refuse = (why: string): number => {
    problem ??= why;
    return 0;
  };

  /** Gives the steps that a part takes at most. */
  const steps = (node: ASTNode, nested: number, isNeeded: boolean): number => {
    const sum = (nodes: readonly ASTNode[], areNeeded = isNeeded, depth = nested): number =>
      nodes.reduce((total, part) => total + steps(part, depth, areNeeded), 1);
    if (node.op === 'id' && records.includes(node.args))
      return refuse(`${node.args} must be followed by a member, as in ${node.args}.NAME`);
    if (node.op === 'id' && names.includes(node.args)) reads.push({ record: '', member: node.args, node, isNeeded });
    if (node.op === '||' || node.op === '&&') return sum(node.args, false);
    if (node.op === '?:') return steps(node.args[0], nested, isNeeded) + sum(node.args.slice(1), false);
    const read = readAt(node, records);
    if (read !== undefined) {
      reads.push({ ...read, node, isNeeded });
      return 2;
    }
    if (node.op === 'in') return sum(node.args) + (rangeOf(node.args[1]) ?? 0) / COMPARED;
    if (node.op !== 'call' && node.op !== 'rcall') return sum(partsOf(node.args));

    const [name] = node.args;
    const why = REFUSED.get(name);
    if (why !== undefined) return refuse(why);
    if (node.op === 'call' || !MACROS.includes(name)) {
      if (node.op === 'call' && name === 'has') {
        const [asked] = node.args[1];
        const of = asked && readAt(asked, records);
        if (of === undefined) return refuse(`has must ask for a member of a record, as in has(${records[0]}.NAME)`);
        asks.push({ ...of, node });
      }
      if (node.op === 'rcall' && name === 'domain') domainsOf.add(nameOf(node.args[1]) ?? 'text');
      return sum(partsOf(node.args), isNeeded && name !== 'has');
    }
    const [, list, args] = node.args;
    const item = args[0] && nameOf(args[0]);
    if (item !== undefined && names.includes(item)) return refuse(`${name} must name its item otherwise than ${item}`);
    const range = rangeOf(list);
    if (range === undefined)
      return refuse(`${name} must go through a list that stands there, or an option that is a list`);
    if (nested === MOST_NESTED) return refuse(`${MACROS.join(', ')} must be nested at most ${MOST_NESTED} deep`);
    return steps(list, nested, isNeeded) + range * sum(args, false, nested + 1);
  };

  const total = steps(expression, 0, true);
  if (total > MOST_STEPS) refuse(`must take at most ${MOST_STEPS} steps, got up to ${total}`);
  return { problem, reads, asks, domainsOf: [...domainsOf] };
};

/** A member that must be true, or must be false. */
export interface Flag extends MemberRead {
  readonly wanted: boolean;
}

/** Reads an expression that is nothing but members of records and their negations, all of which must hold; undefined: it is more. */
export const flagsOf = (node: ASTNode, records: readonly string[], wanted = true): readonly Flag[] | undefined => {
  if (node.op === '!_') return flagsOf(node.args, records, !wanted);
  const read = readAt(node, records);
  if (read !== undefined) return [{ ...read, wanted }];
  if (node.op !== '&&' || !wanted) return undefined;
  const [left, right] = node.args.map((part) => flagsOf(part, records));
  return left && right && [...left, ...right];
};
