import { tmpdir } from 'node:os';
import { errorCode } from '../text/error-code.ts';
import { nameAndMessageOf } from '../text/error-message.ts';
import { SpoolError } from './errors.ts';

const FULLER = 'make room there, or let TMPDIR name a folder of a larger disk';
const READ_ONLY = 'it may not be written to: let TMPDIR name a folder that may';

/** Says what helps against those errors of the system that people can do something about, by their codes. */
const REMEDIES: ReadonlyMap<unknown, string> = new Map([
  ['ENOSPC', `it is full: ${FULLER}`],
  ['EDQUOT', `its quota is used up: ${FULLER}`],
  ['EACCES', READ_ONLY],
  ['EROFS', READ_ONLY],
  ['ENOENT', 'it is not there: let TMPDIR name a folder that is'],
  ['EMFILE', 'too many files are open: raise the limit (ulimit -n)'],
  ['ENFILE', 'too many files are open on this machine'],
  ['ENOMEM', 'this machine has no memory left'],
]);

/** Tells that the temporary folder failed, and not the archive, with what helps. */
export const spoolFault = (error: unknown): SpoolError => {
  const remedy = REMEDIES.get(errorCode(error));
  const fault = `the temporary folder ${tmpdir()} (TMPDIR) failed with ${nameAndMessageOf(error)}`;
  return new SpoolError([fault, remedy].filter((part) => part !== undefined).join('; '), { cause: error });
};
