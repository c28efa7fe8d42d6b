/** The code that the system gave a failure, such as `ENOENT`; undefined where it gave none. */
export const errorCode = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : undefined;
