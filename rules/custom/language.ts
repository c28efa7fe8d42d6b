import { Environment, EvaluationError } from '@marcbachmann/cel-js';
import type { Truth } from '../engine/condition.ts';
import type { Context, Options } from '../engine/context.ts';
import { DAY_MS, daysBetween } from '../engine/time.ts';
import type { User, UserFacts } from '../engine/user.ts';
import { type Bounded, boundsOf, flagsOf, LIMITS, type MemberRead } from './bounds.ts';
import type { CustomRuleDefinition } from './definition.ts';
import { domainOf, FACT_SOURCES, KEPT_FIELDS, KeptRecord, NoDomain, WHOLE_FIELDS, WholeRecord } from './records.ts';

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

/** An expression that is ready to be asked. */
export interface Expression extends Bounded {
  readonly source: string;
  /** Throws where something that it needs can't be told, or where it breaks. */
  readonly evaluate: () => unknown;
  /** What it reads in any case. */
  readonly needs: readonly Need[];
  /** What must hold of it, where it is nothing but members that are true or false: asked ten times as fast. */
  readonly flags: readonly (Need & { readonly wanted: boolean })[] | undefined;
}

interface Need {
  readonly record: Readonly<Record<string, unknown>>;
  readonly member: string;
}

/** What an answer lacks, as it reads in reports; and the member of the record. */
export interface Lack {
  readonly member: string;
  readonly reason: string;
}

const HINTS: readonly (readonly [types: RegExp, hint: string])[] = [
  [/int.*double|double.*int/, '; write double(…) around the whole number'],
  [/Duration.*(?:int|double)|(?:int|double).*Duration/, '; write days(7) for 7 days'],
  [/Timestamp.*Duration/, '; write age(…) for the time since then'],
];

const WHICH_MEMBER = /^No such key: (?<member>\w+)$/;

