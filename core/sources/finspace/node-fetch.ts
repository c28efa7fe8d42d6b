import { type IncomingMessage, request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import type { Fetch, HttpAnswer } from './request.ts';

/** Receives the whole body. Rejects where it breaks off, also where more bytes were promised than came. */
const receiveBody = (message: IncomingMessage): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    message
      .on('data', (chunk: Uint8Array) => chunks.push(chunk))
      .on('end', () => resolve(Buffer.concat(chunks)))
      .on('error', reject);
  });

const toAnswer = (message: IncomingMessage): HttpAnswer => {
  const { statusCode: status = 0, headers } = message;
  // Read from the start: of a body that breaks off Node informs only those who listen by then.
  const body = receiveBody(message);
  body.catch(() => undefined);
  return {
    status,
    ok: status >= 200 && status < 300,
    headers: { get: (name) => [headers[name.toLowerCase()] ?? []].flat()[0] ?? null },
    bytes: () => body,
  };
};

/**
 * Sends a GET over Node's own HTTP, on connections that are kept. The global `fetch` takes half a millisecond of CPU more for
 * each page, and what Node itself does with a signal a twentieth. Redirects are not followed: a signature holds for one
 * host.
 */
export const nodeFetch: Fetch = (url, { headers, signal }) =>
  new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? overHttps : overHttp;
    const request = send(url, { headers }, (message) => resolve(toAnswer(message)));
    const leave = (): void => {
      request.destroy(signal.reason);
    };
    signal.addEventListener('abort', leave);
    request
      .on('error', reject)
      .on('close', () => signal.removeEventListener('abort', leave))
      .end();
  });
