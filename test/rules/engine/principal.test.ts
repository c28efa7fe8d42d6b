import { expect, test } from '@jest/globals';
import { readPrincipal } from '../../../rules/engine/principal.ts';

const longest = 'n'.repeat(64);

test.each([
  ['missing', undefined],
  ['empty', ''],
])('no principal: %s', (_name, value) => {
  expect(readPrincipal(value)).toEqual({ kind: 'none' });
});

test.each([
  ['a role', 'arn:aws:iam::111122223333:role/analyst', 'aws'],
  ['a role in a path', 'arn:aws:iam::111122223333:role/a/b-c/analyst', 'aws'],
  ['every character that a name may have', 'arn:aws:iam::111122223333:role/aZ09+=,.@_-', 'aws'],
  ['the longest name', `arn:aws:iam::111122223333:role/${longest}`, 'aws'],
  ['a path of other printable characters', 'arn:aws:iam::111122223333:role/a!b~c:d/analyst', 'aws'],
  ['China', 'arn:aws-cn:iam::111122223333:role/analyst', 'aws-cn'],
  ['GovCloud', 'arn:aws-us-gov:iam::111122223333:role/analyst', 'aws-us-gov'],
  ['another partition', 'arn:aws-iso-b:iam::111122223333:role/analyst', 'aws-iso-b'],
])('a role: %s', (_name, arn, partition) => {
  expect(readPrincipal(arn)).toEqual({ kind: 'role', arn, partition, account: '111122223333' });
});

test.each([
  ['no slash before the name', 'arn:aws:iam::111122223333:roleanalyst'],
  ['a colon before the name', 'arn:aws:iam::111122223333:role:analyst'],
  ['no name', 'arn:aws:iam::111122223333:role/'],
  ['a path without a name', 'arn:aws:iam::111122223333:role/a/'],
  ['an empty path segment', 'arn:aws:iam::111122223333:role//analyst'],
  ['a name one too long', `arn:aws:iam::111122223333:role/${longest}n`],
  ['a character that a name may not have', 'arn:aws:iam::111122223333:role/ana!yst'],
  ['a name beyond ASCII', 'arn:aws:iam::111122223333:role/analÿst'],
  ['a path beyond ASCII', 'arn:aws:iam::111122223333:role/ä/analyst'],
  ['a path with a space', 'arn:aws:iam::111122223333:role/a b/analyst'],
  ['a wildcard', 'arn:aws:iam::111122223333:role/*'],
  ['a wildcard in the path', 'arn:aws:iam::111122223333:role/*/analyst'],
  ['a wildcard for everything', '*'],
  ['an account one digit short', 'arn:aws:iam::11112222333:role/analyst'],
  ['an account one digit long', 'arn:aws:iam::1111222233334:role/analyst'],
  ['no account', 'arn:aws:iam:::role/analyst'],
  ['digits of another script', 'arn:aws:iam::١١١١٢٢٢٢٣٣٣٣:role/analyst'],
  ['a region', 'arn:aws:iam:us-east-1:111122223333:role/analyst'],
  ['white space before', ' arn:aws:iam::111122223333:role/analyst'],
  ['white space behind', 'arn:aws:iam::111122223333:role/analyst '],
  ['a line break behind', 'arn:aws:iam::111122223333:role/analyst\n'],
  ['white space alone', ' '],
  ['a session of an assumed role', 'arn:aws:sts::111122223333:assumed-role/analyst/session'],
  ['a user', 'arn:aws:iam::111122223333:user/analyst'],
  ['the root', 'arn:aws:iam::111122223333:root'],
  ['another service', 'arn:aws:s3::111122223333:role/analyst'],
  ['another partition than AWS has', 'arn:azure:iam::111122223333:role/analyst'],
  ['a partition without its end', 'arn:aws-:iam::111122223333:role/analyst'],
  ['another case', 'ARN:AWS:IAM::111122223333:ROLE/analyst'],
])('malformed: %s', (_name, arn) => {
  expect(readPrincipal(arn)).toEqual({ kind: 'malformed', arn });
});
