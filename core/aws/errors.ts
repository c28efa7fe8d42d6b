import { systemCode } from './connection.ts';

/** The HTTP status that a service of AWS answered with; undefined where there was no answer. */
export const statusOf = (error: unknown): number | undefined => {
  const status: unknown = Object(Object(error).$metadata).httpStatusCode;
  return typeof status === 'number' ? status : undefined;
};

const EXPIRED: ReadonlySet<unknown> = new Set(['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired']);

/** Tells that the token of a session has expired, for which fresh credentials are the cure. */
export const isTokenExpired = (error: unknown): boolean => EXPIRED.has(Object(error).name);

/** Tells what a service of AWS or the network did from a fault of anything else. */
export const isServiceFault = (error: unknown): boolean =>
  statusOf(error) !== undefined || systemCode(error) !== undefined || Object(error).name === 'TimeoutError';
