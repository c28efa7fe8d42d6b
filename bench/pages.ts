import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { PageServerOptions } from './page-server.ts';

export const ASOF = new Date('2026-11-24T02:00:00Z');

/** The requests since the server was asked the last time. */
export interface Traffic {
  readonly requests: number;
  readonly rejected: number;
}

/** A server of a directory's pages, in a process of its own. */
export interface Pages {
  readonly url: string;
  traffic(): Promise<Traffic>;
  close(): void;
}

/** Starts a server, and waits until its pages are made. */
export const servePages = async (options: Omit<PageServerOptions, 'asOf'>): Promise<Pages> => {
  const script = join(import.meta.dirname, 'page-server.ts');
  const child = fork(script, [JSON.stringify({ ...options, asOf: ASOF.toISOString() })]);
  const answer = async <T>(): Promise<T> => {
    const [message] = (await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => Promise.reject(new Error('the server of pages has ended'))),
    ])) as [T];
    return message;
  };
  const { url } = await answer<{ readonly url: string }>();
  return {
    url,
    traffic() {
      child.send('traffic');
      return answer<Traffic>();
    },
    close: () => child.disconnect(),
  };
};
