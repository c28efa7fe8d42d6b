import * as z from 'zod/mini';
import { parsedJson } from '../../archive/lines.ts';
import type { Attestation } from '../../model/listing.ts';
import { aheadProblem } from '../../model/run-name.ts';
import { isBlank } from '../../text/person.ts';

/** The end of the name of what stands beside a roster, and attests that it is whole. */
const SUFFIX = '.attestation.json';

export const attestationName = (roster: string): string => `${roster}${SUFFIX}`;

export const isAttestationName = (name: string): boolean => name.endsWith(SUFFIX);

/** The most characters of a name, and of a statement. */
export const MOST_NAME = 200;
export const MOST_STATEMENT = 1000;

const words = (most: number) =>
  z.string().check(
    z.maxLength(most),
    z.refine((text) => !isBlank(text)),
  );

const shape = z.object({
  schemaVersion: z.literal(1),
  sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  attestedBy: words(MOST_NAME),
  statement: words(MOST_STATEMENT),
  attestedAt: z.iso.datetime(),
});

/** Somebody's word that the roster of this SHA-256 is the whole directory, as it stands beside that. */
export interface StoredAttestation extends Attestation {
  readonly sha256: string;
}

/**
 * Reads what stands beside a roster; a text says what is wrong with it.
 * @param now in milliseconds since the epoch: a word that is yet to be given is none
 */
export const readAttestation = (text: string, now: number): StoredAttestation | string => {
  const { data, error } = shape.safeParse(parsedJson(text));
  if (data === undefined)
    return `${error.issues[0]?.path.join('.') || 'all of it'} is not what an attestation has there`;
  const { sha256, attestedBy: name, statement, attestedAt: at } = data;
  const ahead = aheadProblem(new Date(at), now);
  return ahead === undefined ? { sha256, name, statement, at } : `attestedAt ${ahead}`;
};

/** Writes what is to stand beside a roster. */
export const attestationText = (file: string, { sha256, name, statement, at }: StoredAttestation): string =>
  `${JSON.stringify({ schemaVersion: 1, file, sha256, attestedBy: name, statement, attestedAt: at }, null, 2)}\n`;
