import type { Options } from './context.ts';
import { ENRICHMENTS, type EnrichmentName } from './facts.ts';
import type { Rule } from './rule.ts';
import type { Severity } from './severity.ts';

/** An operator's settings of a rule; the further members are options of that rule. */
export interface RuleSettings {
  readonly enabled?: boolean;
  /** Replaces every severity that the rule would give. */
  readonly severity?: Severity;
  readonly [option: string]: unknown;
}

/** A rule as this run judges by it. */
export interface ConfiguredRule {
  readonly rule: Rule;
  readonly state: 'on' | 'off' | 'not-configured';
  /** The reason for which it is not on. */
  readonly reason?: string;
  readonly severity?: Severity;
  readonly options: Options;
}

const configureRule = (
  rule: Rule,
  { enabled, severity, ...set }: RuleSettings,
  read: ReadonlySet<EnrichmentName>,
): ConfiguredRule => {
  // Options were checked against the defaults' types when the config was read.
  const options = { ...rule.options, ...(set as Options) };
  const overrides = severity === undefined ? { options } : { options, severity };

  if (enabled === false) return { rule, state: 'off', reason: 'switched off in the config', ...overrides };
  if (rule.needs !== undefined && !read.has(rule.needs)) {
    return { rule, state: 'off', reason: `its data is not read: ${ENRICHMENTS[rule.needs]}`, ...overrides };
  }
  if (rule.isConfigured?.(options) === false) {
    return { rule, state: 'not-configured', reason: `needs ${Object.keys(rule.options).join(', ')}`, ...overrides };
  }
  return { rule, state: 'on', ...overrides };
};

/**
 * The catalogue with an operator's settings applied, in the catalogue's order.
 * @param read the facts that are read beside the listing
 */
export const configureRules = (
  rules: readonly Rule[],
  settings: Readonly<Record<string, RuleSettings>> = {},
  read: ReadonlySet<EnrichmentName> = new Set(),
): readonly ConfiguredRule[] => rules.map((rule) => configureRule(rule, settings[rule.id] ?? {}, read));
