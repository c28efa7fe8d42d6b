import { tmpdir } from 'node:os';
import { expect, test } from '@jest/globals';
import { SpoolError } from '../../../core/archive/errors.ts';
import { spoolFault } from '../../../core/archive/spool-fault.ts';

test.each([
  ['ENOSPC', '; it is full: make room there, or let TMPDIR name a folder of a larger disk'],
  ['EDQUOT', '; its quota is used up: make room there, or let TMPDIR name a folder of a larger disk'],
  ['EACCES', '; it may not be written to: let TMPDIR name a folder that may'],
  ['EROFS', '; it may not be written to: let TMPDIR name a folder that may'],
  ['ENOENT', '; it is not there: let TMPDIR name a folder that is'],
  ['EMFILE', '; too many files are open: raise the limit (ulimit -n)'],
  ['ENFILE', '; too many files are open on this machine'],
  ['ENOMEM', '; this machine has no memory left'],
  ['EISDIR', ''],
  [undefined, ''],
])('a temporary folder that fails with %s is told of by its path, with what helps', (code, remedy) => {
  const cause = Object.assign(new Error('it failed'), code === undefined ? {} : { code });
  expect(spoolFault(cause)).toStrictEqual(
    new SpoolError(`the temporary folder ${tmpdir()} (TMPDIR) failed with Error: it failed${remedy}`, { cause }),
  );
});
