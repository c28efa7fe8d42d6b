import type { Listing, UserFacts } from '../source.ts';

/** Reads facts about users elsewhere than in the directory. */
export interface Enrichment {
  /** Kebab-case; its facts stand under this name. */
  readonly name: string;
  /**
   * Reads the facts about the users of one page, by userId, and gives up at `deadline` (milliseconds since the epoch).
   * A user about whom nothing could be read is left out. Never rejects for what a service does.
   */
  augment(users: readonly unknown[], deadline: number): Promise<ReadonlyMap<string, unknown>>;
}

const hasUserId = (record: unknown): record is { readonly userId: string } =>
  typeof record === 'object' && record !== null && 'userId' in record && typeof record.userId === 'string';

/**
 * Adds facts to the listings of a source: those of a page are read before the page is handed on. Its records stay as
 * the service gave them. Without enrichments it is the very same source.
 */
export const enriched = <From extends readonly unknown[], L extends Listing>(
  source: (deadline: number, ...from: From) => L,
  enrichments: readonly Enrichment[],
): ((deadline: number, ...from: From) => L) => {
  if (enrichments.length === 0) return source;
  return (deadline, ...from) => {
    const listing = source(deadline, ...from);
    const facts = new WeakMap<object, UserFacts>();

    async function* pages(): AsyncGenerator<readonly unknown[]> {
      for await (const users of listing.pages) {
        for (const enrichment of enrichments) {
          const read = await enrichment.augment(users, deadline);
          for (const record of users) {
            if (!hasUserId(record) || !read.has(record.userId)) continue;
            facts.set(record, { ...facts.get(record), [enrichment.name]: read.get(record.userId) });
          }
        }
        yield users;
      }
    }

    return { ...listing, pages: pages(), factsOf: (record) => facts.get(Object(record)) };
  };
};
