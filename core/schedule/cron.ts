/** The moments of a schedule: every value of each field that it runs at, ascending. */
export interface Cron {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly daysOfMonth: readonly number[];
  readonly months: readonly number[];
  /** 0 is Sunday. */
  readonly daysOfWeek: readonly number[];
}

interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
}

const FIELDS = [
  { name: 'minute', least: 0, most: 59 },
  { name: 'hour', least: 0, most: 23 },
  { name: 'day of the month', least: 1, most: 31 },
  { name: 'month', least: 1, most: 12 },
  { name: 'day of the week', least: 0, most: 7 },
] as const satisfies readonly Field[];

const DAYS_OF_MONTHS: readonly number[] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const EVERY_DAY_OF_MONTH = 31;
const EVERY_DAY_OF_WEEK = 7;

/** One element of a field's list: `*`, `5`, `1-5`, and each of `*` and a range with a step. */
const ELEMENT = /^(?:\*|(?<from>\d{1,2})(?:-(?<to>\d{1,2}))?)(?:\/(?<step>\d{1,2}))?$/;

const elementValues = (element: string, { least, most }: Field): readonly number[] | undefined => {
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

  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, index) => first + index * step);
};

const fieldValues = (text: string, field: Field): readonly number[] | undefined => {
  const elements = text.split(',').map((element) => elementValues(element, field));
  return elements.some((values) => values === undefined)
    ? undefined
    : elements.flatMap((values) => values ?? []);
};

const ascending = (values: Iterable<number>): readonly number[] =>
  [...new Set(values)].toSorted((a, b) => a - b);

/**
 * Reads a cron expression of the five classic fields (minute, hour, day of the month, month, day of the week, where
 * both 0 and 7 are Sunday), in numbers. Days of the month and of the week can't both be limited, since the service
 * that keeps the schedule takes only one of them:
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
 */
export const parseCron = (text: string): Cron | { readonly problem: string } => {
  const texts = text.trim().split(/\s+/);
  if (texts.length !== FIELDS.length)
    return { problem: `must have 5 fields (${FIELDS.map(({ name }) => name).join(', ')}), got "${text}"` };

  const fields = FIELDS.map((field, index) => fieldValues(texts[index] ?? '', field));
  const [minutes, hours, daysOfMonth, months, weekdays] = fields;
  if (!minutes || !hours || !daysOfMonth || !months || !weekdays) {
    const problems = FIELDS.filter((_, index) => fields[index] === undefined).map(
      ({ name, least, most }) => `${name} must be within ${least}..${most}`,
    );
    return {
      problem: `${problems.join(', ')}; a field is a number, *, a range (1-5), a step (*/15), or a list of these, got "${text}"`,
    };
  }

  const cron = {
    minutes: ascending(minutes),
    hours: ascending(hours),
    daysOfMonth: ascending(daysOfMonth),
    months: ascending(months),
    daysOfWeek: ascending(weekdays.map((day) => day % EVERY_DAY_OF_WEEK)),
  };
  if (cron.daysOfMonth.length < EVERY_DAY_OF_MONTH && cron.daysOfWeek.length < EVERY_DAY_OF_WEEK)
    return { problem: `must not limit both the day of the month and the day of the week, got "${text}"` };
  // A schedule that never fires would be silence without an error.
  const longestMonth = Math.max(...cron.months.map((month) => DAYS_OF_MONTHS[month - 1] ?? 0));
  if ((cron.daysOfMonth[0] ?? 0) > longestMonth)
    return { problem: `must name a day that its months have, got "${text}"` };
  return cron;
};

const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/**
 * Reads a cron expression of EventBridge Scheduler that comes every year; undefined where it is none, or says what
 * `parseCron` can't. Its days of the week are names, or numbers from 1 for Sunday:
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
 */
export const parseSchedulerCron = (expression: string): Cron | undefined => {
  const [, time, weekdays = ''] = /^cron\((\S+ \S+ \S+ \S+) (\S+) \*\)$/.exec(expression) ?? [];
  if (time === undefined || weekdays.includes('/')) return undefined;
  const days = weekdays
    .replaceAll(/\d+/g, (day) => String(Number(day) - 1))
    .replaceAll(/[A-Z]{3}/g, (day) => String(WEEKDAYS.indexOf(day)));
  const cron = parseCron(`${time} ${days}`.replaceAll('?', '*'));
  return 'problem' in cron ? undefined : cron;
};

/** The shortest way to write it in the five classic fields, for people. */
export const cronText = ({ minutes, hours, daysOfMonth, months, daysOfWeek }: Cron): string =>
  [
    [minutes, 60],
    [hours, 24],
    [daysOfMonth, EVERY_DAY_OF_MONTH],
    [months, 12],
    [daysOfWeek, EVERY_DAY_OF_WEEK],
  ]
    .map(([values, inAll]) => (Array.isArray(values) && values.length !== inAll ? values.join(',') : '*'))
    .join(' ');
