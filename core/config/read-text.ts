import { readFileSync } from 'node:fs';
import { errorCode } from '../text/error-code.ts';
import { ConfigError } from './errors.ts';

/** Reads a file that operators edit; throws ConfigError. */
export const readText = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError([`${file}: can't be read (${errorCode(error) ?? 'unknown error'})`]);
  }
};
