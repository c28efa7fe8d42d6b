import { describe, expect, test } from '@jest/globals';
import { ArchiveError } from '../../../core/archive/errors.ts';
import type { Manifest } from '../../../core/archive/manifest.ts';
import {
  openFindingOf,
  readFindingBaseline,
  readRoster,
  readRunBytes,
  readRunLines,
  readRunObject,
  verified,
} from '../../../core/archive/read-run.ts';
import { sha256Of } from '../../../core/archive/staging.ts';
import { rules } from '../../../rules/index.ts';
import { archiveObjects, type ObjectContent } from '../../support/archived-run.ts';
import { aUser } from '../../support/builders.ts';
import { aFinding } from '../../support/findings.ts';
import { memoryArchive } from '../../support/memory-archive.ts';

const runOf = async (contents: Readonly<Record<string, ObjectContent>>) => {
  const archive = memoryArchive();
  return { archive, manifest: await archiveObjects(archive, 1, contents) };
};

/** A manifest that says something else of an object. */
const saying = (manifest: Manifest, name: string, differs: object): Manifest => ({
  ...manifest,
  objects: { ...manifest.objects, [name]: { ...manifest.objects[name], ...differs } as Manifest['objects'][string] },
});

const linesOf = async (lines: AsyncIterable<unknown>): Promise<readonly unknown[]> => {
  const all: unknown[] = [];
  for await (const line of lines) all.push(line);
  return all;
};

describe('a body that a manifest speaks for', () => {
  async function* pieces(...texts: readonly string[]) {
    for (const text of texts) yield Buffer.from(text);
  }
  const object = { key: 'k', sha256: sha256Of('abc'), size: 3 };

  test('is passed on', async () => {
    expect(String(await linesOf(verified(pieces('a', 'bc'), object)))).toBe('a,bc');
  });

  test.each([
    { name: 'is larger', texts: ['abc', 'd'], words: "it has more than the 3 bytes that its run's manifest says" },
    { name: 'is smaller', texts: ['ab'], words: `its SHA-256 is ${sha256Of('ab')}, its run's manifest says` },
    { name: 'is another', texts: ['abd'], words: `its SHA-256 is ${sha256Of('abd')}, its run's manifest says` },
  ])('is altered where it $name', async ({ texts, words }) => {
    const read = linesOf(verified(pieces(...texts), object));
    await expect(read).rejects.toThrow(ArchiveError);
    await expect(read).rejects.toThrow(`k was altered: ${words}`);
  });

  test('is read no further where it is larger', async () => {
    const passed: string[] = [];
    await expect(
      (async () => {
        for await (const piece of verified(pieces('abc', 'd', 'e'), object)) passed.push(String(piece));
      })(),
    ).rejects.toThrow('was altered');
    expect(passed).toEqual(['abc']);
  });
});

describe('lines of an object of a run', () => {
  const users = [{ userId: 'a' }, { userId: 'b' }];

  test('are read as they are, and none where the run has no such object', async () => {
    const { archive, manifest } = await runOf({ snapshot: users });
    expect(await linesOf(readRunLines(archive, manifest, 'snapshot'))).toEqual(users);
    expect(await linesOf(readRunLines(archive, manifest, 'resolved'))).toEqual([]);
    await expect(linesOf(readRunBytes(archive, manifest, 'resolved'))).rejects.toThrow('names no resolved');
  });

  test('are findings where they have to be, and anything elsewhere', async () => {
    const { archive, manifest } = await runOf({ snapshot: ['x'], findings: [aFinding(), 'x'] });
    expect(await linesOf(readRunLines(archive, manifest, 'snapshot'))).toEqual(['x']);
    const read = linesOf(readRunLines(archive, manifest, 'findings'));
    await expect(read).rejects.toThrow(ArchiveError);
    await expect(read).rejects.toThrow(`${manifest.objects.findings?.key} can't be read: a line of it is no finding`);
  });

  test.each<{ name: string; change: (manifest: Manifest) => Manifest; words: string }>([
    {
      name: 'missing',
      change: (manifest) => saying(manifest, 'snapshot', { key: 'elsewhere' }),
      words: 'elsewhere is missing, though the manifest of run 20260101T020000Z names it',
    },
    {
      name: 'another',
      change: (manifest) => saying(manifest, 'snapshot', { sha256: 'another' }),
      words: `was altered: its SHA-256 is `,
    },
  ])('are not believed where the object is $name', async ({ change, words }) => {
    const { archive, manifest } = await runOf({ snapshot: users });
    const read = linesOf(readRunLines(archive, change(manifest), 'snapshot'));
    await expect(read).rejects.toThrow(ArchiveError);
    await expect(read).rejects.toThrow(words);
    await expect(read).rejects.not.toThrow("can't be read");
  });
});

