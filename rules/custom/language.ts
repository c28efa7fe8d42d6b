import { Environment } from '@marcbachmann/cel-js';
import type { Truth } from '../engine/condition.ts';
import type { Context, Options } from '../engine/context.ts';
import type { GroupFacts } from '../engine/rule.ts';
import { DAY_MS, daysBetween } from '../engine/time.ts';
import type { User, UserFacts } from '../engine/user.ts';
import { type Bounded, boundsOf, flagsOf, LIMITS, type MemberRead } from './bounds.ts';
import {
  domainOf,
  FACT_SOURCES,
  GROUPS_FIELDS,
  GroupsOfUser,
  KEPT_FIELDS,
  KeptRecord,
  Lack,
  lackOf,
  NO_DOMAIN,
  NOBODY,
  ROLE_FIELDS,
  RoleOfUser,
  WHOLE_FIELDS,
  WholeRecord,
} from './records.ts';

const TIME = 'google.protobuf.Timestamp';
const DURATION = 'google.protobuf.Duration';
const SECONDS_A_DAY = BigInt(DAY_MS / 1000);
const NANOS_A_MS = 1_000_000;

type Duration = new (seconds: bigint, nanos: number) => object;

/** The engine's own class, which it does not export. */
const Duration: Duration = new Environment().evaluate('duration("1s")').constructor;

const durationOf = (ms: number): object => new Duration(BigInt(Math.floor(ms / 1000)), (ms % 1000) * NANOS_A_MS);

/** The type of an option, by its default. */
const typeOf = (byDefault: Options[string]): string => {
  if (typeof byDefault === 'number') return Number.isInteger(byDefault) ? 'int' : 'double';
  if (typeof byDefault === 'boolean') return 'bool';
  return typeof byDefault === 'string' ? 'string' : 'list<string>';
};

/** The options of a rule as expressions see them. */
class OptionValues {
  [name: string]: unknown;
}

/** The environment as expressions see it. */
class EnvironmentFacts {
  id = '';
}

type Fields = Readonly<Record<string, string>>;

/** The subject of an expression: a user, what became of one, or users that are counted together. */
export type Topic = 'user' | 'change' | 'group';

/** The records that it sees, by their names, with the types of their members. */
const recordsOf = (topic: Topic): Readonly<Record<string, Fields>> => {
  if (topic === 'group') return {};
  const user: Readonly<Record<string, Fields>> =
    topic === 'user' ? { user: WHOLE_FIELDS } : { user: KEPT_FIELDS, before: KEPT_FIELDS };
  return { ...user, groups: GROUPS_FIELDS, role: ROLE_FIELDS };
};

/** The names of a group; they are no integers, whose division would make 3 of 4 nothing. */
const GROUP_NAMES = { count: 'double', counted: 'double', group: 'string' };

/** An expression that is ready to be asked. */
export interface Expression extends Bounded {
  readonly source: string;
  /** Throws where something that it needs can't be told, or where it breaks. */
  readonly evaluate: () => unknown;
  /** The members that it reads in any case. */
  readonly needs: readonly Need[];
  /** The members that must hold, where it is nothing but members that are true or false: asked ten times as fast. */
  readonly flags: readonly (Need & { readonly wanted: boolean })[] | undefined;
}

interface Need {
  readonly from: Readonly<Record<string, unknown>>;
  readonly member: string;
  /** Tells that it is missing. */
  readonly lack: Lack;
}

const HINTS: readonly (readonly [types: RegExp, hint: string])[] = [
  [/int.*double|double.*int/, '; write double(…) around the whole number, as in double(options.most), or 1.0 for 1'],
  [/Duration.*(?:int|double)|(?:int|double).*Duration/, '; write days(7) for 7 days'],
  [/Timestamp.*Duration/, '; write age(…) for the time since then'],
];

const WHICH_MEMBER = /^No such key: (\w+)$/;

/** Names what is lacking: where it is asked about, that is the member of the record. */
const lackIn = ({ record, member }: MemberRead): Lack => {
  const source = record === 'role' ? `role.${member}` : (FACT_SOURCES[member] ?? member);
  return new Lack(`${record === 'before' ? 'in the earlier run ' : ''}${source} is missing or unusable`);
};

