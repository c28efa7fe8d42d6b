import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { folderArchive } from '../../core/archive/folder.ts';
import { historyPageKey, keysUnder } from '../../core/archive/keys.ts';
import { ACCOUNT, aUser, daysAgo, ENVIRONMENT } from '../support/builders.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';
import { invoke } from './in-process.ts';

const newFolder = temporaryFolders();

const RUNS = ['2026-10-05T07:00:00.000Z', '2026-10-06T07:00:00.000Z'];
const [FIRST = '', SECOND = ''] = RUNS.map((at) => at.replaceAll(/[-:]|\.000/g, ''));
const SAID = 'ATTESTED, NOT SEEN: that the saved roster is the whole directory is the word of Ada Lovelace';

let folder = '';
let out = '';

/** Two runs of rosters that somebody attests. */
beforeAll(async () => {
  folder = await newFolder();
  out = join(folder, 'history');
  const roster = join(folder, 'users.json');
  for (const [index, at] of RUNS.entries()) {
    const users = [aUser({ userId: 'u1', lastLoginTime: daysAgo(300 + index) }), aUser({ userId: 'u2' })];
    await writeFile(roster, JSON.stringify({ users }));
    const words = ['--environment', ENVIRONMENT, '--account', ACCOUNT, '--region', 'us-east-1', '--as-of', at];
    const word = ['--attested-by', 'Ada Lovelace', '--statement', 'this is everybody'];
    const { code, stderr } = await invoke(['run', ...words, '--roster', roster, ...word, '--defaults', '--out', out]);
    if (code !== 0) throw new Error(stderr);
  }
});

/** Gives what a command says, on one line. */
const saidBy = async (words: readonly string[]): Promise<string> => {
  const { stdout, stderr } = await invoke([...words, '--out', out]);
  return `${stdout} ${stderr}`.replaceAll(/\s+/g, ' ');
};

describe('whoever reads of a run whose roster is attested is told that it was not seen', () => {
  test.each([
    { by: 'users', words: ['users'] },
    { by: 'users as JSON', words: ['users', '--json'] },
    { by: 'explain', words: ['explain', 'u1', '--run', SECOND] },
    { by: 'explain as JSON', words: ['explain', 'u1', '--run', SECOND, '--json'] },
    { by: 'explain, of a user who is not in it', words: ['explain', 'u9', '--run', SECOND] },
    { by: 'diff, of the later run', words: ['diff', FIRST, SECOND] },
    { by: 'export', words: ['export', 'ocsf', '--run', SECOND, '--to'], isInto: true },
  ])('by $by', async ({ words, isInto = false }) => {
    const to = isInto ? [join(await newFolder(), 'files')] : [];
    expect(await saidBy([...words, ...to])).toContain(SAID);
  });

  test('and so by an audit of its snapshot, for which nobody else can give a word', async () => {
    const [snapshot = ''] = (await keysUnder(folderArchive(out), 'snapshots/')).map((key) => join(out, key));
    const anew = ['run', '--environment', ENVIRONMENT, '--account', ACCOUNT, '--region', 'us-east-1', '--defaults'];
    const { stdout } = await invoke([...anew, '--roster', snapshot, '--out', join(folder, 'anew')]);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(SAID);
    expect(await invoke(['attest', '--roster', snapshot, '--attested-by', 'Bob', '--statement', 'all'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('nobody needs to attest it'),
    });
  });

  test.each(['text', 'JSON'])('by diff, of each of the two, as %s', async (form) => {
    const said = await saidBy(['diff', FIRST, SECOND, ...(form === 'JSON' ? ['--json'] : [])]);
    for (const run of [FIRST, SECOND]) expect(said).toContain(`Run ${run}: ${SAID}`);
  });

  test('by history, and by the page of all runs', async () => {
    expect(await saidBy(['history'])).toMatch(
      /COMPLETE 2 .*ATTESTED, NOT SEEN, the first.*COMPLETE 2 .*ATTESTED, NOT SEEN, nothing/,
    );
    const { entries } = JSON.parse((await invoke(['history', '--out', out, '--json'])).stdout);
    expect(entries).toMatchObject([{ attested: true }, { attested: true }]);
    const page = await readFile(join(out, historyPageKey(ENVIRONMENT)), 'utf8');
    expect(page.match(/Complete <b>attested, not seen\b/g)).toHaveLength(2);
    expect(page).toMatch(/The latest complete run, <a [^>]*>[^<]*<\/a> \(<b>attested, not seen\b/);
  });
});
