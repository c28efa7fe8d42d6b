import { isRegion } from '../../aws/region.ts';

/** The variables by which the AWS SDKs let operators point a client elsewhere; the first that is set counts. */
const VARIABLES = ['AWS_ENDPOINT_URL_FINSPACE_DATA', 'AWS_ENDPOINT_URL'] as const;

/** Finds what keeps a request path from being appended to a URL. Never repeats the URL: it may hold a password. */
const endpointProblem = (text: string): string | undefined => {
  const url = URL.parse(text);
  if (url === null) return 'it is no URL';
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return `its protocol is ${url.protocol.slice(0, -1)}`;
  if (url.username !== '' || url.password !== '') return 'it holds a user name or a password';
  if (url.search !== '' || url.hash !== '') return 'it holds a query or a fragment';
  return undefined;
};

/** Reads an endpoint; `from` names its origin in the error. Throws an Error that says what an endpoint looks like. */
export const readEndpoint = (text: string, from: string): URL => {
  const problem = endpointProblem(text);
  if (problem !== undefined)
    throw new Error(`${from} must be an http or https URL such as https://host or https://host/path: ${problem}`);
  return new URL(text);
};

type Env = Readonly<Record<string, string | undefined>>;

const variableIn = (env: Env) => VARIABLES.find((name) => (env[name] ?? '') !== '');

/** True where a variable leads elsewhere than to the service's own host. */
export const isEndpointGiven = (env: Env): boolean => variableIn(env) !== undefined;

/**
 * Finds the endpoint of the FinSpace Data API: AWS_ENDPOINT_URL_FINSPACE_DATA, else AWS_ENDPOINT_URL, else the service's own host,
 * https://docs.aws.amazon.com/general/latest/gr/finspace.html. Throws an Error that names the variable or the region.
 */
export const finspaceEndpoint = (region: string, env: Env): string => {
  const variable = variableIn(env);
  if (variable !== undefined) return readEndpoint(env[variable] ?? '', variable).href;
  if (!isRegion(region)) throw new Error(`region must be one such as us-east-1, got ${JSON.stringify(region)}`);
  return `https://finspace-api.${region}.amazonaws.com`;
};
