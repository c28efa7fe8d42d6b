import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Answer, Reply } from './answers.ts';
import { createService, type ServiceControls, type ServiceOptions } from './service.ts';
import type { RawRequest } from './signature.ts';

export { CALLER } from './service.ts';

export interface SimulatorOptions extends ServiceOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** The time that each answer takes, in milliseconds; default 0. */
  readonly latencyMs?: number;
}

export interface Simulator extends ServiceControls {
  /** The address that it listens on, without a slash at the end. */
  readonly url: string;
  /** Stops, and breaks off every connection. */
  readonly close: () => Promise<void>;
}

const readRequest = async (request: IncomingMessage): Promise<RawRequest> => {
  const hash = createHash('sha256');
  for await (const chunk of request as AsyncIterable<Uint8Array>) hash.update(chunk);
  const { method = '', url = '', rawHeaders } = request;
  return { method, url, rawHeaders, bodySha256: hash.digest('hex') };
};

/** Sends an answer; with missing bytes, promises more than it sends and closes the connection. */
const send = (
  response: ServerResponse,
  { status, headers, body }: Answer,
  date: number,
  missingBytes: number,
): void => {
  response.sendDate = false;
  response.writeHead(status, {
    ...headers,
    date: new Date(date).toUTCString(),
    'x-amzn-requestid': randomUUID(),
    'content-length': Buffer.byteLength(body) + missingBytes,
  });
  if (missingBytes === 0) response.end(body);
  else response.write(body, () => response.socket?.end());
};

const perform = (response: ServerResponse, reply: Reply, date: number): void => {
  if (reply.kind === 'answer') send(response, reply.answer, date, 0);
  if (reply.kind === 'truncated') send(response, reply.answer, date, reply.missingBytes);
  if (reply.kind === 'protocol-change')
    response.socket?.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n');
  if (reply.kind === 'reset') response.socket?.resetAndDestroy();
};

/**
 * Starts a FinSpace Data API on loopback: a real HTTP server that checks every signature, pages through its directory
 * and plays faults. It shares no code with what talks to it. Rejects where it can't listen; throws RangeError for
 * options that make no sense.
 */
export const startSimulator = async (options: SimulatorOptions = {}): Promise<Simulator> => {
  const { host = '127.0.0.1', port = 0, latencyMs = 0, ...rest } = options;
  const { now, handle, ...controls } = createService(rest);

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const reply = handle(await readRequest(request));
    if (latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, latencyMs).unref());
    perform(response, reply, now());
  };

  const server = createServer((request, response) => {
    // What fails here is a client that went away while it was being read.
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  const address = server.address();
  const listensOn = typeof address === 'object' ? address?.port : undefined;

  return {
    ...controls,
    url: `http://${host}:${listensOn}`,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
};
