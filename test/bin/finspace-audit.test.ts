import { expect, test } from '@jest/globals';
import { command } from '../cli/command.ts';

test('a Node that can not read the program is told what is needed, by the code of usage', async () => {
  expect(await command(['rules'], { NODE_OPTIONS: '--no-experimental-strip-types' })).toEqual({
    code: 3,
    stdout: '',
    stderr: `finspace-audit: Node must be 22.18 or later, which runs TypeScript, got ${process.versions.node}: in a clone of the project, npx finspace-audit brings one on Linux\n`,
  });
});
