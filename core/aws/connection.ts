import { Agent } from 'node:https';

/**
 * Finds the system's code for what went wrong, such as `ECONNREFUSED`, which clients hide in causes. Only what looks like
 * a code is taken.
 */
export const systemCode = (error: unknown): string | undefined => {
  const { code, cause }: { code?: unknown; cause?: unknown } = Object(error);
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,40}$/.test(code)) return code;
  return cause === undefined ? undefined : systemCode(cause);
};

/** The status by which a proxy refused to connect; undefined where none did. */
export const proxyStatus = (error: unknown): number | undefined => {
  const { code, statusCode, cause }: { code?: unknown; statusCode?: unknown; cause?: unknown } = Object(error);
  if (code === 'ERR_PROXY_TUNNEL' && typeof statusCode === 'number') return statusCode;
  return cause === undefined ? undefined : proxyStatus(cause);
};

const UNTRUSTED =
  'its certificate is of nobody that this machine trusts: let NODE_EXTRA_CA_CERTS name a PEM file with the certificate of the authority, such as that of a proxy that reads along';

/**
 * The remedies of a connection that no further try would make, by the system's code: https://nodejs.org/api/tls.html
 */
const REMEDIES = new Map(
  Object.entries({
    CERT_HAS_EXPIRED: "its certificate has expired: have it renewed, or set this machine's clock",
    CERT_NOT_YET_VALID: "its certificate is not valid yet: set this machine's clock, or have it renewed",
    CERT_REVOKED: 'its certificate was revoked: have it renewed',
    CERT_REJECTED: UNTRUSTED,
    CERT_UNTRUSTED: UNTRUSTED,
    DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
    ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is of another host: correct the endpoint, or have it renewed',
    INVALID_CA: UNTRUSTED,
    SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
    UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  }),
);

const BAD_GATEWAY = 500;

/** Says what to do about a connection that will not come about however often it is tried; undefined where it may. */
export const connectionRemedy = (code = '', refusedBy?: number): string | undefined => {
  if (refusedBy !== undefined && refusedBy < BAD_GATEWAY)
    return `the proxy of HTTPS_PROXY refuses with ${refusedBy}: write HTTPS_PROXY as http://user:password@host:port where it asks for a password, or have it let this host through`;
  return REMEDIES.get(code);
};

/** The same of an error, whoever threw it. */
export const connectionRemedyOf = (error: unknown): string | undefined =>
  connectionRemedy(systemCode(error), proxyStatus(error));

/** The connections of one client at a time, as the AWS SDK has it. */
const MOST_SOCKETS = 50;

let agent: Agent | undefined;

/**
 * Keeps connections over HTTPS, for FinSpace and for the clients of AWS alike: through the proxy that HTTPS_PROXY names,
 * but for the hosts of NO_PROXY. Node 22.21 and 24.5 are the first that know how.
 */
export const httpsAgent = (): Agent => {
  agent ??= new Agent({ keepAlive: true, maxSockets: MOST_SOCKETS, proxyEnv: process.env });
  return agent;
};
