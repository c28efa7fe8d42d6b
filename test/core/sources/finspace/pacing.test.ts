import { describe, expect, it } from '@jest/globals';
import { granted, refused, sent, UNPACED, waitMs } from '../../../../core/sources/finspace/pacing.ts';

interface Limit {
  readonly perSecond: number;
  /** The number of pages that are given at this rate. */
  readonly pages: number;
}

interface Case {
  readonly limits: readonly Limit[];
  readonly burst: number;
  readonly latencyMs: number;
}

/** A token bucket whose rate changes as pages are given. */
const bucketOf = ({ limits, burst }: Case) => {
  let tokens = burst;
  let at = 0;
  let given = 0;
  const rate = (): number => {
    let end = 0;
    const limit = limits.find(({ pages }) => {
      end += pages;
      return given < end;
    });
    return (limit?.perSecond ?? 0) / 1000;
  };
  const refill = (now: number): void => {
    tokens = Math.min(burst, tokens + rate() * (now - at));
    at = now;
  };
  return {
    take(now: number): boolean {
      refill(now);
      // The rounding of a sum of gaps must not cost a token.
      if (tokens < 1 - 1e-9) return false;
      tokens -= 1;
      given += 1;
      return true;
    },
    msToNext(now: number): number {
      refill(now);
      return Math.max(0, (1 - tokens) / rate());
    },
  };
};

const pagesOf = ({ limits }: Case): number => limits.reduce((sum, { pages }) => sum + pages, 0);

/** The time in which one caller who knows the bucket gets all pages. */
const idealMs = (one: Case): number => {
  const bucket = bucketOf(one);
  let now = 0;
  for (let page = 0; page < pagesOf(one); page += 1) {
    now += bucket.msToNext(now);
    bucket.take(now);
    now += one.latencyMs;
  }
  return now;
};

/** Repeatable numbers from 0 to 1. */
const randomFrom = (seed: number) => {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
};

/** Lists page after page by the pace; timers come up to a millisecond late. */
const listPaced = (one: Case, seed: number) => {
  const bucket = bucketOf(one);
  const random = randomFrom(seed);
  let pace = UNPACED;
  let now = 0;
  let calls = 0;
  let refusals = 0;
  for (let left = pagesOf(one); left > 0; calls += 1) {
    const wait = waitMs(pace, now);
    now += wait === 0 ? 0 : wait + random();
    pace = sent(pace, now);
    const isGranted = bucket.take(now + one.latencyMs / 2);
    now += one.latencyMs;
    pace = isGranted ? granted(pace, now) : refused(pace, now, random());
    left -= isGranted ? 1 : 0;
    refusals += isGranted ? 0 : 1;
  }
  return { tookMs: now, calls, refusals, gapMs: pace.gapMs };
};

/** The worst of some runs: time against the ideal, and the part of calls that was refused. */
const worst = (one: Case) => {
  const runs = Array.from({ length: 10 }, (_, seed) => listPaced(one, seed + 1));
  return {
    slowdown: Math.max(...runs.map(({ tookMs }) => tookMs)) / idealMs(one),
    refused: Math.max(...runs.map(({ calls, refusals }) => refusals / calls)),
    refusals: Math.max(...runs.map(({ refusals }) => refusals)),
  };
};

const steady = (perSecond: number, pages: number) => [{ perSecond, pages }];

