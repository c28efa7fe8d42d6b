import { Readable } from 'node:stream';
import { httpsAgent } from './connection.ts';
import { callerCredentials } from './credentials.ts';
import { isTokenExpired } from './errors.ts';
import { patientRetries } from './patience.ts';

/** The longest that nothing may come or go: storing the largest object takes S3 less. */
const SILENCE_MS = 15_000;
const CONNECTION_MS = 5000;
/** The time in which a request is made again, its last try not counted. */
const PATIENCE_MS = 30_000;

interface Limits {
  readonly silenceMs?: number;
  readonly patienceMs?: number;
}

/** The part of a client that renewing credentials takes. */
interface Renewable {
  readonly config: { readonly credentials: (options: { readonly forceRefresh: boolean }) => Promise<unknown> };
  readonly middlewareStack: { add(middleware: unknown, options: object): void };
}

type Next = (args: { readonly input: { readonly Body?: unknown } }) => Promise<unknown>;

/** Makes a request whose token has expired once more, with fresh credentials; a stream is left to whoever opened it. */
const renewingCredentials = (client: Renewable): void =>
  client.middlewareStack.add(
    (next: Next): Next =>
      async (args) => {
        try {
          return await next(args);
        } catch (error) {
          if (!isTokenExpired(error)) throw error;
          await client.config.credentials({ forceRefresh: true });
          if (args.input.Body instanceof Readable) throw error;
          return next(args);
        }
      },
    { name: 'renewingCredentials', step: 'initialize', priority: 'high' },
  );

/**
 * Makes a client of the AWS SDK that gives up on a service that has fallen silent, and tries again what may pass: left to
 * itself the S3 client waits for ever, the SNS client for five minutes, and the run would end without a word. Callers
 * bring the class, so that only they load it.
 */
export const awsClient = <C extends new (configuration: never) => unknown>(
  Client: C,
  configuration?: ConstructorParameters<C>[0],
  { silenceMs = SILENCE_MS, patienceMs = PATIENCE_MS }: Limits = {},
): InstanceType<C> => {
  const given: object = configuration ?? {};
  const client = new Client({
    requestHandler: { connectionTimeout: CONNECTION_MS, socketTimeout: silenceMs, httpsAgent: httpsAgent() },
    credentialDefaultProvider: callerCredentials,
    ...(!('maxAttempts' in given) && { retryStrategy: patientRetries(patienceMs) }),
    ...given,
  } as never) as InstanceType<C>;
  renewingCredentials(client as Renewable);
  return client;
};
