import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { compileRule } from '../../rules/custom/custom-rule.ts';
import { CUSTOM_KINDS, type CustomRuleDefinition, type RuleOfCustomKind } from '../../rules/custom/definition.ts';
import { type TrialUser, tryRule } from '../../rules/custom/rule-test.ts';
import type { Options } from '../../rules/engine/context.ts';
import { controls, FRAMEWORKS } from '../../rules/engine/controls.ts';
import { RISKY_PERMISSIONS, type Role } from '../../rules/engine/facts.ts';
import type { Rule } from '../../rules/engine/rule.ts';
import { SEVERITIES } from '../../rules/engine/severity.ts';
import { DAY_MS, HOUR_MS } from '../../rules/engine/time.ts';
import { RECORD_MEMBERS, USER_TIMES } from '../../rules/engine/user.ts';
import { nameAndMessageOf } from '../text/error-message.ts';
import { shown } from '../text/shown.ts';
import { besideThis, type Config, messages } from './config.ts';
import { ConfigError } from './errors.ts';
import { parseConfig, readYaml } from './read-config.ts';
import { readText } from './read-text.ts';
import { checked, flag, keyPath, list, must, oneOf, section, text, unique } from './schema.ts';

/** The folder of the rules that operators write, beside `audit.yaml`, where that names no other. */
export const CUSTOM_RULES = 'custom-rules';

/** A rule of a file, which is right and passes its own tests. */
export interface CustomRule {
  readonly definition: CustomRuleDefinition;
  readonly rule: Rule;
  /** The names of its tests. */
  readonly tests: readonly string[];
}

/** The instant that tests speak for where they name none: what holds today is to hold in a year. */
const TEST_NOW = Date.UTC(2026, 0, 15, 12);

const AGO = /^(?<count>\d{1,5}(?:\.\d+)?) (?<unit>day|hour)s? ago$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?Z$/;

// Dates go on from a day or an hour that there is not: of 30 February they make 2 March.
const isInstant = (value: string): boolean =>
  (INSTANT.test(value) && new Date(value).toJSON()?.startsWith(value.slice(0, 16))) ?? false;

const words = text('text', (value) => value.trim() !== '');

const orNull = (value: string): string | null => (value === 'null' || value === '~' ? null : value);

/** A time of a record: the time ago, since tests would otherwise depend on the day. */
type TestTime = string | number | null;

const time: z.ZodType<TestTime> = text(
  'a time as "200 days ago" or "3 hours ago", an instant as 2026-01-15T12:00:00Z, or null',
  (value) => AGO.test(value) || isInstant(value) || orNull(value) === null || value === '',
).transform((value) => (isInstant(value) ? Date.parse(value) : orNull(value)));

const isTime = (member: string): boolean => USER_TIMES.some((name) => name === member);

const members = Object.fromEntries(
  RECORD_MEMBERS.map((member) => [
    member,
    (isTime(member) ? time : z.string(must('text')).transform(orNull)).exactOptional(),
  ]),
);

const record = section(members);

const permissionGroups = section(
  Object.fromEntries(RISKY_PERMISSIONS.map((permission) => [permission, list(words, 'a list of groups').default([])])),
);

const role = section({
  exists: flag.default(true),
  roleId: words.default('AROA'),
  createTime: time.default(null),
  lastUsedTime: time.default(null),
});

/** A user, with what would be read of it beside the listing. */
const user = section({ ...members, groups: permissionGroups.optional(), role: role.optional() });

type TestRecord = z.infer<typeof record>;
type TestUser = z.infer<typeof user>;

const OUTCOMES = ['fails', 'notAssessed', 'passes'] as const;

const test = section({
  name: words,
  now: text('an instant as 2026-01-15T12:00:00Z', isInstant)
    .transform((value) => Date.parse(value))
    .default(TEST_NOW),
  user: user.exactOptional(),
  users: list(user, 'a list of users').exactOptional(),
  before: record.prefault({}),
  fails: words.exactOptional(),
  notAssessed: words.exactOptional(),
  passes: oneOf(['true']).exactOptional(),
}).check(({ value, issues }) => {
  const given = OUTCOMES.filter((outcome) => value[outcome] !== undefined);
  if (given.length === 1) return;
  const got = given.length === 0 ? 'none of them' : given.join(' and ');
  issues.push({
    code: 'custom',
    input: value,
    message: `must have one of fails: MESSAGE, notAssessed: MEMBER and passes: true, got ${got}`,
  });
});

type RuleTest = z.infer<typeof test>;

const RESERVED: readonly string[] = ['enabled', 'severity'];

const isOptionName = (name: string): boolean => /^[a-z][A-Za-z0-9]*$/.test(name) && !RESERVED.includes(name);

const asOption = must(
  'a number of 0 or more, a text, true or false, or a list of texts (one that looks like a number in quotes)',
);
const wordsOf = (error: ReturnType<typeof must>) => z.string(error).regex(/\S/, error);
const option = z.union(
  [z.number().nonnegative(asOption), z.boolean(), wordsOf(asOption), z.array(wordsOf(must('text')))],
  asOption,
);

