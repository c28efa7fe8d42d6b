import type { User } from '../../rules/engine/user.ts';
import { serialiseRecord } from './record.ts';

/** Writes a member of a user: a text as it is, nothing where there is none, and any other value as JSON. */
export const memberText = (value: unknown): string => {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : serialiseRecord(value);
};

export const fullNameOf = ({ firstName, lastName }: User): string =>
  [firstName, lastName]
    .map(memberText)
    .filter((name) => name !== '')
    .join(' ');
