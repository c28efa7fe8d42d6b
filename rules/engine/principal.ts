/** The IAM principal that a user's API access is bound to. */
export type Principal =
  | { readonly kind: 'none' }
  | { readonly kind: 'role'; readonly arn: string; readonly partition: string; readonly account: string }
  | { readonly kind: 'malformed'; readonly arn: string };

const NONE: Principal = { kind: 'none' };

/**
 * `arn:PARTITION:iam::ACCOUNT:role/PATH/NAME`. Stricter than the service's own pattern, which takes `:roleX`.
 * A path segment is printable ASCII without a slash; the name is 1 to 64 characters as IAM allows them.
 */
const ROLE_ARN = /^arn:(aws(?:-[a-z0-9-]+)?):iam::(\d{12}):role\/(?:[\x21-\x2e\x30-\x7e]+\/)*[A-Za-z0-9+=,.@_-]{1,64}$/;

/** Reads an ARN; where it is missing or empty there is none. */
export const readPrincipal = (arn: string | undefined): Principal => {
  if (arn === undefined || arn === '') return NONE;
  const match = ROLE_ARN.exec(arn);
  const [, partition, account] = match ?? [];
  if (partition === undefined || account === undefined || arn.includes('*')) return { kind: 'malformed', arn };
  return { kind: 'role', arn, partition, account };
};
