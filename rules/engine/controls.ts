/** The frameworks whose controls rules refer to, by the prefix that stands before the control's id. */
export const FRAMEWORKS = {
  'NIST-800-53-r5': 'NIST SP 800-53 r5',
  'CIS-v8.1': 'CIS Controls v8.1',
  'ISO-27001-2022': 'ISO/IEC 27001:2022',
  'SOC-2': 'SOC 2',
  'PCI-DSS-4.0.1': 'PCI DSS 4.0.1',
  'NYDFS-500.7': 'NYDFS 23 NYCRR 500.7',
} as const;

export type Framework = keyof typeof FRAMEWORKS;

/** Prefixes each control with its framework: `controls({ 'SOC-2': ['CC6.1'] })` is `['SOC-2:CC6.1']`. */
export const controls = (byFramework: Partial<Record<Framework, readonly string[]>>): readonly string[] =>
  Object.entries(byFramework).flatMap(([framework, ids]) => ids.map((id) => `${framework}:${id}`));

interface Controlled {
  readonly controls: readonly string[];
}

/** The controls of one framework that a rule gives evidence for, without the framework's prefix. */
export const controlsOf = (rule: Controlled, framework: string): readonly string[] =>
  rule.controls.flatMap((id) => (id.startsWith(`${framework}:`) ? [id.slice(framework.length + 1)] : []));

/** Names the controls that a rule gives evidence for, each with the whole name of its framework. */
export const requirementsOf = (rule: Controlled): readonly string[] =>
  Object.entries(FRAMEWORKS).flatMap(([framework, name]) =>
    controlsOf(rule, framework).map((control) => `${name} ${control}`),
  );

/** Groups rules by the controls of a framework that they give evidence for, in the natural order of the controls. */
export const rulesByControl = <R extends Controlled>(rules: readonly R[], framework: string) => {
  const pairs = rules.flatMap((rule) => controlsOf(rule, framework).map((control) => ({ control, rule })));
  return [...Map.groupBy(pairs, ({ control }) => control)]
    .map(([control, members]) => ({ control, rules: members.map(({ rule }) => rule) }))
    .toSorted((one, other) => one.control.localeCompare(other.control, 'en', { numeric: true }));
};
