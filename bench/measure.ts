/** One line of the results. */
export interface Measure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** The most that was promised; nothing was where it is left out. */
  readonly most?: number;
  readonly note?: string;
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
};

/** The part that every measured program prints. */
export interface Taken {
  readonly wallSeconds: number;
}

export const medianSeconds = (taken: readonly Taken[] = []): number =>
  median(taken.map(({ wallSeconds }) => wallSeconds));

/** Runs each of several things in turn, and that so many times: what else the machine does befalls them alike. */
export const interleaved = async <K extends string, T>(
  times: number,
  things: Readonly<Record<K, () => Promise<T>>>,
): Promise<Record<K, T[]>> => {
  const names = Object.keys(things) as K[];
  const taken = Object.fromEntries(names.map((name) => [name, [] as T[]])) as Record<K, T[]>;
  for (let time = 0; time < times; time += 1) {
    for (const name of names) taken[name].push(await things[name]());
  }
  return taken;
};
