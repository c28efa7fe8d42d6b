import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { nodeFetch } from '../../../../core/sources/finspace/node-fetch.ts';

const servers: Server[] = [];
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

/** A server that writes the same text to each request, and closes the connection where `isCut`; gives its URL. */
const serve = async (answer: string, isCut = false) => {
  let connections = 0;
  const requests: string[] = [];
  const server = createServer((socket) => {
    connections += 1;
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      requests.push(chunk.toString('latin1'));
      if (isCut) socket.end(answer);
      else socket.write(answer);
    });
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/user?a=b%20c`, requests, connections: () => connections };
};

const get = (url: string, signal: AbortSignal = AbortSignal.timeout(10_000)) =>
  nodeFetch(url, { headers: { 'x-amz-date': '20261124T020000Z' }, redirect: 'manual', signal });

const textOf = async (answer: ReturnType<typeof get>) => Buffer.from(await (await answer).bytes()).toString();

describe("Node's HTTP as fetch", () => {
  it('gives status, headers and body, and keeps the connection', async () => {
    const { url, requests, connections } = await serve(
      'HTTP/1.1 200 OK\r\nX-Amzn-RequestId: r1\r\ncontent-length: 12\r\n\r\n{"users":[]}',
    );
    const answer = await get(url);
    expect(answer).toMatchObject({ ok: true, status: 200 });
    expect(answer.headers.get('x-amzn-requestid')).toBe('r1');
    expect(answer.headers.get('X-Amzn-RequestId')).toBe('r1');
    expect(answer.headers.get('retry-after')).toBeNull();
    expect(Buffer.from(await answer.bytes()).toString()).toBe('{"users":[]}');
    await textOf(get(url));
    expect(connections()).toBe(1);
    expect(requests[1]).toMatch(/^GET \/user\?a=b%20c HTTP\/1\.1\r\n(?:.+\r\n)*x-amz-date: 20261124T020000Z\r\n/);
  });

  it('asks a URL of https by TLS alone', async () => {
    const { url, requests } = await serve('HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n{"users":[]}');
    await expect(get(url.replace('http:', 'https:'))).rejects.toThrow(/ssl/i);
    // The first byte of a TLS handshake.
    expect(requests.map((request) => request.charCodeAt(0))).toEqual([0x16]);
  });

  it.each([
    ['200', true],
    ['299', true],
    ['300', false],
    ['429', false],
  ])('takes a status of %s for a success: %s', async (status, ok) => {
    const { url } = await serve(`HTTP/1.1 ${status} X\r\ncontent-length: 0\r\n\r\n`);
    expect(await get(url)).toMatchObject({ ok });
  });

  it('does not follow a redirect', async () => {
    const elsewhere = await serve('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
    const { url } = await serve(`HTTP/1.1 307 X\r\nlocation: ${elsewhere.url}\r\ncontent-length: 0\r\n\r\n`);
    expect(await get(url)).toMatchObject({ ok: false, status: 307 });
    expect(elsewhere.requests).toStrictEqual([]);
  });

  it.each([
    ['fewer bytes than promised', 'content-length: 12\r\n\r\n{"users":[]'],
    ['no last chunk', 'transfer-encoding: chunked\r\n\r\n1\r\n{\r\n'],
    ['a chunk that is none', 'transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n'],
  ])('gives no body of %s', async (_name, rest) => {
    const { url } = await serve(`HTTP/1.1 200 OK\r\n${rest}`, true);
    await expect(textOf(get(url))).rejects.toThrow(/aborted|Parse Error/);
  });

  it.each([
    ['a page', '200', 16 * 1024 * 1024],
    ['an error', '503', 1024 * 1024],
  ])('gives a body of %s up to its limit, and none past it', async (_name, status, most) => {
    const sized = (bytes: number) =>
      serve(`HTTP/1.1 ${status} X\r\ncontent-length: ${bytes}\r\n\r\n${'x'.repeat(bytes)}`);
    expect(await textOf(get((await sized(most)).url))).toHaveLength(most);
    await expect(textOf(get((await sized(most + 1)).url))).rejects.toThrow(`body is over ${most / 1024 / 1024} MiB`);
  });

  it.each([1, 2, 3])('gives a body that comes in %i parts whole', async (parts) => {
    const { url } = await serve(
      `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${'2\r\n{}\r\n'.repeat(parts)}0\r\n\r\n`,
    );
    expect(await textOf(get(url))).toBe('{}'.repeat(parts));
  });

  it('takes a change of the protocol for no answer', async () => {
    const { url } = await serve('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n');
    await expect(get(url)).rejects.toThrow('the answer changes the protocol');
    // Left open, it would keep the process.
    for (const socket of sockets) if (!socket.closed) await once(socket, 'close');
  });

  it('waits for the answer after one that only informs', async () => {
    const { url } = await serve('HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}');
    expect(await textOf(get(url))).toBe('{}');
  });

  it.each([
    ['nothing', ''],
    ['what is no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['half of a head', 'HTTP/1.1 200 OK\r\ncontent-le'],
  ])('takes %s for no answer', async (_name, text) => {
    const { url } = await serve(text, true);
    await expect(get(url)).rejects.toMatchObject({ code: expect.stringMatching(/^(?:ECONNRESET|HPE_\w+)$/) });
  });

  it("tells the system's code where nobody listens", async () => {
    const { url } = await serve('');
    for (const server of servers.splice(0)) server.close();
    await expect(get(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it.each([
    ['the answer', ''],
    ['the rest of the body', 'HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n{'],
  ])('waits for %s no longer than it may', async (_name, text) => {
    const { url } = await serve(text);
    const signal = AbortSignal.timeout(200);
    await expect(textOf(get(url, signal))).rejects.toThrow(/aborted/);
    expect(signal.aborted).toBe(true);
  });
});
