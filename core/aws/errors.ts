/** The HTTP status that a service of AWS answered with; undefined where there was no answer. */
export const statusOf = (error: unknown): number | undefined => {
  const status: unknown = Object(Object(error).$metadata).httpStatusCode;
  return typeof status === 'number' ? status : undefined;
};
