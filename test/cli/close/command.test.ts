import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { folderArchive } from '../../../core/archive/folder.ts';
import { chainKey } from '../../../core/archive/keys.ts';
import { kmsSigner } from '../../../core/archive/kms.ts';
import { readText } from '../../support/archive-tree.ts';
import { ENVIRONMENT } from '../../support/builders.ts';
import { auditNight, night, runOf, SCHEDULE, usersOf } from '../../support/history.ts';
import { KMS_KEY_ARN, publicKeyFor, startKms } from '../../support/kms.ts';
import { listingOf } from '../../support/listing.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { invoke } from '../in-process.ts';

const newFolder = temporaryFolders();

const archived = async (nights: number): Promise<string> => {
  const out = await newFolder();
  for (let number = 1; number <= nights; number += 1) await auditNight(folderArchive(out), number);
  return out;
};

const REASON = ['--reason', 'the service has ended'] as const;

const verifyJson = async (out: string, ...words: readonly string[]) => {
  const { code, stdout } = await invoke(['verify', '--out', out, '--json', ...words]);
  return { code, ...JSON.parse(stdout) };
};

/** Audits another environment: of this one no night is due after its last run. */
const CONFIG = `environments:\n  - { id: another }\nretention: { years: 7 }\nschedule: { cron: "${SCHEDULE.cron}" }\n`;

const withConfig = async (accepted?: string): Promise<string> => {
  const folder = await newFolder();
  await writeFile(join(folder, 'audit.yaml'), CONFIG);
  if (accepted !== undefined) await writeFile(join(folder, 'accepted.yaml'), accepted);
  return join(folder, 'audit.yaml');
};

describe('close', () => {
  test('ends the chain, and says what it holds', async () => {
    const out = await archived(3);
    const { code, stdout } = await invoke(['close', '--out', out, ...REASON, '--json']);
    expect(code).toBe(0);
    const said = JSON.parse(stdout);
    const third = JSON.parse(await readText(folderArchive(out), chainKey(ENVIRONMENT, 4)));
    expect(said).toMatchObject(third);
    expect(third).toMatchObject({
      kind: 'closing',
      sequence: 4,
      reason: 'the service has ended',
      runs: 3,
      firstAsOf: night(1).toISOString(),
      lastAsOf: night(3).toISOString(),
      retentionUntil: '2033-11-22',
      previous: { run: runOf(3), key: chainKey(ENVIRONMENT, 3) },
    });
    expect(third.head).toBe(`3:${third.previous.sha256}`);

    const verified = await verifyJson(out, '--head', said.headOfEntry);
    expect(verified).toMatchObject({ code: 0, problems: 0, heads: [{ environmentId: ENVIRONMENT }] });
    expect(verified.environments[0].notes.map(({ kind }: { kind: string }) => kind)).toContain('closed');
    const { stdout: history } = await invoke(['history', '--out', out]);
    expect(history).toContain('the service has ended');
    expect(history).toContain(`Head: ${said.headOfEntry}`);
  });

  test('a scheduled run after it reads nothing, fails, and is told once', async () => {
    const out = await archived(2);
    await invoke(['close', '--out', out, ...REASON]);
    const mails: string[] = [];
    for (const number of [40, 41]) {
      let isListed = false;
      const { report, deliveries } = await auditNight(folderArchive(out), number, {
        listUsers: () => {
          isListed = true;
          throw new Error('nothing is to be read');
        },
      });
      expect({ isListed, verdict: report.verdict, reason: report.reason }).toEqual({
        isListed: false,
        verdict: 'FAILED',
        reason: 'closed',
      });
      mails.push(deliveries.alert?.outcome ?? '');
    }
    expect(mails).toEqual(['sent', 'already-sent']);
  });

  test('is undone by reopen: audits go on from the last complete run', async () => {
    const out = await archived(2);
    const archive = folderArchive(out);
    await invoke(['close', '--out', out, ...REASON]);
    expect((await invoke(['close', '--out', out, ...REASON])).code).toBe(2);
    expect((await invoke(['reopen', '--out', out, '--reason', 'a mistake'])).code).toBe(0);
    expect((await invoke(['reopen', '--out', out, '--reason', 'again'])).stderr).toContain('is not closed');
    const { report } = await auditNight(archive, 40);
    expect(report).toMatchObject({ verdict: 'COMPLETE', sequence: 5, previousRun: runOf(2) });
    const { problems, environments } = await verifyJson(out);
    expect(problems).toBe(0);
    expect(environments[0]).toMatchObject({ runs: 3 });
  });

  test('the first run after it was reopened is explained by the last one before', async () => {
    const out = await archived(2);
    await invoke(['close', '--out', out, ...REASON]);
    await invoke(['reopen', '--out', out, '--reason', 'a mistake']);
    const left = listingOf([usersOf(3).slice(0, -1)]);
    await auditNight(folderArchive(out), 40, { listUsers: left, maxDropPercent: 100 });
    const { code, stdout } = await invoke(['explain', 'u9', '--out', out]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(`since run ${runOf(2)}`) });
    await auditNight(folderArchive(out), 41, { listUsers: left });
    expect((await invoke(['explain', 'u9', '--out', out])).stderr).toContain(`the last run that has it is ${runOf(2)}`);
  });

  test('is signed where signing is on', async () => {
    const kms = await startKms();
    const environment = process.env;
    process.env = { ...environment, ...kms.env };
    try {
      const out = await newFolder();
      const archive = folderArchive(out);
      await auditNight(archive, 1, { signManifestDigest: kmsSigner(KMS_KEY_ARN, 'ECDSA_SHA_256') });
      const folder = await newFolder();
      await writeFile(join(folder, 'audit.yaml'), `${CONFIG}signing: { key: "${KMS_KEY_ARN}" }\n`);
      await writeFile(join(folder, 'key.pem'), publicKeyFor('ECDSA_SHA_256').export({ type: 'spki', format: 'pem' }));
      expect((await invoke(['close', '--out', out, ...REASON, '--config', join(folder, 'audit.yaml')])).code).toBe(0);
      const verified = await verifyJson(out, '--public-key', join(folder, 'key.pem'));
      expect(verified).toMatchObject({ problems: 0, environments: [{ signatures: { signed: 2, valid: 2 } }] });
    } finally {
      process.env = environment;
      await kms.close();
    }
  });

  test.each([
    ['without a reason', ['close'], '--reason must be a text of 1 to 500 characters, got nothing'],
    ['with a blank one', ['reopen', '--reason', ' '], '--reason must be a text'],
    ['with one that nobody can see', ['reopen', '--reason', '\u200b'], '--reason must be a text'],
    ['with one that is too long', ['close', '--reason', 'x'.repeat(501)], '--reason must be a text'],
  ])('%s is a usage error', async (_, words, message) => {
    const out = await archived(1);
    const { code, stderr } = await invoke([...words, '--out', out]);
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining(message) });
  });
});

