import { FACT_OUTPUTS, OUTPUTS } from '../../core/outputs/index.ts';

/** The objects that every run leaves, whatever its config asks for. */
export const ALWAYS_WRITTEN = Object.fromEntries(
  Object.entries(OUTPUTS).filter(([name]) => !Object.hasOwn(FACT_OUTPUTS, name)),
);
