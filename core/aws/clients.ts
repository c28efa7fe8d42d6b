/** The longest that nothing may come or go: storing the largest object takes S3 less. */
const SILENCE_MS = 15_000;
const CONNECTION_MS = 5000;

/**
 * Makes a client of the AWS SDK that gives up on a service that has fallen silent, and tries again: left to itself the
 * S3 client waits for ever, the SNS client for five minutes, and the run would end without a word. Callers bring the
 * class, so that only they load it.
 */
export const awsClient = <C extends new (configuration: never) => unknown>(
  Client: C,
  configuration?: ConstructorParameters<C>[0],
  silenceMs = SILENCE_MS,
): InstanceType<C> => {
  const requestHandler = { connectionTimeout: CONNECTION_MS, socketTimeout: silenceMs };
  return new Client(
    Object.assign<object, object | undefined>({ requestHandler }, configuration) as never,
  ) as InstanceType<C>;
};