describe('the pace', () => {
  it.each([1, 10, 40, 200])(
    'lists 200 pages of a service that gives 20 a second, each in %i ms, in almost the least time',
    (latencyMs) => {
      const { slowdown, refused: part } = worst({ limits: steady(20, 200), burst: 5, latencyMs });
      expect(slowdown).toBeLessThan(1.03);
      expect(part).toBeLessThan(0.05);
    },
  );

  it.each([1, 10, 40])('lists 11 such pages, each in %i ms, with two refusals at most', (latencyMs) => {
    const { slowdown, refusals } = worst({ limits: steady(20, 11), burst: 5, latencyMs });
    expect(slowdown).toBeLessThan(1.2);
    expect(refusals).toBeLessThanOrEqual(2);
  });

  const grid = [1, 5, 20, 100].flatMap((perSecond) =>
    [1, 5, 50].flatMap((burst) => [1, 40, 200].map((latencyMs) => ({ perSecond, burst, latencyMs }))),
  );

  it.each(grid)('sustains $perSecond/s with a burst of $burst, each in $latencyMs ms', (one) => {
    const limits = steady(one.perSecond, 200);
    const { slowdown, refused: part } = worst({ ...one, limits });
    // Without a burst, what is not asked for in time is lost; and against two seconds in all, the search counts.
    const isHard = one.burst === 1 || one.perSecond === 100;
    expect(slowdown).toBeLessThan(isHard ? 1.6 : 1.05);
    expect(part).toBeLessThan(one.perSecond === 100 ? 0.06 : 0.05);
  });

  it.each(grid)(
    'loses little at $perSecond/s with a burst of $burst, each in $latencyMs ms, over 2000 pages',
    (one) => {
      const { slowdown, refused: part } = worst({ ...one, limits: steady(one.perSecond, 2000) });
      // Without a burst at 100/s, each timer that is late costs a tenth of a token.
      expect(slowdown).toBeLessThan(one.burst === 1 && one.perSecond === 100 ? 1.25 : 1.15);
      expect(part).toBeLessThan(0.04);
    },
  );

  it.each([
    { pages: 100, latencyMs: 1, slowest: 1.3, most: 0.08 },
    { pages: 200, latencyMs: 1, slowest: 1.2, most: 0.05 },
    { pages: 200, latencyMs: 40, slowest: 1.2, most: 0.05 },
    { pages: 400, latencyMs: 1, slowest: 1.1, most: 0.05 },
    { pages: 400, latencyMs: 40, slowest: 1.1, most: 0.05 },
  ])('follows a limit from 20 to 5 to 40 a second, $pages pages each in $latencyMs ms', (one) => {
    const limits = [20, 5, 40].map((perSecond) => ({ perSecond, pages: one.pages }));
    const { slowdown, refused: part } = worst({ limits, burst: 5, latencyMs: one.latencyMs });
    expect(slowdown).toBeLessThan(one.slowest);
    expect(part).toBeLessThan(one.most);
  });

  it('is none before the first refusal', () => {
    const run = listPaced({ limits: steady(1000, 100), burst: 1000, latencyMs: 1 }, 1);
    expect(run).toEqual({ tookMs: 100, calls: 100, refusals: 0, gapMs: 0 });
  });

  it('is none for a clock that was put back either', () => {
    expect(waitMs(granted(sent(UNPACED, 60_000), 60_010), 0)).toBe(0);
  });

  it('waits ever longer for a service that refuses everything, but not for ever', () => {
    const waits: number[] = [];
    let pace = UNPACED;
    let now = 0;
    for (let i = 0; i < 8; i += 1) {
      waits.push(waitMs(pace, now));
      now += waitMs(pace, now);
      pace = refused(sent(pace, now), now, 0);
    }
    expect(waits).toEqual([0, 50, 250, 1250, 6250, 20_000, 20_000, 20_000]);
  });

  it('is soon back at its rate after an outage of a minute', () => {
    let pace = UNPACED;
    let now = 0;
    const one = { limits: steady(20, 10_000), burst: 5, latencyMs: 10 };
    const bucket = bucketOf(one);
    const listFor = (ms: number, isOut: boolean): number => {
      const end = now + ms;
      let pages = 0;
      while (now < end) {
        now += waitMs(pace, now);
        pace = sent(pace, now);
        const isGranted = bucket.take(now) && !isOut;
        now += one.latencyMs;
        pace = isGranted ? granted(pace, now) : refused(pace, now, 0.5);
        pages += isGranted ? 1 : 0;
      }
      return pages;
    };
    listFor(10_000, false);
    expect(listFor(60_000, true)).toBe(0);
    listFor(40_000, false);
    expect(listFor(10_000, false)).toBeGreaterThan(180);
  });

  it('does not count time in which nothing was asked', () => {
    let pace = refused(sent(UNPACED, 0), 0, 0);
    pace = granted(sent(pace, 50), 50);
    const { measuredMs, gapMs } = sent(pace, 60_000);
    expect(measuredMs).toBeLessThan(50 + 2 * gapMs + 1);
  });

  it.each([
    [0, 50],
    [1, 62.5],
  ])('comes back after a refusal at random (%f)', (random, wait) => {
    expect(waitMs(refused(sent(UNPACED, 0), 0, random), 0)).toBe(wait);
  });

  it('makes up for a request that left late, but not for many', () => {
    const pace = refused(sent(UNPACED, 0), 0, 0);
    expect(waitMs(sent(pace, 60), 60)).toBe(40);
    expect(waitMs(sent(pace, 100), 100)).toBe(0);
    expect(waitMs(sent(sent(pace, 1000), 1000), 1000)).toBe(50);
  });
});
