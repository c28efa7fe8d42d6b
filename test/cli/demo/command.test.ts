import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { folderArchive } from '../../../core/archive/folder.ts';
import { makeNights } from '../../../simulator/nights.ts';
import { SIMULATED } from '../../simulator/judge.ts';
import { readTree } from '../../support/archive-tree.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { ACCOUNT, command } from '../command.ts';

const newFolder = temporaryFolders();

const runIn = (key: string): string => /\d{8}T\d{6}Z/.exec(key)?.join() ?? '';

/** By run; what an attempt left stands before what its run left. */
const byRun = (one: string, other: string): number => `${runIn(one)} ${one}`.localeCompare(`${runIn(other)} ${other}`);

const digestBeside = (manifest: string): string =>
  manifest.replace('manifests/', 'reports/').replace('.json', '/digest.json');

const subjectOf = (digest = ''): string => JSON.parse(digest).subject;

/** The headings of a digest on rules that simulated people are made for; none of a run that mails nobody. */
const newsIn = (digest = '{"body":""}'): readonly string[] =>
  [...JSON.parse(digest).body.matchAll(/^[A-Z]+ ([a-z-]+): \d+ .*$/gm)]
    .filter(([, ruleId]) => SIMULATED.has(ruleId))
    .map(([heading]) => heading);

test('audits five nights, one of them at the second attempt, and names nobody', async () => {
  const out = join(await newFolder(), 'history');
  const { code, stdout, stderr } = await command(['demo', '--users', '150', '--out', out]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });

  const tree = await readTree(folderArchive(out));
  const keys = Object.keys(tree);
  expect(keys.filter((key) => key.startsWith('manifests/'))).toHaveLength(5);
  expect(keys.filter((key) => /^incomplete\/.*\/manifest\.json$/.test(key))).toHaveLength(1);
  expect(keys).toContain('latest/environment=finspaceauditdemo.json');

  expect(stdout.match(/^Night \d/gm)).toEqual([1, 2, 3, 4, 5].map((night) => `Night ${night}`));
  expect(stdout.match(/^ {2}COMPLETE {2}/gm)).toHaveLength(5);
  expect(stdout.match(/^ {3}INCOMPLETE {2}access-denied$/gm)).toHaveLength(1);
  const digests = keys.filter((key) => key.endsWith('/digest.json')).toSorted(byRun);
  const subjects = digests.map((key) => subjectOf(tree[key]));
  expect(stdout.match(/^ {2}mailed: .*$/gm)).toEqual(subjects.map((subject) => `  mailed: ${subject}`));
  expect(stdout.match(/^ {2}quiet: nobody is mailed$/gm) ?? []).toHaveLength(6 - subjects.length);
  expect(stdout).toContain(`\n│ Subject: ${subjects.at(-1)}\n`);
  expect(subjects.at(-1)).toMatch(/^FinSpace demo: \d+ .*\(worst [A-Z]+\), \d+ resolved, \d+ open$/);

  const manifests = keys.filter((key) => key.startsWith('manifests/')).toSorted(byRun);
  expect(manifests.slice(1).map((key) => newsIn(tree[digestBeside(key)]))).toEqual([
    [
      'MEDIUM api-access-granted: 1 changed since the last audit',
      'MEDIUM never-logged-in: 1 resolved',
      'MEDIUM stale-login: 1 resolved',
      'LOW leftover-principal: 1 resolved',
    ],
    [],
    [
      'HIGH principal-changed: 1 changed since the last audit',
      'HIGH promoted-to-super-user: 1 changed since the last audit',
      'MEDIUM re-enabled: 1 changed since the last audit',
      'LOW leftover-principal: 1 reopened',
    ],
    [
      'HIGH vanished-user: 1 changed since the last audit',
      'CRITICAL principal-outside-account: 1 resolved',
      'MEDIUM shared-mailbox: 1 resolved',
    ],
  ]);
  expect(stdout).toMatch(/^Report {2,}.*\/report\.html$/m);
  expect(
    Math.max(
      ...stdout
        .split('\n')
        .filter((line) => !line.includes(out))
        .map((line) => line.length),
    ),
  ).toBeLessThanOrEqual(120);
  expect(stdout).not.toContain('\u001b');

  const people = makeNights({ users: 150, seed: 1, firstNight: new Date('2026-11-16T07:00:00Z'), accountId: ACCOUNT });
  const personal = people.flatMap(({ users }) => users.map(({ emailAddress }) => String(emailAddress)));
  expect(personal.filter((address) => address.length > 4 && stdout.includes(address))).toEqual([]);
});

test('replaces an earlier demo’s evidence, and touches nobody else’s', async () => {
  const out = await newFolder();
  const foreign = ['notes.txt', 'manifests/environment=production/run.json', 'latest/environment=production.json'];
  for (const path of foreign) {
    await mkdir(join(out, path, '..'), { recursive: true });
    await writeFile(join(out, path), path);
  }
  const once = () => command(['demo', '--nights', '1', '--users', '130', '--out', out]);
  const first = await once();
  const firstTree = await readTree(folderArchive(out));
  const second = await once();
  const tree = await readTree(folderArchive(out));

  expect([first.code, second.code]).toEqual([0, 0]);
  expect(second.stdout).toContain('first audit');
  expect(second.stdout).toMatch(/^FinSpace user auditor: 1 night of a directory of 130 users\n/);
  expect(Object.keys(tree)).toEqual(Object.keys(firstTree));
  const evidence = (all: typeof tree) => Object.entries(all).filter(([key]) => /^(?:snapshots|findings)\//.test(key));
  expect(evidence(tree)).toEqual(evidence(firstTree));
  for (const path of foreign) expect(await readFile(join(out, path), 'utf8')).toBe(path);
});

test('evidence that could not be kept is told as none', async () => {
  const out = join(await newFolder(), 'link');
  await symlink(`${out}-to-nowhere`, out);
  const { code, stdout } = await command(['demo', '--nights', '1', '--users', '130', '--out', out]);
  expect(code).toBe(2);
  expect(stdout).toContain('FAILED  archive-unavailable');
  expect(stdout).toMatch(/^Evidence {2}none: it could not be kept$/m);
  expect(stdout).not.toMatch(/^Report /m);
});

test('--json prints every attempt of every night, and nothing else', async () => {
  const out = join(await newFolder(), 'history');
  const { code, stdout } = await command(['demo', '--users', '130', '--nights', '3', '--out', out, '--json']);
  const { folder, nights } = JSON.parse(stdout);
  expect({ code, folder }).toEqual({ code: 0, folder: out });
  const verdicts = nights.map(({ attempts }: { attempts: readonly { report: { verdict: string } }[] }) =>
    attempts.map(({ report }) => report.verdict),
  );
  expect(verdicts).toEqual([['COMPLETE'], ['COMPLETE'], ['INCOMPLETE', 'COMPLETE']]);
  expect(nights[0].attempts[0].alert.subject).toMatch(/^FinSpace demo: first audit/);
});
