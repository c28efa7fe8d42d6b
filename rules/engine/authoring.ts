// For those who write rules in TypeScript: what a rule is made of.
export type { Condition, Truth } from './condition.ts';
export type { Context, Options } from './context.ts';
export type { RoleFacts } from './facts.ts';
export {
  type ChangeRule,
  type DirectoryRule,
  defineChangeRule,
  defineDirectoryRule,
  definePrincipalRule,
  defineUserRule,
  type Evidence,
  type GroupFacts,
  type Key,
  type Limit,
  type NotAssessed,
  type Outcome,
  type PrincipalRule,
  type PrincipalSubject,
  type Rule,
  type RuleText,
  type UserChange,
  type UserGroup,
  type UserRule,
  type Violation,
} from './rule.ts';
export type { Severity } from './severity.ts';
export type { User, UserFacts } from './user.ts';
