import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, type Server } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from '@jest/globals';
import { selfSigned } from '../../support/certificate.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const newFolder = temporaryFolders();
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const portOf = async (server: Server): Promise<number> => {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
};

const DAY_MS = 86_400_000;
const daysFromNow = (days: number): Date => new Date(Date.now() + days * DAY_MS);

const IDENTITY =
  '<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>';

/** FinSpace and STS in one, over HTTPS. */
const startService = async (from: Date, until: Date) => {
  const { cert, key } = selfSigned(from, until);
  const port = await portOf(
    createHttpsServer({ cert, key }, (request, response) => {
      request.resume();
      response.setHeader('connection', 'close');
      response.end(request.method === 'POST' ? IDENTITY : '{"users":[{"userId":"a"}]}');
    }),
  );
  return { cert, port };
};

/** A proxy that connects wherever it is asked to, or refuses everybody. */
const startProxy = async (refusal?: string) => {
  const asked: (string | undefined)[] = [];
  const proxy = createHttpServer();
  proxy.on('connect', ({ url = '' }, client) => {
    asked.push(url);
    client.on('error', () => undefined);
    if (refusal !== undefined) {
      client.end(`HTTP/1.1 ${refusal}\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const upstream = connect(Number(url.split(':')[1]), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
  });
  return { asked, url: `http://127.0.0.1:${await portOf(proxy)}` };
};

/** Asks FinSpace for its users and STS for the account, as an audit does, in a process of its own. */
const SCRIPT = `
import { STSClient, GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { awsClient } from './core/aws/clients.ts';
import { connectionRemedyOf } from './core/aws/connection.ts';
import { finspaceSource } from './core/sources/finspace/source.ts';
const endpoint = process.argv[1];
const credentials = { accessKeyId: 'A', secretAccessKey: 's' };
const source = finspaceSource({ environmentId: 'e', region: 'us-east-1', endpoint, mode: 'direct', loadCredentials: async () => credentials });
const listing = source(Date.now() + 5000);
for await (const page of listing.pages);
const sts = awsClient(STSClient, { endpoint, region: 'us-east-1', credentials });
const account = await sts.send(new GetCallerIdentityCommand({})).then(({ Account }) => Account, (error) => connectionRemedyOf(error));
console.log(JSON.stringify({ end: listing.end(), account }));
process.exit();
`;

const run = promisify(execFile);
const ask = async (port: number, env: Readonly<Record<string, string>>) => {
  const { stdout } = await run(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      '--input-type=module-typescript',
      '-e',
      SCRIPT,
      `https://127.0.0.1:${port}`,
    ],
    { env: { PATH: process.env.PATH, ...env } },
  );
  return JSON.parse(stdout);
};

const trusting = async (cert: string) => {
  const path = join(await newFolder(), 'authority.pem');
  await writeFile(path, cert);
  return { NODE_EXTRA_CA_CERTS: path };
};

describe('a certificate', () => {
  test('of nobody trusted ends both at once, and is trusted by NODE_EXTRA_CA_CERTS', async () => {
    const { cert, port } = await startService(daysFromNow(-1), daysFromNow(1));
    const remedy = expect.stringContaining('NODE_EXTRA_CA_CERTS');
    expect(await ask(port, {})).toEqual({
      end: { complete: false, reason: 'source-unavailable', message: remedy },
      account: remedy,
    });
    expect(await ask(port, await trusting(cert))).toEqual({ end: { complete: true }, account: '111122223333' });
  });

  test('that has expired ends both at once', async () => {
    const { cert, port } = await startService(daysFromNow(-2), daysFromNow(-1));
    const remedy = expect.stringContaining('its certificate has expired');
    expect(await ask(port, await trusting(cert))).toEqual({
      end: { complete: false, reason: 'source-unavailable', message: remedy },
      account: remedy,
    });
  });
});

describe('HTTPS_PROXY', () => {
  test('leads FinSpace and the clients of AWS alike, past it for NO_PROXY', async () => {
    const { cert, port } = await startService(daysFromNow(-1), daysFromNow(1));
    const proxy = await startProxy();
    const env = { ...(await trusting(cert)), HTTPS_PROXY: proxy.url };
    const both = { end: { complete: true }, account: '111122223333' };
    expect(await ask(port, env)).toEqual(both);
    expect(proxy.asked).toEqual([`127.0.0.1:${port}`, `127.0.0.1:${port}`]);
    expect(await ask(port, { ...env, NO_PROXY: '127.0.0.1' })).toEqual(both);
    expect(proxy.asked).toHaveLength(2);
  });

  test('of a proxy that asks for a password ends both at once', async () => {
    const { cert, port } = await startService(daysFromNow(-1), daysFromNow(1));
    const proxy = await startProxy('407 Proxy Authentication Required');
    const remedy = expect.stringContaining('http://user:password@host:port');
    expect(await ask(port, { ...(await trusting(cert)), HTTPS_PROXY: proxy.url })).toEqual({
      end: { complete: false, reason: 'source-unavailable', message: remedy },
      account: remedy,
    });
    expect(proxy.asked).toHaveLength(2);
  });
});
