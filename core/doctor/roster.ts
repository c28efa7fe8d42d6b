import type { Archive } from '../archive/archive.ts';
import { findRunBack } from '../archive/earlier-entries.ts';
import { lastCompleteRun } from '../archive/head.ts';
import { runName } from '../model/run-name.ts';
import { sourceText } from '../model/words.ts';
import { chooseSource } from '../sources/index.ts';
import { RosterError } from '../sources/roster/file.ts';
import type { OpenedRoster } from '../sources/roster/open.ts';
import { plainLine, plural } from '../text/plain-text.ts';
import { type Check, fail, notChecked, ok, warn } from './check.ts';

export interface RosterCheckSettings {
  readonly environmentId: string;
  /** Opens the saved roster that an audit would read; undefined: FinSpace is asked. */
  readonly openRoster?: (() => Promise<OpenedRoster>) | undefined;
}

const MOST = 400;

/** The problem of a message that says after its last `: ` or `; ` what to do about it, and that. */
const parted = (message: string): readonly [problem: string, remedy: string] => {
  const at = Math.max(message.lastIndexOf(': '), message.lastIndexOf('; '));
  return at === -1
    ? [plainLine(message, MOST), 'mend what the message names']
    : [plainLine(message.slice(0, at), MOST), plainLine(message.slice(at + 2), MOST)];
};

/** The last complete run, and the one that has audited these bytes; what can't be read, other checks tell. */
const earlierRuns = async (archive: Archive, environmentId: string, sha256: string) => {
  const last = (await lastCompleteRun(archive, environmentId).catch(() => undefined))?.manifest;
  const audited = await findRunBack(archive, last, ({ source }) => source?.sha256 === sha256).catch(() => undefined);
  return { last, audited };
};

/** Looks at the saved roster that an audit would read: whether it can be read to its end, and who says that it is whole. */
export const rosterChecks = (
  { environmentId, openRoster }: RosterCheckSettings,
  archive: Archive,
): readonly Check[] => [
  {
    name: 'roster',
    needs: [],
    async check() {
      if (openRoster === undefined)
        return notChecked(
          'no saved roster was given: --roster FILE, or source: { roster: s3://bucket/prefix/ } in audit.yaml, takes users that somebody saved, without FinSpace',
        );
      let roster: OpenedRoster | undefined;
      try {
        roster = await openRoster();
        const listing = chooseSource(roster)(Number.POSITIVE_INFINITY);
        let records = 0;
        for await (const page of listing.pages) records += page.length;
        const end = listing.end();
        const { source, asOf } = roster;
        const found = `${sourceText(source)}, as of ${asOf.toISOString()}: ${plural(records, 'record')}`;
        if (!end.complete) {
          const [problem, remedy] = parted(end.message);
          return end.reason === 'unproven-end' ? warn(`${found}; ${problem}`, remedy) : fail(problem, remedy);
        }
        if (records === 0)
          return fail(
            `${found}: an audit would be INCOMPLETE, empty-roster`,
            'give the whole directory: FinSpace always has one user',
          );
        const { last, audited } = await earlierRuns(archive, environmentId, source.sha256);
        if (audited !== undefined) return warn(`${found}; run ${audited.run} has audited it`, 'save a newer roster');
        if (last !== undefined && last.run >= runName(asOf))
          return fail(
            `${found}; run ${last.run} is complete, and a history goes forward only`,
            'give a newer roster, or audit it into an archive of its own',
          );
        return ok(
          `${found}, whole ${source.attestedBy === undefined ? 'by the manifest of its run' : `by the word of ${plainLine(source.attestedBy.name, 80)}`}`,
        );
      } catch (error) {
        if (error instanceof RosterError) return fail(...parted(error.message));
        throw error;
      } finally {
        await roster?.close();
      }
    },
  },
];
