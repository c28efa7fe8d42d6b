import { relative } from 'node:path';
import type { AuditResult } from '../../core/audit/result.ts';
import { isNews } from '../../core/model/highlights.ts';
import type { Alert } from '../../core/notify/channel.ts';
import { terminalAlerts } from '../../core/notify/channels/terminal.ts';
import { plainLine, plural, wrap } from '../../core/text/plain-text.ts';
import { rules } from '../../rules/index.ts';
import type { Night } from '../../simulator/nights.ts';
import {
  failingText,
  findingsTable,
  listingText,
  rulesTable,
  statesText,
  verdictText,
} from '../terminal/audit-view.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** An attempt at a night's audit. */
export interface DemoAttempt {
  readonly result: AuditResult;
  /** The digest, where people were mailed one. */
  readonly mail: Alert | undefined;
  /** The trouble that the service made, for people. */
  readonly trouble: string | undefined;
}

const TITLES: ReadonlyMap<string, string> = new Map(rules.map(({ id, title }) => [id, title]));

const INDENT = '  ';

const indented = (text: string): string => text.replaceAll(/^(?=.)/gm, INDENT);

/** The part of a terminal that is left beside an indent. */
const inner = (out: Terminal): Terminal => ({ ...out, width: out.width - INDENT.length });

export const showOpening = (
  out: Terminal,
  { nights, users, requestsPerSecond }: Readonly<Record<'nights' | 'users' | 'requestsPerSecond', number>>,
  endpoint: string,
): void => {
  out.line(
    out.paint('bold', `FinSpace user auditor: ${plural(nights, 'night')} of a directory of ${plural(users, 'user')}`),
  );
  const setting = `A simulated FinSpace Data API at ${endpoint} checks every signature, serves ${requestsPerSecond} requests a second and fails now and then. No account and no network are needed.`;
  out.line(out.paint('dim', wrap(setting, '', out.width)));
};

const showAttempt = (out: Terminal, { result: { report }, mail, trouble }: DemoAttempt): void => {
  const verdict = `${INDENT}${verdictText(report, out.paint)}`;
  const lines =
    report.verdict === 'COMPLETE'
      ? [`${verdict}  ${listingText(report)}`, INDENT + statesText(report)]
      : [
          verdict,
          wrap(plainLine(report.message ?? ''), INDENT, out.width),
          wrap(`${listingText(report)}; nothing is resolved`, INDENT, out.width),
        ];
  if (trouble !== undefined) lines.push(`${INDENT}the trouble: ${trouble}`);
  for (const line of lines) out.line(line);
  const quiet = out.paint('dim', 'quiet: nobody is mailed');
  out.line(INDENT + (mail === undefined ? quiet : `mailed: ${out.paint('bold', mail.subject)}`));
};

export const showNight = (
  out: Terminal,
  index: number,
  { asOf, story }: Night,
  attempts: readonly DemoAttempt[],
): void => {
  const label = `Night ${index + 1}, ${asOf.toISOString().slice(0, 10)}:`;
  const opening = wrap(`${label} ${story}`, '', out.width);
  out.line();
  out.line(opening.replace(label, out.paint(['bold', 'cyan'], label)));
  for (const [number, attempt] of attempts.entries()) {
    if (number > 0) out.line(`${INDENT}So it is tried again:`);
    showAttempt(out, attempt);
  }

  const highlights = attempts.at(-1)?.result.highlights.filter(({ kind }) => isNews(kind)) ?? [];
  if (highlights.length === 0) return;
  out.line();
  const rows = index === 0 ? rulesTable(inner(out), highlights, TITLES) : findingsTable(inner(out), highlights);
  out.write(indented(rows));
};

/** A night as JSON. */
export const nightJson = ({ asOf, story }: Night, attempts: readonly DemoAttempt[]) => ({
  asOf: asOf.toISOString(),
  story,
  attempts: attempts.map(({ result, mail, trouble }) => ({ report: result.report, alert: mail, trouble })),
});

/** A path as it can be pasted from where the command was started. */
const pathTo = (path: string): string => {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith('..') ? path : fromHere;
};

/** A package has no scripts: there an app of the CDK deploys. */
const DEPLOYING = import.meta.filename.endsWith('.ts') ? 'npm run deploy' : "new FinSpaceAuditor(stack, 'Audit')";

/** Shows the last digest as it was mailed, what fails after the last night, and what to do next. */
export const showEnd = async (out: Terminal, folder: string, attempts: readonly DemoAttempt[]): Promise<void> => {
  const last = attempts.at(-1)?.result;
  const mail = attempts.findLast((attempt) => attempt.mail !== undefined)?.mail;
  if (mail !== undefined) {
    out.line();
    out.line(out.paint('bold', 'The last digest, as it was mailed'));
    await terminalAlerts((text) => out.write(text))(mail);
  }
  out.line();
  if (last !== undefined) {
    out.line(`${out.paint('bold', 'Failing')}   ${failingText(last.report, out.paint)}`);
    const { html } = last.objects;
    out.line(`${out.paint('bold', 'Evidence')}  ${html === undefined ? 'none: it could not be kept' : pathTo(folder)}`);
    if (html !== undefined) out.line(`${out.paint('bold', 'Report')}    ${pathTo(folder)}/${html.key}`);
  }
  out.line();
  out.line(out.paint('bold', 'What next'));
  out.line('  npx finspace-audit rules stale-login    what a rule requires, why, and what to do');
  out.line('  npx finspace-audit run --help           audit an environment from here');
  out.line(`  ${DEPLOYING.padEnd(40)}have it audited every night, as audit.yaml says`);
};
