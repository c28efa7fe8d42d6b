import type { Finding } from '../../rules/engine/finding.ts';
import type { Archive } from './archive.ts';
import type { Manifest } from './manifest.ts';
import { readRunLines } from './read-run.ts';

/** The findings of a run, checked against its manifest as they are read; throws ArchiveError. */
export const readFindings = (archive: Archive, manifest: Pick<Manifest, 'run' | 'objects'>): AsyncIterable<Finding> =>
  readRunLines(archive, manifest, 'findings') as AsyncIterable<Finding>;
