/** The names of outputs that runs leave where the config asks for them. */
export const OPTIONAL_OUTPUT_NAMES = ['ocsf', 'oscal'] as const;

export type OptionalOutputName = (typeof OPTIONAL_OUTPUT_NAMES)[number];
