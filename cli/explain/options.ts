import { concerns } from '../../core/explain/explain.ts';
import { isEnvironmentId } from '../../core/model/environment-id.ts';
import { shown } from '../../core/text/shown.ts';
import type { Rule, Subject } from '../../rules/engine/rule.ts';
import { type ArchiveFlags, type ArchiveOptions, readArchiveFlags } from '../arguments/archive-options.ts';
import { flagReader } from '../arguments/flags.ts';
import { readRunFlag } from '../arguments/run-name.ts';
import { UsageError } from '../terminal/exit-codes.ts';
import type { Io } from '../terminal/terminal.ts';

/** The flags of `explain` as they were typed. */
export interface ExplainFlags extends ArchiveFlags {
  readonly run?: string;
  readonly config?: string;
  readonly waivers?: string;
  readonly names?: true;
}

/** The options of `explain`, read. */
export interface ExplainOptions extends ArchiveOptions {
  /** A run, a day that has one, or `latest`. */
  readonly run: string;
  readonly configFile: string | undefined;
  readonly waiversFile: string | undefined;
  readonly isJson: boolean;
  readonly isNaming: boolean;
}

const isFile = (value: string): boolean => value.trim() !== '';

/** Reads the flags of `explain`. Throws UsageError, which tells everything that is wrong at once. */
export const readExplainFlags = (flags: ExplainFlags, env: Io['env']): ExplainOptions => {
  const read = flagReader();
  const archive = readArchiveFlags(read, flags, env);
  const run = readRunFlag(read, flags.run);
  const configFile = read.text('--config', flags.config, 'the path of a file', isFile);
  const waiversFile = read.text('--waivers', flags.waivers, 'the path of a file', isFile);
  read.done();
  return { ...archive, run, configFile, waiversFile, isJson: flags.json ?? false, isNaming: flags.names ?? false };
};

/** The subject to be explained, and the rule. */
export interface Question {
  readonly subject: Subject;
  /** Undefined: every rule that concerns the subject. */
  readonly ruleId: string | undefined;
}

const subjectOf = (id: string, environmentId: string): Subject => {
  if (id === environmentId) return { kind: 'environment', id };
  return { kind: id.startsWith('arn:') ? 'principal' : 'user', id };
};

const FINDING = /^([^/]+)\/([a-z]+(?:-[a-z]+)*)\/(.+)$/s;

/**
 * Reads what is to be explained: a user's id or e-mail address, `#N`, an ARN, the environment's id, or a finding's.
 * @throws UsageError where a finding is of another environment, of no rule, or of one that says nothing of its subject
 */
export const readQuestion = (word: string, environmentId: string, rules: readonly Rule[]): Question => {
  const [, environment = '', ruleId, id] = word.startsWith('arn:') ? [] : (FINDING.exec(word) ?? []);
  if (!isEnvironmentId(environment) || ruleId === undefined || id === undefined) {
    if (word.trim() === '') throw new UsageError([`what is explained must be a user or a finding, got ${shown(word)}`]);
    return { subject: subjectOf(word, environmentId), ruleId: undefined };
  }
  const refuse = (what: string, allowed: string, value: string): never => {
    throw new UsageError([`the ${what} of finding ${shown(word)} must be ${allowed}, got ${shown(value)}`]);
  };
  if (environment !== environmentId) refuse('environment', environmentId, environment);
  const subject = subjectOf(id, environmentId);
  const rule = rules.find((one) => one.id === ruleId);
  if (rule === undefined || !concerns(rule, subject)) {
    const allowed = rules.filter((one) => concerns(one, subject)).map((one) => one.id);
    const about = subject.kind === 'user' ? 'a user' : `the ${subject.kind}`;
    refuse('rule', `one that is about ${about} (${allowed.join(', ')})`, ruleId);
  }
  return { subject, ruleId };
};
