import * as z from 'zod';
import { shown } from '../../core/config/schema.ts';
import { ENVIRONMENT_ID, isEnvironmentId } from '../../core/model/environment-id.ts';
import { UsageError } from '../terminal/exit-codes.ts';

/** Reads the flags of one command line, and collects what is wrong with them, so that all of it is reported at once. */
export interface FlagReader {
  /** A value that `accepts`, or undefined where there is none; `allowed` reads after "must be". */
  text(
    name: string,
    value: string | undefined,
    allowed: string,
    accepts: (value: string) => boolean,
  ): string | undefined;
  whole(name: string, value: string | undefined, least: number, most: number): number | undefined;
  path(name: string, value: string | undefined, of: 'file' | 'folder'): string | undefined;
  environmentId(name: string, value: string | undefined): string | undefined;
  /** An instant up to `now`, in milliseconds since the epoch. */
  pastTime(name: string, value: string | undefined, now: number): Date | undefined;
  /** Adds a problem that is not of one value. */
  refuse(problem: string): void;
  /** Ends the reading: throws UsageError where anything was wrong. */
  done(): void;
}

const isoTime = z.iso.datetime({ offset: true });

export const isNotBlank = (value: string): boolean => value.trim() !== '';

export const flagReader = (): FlagReader => {
  const problems: string[] = [];
  const must = (name: string, allowed: string, value: string): undefined => {
    problems.push(`${name} must be ${allowed}, got ${shown(value)}`);
    return undefined;
  };
  const text: FlagReader['text'] = (name, value, allowed, accepts) =>
    value === undefined || accepts(value) ? value : must(name, allowed, value);

  return {
    text,
    whole: (name, value, least, most) => {
      if (value === undefined) return undefined;
      const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
      if (number >= least && number <= most) return number;
      const range = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `${least} to ${most}`;
      return must(name, `a whole number of ${range}`, value);
    },
    path: (name, value, of) => text(name, value, `the path of a ${of}`, isNotBlank),
    environmentId: (name, value) => text(name, value, ENVIRONMENT_ID, isEnvironmentId),
    pastTime: (name, value, now) => {
      const time = text(
        name,
        value,
        'a time in ISO 8601 with its zone, such as 2026-11-24T02:00:00Z, and not in the future',
        (iso) => isoTime.safeParse(iso).success && Date.parse(iso) <= now,
      );
      return time === undefined ? undefined : new Date(time);
    },
    refuse: (problem) => {
      problems.push(problem);
    },
    done: () => {
      if (problems.length > 0) throw new UsageError(problems);
    },
  };
};
