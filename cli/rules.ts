import { cataloguePage } from '../rules/engine/catalogue-page.ts';
import { type ConfiguredRule, configureRules } from '../rules/engine/configure.ts';
import { rules } from '../rules/index.ts';
import { readConfigFiles } from './config-files.ts';
import { EXIT, type ExitCode, UsageError } from './exit-codes.ts';
import { table } from './table.ts';
import { type Io, SEVERITY_FORMATS, type Terminal } from './terminal.ts';

/** The flags of `rules` as they were typed. */
export interface RulesFlags {
  readonly config?: string;
  readonly json?: true;
  readonly markdown?: true;
}

const asJson = ({ rule, state, reason, severity, options }: ConfiguredRule) => ({
  id: rule.id,
  title: rule.title,
  severity: severity ?? rule.severity,
  state,
  ...(reason !== undefined && { reason }),
  failsWhen: rule.failsWhen,
  rationale: rule.rationale,
  remediation: rule.remediation,
  controls: rule.controls,
  options,
});

const listAll = (configured: readonly ConfiguredRule[], out: Terminal): void => {
  const rows = configured.map(({ rule, state, severity = rule.severity }) => [
    { text: severity, format: SEVERITY_FORMATS[severity] },
    state === 'not-configured' ? 'needs settings' : state,
    rule.id,
    rule.title,
  ]);
  out.write(table(out, ['severity', 'state', 'rule', 'requirement'], rows));
};

const explain = (
  { rule, state, reason, severity = rule.severity, options }: ConfiguredRule,
  out: Terminal,
): void => {
  out.line(`${out.paint('bold', rule.id)}: ${rule.title}`);
  const rows: [string, string][] = [
    ['Severity', rule.severityNote === undefined ? severity : `${severity} (${rule.severityNote})`],
    ['State', reason === undefined ? state : `${state}: ${reason}`],
    ['Fails when', rule.failsWhen],
    ['Options', JSON.stringify(options)],
    ['Rationale', rule.rationale],
    ['Remediation', rule.remediation],
    ['Controls', rule.controls.join(', ')],
  ];
  out.write(
    table(
      out,
      ['', ''],
      rows.map(([name, text]) => [{ text: name, format: 'dim' as const }, text]),
    ),
  );
};

/** `rules`: the catalogue as it would judge. Throws UsageError for a rule that is not in it. */
export const listRules = (id: string | undefined, flags: RulesFlags, { out }: Io): Promise<ExitCode> => {
  const { config } = readConfigFiles(flags.config, Date.now());
  const configured = configureRules(rules, config.rules);
  const chosen = id === undefined ? configured : configured.filter(({ rule }) => rule.id === id);
  const [only] = chosen;
  if (only === undefined) {
    throw new UsageError([
      `the rule must be one of ${rules.map((rule) => rule.id).join(', ')}, got ${JSON.stringify(id)}`,
    ]);
  }

  if (flags.markdown) out.write(cataloguePage(rules));
  else if (flags.json)
    out.line(JSON.stringify(id === undefined ? chosen.map(asJson) : asJson(only), null, 2));
  else if (id === undefined) listAll(chosen, out);
  else explain(only, out);
  return Promise.resolve(EXIT.ok);
};
