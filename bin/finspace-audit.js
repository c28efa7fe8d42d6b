#!/usr/bin/env node
import module from 'node:module';
import { join } from 'node:path';

// Every command starts in half the time. Not in the folder for temporary files, where others could put code.
module.enableCompileCache?.(join(import.meta.dirname, '../node_modules/.cache/code'));

// JavaScript, which any Node reads: one that can't read the rest would exit 1 at it, and 1 means findings.
if (process.features.typescript) await import('../cli/start.ts');
else {
  process.exitCode = 3;
  process.stderr.write(
    `finspace-audit: Node must be 22.18 or later, which runs TypeScript, got ${process.versions.node}: in a clone of the project, npx finspace-audit brings one on Linux\n`,
  );
}
