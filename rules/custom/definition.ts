import type { Options } from '../engine/context.ts';
import type { Rule } from '../engine/rule.ts';
import type { Severity } from '../engine/severity.ts';

/** Tells whether an id is one of a rule that an operator wrote: none of the catalogue begins so. */
export const isCustomId = (id: string): boolean => id.startsWith('x-');

/** The kinds of rules that operators may write. */
export const CUSTOM_KINDS = ['user', 'directory', 'change'] as const;

/** A rule of one of these kinds. */
export type RuleOfCustomKind = Extract<Rule, { readonly kind: (typeof CUSTOM_KINDS)[number] }>;

/** The members of a record that name people. */
export const NAMING_MEMBERS: readonly string[] = ['firstName', 'lastName', 'emailAddress'];

/** The members of a record that are kept from one run to the next. */
export const KEPT_MEMBERS: readonly string[] = ['userId', 'status', 'type', 'apiAccess', 'apiAccessPrincipalArn'];

/** A rule that an operator wrote, as it was checked; plain data, which goes along with the function as JSON. */
export interface CustomRuleDefinition {
  /** Begins with `x-`, which no rule of the catalogue does. */
  readonly id: string;
  readonly kind: (typeof CUSTOM_KINDS)[number];
  readonly title: string;
  readonly severity: Severity;
  readonly rationale: string;
  readonly remediation: string;
  /** Each with its framework: `NIST-800-53-r5:AC-6`. */
  readonly controls: readonly string[];
  /** The defaults, which give the options their types. */
  readonly options: Options;
  /** Of kind `directory`: expressions of which all must be true of whoever is counted; all users, where there are none. */
  readonly where?: readonly string[];
  /** Of kind `directory`: the expression that gives each user the text of its group; all are one where there is none. */
  readonly by?: string | undefined;
  /** Expressions of which all must be true. */
  readonly failsWhen: readonly string[];
  /** An expression that gives a text. */
  readonly message: string;
  /** Whether the message may name people, as the config had it when the rule was checked. */
  readonly mayName: boolean;
  readonly evidence: readonly string[];
  /** The file as it stands. */
  readonly text: string;
}
