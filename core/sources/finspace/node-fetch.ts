import { type IncomingMessage, request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import type { Answer, Fetch } from './request.ts';

/** The whole body. Rejects where it breaks off, also where as many bytes were promised and fewer came. */
const bodyOf = (message: IncomingMessage): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    message
      .on('data', (chunk: Uint8Array) => chunks.push(chunk))
      .on('end', () => resolve(Buffer.concat(chunks)))
      .on('error', reject);
  });

const answerOf = (message: IncomingMessage): Answer => {
  const { statusCode: status = 0, headers } = message;
  // Read from the start: Node tells of a body that breaks off only who listens by then.
  const body = bodyOf(message);
  body.catch(() => undefined);
  return {
    status,
    ok: status >= 200 && status < 300,
    headers: { get: (name) => [headers[name.toLowerCase()] ?? []].flat()[0] ?? null },
    bytes: () => body,
  };
};

/**
 * A GET over Node's own HTTP, on connections that are kept. The global `fetch` takes half a millisecond of CPU more for
 * each page, and what Node itself does with a signal a twentieth. Redirects are not followed: a signature holds for one
 * host.
 */
export const nodeFetch: Fetch = (url, { headers, signal }) =>
  new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? overHttps : overHttp;
    const request = send(url, { headers }, (message) => resolve(answerOf(message)));
    const leave = (): void => {
      request.destroy(signal.reason);
    };
    signal.addEventListener('abort', leave);
    request
      .on('error', reject)
      .on('close', () => signal.removeEventListener('abort', leave))
      .end();
  });
