import { createHash } from 'node:crypto';
import type { ListingSource } from '../../core/model/listing.ts';
import { RosterError } from '../../core/sources/roster/file.ts';
import type { OpenedRoster } from '../../core/sources/roster/open.ts';
import { parserOf, type RosterParser } from '../../core/sources/roster/parsers.ts';

interface SavedRoster {
  readonly name: string;
  readonly asOf: Date;
  /** The parser, or why there is none; default: the one that knows the content. */
  readonly parser?: RosterParser | string | undefined;
  /** The proof that it is whole; default: none. */
  readonly shownBy?: Pick<ListingSource, 'manifest' | 'attestedBy'>;
  readonly close?: () => Promise<void>;
}

/** A roster of one file, as it is opened. */
export const openedRoster = (
  content: string,
  { name, asOf, parser = parserOf(name, content), shownBy, close = async () => {} }: SavedRoster,
): OpenedRoster => {
  if (typeof parser === 'string') throw new RosterError(parser);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const file = {
    path: name,
    name,
    modifiedAt: undefined,
    read: async function* read() {
      yield Buffer.from(content);
    },
    archived: undefined,
    attestation: async () => undefined,
    attest: async () => false,
    close: async () => {},
  };
  return {
    files: [{ file, parser, sha256 }],
    asOf,
    hasGaps: false,
    source: { kind: 'roster', file: name, ...shownBy, sha256 },
    close,
  };
};