/** The language in which the expressions of one rule are written, and the subject that they are asked about. */
export class Language {
  readonly #environment: Environment;
  readonly #fields: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly #ints: readonly string[];
  readonly #records: readonly string[];
  readonly #scope = {
    user: new WholeRecord(),
    before: new KeptRecord(),
    now: new Date(0),
    options: new OptionValues(),
    environment: new EnvironmentFacts(),
  };
  #options: Options | undefined;
  // The count of days is an option or stands there, as a rule: it is the same for all users.
  #count: bigint | undefined;
  #days: object = new Duration(0n, 0);
  #now = 0;

  constructor({ kind, options }: Pick<CustomRuleDefinition, 'kind' | 'options'>) {
    const optionTypes = Object.fromEntries(Object.entries(options).map(([name, value]) => [name, typeOf(value)]));
    this.#ints = Object.keys(optionTypes).filter((name) => optionTypes[name] === 'int');
    this.#fields = {
      user: kind === 'user' ? WHOLE_FIELDS : KEPT_FIELDS,
      ...(kind === 'change' && { before: KEPT_FIELDS }),
      options: optionTypes,
      environment: { id: 'string' },
    };
    this.#records = kind === 'user' ? ['user'] : ['user', 'before'];
    const { user: fields } = this.#fields;
    const environment = new Environment({ limits: LIMITS })
      .registerType('User', { ctor: WholeRecord, fields: { ...fields } })
      .registerType('Options', { ctor: OptionValues, fields: optionTypes })
      .registerType('Environment', { ctor: EnvironmentFacts, fields: { id: 'string' } })
      .registerVariable('user', 'User')
      .registerVariable('options', 'Options')
      .registerVariable('environment', 'Environment')
      .registerVariable('now', TIME)
      .registerFunction(`age(${TIME}): ${DURATION}`, (time: Date) => durationOf(Math.max(0, this.#now - +time)))
      .registerFunction(`daysOld(${TIME}): int`, (time: Date) => BigInt(daysBetween(+time, this.#now)))
      .registerFunction(`days(int): ${DURATION}`, (count: bigint) => this.#daysOf(count))
      .registerFunction(`days(double): ${DURATION}`, (count: number) => durationOf(count * DAY_MS))
      .registerFunction('string.domain(): string', domainOf);
    if (kind === 'change')
      environment
        .registerType('Before', { ctor: KeptRecord, fields: { ...KEPT_FIELDS } })
        .registerVariable('before', 'Before');
    this.#environment = environment;
  }

  /** Turns to another subject, which is asked about from now on. */
  turnTo(user: UserFacts, before: UserFacts | undefined, options: Options, context: Context): void {
    const { user: record, environment } = this.#scope;
    record.facts = user;
    // What is kept of a user lacks the further members, and no expression on a change may read them.
    record.user = user as User;
    record.context = context;
    this.#scope.before.facts = before;
    if (context.now !== this.#now) {
      this.#now = context.now;
      this.#scope.now = new Date(context.now);
    }
    environment.id = context.environmentId;
    if (options === this.#options) return;
    this.#options = options;
    this.#scope.options = Object.assign(
      new OptionValues(),
      Object.fromEntries(
        Object.entries(options).map(([name, value]) => [name, this.#ints.includes(name) ? BigInt(+value) : value]),
      ),
    );
  }

  /** Reads an expression that must give a value of a type; a text instead says what is wrong with it. */
  compile(source: string, type: 'bool' | 'string'): Expression | string {
    const { valid, type: got, error } = this.#environment.check(source);
    if (!valid) return this.#problemOf(error);
    const parsed = this.#environment.parse(source);
    const bounds = boundsOf(parsed.ast, this.#records);
    if (bounds.problem !== undefined) return bounds.problem;
    if (got !== type) return `must give a ${type}, got ${got}`;
    // Once, so that the first user takes no longer than others.
    parsed.check();
    const recordOf = ({ record }: MemberRead): Need['record'] => Reflect.get(this.#scope, record);
    const needs = bounds.isStraight ? bounds.reads.map((read) => ({ ...read, record: recordOf(read) })) : [];
    const flags = flagsOf(parsed.ast, this.#records)?.map((flag) => ({ ...flag, record: recordOf(flag) }));
    return { source, ...bounds, needs, flags, evaluate: () => parsed(this.#scope) };
  }

  /** Tells whether an expression is true; undefined where that can't be told. */
  holds(expression: Expression): Truth {
    if (expression.flags !== undefined) return allHold(expression.flags);
    // To throw takes ten times as long as the rest: what an expression reads in any case is looked at first.
    for (const { record, member } of expression.needs) if (record[member] === undefined) return undefined;
    try {
      return expression.evaluate() === true;
    } catch (error) {
      if (this.#lackOf(error, expression) === undefined) throw broken(error, expression);
      return undefined;
    }
  }

  /** Gives the value of an expression, or what it lacks. */
  valueOf(expression: Expression): { readonly value: unknown } | Lack {
    try {
      return { value: expression.evaluate() };
    } catch (error) {
      const lack = this.#lackOf(error, expression);
      if (lack === undefined) throw broken(error, expression);
      return lack;
    }
  }

  #daysOf(count: bigint): object {
    if (count !== this.#count) {
      this.#count = count;
      this.#days = new Duration(count * SECONDS_A_DAY, 0);
    }
    return this.#days;
  }

  /** What an expression lacks that could not be told; undefined where it broke. */
  #lackOf(error: unknown, { domainOf: address = 'text' }: Expression): Lack | undefined {
    if (error instanceof NoDomain) return { member: address, reason: `${address} has no domain` };
    if (!(error instanceof EvaluationError) || error.code !== 'no_such_key' || error.node?.op !== '.') return undefined;
    const [of, fact] = error.node.args;
    if (of.op !== 'id' || !this.#records.includes(of.args)) return undefined;
    const member = FACT_SOURCES[fact] ?? fact;
    const when = of.args === 'before' ? 'in the earlier run ' : '';
    return { member, reason: `${when}${member} is missing or unusable` };
  }

  #problemOf(error: unknown): string {
    const { summary, range, node } = Object(error);
    const place = range === undefined ? '' : ` (column ${range.start + 1})`;
    const member = WHICH_MEMBER.exec(summary)?.groups?.member;
    const of = node?.args?.[0]?.args;
    if (member !== undefined && typeof of === 'string' && Object.hasOwn(this.#fields, of)) {
      const allowed = Object.keys(this.#fields[of] ?? {}).join(', ');
      return `${of} has no member ${member}${place} (allowed: ${allowed === '' ? 'none' : allowed})`;
    }
    const hint = HINTS.find(([types]) => types.test(summary))?.[1] ?? '';
    return `${summary}${place}${hint}`;
  }
}

/** As the language has it: one that is false decides, whatever is unknown. */
const allHold = (flags: NonNullable<Expression['flags']>): Truth => {
  let all: Truth = true;
  for (const { record, member, wanted } of flags) {
    const value = record[member];
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