const optionsSchema: z.ZodType<{ readonly options: Options }> = z.object({
  options: z
    .record(z.string(), option, must('a mapping of names and defaults'))
    .check(({ value, issues }) => {
      for (const name of Object.keys(value).filter((one) => !isOptionName(one)))
        issues.push({
          code: 'custom',
          input: value,
          path: [name],
          message: `must be a name as maxDays, and none of ${RESERVED.join(', ')}`,
        });
    })
    .default({}),
});

const controlsSchema = section(
  Object.fromEntries(
    Object.keys(FRAMEWORKS).map((framework) => [
      framework,
      list(
        text('the id of a control', (value) => /^[A-Za-z0-9.()-]+$/.test(value)),
        'a list of controls',
      ).exactOptional(),
    ]),
  ),
);

const nonEmpty = (allowed: string) => list(words, allowed).refine((items) => items.length > 0, must(allowed));

const schemaFor = (id: string) =>
  section({
    id: oneOf([id]),
    kind: oneOf(CUSTOM_KINDS).default('user'),
    title: words,
    severity: oneOf(SEVERITIES),
    rationale: words,
    remediation: words,
    controls: controlsSchema.prefault({}),
    // Of the types of its defaults, which texts have not; see below.
    options: z.unknown().optional(),
    where: list(words, 'a list of expressions').default([]),
    by: words.optional(),
    failsWhen: nonEmpty('a list of 1 or more expressions'),
    message: words,
    evidence: list(words, 'a list of members').default([]),
    tests: list(test, 'a list of tests')
      .refine((tests) => tests.length > 0, must('a list of 1 or more tests'))
      .check(
        unique(
          () => 'name',
          ({ name }) => name,
        ),
      ),
  });

