import { configureGlobal } from 'fast-check';

export * from 'fast-check';

// What was red must be red again when the same is run again; other code draws other values.
const { PROPERTY_SEED } = process.env;
if (PROPERTY_SEED) configureGlobal({ seed: Number(PROPERTY_SEED) });
