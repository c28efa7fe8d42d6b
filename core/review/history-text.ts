import { oneLine, plural } from '../text/plain-text.ts';
import type { PackDescription, PackManifest } from './pack-manifest.ts';
import type { Days } from './period.ts';

const daysText = ({ from, to }: Days): string => (from === to ? from : `${from} to ${to}`);

/** `2 super users, 1 user as good as one by a permission group` */
export const superUsersText = ({
  superUsers,
  effectiveSuperUsers = 0,
}: Pick<PackDescription['counts'], 'superUsers' | 'effectiveSuperUsers'>): string =>
  plural(superUsers, 'super user') +
  (effectiveSuperUsers === 0 ? '' : `, ${plural(effectiveSuperUsers, 'user')} as good as one by a permission group`);

/** Sentences on what the records of some users do not tell; none of most runs. */
export const untoldTexts = ({
  privilegeUnknown = 0,
  lastLoginUnknown,
}: Pick<PackDescription['counts'], 'privilegeUnknown' | 'lastLoginUnknown'>): readonly string[] => [
  ...(privilegeUnknown === 0 ? [] : [`Of ${plural(privilegeUnknown, 'user')} type or API access can't be told.`]),
  ...(lastLoginUnknown === 0 ? [] : [`Of ${plural(lastLoginUnknown, 'user')} the last login can't be told.`]),
];

/** Paragraphs on the run that a pack speaks for, and on the gaps of the history that it was read from. */
export const historyText = ({
  run,
  asOf,
  reservations = [],
  period,
  changesFrom,
  gaps: { daysWithoutRun, unfinished, untrusted, expired = [] },
  counts: { untraceable },
}: PackDescription): readonly string[] => {
  const isBefore = asOf < period.from;
  const runs = changesFrom.length;
  return [
    `The review speaks for run ${run} (${asOf}), the last complete run up to ${period.to}.`,
    ...reservations.map((sentence) => oneLine(sentence)),
    ...(isBefore
      ? ['THAT RUN LIES BEFORE THE PERIOD: no run of the period is complete, and nothing is known of it.']
      : [`${plural(runs, 'run')} of the period ${runs === 1 ? 'is' : 'are'} complete and could be read.`]),
    ...(runs === 1
      ? ['With one run there is nothing to compare: who came, went or changed in the period is not known.']
      : []),
    daysWithoutRun.length === 0
      ? 'Every day of the period (UTC) has a complete run.'
      : `NOT SEEN, days (UTC) without a complete run that could be read: ${daysWithoutRun.map(daysText).join(', ')}.`,
    ...unfinished.map(
      ({ run: name, attempt, end }) =>
        `NOT COMPLETE: run ${name}${attempt === undefined ? '' : `, attempt ${oneLine(attempt)}`}: ${oneLine(end)}`,
    ),
    ...untrusted.map(({ run: name, problem }) => `NOT TO BE TRUSTED, left out: run ${name}: ${oneLine(problem)}`),
    ...expired.map(
      ({ run: name, says }) =>
        `NOT THERE ANY MORE: run ${name}: ${says}; nobody can check now that it was there, whole, signed and in its place`,
    ),
    'What was read was held against the hashes in its manifests. The rest of the history, and signatures: finspace-audit verify.',
    ...(untraceable === 0
      ? []
      : [`${plural(untraceable, 'record')} without a userId: nothing ties one in a run to one in another.`]),
  ];
};

/** Tells whether everything of the period could be believed; days without a run are no fault of the archive's. */
export const isTrusted = ({ gaps }: PackManifest): boolean => gaps.untrusted.length === 0;
