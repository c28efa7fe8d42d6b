import { closest } from '../../core/text/closest.ts';
import { harmlessJson } from '../../core/text/plain-text.ts';
import { cataloguePage } from '../../rules/engine/catalogue-page.ts';
import { type ConfiguredRule, configureRules } from '../../rules/engine/configure.ts';
import { rules } from '../../rules/index.ts';
import { EXIT, type ExitCode, UsageError } from '../terminal/exit-codes.ts';
import { type Cell, factsTable, table } from '../terminal/table.ts';
import { type Io, SEVERITY_FORMATS, type Terminal } from '../terminal/terminal.ts';

/** The flags of `rules` as they were typed. */
export interface RulesFlags {
  readonly config?: string;
  readonly json?: true;
  readonly markdown?: true;
}

const ruleJson = ({ rule, state, reason, severity = rule.severity, options }: ConfiguredRule) => ({
  id: rule.id,
  title: rule.title,
  judges: rule.kind,
  needs: rule.needs,
  severity,
  severityNote: rule.severityNote,
  state,
  reason,
  failsWhen: rule.failsWhen,
  options,
  rationale: rule.rationale,
  remediation: rule.remediation,
  controls: rule.controls,
});

const listText = (configured: readonly ConfiguredRule[], out: Terminal): string => {
  const rows = configured.map(({ rule, state, severity = rule.severity }): readonly Cell[] => [
    { text: severity, format: SEVERITY_FORMATS[severity] },
    { text: state, format: state === 'on' ? 'green' : 'dim' },
    rule.id,
    rule.title,
  ]);
  return table(out, ['SEVERITY', 'STATE', 'RULE', 'WHAT IS REQUIRED'], rows);
};

/** `maxDays: 90`, or a list as it stands in `audit.yaml`. */
const optionsText = (options: ConfiguredRule['options']): string => {
  const entries = Object.entries(options).map(
    ([name, value]) => `${name}: ${Array.isArray(value) ? `[${value.join(', ')}]` : String(value)}`,
  );
  return entries.length === 0 ? 'none' : entries.join('; ');
};

const ruleText = (
  { rule, state, reason, severity = rule.severity, options }: ConfiguredRule,
  out: Terminal,
): string => {
  const facts = factsTable(out, [
    ['Severity', rule.severityNote === undefined ? severity : `${severity} (${rule.severityNote})`],
    ['State', reason === undefined ? state : `${state}: ${reason}`],
    ['Fails when', rule.failsWhen],
    ['Options', optionsText(options)],
    ['Rationale', rule.rationale],
    ['Remediation', rule.remediation],
    ['Controls', rule.controls.length === 0 ? 'none' : rule.controls.join(', ')],
  ]);
  return `${out.paint('bold', rule.id)}: ${rule.title}\n\n${facts}`;
};

const catalogueText = (
  { json, markdown }: RulesFlags,
  configured: readonly ConfiguredRule[],
  one: ConfiguredRule | undefined,
  out: Terminal,
): string => {
  if (markdown) return cataloguePage(configured.map(({ rule }) => rule));
  if (json)
    return `${harmlessJson(JSON.stringify(one === undefined ? configured.map(ruleJson) : ruleJson(one), null, 2))}\n`;
  return one === undefined ? listText(configured, out) : ruleText(one, out);
};

/** Configures the rules; without a file none is set, and what reads one is not loaded: it takes longer than the rest. */
const configuredBy = async (configFile: string | undefined): Promise<readonly ConfiguredRule[]> => {
  if (configFile === undefined) return configureRules(rules);
  const { readConfigFiles } = await import('../arguments/config-files.ts');
  const files = readConfigFiles(configFile, Date.now());
  return configureRules(files.rules, files.config.rules);
};

/** `rules`: shows the catalogue, as it would judge. Throws UsageError for a rule that is not in it, and ConfigError. */
export const listRules = async (id: string | undefined, flags: RulesFlags, { out }: Io): Promise<ExitCode> => {
  const configured = await configuredBy(flags.config);
  const ids = configured.map(({ rule }) => rule.id);
  const one = configured.find(({ rule }) => rule.id === id);
  if (id !== undefined && one === undefined) {
    const meant = closest(id, ids);
    const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
    throw new UsageError([`the rule must be one of ${ids.join(', ')}, got ${JSON.stringify(id)}${hint}`]);
  }
  if (flags.json && flags.markdown) {
    throw new UsageError(['one of --json and --markdown is allowed, got both']);
  }
  if (one !== undefined && flags.markdown) {
    throw new UsageError([`--markdown prints the whole catalogue, got the rule ${one.rule.id} as well`]);
  }
  out.write(catalogueText(flags, configured, one, out));
  return EXIT.ok;
};
