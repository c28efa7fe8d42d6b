import { type ArchivedNight, archivedSource } from './archived.ts';
import { type Enrichment, enriched } from './enrich/enrichment.ts';
import type { CredentialsMode, FinspaceSettings } from './finspace/settings.ts';
import { finspaceSource } from './finspace/source.ts';
import type { ResumableSource, UserSource } from './source.ts';

/** An environment that is to be read as the config says, and as the command line says in its place. */
export interface LiveEnvironment extends Omit<FinspaceSettings, 'mode'> {
  readonly config: { readonly credentials: CredentialsMode };
  readonly flags?: { readonly credentials: CredentialsMode | undefined };
  readonly enrichments?: readonly Enrichment[];
}

const liveSource = ({ config, flags, enrichments = [], ...settings }: LiveEnvironment): ResumableSource =>
  enriched(finspaceSource({ ...settings, mode: flags?.credentials ?? config.credentials }), enrichments);

/**
 * Chooses the source of users that is asked for; nobody else knows which there are. Throws where a setting of the source
 * is wrong, such as an endpoint that is no URL.
 */
export function chooseSource(from: LiveEnvironment): ResumableSource;
export function chooseSource(from: ArchivedNight): UserSource;
export function chooseSource(from: LiveEnvironment | ArchivedNight): UserSource {
  return 'manifest' in from ? archivedSource(from) : liveSource(from);
}
