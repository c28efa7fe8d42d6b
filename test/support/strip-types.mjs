import { stripTypeScriptTypes } from 'node:module';

/** A jest transformer: tests run the code that Node itself runs, with its types stripped in place. */
export default {
  process: (source, file) => ({
    code: file.endsWith('.ts') ? stripTypeScriptTypes(source, { mode: 'strip' }) : source,
  }),
};