describe('verify --head', () => {
  test('the last nights that are gone, with all that knows of them in the archive, are missed by a mail', async () => {
    const out = await archived(3);
    const { stdout } = await invoke(['history', '--out', out, '--json']);
    const { head } = JSON.parse(stdout);
    const mail = join(await newFolder(), 'mails.txt');
    await writeFile(mail, `From: audit\n\n  Head:         ${head}\n  Keep this mail: verify --head ${head}\n`);
    expect(await verifyJson(out, '--head', mail)).toMatchObject({ code: 0, heads: [{ head }] });

    const archive = folderArchive(out);
    const before = await readText(archive, `latest/environment=${ENVIRONMENT}.json`);
    const gone: string[] = [];
    for await (const key of archive.list('')) if (key.includes(runOf(3))) gone.push(key);
    for (const key of [...gone, chainKey(ENVIRONMENT, 3), `reports/environment=${ENVIRONMENT}/index.html`])
      await rm(join(out, key));
    const second = JSON.parse(await readText(archive, chainKey(ENVIRONMENT, 2)));
    const { sha256 } = JSON.parse(await readText(archive, chainKey(ENVIRONMENT, 2))).previous;
    expect(sha256).toBeDefined();
    const pointer = { ...JSON.parse(before), run: second.run, sequence: 2 };
    const { createHash } = await import('node:crypto');
    const hash = createHash('sha256')
      .update(await readText(archive, chainKey(ENVIRONMENT, 2)))
      .digest('hex');
    await writeFile(
      join(out, `latest/environment=${ENVIRONMENT}.json`),
      JSON.stringify({
        ...pointer,
        sha256: hash,
        manifest: pointer.manifest.replace(/dt=.*$/, `dt=2026-11-21/${second.run}.json`),
      }),
    );
    expect((await verifyJson(out)).problems).toBe(0);
    const verified = await verifyJson(out, '--head', mail);
    expect(verified).toMatchObject({ code: 2, problems: 1, heads: [{ head }] });
    expect(verified.heads[0]).not.toHaveProperty('environmentId');
  });

  test.each([
    ['5:12', 'ENOENT'],
    ['README.md', 'there is none in it'],
  ])('%s is refused', async (head, why) => {
    const out = await archived(1);
    const { code, stderr } = await invoke(['verify', '--out', out, '--head', head]);
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining(why) });
  });
});

describe('accepted.yaml', () => {
  test('what it names is told and no problem; what it does not name is', async () => {
    const out = await newFolder();
    for (const number of [1, 3, 5]) await auditNight(folderArchive(out), number);
    const accept = (run: string): string =>
      `- { kind: gap, run: ${run}, reason: the account was being moved, approver: ciso@example.com }\n`;
    const gapsBy = async (accepted?: string) => {
      const config = await withConfig(accepted);
      const { environments, problems } = await verifyJson(out, '--environment', ENVIRONMENT, '--config', config);
      const notes = environments[0].notes.filter(({ kind }: { kind: string }) => kind === 'accepted');
      return { problems, notes: notes.map(({ message }: { message: string }) => message) };
    };
    expect(await gapsBy()).toEqual({ problems: 2, notes: [] });
    expect(await gapsBy(accept(runOf(2)))).toEqual({
      problems: 1,
      notes: [expect.stringContaining('accepted: the account was being moved, by ciso@example.com')],
    });
    expect((await gapsBy(accept(runOf(2)) + accept(runOf(4)))).problems).toBe(0);
  });

  test.each([
    [
      '- { kind: theft, run: 20261124T020000Z, reason: x, approver: y }',
      'kind: must be one of fork, gap, late, got "theft"',
    ],
    [
      '- { kind: gap, run: yesterday, reason: x, approver: y }',
      'run: must be a run as 20261124T020000Z, got "yesterday"',
    ],
    ['- { kind: gap, run: 20261124T020000Z, reason: x }', 'approver'],
  ])('%s is refused with its line', async (text, message) => {
    const out = await archived(1);
    const { code, stderr } = await invoke(['verify', '--out', out, '--config', await withConfig(`${text}\n`)]);
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringMatching(/accepted\.yaml:1/) });
    expect(stderr).toContain(message);
  });
});
