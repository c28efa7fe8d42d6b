import type { AuditResult } from '../../core/audit/result.ts';
import type { Environment } from '../../core/config/config.ts';
import { systemClock } from '../../core/model/clock.ts';
import { isNobodySeen } from '../../core/model/report.ts';
import { reservedWords } from '../../core/model/words.ts';
import type { SendAlert } from '../../core/notify/channels/digest.ts';
import { assumedRole } from '../../core/sources/finspace/assumed-role.ts';
import { plainLine, plural } from '../../core/text/plain-text.ts';
import { SEVERITY_HEADINGS, severityCells, verdictText } from '../terminal/audit-view.ts';
import { EXIT, type ExitCode, UsageError } from '../terminal/exit-codes.ts';
import { failureOf } from '../terminal/fault.ts';
import { type Cell, table } from '../terminal/table.ts';
import { type Io, type Terminal, writeJson } from '../terminal/terminal.ts';
import { auditEnvironment, type EnvironmentToAudit, reportJson } from './environment.ts';

/** The audits that are made at once: each keeps what judging needs in memory, and its service has a rate of its own. */
const AT_ONCE = 4;

/**
 * The settings that every environment of a config is audited with; the region and the account are those of who runs
 * the command.
 */
export interface EnvironmentsToAudit
  extends Omit<EnvironmentToAudit, 'environmentId' | 'auditorAccountId' | 'sendAlert'> {
  readonly sendAlert: (io: Pick<Io, 'out' | 'err'>) => SendAlert;
}

/** The outcome of an environment's audit: a result, or the error that left none. */
interface Outcome {
  readonly environment: Environment;
  readonly code: ExitCode;
  readonly result?: AuditResult;
  readonly lines?: readonly string[];
}

/** Keeps what is written until all of it is, so that those at work at the same time do not speak over each other. */
const held = (terminal: Terminal) => {
  const texts: string[] = [];
  const holding: Terminal = {
    ...terminal,
    write: (text) => void texts.push(text),
    line: (text = '') => void texts.push(`${text}\n`),
    redraw: () => {},
  };
  return { terminal: holding, release: () => terminal.write(texts.join('')) };
};

const auditOne = async (
  environment: Environment,
  { sendAlert, ...common }: EnvironmentsToAudit,
  io: Io,
): Promise<Outcome> => {
  const { id: environmentId, role, region = common.region, accountId = common.accountId } = environment;
  try {
    const { result, code } = await auditEnvironment(
      {
        ...common,
        // A deadline is of each: those that wait for their turn lose nothing of it.
        now: Date.now(),
        environmentId,
        region,
        accountId,
        ...(accountId !== common.accountId && { auditorAccountId: common.accountId }),
        sendAlert: sendAlert(io),
        ...(role !== undefined && {
          accountId: role.accountId,
          ...(role.accountId !== common.accountId && { auditorAccountId: common.accountId }),
          loadCredentials: assumedRole({ ...role, sessionName: `finspace-auditor-${environmentId}` }, systemClock, {
            region,
          }),
        }),
      },
      io,
    );
    return { environment, code, result };
  } catch (error) {
    return { environment, ...failureOf(error) };
  }
};

const rowOf = (
  { environment: { id, name = '' }, result, lines = [] }: Outcome,
  { paint }: Terminal,
): readonly Cell[] => {
  if (result === undefined)
    return [id, name, '?', ...severityCells(undefined), `NO RESULT: ${plainLine(lines.join('; '), 400)}`];
  const { report } = result;
  return [
    id,
    name,
    String(report.counts.users),
    ...severityCells(isNobodySeen(report) ? undefined : report.findings.bySeverity),
    verdictText(report, paint),
  ];
};

/** Sums up all environments: no more is said of one than was seen of it, and told. */
export const summaryText = (outcomes: readonly Pick<Outcome, 'result' | 'code'>[]): string => {
  const reports = outcomes.flatMap(({ result }) => result?.report ?? []);
  const complete = reports.filter(({ verdict }) => verdict === 'COMPLETE');
  const incomplete = outcomes.length - complete.length;
  const reserved = complete.filter((report) => reservedWords(report).length > 0).length;
  const untold = outcomes.filter(
    ({ result, code }) => result?.report.verdict === 'COMPLETE' && code === EXIT.notComplete,
  );
  return [
    incomplete === 0
      ? `${plural(outcomes.length, 'environment')}: every one is COMPLETE`
      : `${incomplete} of ${plural(outcomes.length, 'environment')} NOT COMPLETE: nothing is known of what was not seen`,
    ...(reserved === 0 ? [] : [`${reserved} late, or attested and not seen`]),
    ...(untold.length === 0 ? [] : [`of ${untold.length} nobody could be told`]),
  ].join('; ');
};

const showSummary = (outcomes: readonly Outcome[], { out }: Io): void => {
  out.line(
    table(
      out,
      ['ENVIRONMENT', 'NAME', 'USERS', ...SEVERITY_HEADINGS, 'VERDICT'],
      outcomes.map((outcome) => rowOf(outcome, out)),
    ),
  );
  out.line(summaryText(outcomes));
};

/**
 * Audits every environment of a config, some at a time, each by the role that the config names. One that fails stops no
 * other.
 * @returns the worst exit code of them
 */
export const auditAll = async (common: EnvironmentsToAudit, io: Io): Promise<ExitCode> => {
  const { config } = common.files;
  if (config.credentials === 'direct')
    throw new UsageError(['--all must be left out where credentials is direct: the keys are those of one environment']);
  const { environments } = config;
  const outcomes: Outcome[] = [];
  const queue = environments.entries();
  const work = async (): Promise<void> => {
    for (const [index, environment] of queue) {
      const [out, err] = [held(io.out), held(io.err)];
      const outcome = await auditOne(environment, common, { ...io, out: out.terminal, err: err.terminal });
      outcomes[index] = outcome;
      io.err.redraw('');
      err.release();
      for (const line of outcome.lines ?? []) io.err.line(`${environment.id}: ${line}`);
      out.release();
      if (!common.options.isJson) io.out.line();
      io.err.redraw(`${Object.keys(outcomes).length} of ${plural(environments.length, 'environment')} audited`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  io.err.redraw('');

  if (common.options.isJson)
    writeJson(
      io.out,
      outcomes.map(({ environment, result, lines = [] }) =>
        result === undefined ? { environmentId: environment.id, error: lines.join('; ') } : reportJson(result),
      ),
    );
  else showSummary(outcomes, io);
  return (
    outcomes
      .map(({ code }) => code)
      .toSorted((one, other) => one - other)
      .at(-1) ?? EXIT.ok
  );
};
