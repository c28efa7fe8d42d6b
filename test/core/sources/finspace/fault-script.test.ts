import { expect, it } from '@jest/globals';
import * as fc from '../../../support/properties.ts';
import { type Answer, json, listFake, networkError, refusal, timeoutError } from './fake-service.ts';

const PASSING: readonly (() => Answer)[] = [
  () => undefined,
  () => refusal(429, 'ThrottlingException'),
  () => refusal(429, 'ThrottlingException', { 'retry-after': '3' }),
  () => refusal(500, 'InternalServerException'),
  () => new Response('<html></html>', { status: 503 }),
  () => networkError('ECONNRESET'),
  timeoutError,
  () => new Response(''),
  () => new Response('{"users":[{"userId":"x"'),
  () => json({ users: null }),
  () => json({ users: [], nextToken: 7 }),
  () => json({ message: 'fine' }),
];

const ANY: readonly (() => Answer)[] = [
  ...PASSING,
  () => networkError('ENOTFOUND'),
  () => refusal(403, 'AccessDeniedException'),
  () => refusal(403, 'ExpiredTokenException'),
  () => refusal(403, 'SignatureDoesNotMatch', { date: new Date(0).toUTCString() }),
  () => refusal(400, 'ValidationException'),
  () => new Response('', { status: 410 }),
  () => new Response(null, { status: 302 }),
];

const directory = (sizes: readonly number[]) =>
  sizes.map((size, page) => Array.from({ length: size }, (_, i) => ({ userId: `${page}-${i}` })));

const sizes = fc.array(fc.nat(3), { minLength: 1, maxLength: 8 });
const script = (answers: readonly (() => Answer)[]) => fc.array(fc.constantFrom(...answers), { maxLength: 40 });

it('is never complete without every user, and always ends by the deadline', async () => {
  await fc.assert(
    fc.asyncProperty(sizes, script(ANY), fc.nat(30_000), async (pageSizes, answers, deadlineMs) => {
      const pages = directory(pageSizes);
      const left = [...answers];
      const { users, end, tookMs, counts, asked } = await listFake(pages, {
        answer: () => left.shift()?.(),
        deadlineMs,
      });
      const all = pages.flat();
      expect(users).toEqual(end.complete ? all : all.slice(0, users.length));
      // The fake answers in 10 ms whatever time-out it is given.
      expect(tookMs).toBeLessThanOrEqual(deadlineMs + 10);
      expect(counts.requests).toBe(asked.length);
    }),
    { numRuns: 300 },
  );
});

it('is complete in spite of whatever passes', async () => {
  await fc.assert(
    fc.asyncProperty(sizes, script(PASSING), async (pageSizes, answers) => {
      const pages = directory(pageSizes);
      const left = [...answers];
      const { users, end } = await listFake(pages, { answer: () => left.shift()?.(), deadlineMs: 3_600_000 });
      expect(end).toEqual({ complete: true });
      expect(users).toEqual(pages.flat());
    }),
    { numRuns: 200 },
  );
});

it('sends every token back as it came', async () => {
  const tokens = fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1 }), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(tokens, async (given) => {
      const { end, asked } = await listFake([], {
        answer: ({ operation, nextToken }) => {
          if (operation === 'exchange') return undefined;
          const next = nextToken === null ? 0 : given.indexOf(nextToken) + 1;
          return json({ users: [], nextToken: given[next] ?? null });
        },
      });
      expect(end).toEqual({ complete: true });
      expect(asked.slice(2).map(({ nextToken }) => nextToken)).toEqual(given);
    }),
    { numRuns: 200 },
  );
});
