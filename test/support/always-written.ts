import { FACT_OUTPUTS, OPTIONAL_OUTPUTS, OUTPUTS } from '../../core/outputs/index.ts';

const ASKED_FOR = { ...FACT_OUTPUTS, ...Object.assign({}, ...Object.values(OPTIONAL_OUTPUTS)) };

/** The objects that every run leaves, whatever its config asks for. */
export const ALWAYS_WRITTEN = Object.fromEntries(
  Object.entries(OUTPUTS).filter(([name]) => !Object.hasOwn(ASKED_FOR, name)),
);
