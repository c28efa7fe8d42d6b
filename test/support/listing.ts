import type { ListingEnd, UserSource } from '../../core/sources/source.ts';

const SOURCE = { kind: 'finspace', endpoint: 'https://finspace.example' } as const;

/** A source that gives these pages and ends so. */
export const listingOf = (pages: readonly (readonly unknown[])[], end: ListingEnd = { complete: true }): UserSource => {
  return () => ({
    source: SOURCE,
    pages: (async function* listed() {
      yield* pages;
    })(),
    end: () => end,
    counts: () => ({ pages: pages.length, requests: pages.length + 1, throttled: 0, retries: 0 }),
  });
};
