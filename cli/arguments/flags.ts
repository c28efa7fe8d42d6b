import { statSync } from 'node:fs';
import * as z from 'zod/mini';
import { ENVIRONMENT_ID, isEnvironmentId } from '../../core/model/environment-id.ts';
import { isBlank } from '../../core/text/person.ts';
import { shown } from '../../core/text/shown.ts';
import { UsageError } from '../terminal/exit-codes.ts';

/** Tells whether something else stands where a folder is to be, or is to be made. */
const isTaken = (path: string): boolean => {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === false;
  } catch {
    // What can't be looked at is told of by whoever reads or writes there.
    return false;
  }
};

const isoTime = z.iso.datetime({ offset: true });

export const isNotBlank = (value: string): boolean => !isBlank(value);

/** The most characters of a reason that stands in the archive for good. */
const MOST_REASON = 500;

export const REASON_ALLOWED = `a text of 1 to ${MOST_REASON} characters`;

export const isReason = (value: string): boolean => isNotBlank(value) && value.length <= MOST_REASON;

/** Reads the flags of one command line, and collects what is wrong with them, so that all of it is reported at once. */
export const flagReader = () => {
  const problems: string[] = [];
  const must = (name: string, allowed: string, value: string): undefined => {
    problems.push(`${name} must be ${allowed}, got ${shown(value)}`);
    return undefined;
  };
  /** A value that `accepts`, or undefined where there is none; `allowed` reads after "must be". */
  const text = (name: string, value: string | undefined, allowed: string, accepts: (value: string) => boolean) =>
    value === undefined || accepts(value) ? value : must(name, allowed, value);

  const time = (name: string, value: string | undefined, accepts: (instant: number) => boolean, more = '') => {
    const iso = text(
      name,
      value,
      `a time in ISO 8601 with its zone, such as 2026-11-24T02:00:00Z${more}`,
      (given) => isoTime.safeParse(given).success && accepts(Date.parse(given)),
    );
    return iso === undefined ? undefined : new Date(iso);
  };

  return {
    text,
    whole: (name: string, value: string | undefined, least: number, most: number) => {
      if (value === undefined) return undefined;
      const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
      if (number >= least && number <= most) return number;
      const digits = /^\d{16,}$/.test(value) ? ', of 15 digits at most' : '';
      const range = most === Number.MAX_SAFE_INTEGER ? `${least} or more${digits}` : `${least} to ${most}`;
      return must(name, `a whole number of ${range}`, value);
    },
    path: (name: string, value: string | undefined, of: 'file' | 'folder') => {
      const path = text(name, value, `the path of a ${of}`, isNotBlank);
      if (path === undefined || of === 'file' || !isTaken(path)) return path;
      problems.push(`${name} must be the path of a folder, got ${shown(path)}, which is none`);
      return undefined;
    },
    environmentId: (name: string, value: string | undefined) => text(name, value, ENVIRONMENT_ID, isEnvironmentId),
    time: (name: string, value: string | undefined) => time(name, value, () => true),
    /** An instant up to `now`, in milliseconds since the epoch. */
    pastTime: (name: string, value: string | undefined, now: number) =>
      time(name, value, (instant) => instant <= now, ', and not in the future'),
    /** Adds a problem that is not of one value. */
    refuse: (problem: string): void => {
      problems.push(problem);
    },
    /** Ends the reading: throws UsageError where anything was wrong. */
    done: (): void => {
      if (problems.length > 0) throw new UsageError(problems);
    },
  };
};

export type FlagReader = ReturnType<typeof flagReader>;
