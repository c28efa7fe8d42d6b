interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  /** The number of values that differ: 7 is Sunday, as 0 is. */
  readonly count: number;
}

const FIELDS: readonly Field[] = [
  { name: 'minute', least: 0, most: 59, count: 60 },
  { name: 'hour', least: 0, most: 23, count: 24 },
  { name: 'day of the month', least: 1, most: 31, count: 31 },
  { name: 'month', least: 1, most: 12, count: 12 },
  { name: 'day of the week', least: 0, most: 7, count: 7 },
];

const DAYS_OF_MONTHS: readonly number[] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** One element of a field's list: `*`, `5`, `1-5`, and each of `*` and a range with a step. */
const ELEMENT = /^(?:\*|(?<from>\d{1,2})(?:-(?<to>\d{1,2}))?)(?:\/(?<step>\d{1,2}))?$/;

const elementValues = (element: string, { least, most, count }: Field): readonly number[] | undefined => {
  const groups = ELEMENT.exec(element)?.groups;
  if (groups === undefined) return undefined;

  const first = groups.from === undefined ? least : Number(groups.from);
  // `5/10` has no end of its own: it counts on to the end of the field.
  const last =
    groups.from === undefined || (groups.to === undefined && groups.step !== undefined)
      ? most
      : Number(groups.to ?? first);
  const step = Number(groups.step ?? 1);
  if (first < least || last > most || first > last || step < 1) return undefined;

  return Array.from(
    { length: Math.floor((last - first) / step) + 1 },
    (_, index) => least + ((first - least + index * step) % count),
  );
};

/** Reads the values of each field, ascending; undefined for a field that is wrong. */
const cronValues = (text: string): readonly (readonly number[] | undefined)[] => {
  const fields = text.trim().split(/\s+/);
  return FIELDS.map((field, index) => {
    const elements = (fields[index] ?? '').split(',').map((element) => elementValues(element, field));
    if (elements.includes(undefined)) return undefined;
    return [...new Set(elements.flatMap((values) => values ?? []))].toSorted((a, b) => a - b);
  });
};

/**
 * Says what is wrong with a cron expression of the five classic fields (minute, hour, day of the month, month, day of
 * the week, where both 0 and 7 are Sunday), in numbers; undefined where nothing is. Days of the month and of the week
 * can't both be limited, since the service that keeps the schedule takes only one of them:
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
 */
export const cronProblem = (text: string): string | undefined => {
  if (text.trim().split(/\s+/).length !== FIELDS.length)
    return `must have 5 fields (${FIELDS.map(({ name }) => name).join(', ')}), got "${text}"`;

  const values = cronValues(text);
  const wrong = FIELDS.filter((_, index) => values[index] === undefined);
  if (wrong.length > 0) {
    const ranges = wrong.map(({ name, least, most }) => `${name} must be within ${least}..${most}`);
    return `${ranges.join(', ')}; a field is a number, *, a range (1-5), a step (*/15), or a list of these, got "${text}"`;
  }

  const [, , day, , weekday] = cronFields(text);
  if (day !== '*' && weekday !== '*')
    return `must not limit both the day of the month and the day of the week, got "${text}"`;
  // A schedule that never fires would be silence without an error.
  const [, , days = [], months = []] = values;
  const longestMonth = Math.max(...months.map((number) => DAYS_OF_MONTHS[number - 1] ?? 0));
  if ((days[0] ?? 0) > longestMonth) return `must name a day that its months have, got "${text}"`;
  return undefined;
};

/**
 * Spells out the five fields of a cron expression that `cronProblem` has nothing against, so that each service and
 * library understands the same by them: `*`, or each value, where Sunday is 0.
 */
export const cronFields = (text: string): readonly string[] =>
  cronValues(text).map((values = [], index) => (values.length === FIELDS[index]?.count ? '*' : values.join(',')));

const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/**
 * Writes a cron expression that `cronProblem` has nothing against as EventBridge Scheduler's. Days of the week go by
 * their names, since it counts them from 1:
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
 */
export const schedulerExpression = (text: string): string => {
  const [minute, hour, day, month, weekday = '*'] = cronFields(text);
  const date =
    weekday === '*'
      ? `${day} ${month} ?`
      : `? ${month} ${weekday.replaceAll(/\d/g, (number) => WEEKDAYS[Number(number)] ?? '')}`;
  return `cron(${minute} ${hour} ${date} *)`;
};
