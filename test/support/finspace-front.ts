import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Simulator } from '../../simulator/server.ts';

export interface FinspaceFront {
  readonly url: string;
  /** The most requests that were under way at the same time. */
  readonly mostAtOnce: () => number;
  readonly close: () => Promise<void>;
}

/**
 * One address for several environments, as FinSpace's own is: an exchange goes to the simulator of its environment, and
 * whatever is signed by the keys that it gave to the same.
 */
export const startFinspaceFront = async (simulators: readonly Simulator[]): Promise<FinspaceFront> => {
  const holders = new Map<string, Simulator>();
  const [first] = simulators;
  let underWay = 0;
  let most = 0;
  const server = createServer(async (incoming, outgoing) => {
    underWay += 1;
    most = Math.max(most, underWay);
    const { pathname, searchParams } = new URL(incoming.url ?? '', 'http://front');
    const [, accessKeyId = ''] = /Credential=([^/]+)\//.exec(incoming.headers.authorization ?? '') ?? [];
    const isExchange = pathname === '/credentials/programmatic';
    const named = simulators.find(({ environmentId }) => environmentId === searchParams.get('environmentId'));
    const simulator = (isExchange ? named : holders.get(accessKeyId)) ?? first;
    const passed = request(`${simulator?.url}${incoming.url}`, { method: incoming.method, headers: incoming.headers });
    incoming.pipe(passed);
    const [answer] = await once(passed, 'response');
    const body = await text(answer);
    if (isExchange && answer.statusCode === 200 && simulator !== undefined)
      holders.set(JSON.parse(body).credentials.accessKeyId, simulator);
    outgoing.writeHead(answer.statusCode ?? 500, answer.headers).end(body);
    underWay -= 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    mostAtOnce: () => most,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
