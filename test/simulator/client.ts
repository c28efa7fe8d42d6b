import { createHash, createHmac } from 'node:crypto';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';

/** Keys to sign with. */
export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface Call {
  readonly method?: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly keys: Keys;
  /** The signer's clock, in milliseconds since the epoch; default: the machine's. */
  readonly time?: number;
  readonly region?: string;
  readonly service?: string;
  readonly host: string;
}

export interface Signed {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

const digest = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

const mac = (key: Buffer | string, text: string): Buffer => createHmac('sha256', key).update(text).digest();

const percent = (text: string): string =>
  [...Buffer.from(text, 'utf8')]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[A-Za-z0-9_.~-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');

/** Signs a GET without a body, as Signature Version 4 says. */
export const sign = (call: Call): Signed => {
  const { method = 'GET', path, query = {}, keys, host } = call;
  const { time = Date.now(), region = 'us-east-1', service = 'finspace-api' } = call;
  const stamp = `${new Date(time).toISOString().slice(0, 19).replaceAll(/[:-]/g, '')}Z`;
  const day = stamp.slice(0, 8);
  const sorted = Object.entries(query)
    .map(([name, value]) => `${percent(name)}=${percent(value)}`)
    .sort()
    .join('&');
  const headers: Record<string, string> = { host, 'x-amz-date': stamp };
  if (keys.sessionToken !== undefined) headers['x-amz-security-token'] = keys.sessionToken;
  const signed = Object.keys(headers).sort();
  const canonical =
    `${method}\n${path}\n${sorted}\n` +
    `${signed.map((name) => `${name}:${headers[name]}\n`).join('')}\n${signed.join(';')}\n${digest('')}`;
  const scope = `${day}/${region}/${service}/aws4_request`;
  const signingKey = mac(mac(mac(mac(`AWS4${keys.secretAccessKey}`, day), region), service), 'aws4_request');
  const signature = mac(signingKey, `AWS4-HMAC-SHA256\n${stamp}\n${scope}\n${digest(canonical)}`).toString('hex');

  return {
    method,
    url: sorted === '' ? path : `${path}?${sorted}`,
    headers: {
      ...headers,
      authorization: `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${scope}, SignedHeaders=${signed.join(';')}, Signature=${signature}`,
    },
  };
};

export interface Received {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends a request and reads the whole answer. Rejects where the connection breaks, or after `timeoutMs`. */
export const send = (base: string, { method, url, headers }: Signed, timeoutMs = 2000): Promise<Received> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(base);
    const outgoing = request({ hostname, port, method, path: url, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    outgoing.setTimeout(timeoutMs, () => outgoing.destroy(new Error('no answer')));
    outgoing.on('error', reject);
    outgoing.on('upgrade', (_response, socket) => {
      socket.destroy();
      reject(new Error('another protocol'));
    });
    outgoing.end();
  });

/** Sends a request and gives whatever came after the headers, as a client does that counts no bytes. */
export const sendLoosely = async (base: string, { method, url, headers }: Signed): Promise<string> => {
  const { hostname, port } = new URL(base);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const socket = connect(Number(port), hostname).setEncoding('utf8');
  socket.write(`${[`${method} ${url} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n`);
  const received: string[] = [];
  for await (const chunk of socket) received.push(String(chunk));
  return received.join('').split('\r\n\r\n')[1] ?? '';
};

export const call = (base: string, what: Omit<Call, 'host'>, timeoutMs?: number): Promise<Received> =>
  send(base, sign({ ...what, host: new URL(base).host }), timeoutMs);

export interface ReceivedPage {
  readonly users?: readonly unknown[];
  readonly nextToken?: string;
}

/** Asks for one page; the answer's body is still text. */
export const askPage = (
  base: string,
  keys: Keys,
  nextToken?: string,
  { maxResults = '100', timeoutMs }: { readonly maxResults?: string; readonly timeoutMs?: number } = {},
): Promise<Received> =>
  call(
    base,
    { path: '/user', keys, query: { maxResults, ...(nextToken === undefined ? {} : { nextToken }) } },
    timeoutMs,
  );

export const exchange = (
  base: string,
  keys: Keys,
  environmentId: string,
  durationInMinutes = '60',
): Promise<Received> =>
  call(base, { path: '/credentials/programmatic', keys, query: { environmentId, durationInMinutes } });

export const readPage = ({ body }: Received): ReceivedPage => {
  const page: ReceivedPage = JSON.parse(body);
  return page;
};

/** The keys that an exchange gave. */
export const readKeys = ({ body }: Received): Keys => {
  const { credentials }: { readonly credentials: Keys } = JSON.parse(body);
  return credentials;
};

/** Follows the tokens to the end, or for at most so many pages. */
export const listPages = async (base: string, keys: Keys, most = 50): Promise<readonly ReceivedPage[]> => {
  const pages: ReceivedPage[] = [];
  let nextToken: string | undefined;
  do {
    const page = readPage(await askPage(base, keys, nextToken));
    pages.push(page);
    nextToken = page.nextToken;
  } while (nextToken !== undefined && pages.length < most);
  return pages;
};

export const usersOf = (pages: readonly ReceivedPage[]): readonly unknown[] =>
  pages.flatMap(({ users }) => users ?? []);
