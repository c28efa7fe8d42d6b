import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { folderArchive } from '../../../core/archive/folder.ts';
import { readTree } from '../../support/archive-tree.ts';
import { caseText } from '../../support/cases.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { command } from '../command.ts';
import { invoke } from '../in-process.ts';

const newFolder = temporaryFolders();
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A service whose only page has these users, in these very letters. */
const serve = async (users: string): Promise<string> => {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(`{"users":${users},"nextToken":null}`);
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const DAY = '2026-11-20';
const LATER = '2026-11-21';

const audit = async (out: string, users: string, day = DAY, ...words: readonly string[]) =>
  command(
    ['run', '--environment', 'peerenv', '--account', '111122223333', '--direct-credentials', '--out', out]
      .concat(['--as-of', `${day}T02:00:00Z`, '--json'])
      .concat(words.includes('--region') ? [] : ['--region', 'us-east-1'])
      .concat(words),
    { AWS_ENDPOINT_URL_FINSPACE_DATA: await serve(users), AWS_ACCESS_KEY_ID: 'k', AWS_SECRET_ACCESS_KEY: 's' },
  );

/** The lines of an object of the archive. */
const linesOf = async (out: string, area: string, day = DAY): Promise<string> => {
  const tree = await readTree(folderArchive(out));
  const key = Object.keys(tree).find((name) => name.startsWith(`${area}/`) && name.includes(day));
  return tree[key ?? ''] ?? '';
};

const failing = async (out: string): Promise<readonly string[]> =>
  (await linesOf(out, 'findings'))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
    .map(({ ruleId, subject, severity }) => `${ruleId} ${subject.id} ${severity}`);

describe('numbers stand as the service gave them', () => {
  test.each([
    ['nanoseconds', '1795399200123456789'],
    ['infinite', '1e999'],
  ])('%s: %s, also where the finding is carried', async (name, digits) => {
    const out = await newFolder();
    expect((await audit(out, caseText(`${name}.json`))).code).toBe(0);
    expect(await linesOf(out, 'snapshots')).toContain(`"createTime":${digits},`);
    expect(await linesOf(out, 'findings')).toContain(`"createTime":${digits},`);
    expect(await linesOf(out, 'reports')).not.toContain('"createTime":null');
    await audit(out, caseText(`${name}.json`), LATER);
    expect(await linesOf(out, 'findings', LATER)).toContain(`"createTime":${digits},`);
  });

  test('two that differ in digits that no double holds are told apart by diff', async () => {
    const out = await newFolder();
    const text = caseText('nanoseconds.json');
    await audit(out, text);
    await audit(out, text.replace('456789', '456790'), LATER);
    const { stdout, code } = await invoke(['diff', '20261120T020000Z', '20261121T020000Z', '--out', out, '--json']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/"from": 1795399200123456789,\s*"to": 1795399200123456790/);
  });
});

describe('the partition', () => {
  const users = caseText('iso-partition.json');

  test('is that of the region: a role of it is inside, one of another outside', async () => {
    const out = await newFolder();
    expect((await audit(out, users, DAY, '--region', 'us-iso-east-1')).code).toBe(0);
    expect((await failing(out)).filter((line) => line.startsWith('principal'))).toEqual([
      'principal-outside-account b CRITICAL',
    ]);
    const { stdout } = await invoke(['explain', 'b', '--out', out]);
    expect(stdout).toMatch(/^Partition +aws-iso$/m);
  });

  test('is asked for where the region does not tell it, and is known again', async () => {
    const out = await newFolder();
    const refused = await audit(out, users, DAY, '--region', 'us-isox-east-1');
    expect([refused.code, refused.stderr]).toEqual([
      3,
      expect.stringContaining('--partition must be one of aws, aws-cn, aws-us-gov, aws-iso, aws-iso-b, aws-iso-e'),
    ]);
    expect((await audit(out, users, DAY, '--region', 'us-isox-east-1', '--partition', 'aws-iso')).code).toBe(0);
    const { stdout } = await invoke(['explain', 'b', '--out', out]);
    expect(stdout).toMatch(/^Partition +aws-iso$/m);
    const replayed = await invoke(['replay', '--out', out, '--json']);
    expect(replayed).toMatchObject({ code: 0, stdout: expect.not.stringContaining('principal-outside-account') });
  });
});

test('an e-mail address of null is not assessed', async () => {
  const out = await newFolder();
  const config = `${await newFolder()}/audit.yaml`;
  await writeFile(config, caseText('email-missing.audit.yaml'));
  const { stdout } = await audit(out, caseText('email-missing.json'), DAY, '--config', config);
  const { rules } = JSON.parse(stdout) as { readonly rules: readonly { readonly id: string }[] };
  expect(rules.find(({ id }) => id === 'email-domain')).toMatchObject({ checked: 0, failed: 0, notAssessed: 1 });
});
