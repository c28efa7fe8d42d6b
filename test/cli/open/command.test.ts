import { appendFile, chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { bucketArchive } from '../../../core/archive/bucket.ts';
import { attemptKeys } from '../../../core/archive/keys.ts';
import { OUTPUTS } from '../../../core/outputs/index.ts';
import { archiveNights, auditNights, nightAt, nightKeys, nightRun } from '../../support/archived-nights.ts';
import { startAwsEmulator } from '../../support/aws-emulator.ts';
import { aUser, ENVIRONMENT } from '../../support/builders.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { command } from '../command.ts';
import { invoke } from '../in-process.ts';

const newFolder = temporaryFolders();

const CUT = { complete: false, reason: 'deadline', message: 'page 2: no answer' } as const;
const NIGHTS = [{ number: 1, users: [aUser()] }];

const archived = async (nights: Parameters<typeof archiveNights>[1] = NIGHTS): Promise<string> => {
  const out = await newFolder();
  await archiveNights(out, nights);
  return out;
};

test('prints the path of the last page where nothing opens it', async () => {
  const out = await archived();
  const { code, stdout, stderr } = await invoke(['open', '--out', out]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${join(out, nightKeys(1).object(OUTPUTS.html))}\n` });
  expect(stderr).toContain(`run ${nightRun(1)}, COMPLETE; nothing here opens it`);
  expect((await invoke(['open', '--out', out], 120, { BROWSER: '/nowhere/browser' })).stderr).toContain('nothing here');
});

test('hands it to the program that BROWSER names', async () => {
  const out = await archived();
  const [program, opened] = [join(await newFolder(), 'browser'), join(await newFolder(), 'opened')];
  await writeFile(program, `#!/bin/sh\nprintf %s "$1" > ${opened}.part && mv ${opened}.part ${opened}\n`);
  await chmod(program, 0o755);
  const { code, stdout, stderr } = await command(['open', '--out', out], { BROWSER: program });
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('is opened') });
  let told: string | undefined;
  while (told === undefined) {
    told = await readFile(opened, 'utf8').catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(`${told}\n`).toBe(stdout);
});

test('the last page may be that of a run which is not complete', async () => {
  const out = await archived([...NIGHTS, { number: 2, users: [aUser()], end: CUT }]);
  const { stdout, stderr } = await invoke(['open', '--out', out]);
  const page = attemptKeys(ENVIRONMENT, nightAt(2), 'attempt-2').object(OUTPUTS.html);
  expect(stdout).toBe(`${join(out, page)}\n`);
  expect(stderr).toContain('INCOMPLETE');
});

test('opens no page that was altered', async () => {
  const out = await archived();
  await appendFile(join(out, nightKeys(1).object(OUTPUTS.html)), '<script>alert(1)</script>');
  const { code, stdout, stderr } = await invoke(['open', '--out', out]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('was altered');
});

test('from a bucket it goes to a folder that nobody else may read', async () => {
  const emulator = await startAwsEmulator({ bucket: 'evidence', topicName: 'alerts' });
  try {
    await auditNights(bucketArchive(emulator.s3, emulator.bucket), NIGHTS);
    const words = ['open', '--json', '--bucket', emulator.bucket, '--region', 'us-east-1'];
    const { code, stdout } = await command(words, { ...emulator.env, TMPDIR: await newFolder() });
    const { path, run } = JSON.parse(stdout);
    expect({ code, run }).toEqual({ code: 0, run: nightRun(1) });
    expect(await readFile(path, 'utf8')).toContain('<!doctype html>');
    const modes = await Promise.all([path, dirname(path)].map(async (one) => (await stat(one)).mode & 0o077));
    expect(modes).toEqual([0, 0]);
  } finally {
    await emulator.close();
  }
});
