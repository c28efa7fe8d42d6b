import { controlsOf, FRAMEWORKS, rulesByControl } from './controls.ts';
import { ENRICHMENTS } from './facts.ts';
import type { Rule } from './rule.ts';

const KINDS = {
  user: 'each user',
  directory: 'the whole directory',
  change: 'what changed since the last complete run',
  principal: 'each role that stands on users',
} as const satisfies Record<Rule['kind'], string>;

const INTRO = `# The rule catalogue

<!-- Written by \`npm run catalogue\` from the rules themselves; a test fails when the two disagree. -->

What the audit holds every FinSpace environment to. A rule fails where all of its condition holds, passes where some of
it does not, and else is "not assessed", which never counts as a pass: a member that it needs is missing or unusable.

- *Active* is a user whose \`status\` is not \`DISABLED\`; a status that is not documented counts as active.
- *API-bound* is a user whose \`apiAccess\` is \`ENABLED\`.
- A *super user* is one whose \`type\` is \`SUPER_USER\`. *Privileged* is a super user, and where permission groups are
  read an active member of a group with \`ManageUsersAndGroups\`.
- A \`status\`, \`type\` or \`apiAccess\` that is missing, null or none of the documented values is *unknown*, and so is
  an e-mail address that is missing, null or empty: whatever is said of it neither holds nor does not. An ARN that is
  missing, null or empty is none.
- A limit or a count that depends on something unknown is judged both ways: the rule fails where both fail, and passes
  where both pass. Of two severities that may apply, the higher one does.
- A time is *never* when it is missing, null or 0. It is *unusable* when it is no finite number, in seconds instead of
  milliseconds, or over 5 minutes after both now and the moment at which the user was read: whoever was active while
  the listing ran, or before a late one, is no fault of time. A time after now is of no age.
- *Older than N days* means more than N times 24 hours before now: a user at exactly N days is fine.
- *Now* is the instant that the run speaks for.

Every option can be set in \`audit.yaml\` under \`rules\`, by the rule's id, as can \`enabled\` and \`severity\`.
`;

const cell = (text: string): string => text.replaceAll('|', '\\|');

const row = (...cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(...head), `|${head.map(() => ' --- |').join('')}`, ...rows.map((cells) => row(...cells))].join('\n');

const link = (id: string): string => `[\`${id}\`](#${id})`;

const overview = (rules: readonly Rule[]): string =>
  table(
    ['Rule', 'Requirement', 'Severity', 'Judges'],
    rules.map(({ id, title, severity, kind }) => [link(id), title, severity, KINDS[kind]]),
  );

const optionLines = (rule: Rule): readonly string[] => {
  return Object.entries(rule.options).map(
    ([name, value]) => `- **Option** \`${name}\`, by default \`${JSON.stringify(value)}\``,
  );
};

const controlLines = (rule: Rule): readonly string[] =>
  Object.entries(FRAMEWORKS).flatMap(([framework, name]) => {
    const ids = controlsOf(rule, framework);
    return ids.length === 0 ? [] : [`- **${name}**: ${ids.join(', ')}`];
  });

const section = (rule: Rule): string => {
  const { id, title, severity, severityNote, failsWhen, rationale, remediation } = rule;
  return [
    `### ${id}\n`,
    `${title}.\n`,
    `- **Severity**: ${severity}${severityNote === undefined ? '' : `; ${severityNote}`}`,
    `- **Fails when** ${failsWhen}`,
    ...(rule.needs === undefined
      ? []
      : [`- **Off** unless \`enrich.${rule.needs}\` is set for the environment: it needs ${ENRICHMENTS[rule.needs]}`]),
    ...optionLines(rule),
    ...controlLines(rule),
    `\n${rationale}\n`,
    `**Remediation.** ${remediation}\n`,
  ].join('\n');
};

const controlIndex = (rules: readonly Rule[]): string =>
  Object.entries(FRAMEWORKS)
    .flatMap(([framework, name]) => {
      const rows = rulesByControl(rules, framework).map(({ control, rules: by }) => [
        control,
        by.map(({ id }) => link(id)).join(', '),
      ]);
      return rows.length === 0 ? [] : [`### ${name}\n\n${table(['Control', 'Rules'], rows)}\n`];
    })
    .join('\n');

/** The catalogue as a page for people, in Markdown: what `rules/README.md` holds. */
export const cataloguePage = (rules: readonly Rule[]): string =>
  [
    INTRO,
    `## Overview\n\n${overview(rules)}\n`,
    `## Rules\n\n${rules.map(section).join('\n')}`,
    `## Controls by framework\n\nA rule gives evidence for a control; no rule alone satisfies one.\n\n${controlIndex(rules)}`,
  ].join('\n');
