import type { FollowUp } from '../../core/review/follow-up.ts';
import { historyText, isTrusted, superUsersText, untoldTexts } from '../../core/review/history-text.ts';
import type { BuiltPack } from '../../core/review/pack.ts';
import { SIGN_OFF_MANIFEST, type SignOff } from '../../core/review/sign-off.ts';
import { plainLine, plural, wrap } from '../../core/text/plain-text.ts';
import { type Cell, table } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** Shows the contents of a pack, what is not known, and how to go on; it names nobody. */
export const showPack = ({ manifest, sha256 }: BuiltPack, folder: string, out: Terminal): void => {
  const { environmentId, accountId, period, counts } = manifest;
  out.line(out.paint('bold', `Access review of environment ${environmentId}, account ${accountId}`));
  out.line(`${period.from} to ${period.to}, in ${folder}`);
  out.line();
  for (const text of historyText(manifest)) out.line(wrap(plainLine(text), '', out.width));
  if (!isTrusted(manifest))
    out.line(out.paint(['bold', 'red'], 'Something in the archive is not what was written to it.'));
  out.line();
  out.line(
    `${plural(counts.users, 'user')}, ${superUsersText(counts)}, ${counts.apiBound} with API access, ${counts.neverLoggedIn} never logged in`,
  );
  for (const text of untoldTexts(counts)) out.line(text);
  out.line(
    `${plural(counts.waivers, 'waived finding')}; ${counts.came} came, ${counts.gone} went, ${counts.changed} changed; ${plural(counts.justificationRequired, 'user')} kept with a justification only`,
  );
  out.line();
  out.line(`SHA-256 of manifest.json, to be kept elsewhere: ${sha256}`);
  const pages = Object.keys(manifest.files).filter((name) => name.endsWith('.html'));
  out.line(`To decide, open ${pages.join(', ')} in a browser; README.txt tells how, also by a copy of worksheet.csv.`);
};

/** Shows the decisions of a sign-off, and the revocations to carry out. */
export const showSignOff = (
  { environmentId, period, reviewer, signedOffAt, decisions, revocations }: SignOff,
  folder: string,
  out: Terminal,
): void => {
  out.line(out.paint('bold', `Access review of environment ${environmentId} signed off`));
  out.line(`${period.from} to ${period.to}, by ${plainLine(reviewer)}, ${signedOffAt}`);
  out.line(`keep ${decisions.keep}, revoke ${decisions.revoke}, justify ${decisions.justify}`);
  if (revocations.length > 0) {
    out.line();
    out.line('Revocations to carry out:');
    for (const { userId } of revocations) out.line(`  ${plainLine(userId)}`);
  }
  out.line();
  out.line(`signed-off.txt and ${SIGN_OFF_MANIFEST} are in ${folder}`);
};

/** Shows what became of the revocations of a review; it names nobody. */
export const showFollowUp = (
  { environmentId, signedOffAt, lastRun, notes, withinDays, revocations }: FollowUp,
  out: Terminal,
): void => {
  const overdue = revocations.filter(({ isOverdue }) => isOverdue).length;
  const done = revocations.filter(({ state }) => state === 'done').length;
  out.line(out.paint('bold', `Revocations of environment ${environmentId}, signed off ${signedOffAt}`));
  out.line(lastRun === undefined ? 'NOT SEEN: no run is complete since.' : `By run ${lastRun}:`);
  for (const note of notes) out.line(wrap(plainLine(note), '', out.width));
  out.line(
    `${done} of ${plural(revocations.length, 'revocation')} carried out, ${overdue} overdue (${plural(withinDays, 'day')} allowed)`,
  );
  if (revocations.length === 0) return;
  out.line();
  const rows = revocations.map(({ userId, state, message, seenBy, isOverdue }): readonly Cell[] => [
    isOverdue ? { text: 'OVERDUE', format: ['bold', 'red'] } : state,
    plainLine(userId, 40),
    `${message}${seenBy === undefined ? '' : `, since run ${seenBy}`}`,
  ]);
  out.write(table(out, ['STATE', 'USER', 'AS SEEN'], rows));
};
