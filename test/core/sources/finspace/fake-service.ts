import type { FinspaceSettings, ListingEvent } from '../../../../core/sources/finspace/settings.ts';
import { finspaceSource } from '../../../../core/sources/finspace/source.ts';
import type { ListingCursor } from '../../../../core/sources/source.ts';

/** A clock whose time passes only by sleeping and by `advance`. */
export const virtualClock = (start = Date.UTC(2026, 10, 24, 2)) => {
  let now = start;
  const sleeps: number[] = [];
  return {
    sleeps,
    now: () => now,
    sleep: async (ms: number) => {
      sleeps.push(ms);
      now += ms;
    },
    advance: (ms: number) => {
      now += ms;
    },
  };
};

export type VirtualClock = ReturnType<typeof virtualClock>;

/** One request, as the fake service got it. */
export interface Asked {
  readonly operation: 'exchange' | 'page';
  readonly nextToken: string | null;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** The number of requests of this operation, with this token, that came before. */
  readonly before: number;
  readonly at: number;
}

/** An answer, a failure of the network, or undefined for what an honest service gives. */
export type Answer = Response | Error | undefined;

export const json = (body: unknown, init?: ResponseInit): Response => new Response(JSON.stringify(body), init);

export const refusal = (status: number, name: string, headers: Record<string, string> = {}): Response =>
  new Response('', { status, headers: { 'x-amzn-errortype': `${name}:http://internal/`, ...headers } });

/** The error that `fetch` rejects with when the network fails. */
export const networkError = (code: string): TypeError =>
  new TypeError('fetch failed', { cause: Object.assign(new Error(`no luck: ${code}`), { code }) });

export const timeoutError = (): DOMException => new DOMException('the operation was aborted', 'TimeoutError');

/** A service with these pages of users, whose token for page N is `token-N`. */
export const fakeService = (
  pages: readonly (readonly unknown[])[],
  {
    clock,
    latencyMs = 10,
    answer,
  }: { clock: VirtualClock; latencyMs?: number; answer?: ((asked: Asked) => Answer) | undefined },
) => {
  const asked: Asked[] = [];

  const honest = ({ operation, nextToken }: Asked): Response => {
    if (operation === 'exchange')
      return json({
        credentials: { accessKeyId: `KEY${asked.length}`, secretAccessKey: 'secret', sessionToken: 'token' },
        durationInMinutes: 60,
      });
    const page = nextToken === null ? 0 : Number(nextToken.slice('token-'.length));
    return json({ users: pages[page] ?? [], nextToken: page + 1 < pages.length ? `token-${page + 1}` : null });
  };

  const fetch = async (text: string, { headers }: { headers: Record<string, string> }): Promise<Response> => {
    const url = new URL(text);
    const operation = url.pathname === '/user' ? 'page' : 'exchange';
    const nextToken = url.searchParams.get('nextToken');
    const before = asked.filter((one) => one.operation === operation && one.nextToken === nextToken).length;
    const request: Asked = { operation, nextToken, url, headers, before, at: clock.now() };
    asked.push(request);
    clock.advance(latencyMs);
    const given = answer?.(request);
    if (given instanceof Response) return given;
    if (given !== undefined) throw given;
    return honest(request);
  };

  return { fetch, asked };
};

/** Lists a fake directory to its end. */
export const listFake = async (
  pages: readonly (readonly unknown[])[],
  {
    answer,
    latencyMs = 10,
    deadlineMs = 60_000,
    clock = virtualClock(),
    from,
    ...settings
  }: Partial<Omit<FinspaceSettings, 'clock'>> & {
    answer?: (asked: Asked) => Answer;
    latencyMs?: number;
    deadlineMs?: number;
    clock?: VirtualClock;
    /** Undefined: from the first page on. */
    from?: ListingCursor;
  } = {},
) => {
  const { fetch, asked } = fakeService(pages, { clock, latencyMs, answer });
  const events: ListingEvent[] = [];
  const began = clock.now();
  const listing = finspaceSource({
    environmentId: 'vs57phhvijir4kv5rf6ywt',
    region: 'us-east-1',
    endpoint: 'https://finspace.example.com',
    mode: 'exchange',
    loadCredentials: async () => ({ accessKeyId: 'CALLER', secretAccessKey: 'secret' }),
    random: () => 0.5,
    ...settings,
    fetch,
    clock,
    onEvent: (event) => events.push(event),
  })(began + deadlineMs, from);
  const users: unknown[] = [];
  for await (const page of listing.pages) users.push(...page);
  return {
    users,
    end: listing.end(),
    counts: listing.counts(),
    cursor: listing.cursor(),
    asked,
    events,
    sleeps: clock.sleeps,
    tookMs: clock.now() - began,
  };
};
