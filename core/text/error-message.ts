/** The message of an error, or whatever was thrown in its place as text. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The same after the error's name, for readers who may have to look the kind of error up: `TimeoutError: no answer`. */
export const nameAndMessageOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);
