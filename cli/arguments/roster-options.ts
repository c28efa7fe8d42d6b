import type { Config } from '../../core/config/config.ts';
import type { Attestation } from '../../core/model/listing.ts';
import { MOST_NAME, MOST_STATEMENT } from '../../core/sources/roster/attestation.ts';
import { RosterError } from '../../core/sources/roster/file.ts';
import { type OpenedRoster, openRoster, type RosterKind, type RosterSettings } from '../../core/sources/roster/open.ts';
import { UsageError } from '../terminal/exit-codes.ts';
import type { Io } from '../terminal/terminal.ts';
import { type FlagReader, isNotBlank } from './flags.ts';

/** The flags about a saved roster, as they were typed. */
export interface RosterFlags {
  /** Default: as the config says, else FinSpace is asked. */
  readonly roster?: readonly string[];
  readonly attestedBy?: string;
  readonly statement?: string;
}

const words = (read: FlagReader, flag: string, value: string | undefined, most: number): string | undefined =>
  read.text(flag, value, `a text of 1 to ${most} characters`, (text) => isNotBlank(text) && text.length <= most);

/** Reads who attests a roster, and what; both or neither. */
export const readAttested = (
  read: FlagReader,
  { attestedBy, statement }: Omit<RosterFlags, 'roster'>,
): Omit<Attestation, 'at'> | undefined => {
  const name = words(read, '--attested-by', attestedBy, MOST_NAME);
  const said = words(read, '--statement', statement, MOST_STATEMENT);
  if ((attestedBy === undefined) !== (statement === undefined))
    read.refuse('--attested-by and --statement must be given together: whoever attests a roster says what');
  return name === undefined || said === undefined ? undefined : { name, statement: said };
};

/** Reads the flags about a saved roster; undefined where none is given. */
export const readRosterFlags = (
  read: FlagReader,
  flags: RosterFlags,
): Pick<RosterSettings, 'from' | 'attestation'> | undefined => {
  const { roster: from = [] } = flags;
  for (const file of from) read.path('--roster', file, 'file');
  const attestation = readAttested(read, flags);
  if (from.length > 0) return { from, attestation };
  if (flags.attestedBy !== undefined || flags.statement !== undefined)
    read.refuse('--attested-by is allowed with --roster only: what FinSpace lists needs nobody to attest it');
  return undefined;
};

/** Opens a saved roster. Throws UsageError where there is none, or nothing that can be read. */
export const openedRoster = async (settings: RosterSettings, flag = '--roster'): Promise<OpenedRoster> => {
  try {
    return await openRoster(settings);
  } catch (error) {
    throw error instanceof RosterError ? new UsageError([`${flag} ${error.message}`]) : error;
  }
};

/** Finds the saved roster of an environment: as it was typed, else as the config says; undefined: FinSpace is asked. */
export const rosterOf = (
  { roster }: { readonly roster: ReturnType<typeof readRosterFlags> },
  { environments }: Pick<Config, 'environments'>,
  environmentId: string,
): Pick<RosterSettings, 'from' | 'attestation'> | undefined => {
  const { source } = environments.find(({ id }) => id === environmentId) ?? {};
  return roster ?? (source && { from: [source.roster] });
};

/** A kind of saved files, and the flag that names them. */
export type SavedKind = RosterKind & { readonly flag: string };

/** Makes a client of S3 for saved rosters; a file on a disk needs none. */
export const rosterClient = (env: Io['env'], region: string) => async () => {
  const { rosterS3 } = await import('../../core/sources/roster/s3-client.ts');
  const forcePathStyle = (env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL) !== undefined;
  return rosterS3({ forcePathStyle, region });
};
