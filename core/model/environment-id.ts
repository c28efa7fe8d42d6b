/** Reads after "must be" in the messages about an environment id that is none. */
export const ENVIRONMENT_ID = '1 to 26 letters and digits';

/** Tells an environment id, as in the host of the environment's web application, from any other text. */
export const isEnvironmentId = (text: string): boolean => /^[A-Za-z0-9]{1,26}$/.test(text);
