import { readFileSync } from 'node:fs';
import { decode } from '../text/decode.ts';
import { errorCode } from '../text/error-code.ts';
import { ConfigError } from './errors.ts';

/** Reads a file that operators edit, in UTF-8 or, as PowerShell writes it, UTF-16; throws ConfigError. */
export const readText = (file: string): string => {
  try {
    return decode(readFileSync(file));
  } catch (error) {
    throw new ConfigError([`${file}: can't be read (${errorCode(error) ?? 'unknown error'})`]);
  }
};