const ID = /^x-[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** Tells whether a rule that an operator writes may have an id. */
export const isCustomRuleId = (id: string): boolean => ID.test(id);

/** The time that is meant at the instant of a test. */
const timeAt = (value: unknown, now: number): unknown => {
  const { count, unit } = AGO.exec(String(value))?.groups ?? {};
  return count === undefined ? value : now - Number(count) * (unit === 'day' ? DAY_MS : HOUR_MS);
};

/** Gives a record of a test the times that it has at the instant of the test. */
const recordAt = (given: TestRecord, now: number): unknown =>
  Object.fromEntries(
    Object.entries(given).map(([member, value]) => [member, isTime(member) ? timeAt(value, now) : value]),
  );

const instantAt = (value: TestTime, now: number): number | null => {
  const instant = timeAt(value, now);
  return typeof instant === 'number' ? instant : null;
};

const userAt = ({ groups, role: bound, ...given }: TestUser, now: number): TrialUser => ({
  record: recordAt(given, now),
  groups: groups as TrialUser['groups'],
  role: bound && (bound.exists ? roleAt(bound, now) : null),
});

const roleAt = ({ roleId, createTime, lastUsedTime }: z.infer<typeof role>, now: number): Role => ({
  roleId,
  createdAt: instantAt(createTime, now) ?? undefined,
  lastUsedAt: instantAt(lastUsedTime, now),
  trust: undefined,
});

type Outcomes = ReturnType<typeof tryRule>;

const describe = (outcomes: Outcomes): string => {
  const told = outcomes.map((outcome) =>
    'notAssessed' in outcome ? `notAssessed: ${outcome.notAssessed}` : `fails: ${JSON.stringify(outcome.message)}`,
  );
  return told.length === 0 ? 'passes: true' : told.join(', ');
};

/** The reason names the member, whatever else it tells. */
const isOf = (reason: string, member: string): boolean => reason.split(' ').includes(member);

const isExpected = ({ fails, notAssessed, passes }: RuleTest, outcomes: Outcomes): boolean =>
  passes === undefined
    ? outcomes.length > 0 &&
      outcomes.every((outcome) =>
        'notAssessed' in outcome
          ? notAssessed !== undefined && isOf(outcome.notAssessed, notAssessed)
          : outcome.message === fails,
      )
    : outcomes.length === 0;

/** Runs a test of a rule; says what is wrong where it does not hold. */
const testProblem = (rule: RuleOfCustomKind, given: RuleTest): string | undefined => {
  const { name, now, user: one = {} } = given;
  const isListed = rule.kind === 'directory';
  if (isListed !== (given.users !== undefined) || (isListed && given.user !== undefined))
    return `test "${name}" must have ${isListed ? 'users: a list' : 'user'}, since the rule is of kind ${rule.kind}`;
  try {
    const users = (given.users ?? [one]).map((listed) => userAt(listed, now));
    const outcomes = tryRule(rule, { users, before: recordAt(given.before, now), now });
    if (isExpected(given, outcomes)) return undefined;
    const wanted = OUTCOMES.flatMap((member) => (given[member] === undefined ? [] : [`${member}: ${given[member]}`]));
    return `test "${name}" must give ${wanted.join()}, got ${describe(outcomes)}`;
  } catch (error) {
    return `test "${name}" breaks the rule: ${nameAndMessageOf(error)}`;
  }
};

/**
 * Reads a rule that an operator wrote, checks it and runs its tests; throws ConfigError.
 * @param fileName its name without folder and ending is the rule's id, whether or not it begins with `x-`
 * @param mayName whether its message may name people, as the config has it
 */
export const parseCustomRule = (content: string, fileName: string, mayName = false): CustomRule => {
  const { data = {}, lineOf } = readYaml(content, fileName);
  const stem = basename(fileName, '.yaml');
  const id = stem.startsWith('x-') ? stem : `x-${stem}`;
  if (!isCustomRuleId(id))
    throw new ConfigError([`${fileName}: must be named x-, words in small letters with hyphens, and .yaml`]);
  const { tests, options: _texts, ...read } = checked(data, schemaFor(id), lineOf);
  const { options } = checked(parse(content, { schema: 'core', logLevel: 'silent' }), optionsSchema, lineOf);
  const definition: CustomRuleDefinition = {
    ...read,
    controls: controls(read.controls),
    options,
    mayName,
    text: content,
  };
  const compiled = compileRule(definition);
  const wrong = (path: readonly PropertyKey[], message: string): string =>
    `${lineOf(path)}: ${keyPath(path)}: ${message}`;
  if ('problems' in compiled) throw new ConfigError(compiled.problems.map(({ path, message }) => wrong(path, message)));
  const { rule } = compiled;
  const failing = tests.flatMap((one, index) => {
    const problem = testProblem(rule, one);
    return problem === undefined ? [] : [wrong(['tests', index], problem)];
  });
  if (failing.length > 0) throw new ConfigError(failing);
  return { definition, rule, tests: tests.map(({ name }) => name) };
};

/** Reads a rule from its file; throws ConfigError. */
export const readCustomRule = (file: string, mayName = false): CustomRule => {
  if (!file.endsWith('.yaml')) throw new ConfigError([`${file}: must be a rule as x-NAME.yaml`]);
  return parseCustomRule(readText(file), file, mayName);
};

/** Tells whether a folder is there. */
export const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/** Reads all rules of a folder, in the order of their names; there are none where there is no folder. Throws ConfigError. */
export const readCustomRules = (folder: string, mayName = false): readonly CustomRule[] => {
  if (!existsSync(folder)) return [];
  if (!isFolder(folder)) throw new ConfigError([`${folder}: must be a folder of rules, got a file`]);
  const names = readdirSync(folder).filter((name) => !name.startsWith('.'));
  const problems: string[] = [];
  const found = names.toSorted().flatMap((name) => {
    try {
      return [readCustomRule(join(folder, name), mayName)];
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(error.message);
      return [];
    }
  });
  for (const [index, { rule }] of found.entries())
    if (found.findIndex((other) => other.rule.id === rule.id) < index)
      problems.push(`${folder}: ${rule.id} must stand in one file, got ${rule.id.slice(2)}.yaml and ${rule.id}.yaml`);
  if (problems.length > 0) throw new ConfigError(problems);
  return found;
};

/** `audit.yaml`, with the rules beside it. */
export interface ConfiguredFile {
  readonly config: Config;
  readonly custom: readonly CustomRule[];
  /** The catalogue, and after it the operators' own. */
  readonly rules: readonly Rule[];
}

/**
 * Tells whether `audit.yaml` lets messages name people. The rest of it can't be checked before the operators' rules are read,
 * which it may have settings of. Throws ConfigError.
 */
export const mayMessagesName = (content: string, fileName: string): boolean => {
  const { data, lineOf } = readYaml(content, fileName);
  const schema = z.object({ messages: messages.optional() });
  return checked({ messages: Object(data).messages }, schema, lineOf).messages?.names === true;
};

/** The folder of the rules that operators write, as `audit.yaml` names it, whether or not it is there. Throws ConfigError. */
export const customRulesFolder = (content: string, fileName: string) => {
  const { data, lineOf } = readYaml(content, fileName);
  const schema = z.object({ customRules: besideThis.optional() });
  const { customRules: named } = checked({ customRules: Object(data).customRules }, schema, lineOf);
  return { folder: join(dirname(fileName), named ?? CUSTOM_RULES), named };
};

/** Reads `audit.yaml` and the rules beside it, which it may have settings of; throws ConfigError. */
export const readConfigWithRules = (content: string, fileName: string, catalogue: readonly Rule[]): ConfiguredFile => {
  const { folder, named } = customRulesFolder(content, fileName);
  if (named !== undefined && !isFolder(folder))
    throw new ConfigError([`${fileName}: customRules: must be a folder beside this file, got ${shown(named)}`]);
  const custom = readCustomRules(folder, mayMessagesName(content, fileName));
  const rules = [...catalogue, ...custom.map(({ rule }) => rule)];
  return { config: parseConfig(content, fileName, rules), custom, rules };
};
