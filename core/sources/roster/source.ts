import { createHash } from 'node:crypto';
import { type Clock, systemClock } from '../../model/clock.ts';
import type { StopReason } from '../../model/listing.ts';
import { messageOf } from '../../text/error-message.ts';
import { plural } from '../../text/plain-text.ts';
import type { ListingEnd, UserSource } from '../source.ts';
import { decoded, TornFile } from './bytes.ts';
import type { RosterError } from './file.ts';
import { newNotes, noteTorn, type RosterNotes } from './notes.ts';
import type { LookedOver, OpenedRoster } from './open.ts';

const FETCH_THE_REST =
  'fetch the rest with aws finspace-data list-users --max-results 100 --next-token TOKEN, the token that ends it, until a page has none, and give all pages in order';

/** The end of a roster that was read to its end. What it says of itself goes before anybody's word. */
const endOf = (
  { source, notAttested }: Pick<OpenedRoster, 'source' | 'notAttested'>,
  { torn, hasToken, isTokenRepeated, isReconstructed }: RosterNotes,
  users: number,
): ListingEnd => {
  const { file, manifest, attestedBy } = source;
  // Nobody has told yet which of them can be read, nor whose come twice.
  const here = `${plural(users, 'record')} ${users === 1 ? 'is' : 'are'} in it`;
  const stopped = (reason: StopReason, message: string): ListingEnd => ({ complete: false, reason, message });
  if (isReconstructed) {
    const more = torn === undefined ? '' : `; it ${torn}`;
    const cut = hasToken ? '; it ends with the token of events that are not in it' : '';
    return stopped(
      'reconstructed',
      `the events of ${file} tell of ${plural(users, 'user')}: whoever was made before them is missing, and they hold no names${cut}${more}`,
    );
  }
  if (torn !== undefined)
    return stopped('truncated-roster', `${file} ${torn}; ${here}, and others may be missing: save it anew`);
  if (isTokenRepeated)
    return stopped('repeated-token', `${file} has a page twice; ${here}: save every page once, and give them in order`);
  if (hasToken)
    return stopped(
      'truncated-roster',
      `${file} ends with the token of a page that is not in it; ${here}: ${FETCH_THE_REST}`,
    );
  if (manifest !== undefined || attestedBy !== undefined) return { complete: true };
  return stopped(
    'unproven-end',
    `nothing in ${file} shows that it is the whole directory${notAttested === undefined ? '' : `, and ${notAttested}`}; ${here}: whoever knows that it is attests it, with --attested-by NAME --statement TEXT or beside it with finspace-audit attest`,
  );
};

/** Lists the users of a saved roster, as they were saved, file by file. */
export const rosterSource =
  (roster: OpenedRoster, clock: Pick<Clock, 'now'> = systemClock): UserSource =>
  (deadline) => {
    const notes = newNotes();
    let end: ListingEnd = { complete: false, reason: 'deadline', message: 'it was not read to its end' };
    let users = 0;

    async function* usersOf({ file, parser, sha256 }: LookedOver): AsyncGenerator<readonly unknown[]> {
      const hash = createHash('sha256');
      async function* hashed() {
        for await (const piece of file.read()) {
          hash.update(piece);
          yield piece;
        }
      }
      try {
        yield* parser.read(decoded(hashed()), notes);
      } catch (error) {
        if (!(error instanceof TornFile)) throw error;
        noteTorn(notes, error.message);
        return;
      }
      if (hash.digest('hex') !== sha256) throw new Error(`${file.path} was changed while it was read`);
    }

    async function* pages(): AsyncGenerator<readonly unknown[]> {
      try {
        for (const file of roster.files) {
          const { pages: before } = notes;
          for await (const page of usersOf(file)) {
            users += page.length;
            if (page.length > 0) yield page;
            if (clock.now() >= deadline) return;
          }
          if (notes.pages === before) notes.pages += 1;
        }
        const rest = roster.files.at(-1)?.parser.rest?.() ?? [];
        users += rest.length;
        if (rest.length > 0) yield rest;
        end = endOf(roster, notes, users);
      } catch (error) {
        end = { complete: false, reason: 'source-unavailable', message: messageOf(error) };
      }
    }

    const instant = roster.asOf.getTime();
    return {
      source: roster.source,
      pages: pages(),
      startedAt: instant,
      readAt: () => instant,
      end: () => end,
      counts: () => ({ pages: notes.pages, requests: 0, throttled: 0, retries: 0 }),
    };
  };

/** Lists nobody, since there is no roster that can be read. */
export const noRoster =
  ({ reason, message }: RosterError): UserSource =>
  () => ({
    source: { kind: 'roster' },
    pages: (async function* nobody() {})(),
    end: () => ({ complete: false, reason, message }),
    counts: () => ({ pages: 0, requests: 0, throttled: 0, retries: 0 }),
  });
