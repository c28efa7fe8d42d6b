import type { RequestFailure } from '../../../../core/sources/finspace/failure.ts';

/** A refusal by the service, that says no more than it must. */
export const refused = (
  status: number,
  name?: string,
  more: { saysExpired?: boolean; skewMs?: number } = {},
): RequestFailure => ({
  kind: 'refused',
  status,
  name,
  saysExpired: false,
  retryAfterMs: undefined,
  skewMs: undefined,
  ...more,
});