test('an archive that gives no answer, at first or in between, is not taken for one that was altered', async () => {
  const { archive, manifest } = await runOf({ snapshot: Array.from({ length: 9 }, (_, n) => ({ userId: `u${n}` })) });
  const gone = new Error('no way to the archive');
  const key = manifest.objects.snapshot?.key ?? '';
  const stored = await archive.read(key);
  async function* broken() {
    for await (const chunk of stored?.body ?? []) yield chunk.subarray(0, 20);
    throw gone;
  }
  for (const read of [() => Promise.reject(gone), async () => ({ key, version: '1', body: broken() })])
    await expect(linesOf(readRunLines({ ...archive, read }, manifest, 'snapshot'))).rejects.toBe(gone);
});

describe('an object of JSON of a run', () => {
  const digest = {
    subject: 'a',
    body: 'b',
    attributes: { environment: 'c', verdict: 'COMPLETE', maxSeverity: 'NONE' },
  };

  test('is what it says, and none where the run has no such object', async () => {
    const { archive, manifest } = await runOf({ digest });
    expect(await readRunObject(archive, manifest, 'digest')).toEqual(digest);
    expect(await readRunObject(archive, manifest, 'report')).toBeUndefined();
  });

  test('is none where it is of another shape or was altered', async () => {
    const { archive, manifest } = await runOf({ digest: { ...digest, body: 1 } });
    await expect(readRunObject(archive, manifest, 'digest')).rejects.toThrow(
      `${manifest.objects.digest?.key} is no digest: body is not what it has there`,
    );
    const altered = saying(manifest, 'digest', { sha256: 'another' });
    await expect(readRunObject(archive, altered, 'digest')).rejects.toThrow('was altered');
  });
});

describe('what a run leaves open', () => {
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  const failed = aFinding({ subject: { kind: 'user', id: 'a' } });
  const waived = aFinding({ subject: { kind: 'user', id: 'b' }, state: 'waived' });
  const carried = aFinding({ subject: { kind: 'user', id: 'c' }, carried: true });
  const resolved = aFinding({ subject: { kind: 'user', id: 'd' }, state: 'resolved' });
  const event = aFinding({ subject: { kind: 'user', id: 'e' }, state: 'event' });
  const recently = { id: 'one', severity: 'LOW', firstSeen: 'then', runs: 2, resolvedAt: 'now' };

  test('is what failed, waived or carried too, and what resolved shortly before', async () => {
    const { archive, manifest } = await runOf({
      findings: [failed, waived, carried, resolved, event],
      resolved: [recently],
    });
    const { open, resolved: before } = await readFindingBaseline(archive, manifest, byId);
    const found = [failed, waived, carried, resolved, event].map(({ id }) => open.failAgain(id));
    const { severity, firstSeen, runs, lastSeen } = failed;
    const kept = { severity, firstSeen, runs, lastSeen };
    expect(found).toStrictEqual([
      kept,
      { ...kept, wasWaived: true },
      { ...kept, wasCarried: true },
      undefined,
      undefined,
    ]);
    expect(before).toEqual(new Map([['one', recently]]));
    expect(openFindingOf(failed)).toStrictEqual(kept);
  });

  test('is nothing of a rule that tells of changes alone', async () => {
    const change = rules.find(({ kind }) => kind === 'change');
    const finding = aFinding({ ruleId: change?.id ?? '' });
    const { archive, manifest } = await runOf({ findings: [finding] });
    expect((await readFindingBaseline(archive, manifest, byId)).open.has(finding.id)).toBe(false);
    expect((await readFindingBaseline(archive, manifest, new Map())).open.has(finding.id)).toBe(true);
  });

  test('is nothing before the first run', async () => {
    const { open, resolved: before } = await readFindingBaseline(memoryArchive(), undefined, byId);
    expect([open.has(failed.id), before.size]).toEqual([false, 0]);
    expect((await readRoster(memoryArchive(), undefined)).baselineOf('a')).toBeUndefined();
  });

  test('has its users in a roster, those without an id in none', async () => {
    const { archive, manifest } = await runOf({ snapshot: [aUser({ userId: 'a' }), {}, aUser({ userId: 'b' })] });
    const roster = await readRoster(archive, manifest);
    expect(['a', '#2', 'b', 'c'].map((id) => roster.baselineOf(id)?.status)).toEqual([
      'ENABLED',
      undefined,
      'ENABLED',
      undefined,
    ]);
  });
});