/** The language in which the expressions of one rule are written, and the subject that they are asked about. */
export class Language {
  readonly #environment: Environment;
  readonly #fields: Readonly<Record<string, Fields>>;
  readonly #names: readonly string[];
  readonly #ints: readonly string[];
  readonly #scope = {
    user: new WholeRecord(),
    groups: new GroupsOfUser(),
    role: new RoleOfUser(),
    before: new KeptRecord(),
    now: new Date(0),
    options: new OptionValues(),
    environment: new EnvironmentFacts(),
    count: 0,
    counted: 0,
    group: '' as string | undefined,
  };
  #options: Options | undefined;
  // The count of days is an option or stands there, as a rule: it is the same for all users.
  #count: bigint | undefined;
  #days: object = new Duration(0n, 0);
  #now = 0;

  /** @param hasGroup whether users are counted by a key, which then has a name */
  constructor(topic: Topic, options: Options, hasGroup?: boolean) {
    const optionTypes = Object.fromEntries(Object.entries(options).map(([name, value]) => [name, typeOf(value)]));
    this.#ints = Object.keys(optionTypes).filter((name) => optionTypes[name] === 'int');
    this.#fields = { ...recordsOf(topic), options: optionTypes, environment: { id: 'string' } };
    const environment = new Environment({ limits: LIMITS })
      .registerVariable('now', TIME)
      .registerFunction(`age(${TIME}): ${DURATION}`, (time: Date) => durationOf(Math.max(0, this.#now - +time)))
      .registerFunction(`daysOld(${TIME}): int`, (time: Date) => BigInt(daysBetween(+time, this.#now)))
      .registerFunction(`days(int): ${DURATION}`, (count: bigint) => this.#daysOf(count))
      .registerFunction(`days(double): ${DURATION}`, (count: number) => durationOf(count * DAY_MS))
      .registerFunction('string.domain(): string', domainOf);
    for (const [name, fields] of Object.entries(this.#fields)) {
      const { constructor: ctor } = Reflect.get(this.#scope, name);
      environment.registerType(`its.${name}`, { ctor, fields: { ...fields } }).registerVariable(name, `its.${name}`);
    }
    const names = Object.entries(topic === 'group' ? GROUP_NAMES : {}).filter(([name]) => hasGroup || name !== 'group');
    for (const [name, type] of names) environment.registerVariable(name, type);
    this.#names = names.map(([name]) => name);
    this.#environment = environment;
  }

  /** Turns to another subject, which is asked about from now on. */
  turnTo(user: UserFacts, before: UserFacts | undefined, options: Options, context: Context): void {
    const { user: record, groups, role } = this.#scope;
    record.facts = user;
    // What is kept of a user lacks the further members, and no expression on a change may read them.
    record.user = user as User;
    record.context = context;
    groups.user = user;
    groups.context = context;
    role.user = user;
    role.context = context;
    this.#scope.before.facts = before ?? NOBODY;
    this.#turn(options, context);
  }

  /** Turns to users that are counted together. */
  turnToGroup({ count, outOf, key }: GroupFacts, options: Options, context: Context): void {
    this.#scope.count = count;
    this.#scope.counted = outOf;
    this.#scope.group = key;
    this.#turn(options, context);
  }

  #turn(options: Options, context: Context): void {
    if (context.now !== this.#now) {
      this.#now = context.now;
      this.#scope.now = new Date(context.now);
    }
    this.#scope.environment.id = context.environmentId;
    if (options === this.#options) return;
    this.#options = options;
    for (const [name, value] of Object.entries(options))
      this.#scope.options[name] = this.#ints.includes(name) ? BigInt(+value) : value;
  }

  /** Reads an expression that must give a value of a type; a text instead says what is wrong with it. */
  compile(source: string, type: 'bool' | 'string'): Expression | string {
    const { valid, type: got, error } = this.#environment.check(source);
    if (!valid) return this.#problemOf(error);
    const parsed = this.#environment.parse(source);
    const bounds = boundsOf(parsed.ast, Object.keys(this.#fields), this.#names);
    if (bounds.problem !== undefined) return bounds.problem;
    // The engine lets `has()` ask for any member: one that no record has would be missing of everybody.
    const unknown = bounds.reads.find(
      ({ record, member }) => record !== '' && !Object.hasOwn(this.#fields[record] ?? {}, member),
    );
    if (unknown !== undefined) return this.#noMember(unknown, ` (column ${unknown.node.pos + 1})`);
    if (got !== type) return `must give a ${type}, got ${got}`;
    // Once, so that the first user takes no longer than others.
    parsed.check();
    const recordOf = (name: string): Need['from'] => (name === '' ? this.#scope : Reflect.get(this.#scope, name));
    const needs = bounds.reads.map((read) => ({ ...read, from: recordOf(read.record), lack: lackIn(read) }));
    // The engine checks the type of each member anew, and makes an error of what is missing, which takes ten times as long
    // as the rest.
    for (const { from, member, lack, node } of needs) {
      const evaluate = (): unknown => {
        const value = from[member];
        if (value === undefined) throw lack;
        return value;
      };
      Object.assign(node, { evaluate });
    }
    // Of a record with gaps the author's own word would be for what nobody has seen.
    for (const { record, member, node } of bounds.asks) {
      const [from, untold] = [recordOf(record), lackOf(`${member} is not told`)];
      const evaluate = (): boolean => {
        if (from[member] !== undefined) return true;
        if (from instanceof WholeRecord && from.isUntold(member)) throw untold;
        return false;
      };
      Object.assign(node, { evaluate });
    }
    const flags = flagsOf(parsed.ast, ['user', 'before', 'options'])?.map((flag) => ({
      ...flag,
      from: recordOf(flag.record),
      lack: lackIn(flag),
    }));
    return {
      source,
      ...bounds,
      needs: needs.filter(({ isNeeded }) => isNeeded),
      flags,
      evaluate: () => parsed(this.#scope),
    };
  }

  /** Tells whether an expression is true; undefined where that can't be told. */
  holds(expression: Expression): Truth {
    if (expression.flags !== undefined) return allHold(expression.flags);
    const answer = this.valueOf(expression);
    return answer instanceof Lack ? undefined : answer === true;
  }

  /** Gives the value of an expression, or what it lacks. */
  valueOf(expression: Expression): unknown {
    try {
      // To throw takes ten times as long as the rest: what an expression reads in any case is looked at first.
      for (const { from, member, lack } of expression.needs) {
        if (from.unread instanceof Lack) return from.unread;
        if (from[member] === undefined) return lack;
      }
      return expression.evaluate();
    } catch (error) {
      if (error === NO_DOMAIN) return lackOf(`${expression.domainsOf.join(' or ')} has no domain`);
      if (error instanceof Lack) return error;
      throw broken(error, expression);
    }
  }

  #daysOf(count: bigint): object {
    if (count !== this.#count) {
      this.#count = count;
      this.#days = new Duration(count * SECONDS_A_DAY, 0);
    }
    return this.#days;
  }

  #problemOf(error: unknown): string {
    // The engine counts no levels of `!` and `-`.
    if (error instanceof RangeError) return 'goes deeper than can be read';
    const { summary, range, node } = Object(error);
    const place = ` (column ${range.start + 1})`;
    const [, member] = WHICH_MEMBER.exec(summary) ?? [];
    if (member !== undefined) {
      const [{ args: record }] = node.args;
      if (Object.hasOwn(this.#fields, record)) return this.#noMember({ record, member }, place);
    }
    const hint = HINTS.find(([types]) => types.test(summary))?.[1] ?? '';
    return `${summary}${place}${hint}`;
  }

  #noMember({ record, member }: MemberRead, place: string): string {
    const allowed = Object.keys(this.#fields[record] ?? {}).join(', ');
    return `${record} has no member ${member}${place} (allowed: ${allowed === '' ? 'none' : allowed})`;
  }
}

/** As the language has it: one that is false decides, whatever is unknown. */
const allHold = (flags: NonNullable<Expression['flags']>): Truth => {
  let all: Truth = true;
  for (const { from, member, wanted } of flags) {
    const value = from[member];
    if (value === undefined) all = undefined;
    else if (value !== wanted) return false;
  }
  return all;
};

/** The error of an expression that broke, in one line. */
const broken = (error: unknown, { source }: Expression): Error => {
  const { summary, message } = Object(error);
  return new Error(`${source}: ${summary ?? message}`, { cause: error });
};
