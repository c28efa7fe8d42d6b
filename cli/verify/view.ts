import type { Config } from '../../core/config/config.ts';
import { numberText, plainLine, plural } from '../../core/text/plain-text.ts';
import type { FoundHead } from '../../core/verify/heads.ts';
import type { Note, Problem } from '../../core/verify/problem.ts';
import type { SignCheck } from '../../core/verify/sign-events.ts';
import type { Verification } from '../../core/verify/verify.ts';
import { factsTable } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';

const MAX_TEXT = 600;
const MAX_ID = 300;

const runsText = ({ runs, firstRun, lastRun }: Verification): string => {
  if (firstRun === undefined || lastRun === undefined) return 'none is complete';
  return `${numberText(runs)} complete, ${firstRun} to ${lastRun}`;
};

const objectsText = ({ objects, bytes }: Verification): string =>
  objects === 0
    ? 'none was read'
    : `${numberText(objects)} read to their end, ${numberText(bytes)} bytes: SHA-256 and size against the manifests`;

const signaturesText = ({ runs, signatures }: Verification): string => {
  const { isChecked, signed, valid, keys } = signatures;
  const by = keys.map(({ keyId, algorithm }) => `${plainLine(keyId, MAX_ID)} (${plainLine(algorithm, 40)})`);
  const who = by.length === 0 ? '' : `, by ${by.join(' and ')} as they say`;
  if (isChecked) return `${numberText(valid)} of ${numberText(runs)} hold against the public key${who}`;
  if (signed === 0) return 'no manifest has one';
  const recorded =
    valid === 0 ? '' : `, and ${numberText(valid)} hold against the key that the archive itself has recorded`;
  return `NOT CHECKED, no --public-key was given: ${numberText(signed)} of ${numberText(runs)} have one${who}${recorded}`;
};

const scheduleText = ({ environmentId, schedule, runs }: Verification, config: Config | undefined): string => {
  if (schedule.isChecked) {
    const late = schedule.late === 0 ? '' : `; ${plural(schedule.late, 'run')} listed long after the night`;
    return `${plural(schedule.nights, 'night')} due after the first run, ${numberText(schedule.missed)} without a complete one${late}`;
  }
  if (config?.environments.some(({ id, source }) => id === environmentId && source !== undefined))
    return 'NOT CHECKED, its users come from saved rosters: their runs are of no night of the schedule';
  return config !== undefined && runs === 0
    ? 'NOT CHECKED, there is no complete run to begin from'
    : 'NOT CHECKED, no --config was given: a night without a run is not noticed';
};

const unfinishedText = ({ attempts, uncovered }: Verification): string | undefined => {
  if (attempts === 0 && uncovered === 0) return undefined;
  const left = attempts === 0 ? 'parts of a listing' : `${plural(attempts, 'attempt')} that did not end complete`;
  return uncovered === 0
    ? `${left}: what they left is what the complete runs after them say`
    : `${left}; NOT CHECKED, since no complete run vouches for them yet: ${plural(uncovered, 'object')} under incomplete/ and listings/`;
};

const problemLine = ({ kind, run, key, message }: Problem | Note, paint: (kind: string) => string): string => {
  const where = [run, key].flatMap((text) => (text == null ? [] : [plainLine(text, MAX_ID)]));
  return `${paint(kind)}  ${[...where, plainLine(message, MAX_TEXT)].join(' ')}`;
};

/** Lists what was checked of an environment, what was not, and a line for each problem and note. */
export const verificationText = (
  out: Terminal,
  verification: Verification,
  config: Config | undefined,
): readonly string[] => {
  const { environmentId, problems, notes } = verification;
  return [
    out.paint('bold', `environment ${environmentId}: ${plural(problems.length, 'problem')}`),
    factsTable(out, [
      ['Runs', runsText(verification)],
      ['Objects', objectsText(verification)],
      ['Signatures', signaturesText(verification)],
      ['Schedule', scheduleText(verification, config)],
      ['Unfinished', unfinishedText(verification)],
    ]).trimEnd(),
    ...problems.map((problem) => problemLine(problem, (kind) => out.paint(['bold', 'red'], kind))),
    ...notes.map((note) => problemLine(note, (kind) => `${out.paint('dim', 'note')}  ${kind}`)),
    '',
  ];
};

/** Says of each head that somebody has kept whether it stands in a chain. */
export const headsText = (out: Terminal, heads: readonly FoundHead[], lost: readonly Problem[]): readonly string[] => [
  ...lost.map((problem) => problemLine(problem, (kind) => out.paint(['bold', 'red'], kind))),
  ...heads.flatMap(({ head, environmentId, expired }) => {
    if (expired) return [`NOT CHECKED, the places up to it were deleted after their retention: head ${head}`];
    return environmentId === undefined
      ? []
      : [`${out.paint('dim', 'note')}  head ${head} stands in the chain of environment ${environmentId}`];
  }),
];

/** Says what CloudTrail's events show of the signatures, and what they don't. */
export const signingText = (out: Terminal, check: SignCheck | undefined): readonly string[] => {
  if (check === undefined) return [];
  const { events, otherKeys, witnessed, beyond, expired, problems } = check;
  const others = Object.entries(otherKeys).map(
    ([key, count]) => `${plural(count, 'event')} of ${key === '' ? 'a key that is not named' : plainLine(key, MAX_ID)}`,
  );
  return [
    `Sign events: ${plural(events, 'event')} of the keys of the runs, ${plural(witnessed, 'signed run')} near one`,
    ...(beyond === 0 ? [] : [`NOT CHECKED, before the first or after the last event: ${plural(beyond, 'signed run')}`]),
    ...(expired === 0
      ? []
      : [`NOT CHECKED, their runs were deleted after their retention: ${plural(expired, 'event')}`]),
    ...(others.length === 0 ? [] : [`NOT CHECKED, no run is signed with the key: ${others.join(', ')}`]),
    ...problems.map((problem) => problemLine(problem, (kind) => out.paint(['bold', 'red'], kind))),
  ];
};

/** Sums up all environments, and never claims more than was checked. */
export const conclusionText = (
  verifications: readonly Verification[],
  heads: readonly FoundHead[],
  problems: number,
): string => {
  const unchecked = [
    ...(verifications.some(({ signatures }) => !signatures.isChecked) ? ['signatures'] : []),
    ...(verifications.some(({ schedule }) => !schedule.isChecked) ? ["the schedule's nights"] : []),
    ...(heads.length === 0 ? ['whether the last runs were taken away (no --head was given)'] : []),
    ...(verifications.some(({ uncovered }) => uncovered > 0) ? ['what the last attempts left'] : []),
    ...(verifications.some(({ expired }) => expired !== undefined) ? ['what was deleted after its retention'] : []),
  ];
  const rest = unchecked.length === 0 ? '' : `; NOT CHECKED: ${unchecked.join(', ')}`;
  return `${problems === 0 ? 'no problem' : plural(problems, 'problem')} in what was checked${rest}`;
};
