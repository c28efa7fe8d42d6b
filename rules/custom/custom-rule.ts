import type { Condition } from '../engine/condition.ts';
import type { Context, Options } from '../engine/context.ts';
import {
  defineChangeRule,
  defineDirectoryRule,
  defineUserRule,
  type Key,
  type Rule,
  type UserChange,
  type Violation,
} from '../engine/rule.ts';
import { RECORD_MEMBERS, type User, type UserFacts } from '../engine/user.ts';
import { MOST_LISTED } from './bounds.ts';
import { clausesOn } from './counted.ts';
import { type CustomRuleDefinition, KEPT_MEMBERS, NAMING_MEMBERS, type RuleOfCustomKind } from './definition.ts';
import { type Expression, Language } from './language.ts';
import { Lack, NOBODY } from './records.ts';

/** A fault of a rule, at a member of its file. */
export interface RuleProblem {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** A rule, or what is wrong with it. */
export type Compiled = { readonly rule: RuleOfCustomKind } | { readonly problems: readonly RuleProblem[] };

/** The two states of a user that a rule is asked about. */
type StatesOf<S> = (subject: S) => { readonly user: UserFacts; readonly before?: UserFacts | undefined };

const conditionBy = <S>(language: Language, expression: Expression, statesOf: StatesOf<S>): Condition<S> => {
  const turnTo = (subject: S, options: Options, context: Context): void => {
    const { user, before } = statesOf(subject);
    language.turnTo(user, before, options, context);
  };
  return {
    text: () => expression.source,
    holds(subject, options, context) {
      turnTo(subject, options, context);
      return language.holds(expression);
    },
    unknown(subject, options, context) {
      turnTo(subject, options, context);
      const answer = language.valueOf(expression);
      return answer instanceof Lack ? answer.reason : '';
    },
  };
};

const ofUser: StatesOf<User> = (user) => ({ user });

/** The text by which users are counted together. */
const keyBy = (language: Language, expression: Expression): Key => {
  const value = (user: User, options: Options, context: Context): unknown => {
    language.turnTo(user, undefined, options, context);
    return language.valueOf(expression);
  };
  return {
    text: `it is told what ${expression.source} is`,
    of(...asked) {
      const text = value(...asked);
      return text instanceof Lack ? undefined : String(text);
    },
    unknown(...asked) {
      const lack = value(...asked);
      return lack instanceof Lack ? lack.reason : '';
    },
  };
};

/** Holds of a user that is there in both runs: what comes and goes is for the catalogue's own rules. */
const THERE_TWICE: Condition<UserChange> = {
  text: () => 'the user was there in the earlier run, and is now',
  holds: ({ before, after }) => before !== undefined && after !== undefined,
};

const factOf = (facts: UserFacts, member: string): unknown => {
  if (member === 'userId') return facts.hasUserId ? facts.id : undefined;
  if (member === 'apiAccessPrincipalArn') return facts.principalArn;
  if (member === 'apiAccess' && !('apiAccess' in facts))
    return facts.isApiBound === undefined ? undefined : facts.isApiBound ? 'ENABLED' : 'DISABLED';
  return Reflect.get(facts, member);
};

const evidenceOf = (members: readonly string[], facts: UserFacts): Readonly<Record<string, unknown>> =>
  Object.fromEntries(members.map((member) => [member, factOf(facts, member)]));

const optionsError = (defaults: Options, options: Options): string | undefined => {
  for (const [name, value] of Object.entries(options)) {
    if (Number.isInteger(defaults[name]) && !Number.isSafeInteger(value))
      return `${name} must be a whole number, as its default is, got ${String(value)}`;
    if (Array.isArray(value) && value.length > MOST_LISTED)
      return `${name} must list at most ${MOST_LISTED} texts, got ${value.length}`;
  }
  return undefined;
};

/** The setting that lets messages name people. */
const UNLESS_ASKED = 'unless audit.yaml has messages: { names: true }';

/** Makes a rule of what an operator wrote; it is then one as all others are. */
export const compileRule = (definition: CustomRuleDefinition): Compiled => {
  const { id, kind, title, severity, rationale, remediation, controls, options, evidence, text } = definition;
  const { where = [], by, mayName } = definition;
  const isDirectory = kind === 'directory';
  const language = new Language(isDirectory ? 'group' : kind, options, by !== undefined);
  const ofUsers = new Language('user', options);
  const problems: RuleProblem[] = [];
  const compile = (
    source: string,
    type: 'bool' | 'string',
    path: readonly PropertyKey[],
    into = language,
  ): readonly Expression[] => {
    const expression = into.compile(source, type);
    if (typeof expression !== 'string') return [expression];
    problems.push({ path, message: expression });
    return [];
  };
  const clauses = definition.failsWhen.flatMap((source, index) => compile(source, 'bool', ['failsWhen', index]));
  const [message] = compile(definition.message, 'string', ['message']);
  const counted = where.flatMap((source, index) => compile(source, 'bool', ['where', index], ofUsers));
  const [key] = by === undefined ? [] : compile(by, 'string', ['by'], ofUsers);

  const named = ({ reads = [] }: Partial<Expression> = {}) =>
    reads.find(({ member }) => NAMING_MEMBERS.includes(member))?.member;
  const naming = named(message);
  const groupNaming = message?.reads.some(({ member }) => member === 'group') ? named(key) : undefined;
  if (naming !== undefined && !mayName)
    problems.push({
      path: ['message'],
      message: `must not read ${naming}, since alerts name nobody ${UNLESS_ASKED}: list it under evidence, which stays in the archive`,
    });
  if (groupNaming !== undefined && !mayName)
    problems.push({
      path: ['message'],
      message: `must not read group, which is made of ${groupNaming}, since alerts name nobody ${UNLESS_ASKED}: it stands in the evidence`,
    });
  for (const [name, given] of Object.entries({ where: where.length > 0, by: by !== undefined }))
    if (given && !isDirectory)
      problems.push({ path: [name], message: `must be left out, since it is for kind directory, got kind ${kind}` });
  if (isDirectory && evidence.length > 0)
    problems.push({
      path: ['evidence'],
      message: 'must be left out of kind directory: its evidence is whom it counts',
    });
  const allowed: readonly string[] = kind === 'change' ? KEPT_MEMBERS : RECORD_MEMBERS;
  for (const [index, member] of evidence.entries()) {
    if (allowed.includes(member)) continue;
    problems.push({
      path: ['evidence', index],
      message: `must be one of ${allowed.join(', ')}, got ${JSON.stringify(member)}`,
    });
  }
  const wrong = optionsError(options, options);
  if (wrong !== undefined) problems.push({ path: ['options'], message: wrong });
  if (message === undefined || problems.length > 0) return { problems };

  const told = (): string => {
    const said = language.valueOf(message);
    return said instanceof Lack ? `fails; more can't be told, since ${said.reason}` : String(said);
  };
  const say = (user: UserFacts, before: UserFacts | undefined, values: Options, context: Context): string => {
    language.turnTo(user, before, values, context);
    return told();
  };
  const listed = (sources: readonly string[]): string => sources.map((source) => `\`${source}\``).join('; ');
  const common = {
    id,
    title,
    severity,
    rationale,
    remediation,
    controls,
    options,
    text,
    ...((naming ?? groupNaming) !== undefined && { names: true as const }),
    failsWhen: `all of this holds${isDirectory ? ` of ${by === undefined ? 'the' : `a group, by \`${by}\`, of`} users${where.length > 0 ? ` with ${listed(where)}` : ''}` : ''}: ${listed(definition.failsWhen)}; not assessed where it depends on a member that is missing or unusable`,
    optionsError: (values: Options) => optionsError(options, values),
  };

  if (isDirectory) {
    const isOfPrincipals = by?.trim() === 'user.apiAccessPrincipalArn';
    const rule = defineDirectoryRule<Options>({
      ...common,
      ...(key === undefined
        ? { about: 'environment' }
        : {
            about: isOfPrincipals ? 'principal' : 'user',
            keys: { [isOfPrincipals ? 'apiAccessPrincipalArn' : key.source]: keyBy(ofUsers, key) },
          }),
      outOf: counted.map((clause) => conditionBy(ofUsers, clause, ofUser)),
      counts: [],
      clauses: clausesOn(language, clauses, key !== undefined),
      violation: ({ users, ...group }, values, context): Violation => {
        language.turnToGroup(group, values, context);
        return {
          message: told(),
          evidence: { ...users, counted: group.outOf, ...(key !== undefined && { group: group.key }) },
        };
      },
    });
    return { rule };
  }
  if (kind === 'change') {
    const statesOf: StatesOf<UserChange> = ({ before, after = NOBODY }) => ({ user: after, before });
    const rule = defineChangeRule<Options>({
      ...common,
      judgesUnchanged: true,
      when: [THERE_TWICE, ...clauses.map((clause) => conditionBy(language, clause, statesOf))],
      violation: ({ before = NOBODY, after = NOBODY }, values, context): Violation => ({
        message: say(after, before, values, context),
        evidence: { before: evidenceOf(evidence, before), after: evidenceOf(evidence, after) },
      }),
    });
    return { rule };
  }
  const rule = defineUserRule<Options>({
    ...common,
    when: clauses.map((clause) => conditionBy(language, clause, ofUser)),
    violation: (user, values, context): Violation => ({
      message: say(user, undefined, values, context),
      evidence: evidenceOf(evidence, user),
    }),
  });
  return { rule };
};

/** Makes rules of what was checked before; throws where it is none any more. */
export const customRules = (definitions: readonly CustomRuleDefinition[]): readonly Rule[] =>
  definitions.map((definition) => {
    const compiled = compileRule(definition);
    if ('rule' in compiled) return compiled.rule;
    throw new Error(`${definition.id}: ${compiled.problems.map(({ message }) => message).join('; ')}`);
  });
