import { shown } from '../../core/config/schema.ts';
import { UsageError } from '../terminal/exit-codes.ts';

/** Reads the flags of one command line, and collects what is wrong with them, so that all of it is told at once. */
export interface FlagReader {
  /** A value that `accepts`, or undefined where there is none; `allowed` reads after "must be". */
  text(
    name: string,
    value: string | undefined,
    allowed: string,
    accepts: (value: string) => boolean,
  ): string | undefined;
  whole(name: string, value: string | undefined, least: number, most: number): number | undefined;
  /** A problem that is not of one value. */
  refuse(problem: string): void;
  /** Ends the reading: throws UsageError where anything was wrong. */
  done(): void;
}

export const flagReader = (): FlagReader => {
  const problems: string[] = [];
  const must = (name: string, allowed: string, value: string): undefined => {
    problems.push(`${name} must be ${allowed}, got ${shown(value)}`);
    return undefined;
  };

  return {
    text: (name, value, allowed, accepts) =>
      value === undefined || accepts(value) ? value : must(name, allowed, value),
    whole: (name, value, least, most) => {
      if (value === undefined) return undefined;
      const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
      if (number >= least && number <= most) return number;
      const range = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `${least} to ${most}`;
      return must(name, `a whole number of ${range}`, value);
    },
    refuse: (problem) => {
      problems.push(problem);
    },
    done: () => {
      if (problems.length > 0) throw new UsageError(problems);
    },
  };
};
