import type { CheckOutcome, CheckResult } from '../../core/doctor/check.ts';
import { type Cell, table } from '../terminal/table.ts';
import type { Format, Terminal } from '../terminal/terminal.ts';

const FORMATS: Readonly<Record<CheckOutcome, Format>> = {
  ok: 'green',
  warn: 'yellow',
  fail: ['bold', 'red'],
  'not-checked': 'dim',
};

const OUTCOMES = ['ok', 'warn', 'fail', 'not-checked'] as const satisfies readonly CheckOutcome[];

/** Writes a line a check, with its remedy below it. */
export const checksText = (out: Terminal, checks: readonly CheckResult[]): string => {
  const rows = checks.flatMap(({ name, outcome, told, remedy }): readonly (readonly Cell[])[] => [
    [{ text: outcome, format: FORMATS[outcome] }, name, told],
    ...(remedy === undefined ? [] : [['', '', { text: `=> ${remedy}`, format: 'bold' } as const]]),
  ]);
  return table(out, undefined, rows);
};

/** Sums up the checks, and claims nothing of what was not checked. */
export const summaryText = (checks: readonly CheckResult[]): string =>
  OUTCOMES.flatMap((outcome) => {
    const { length } = checks.filter((check) => check.outcome === outcome);
    return length === 0 ? [] : `${length} ${outcome}`;
  }).join(', ');
