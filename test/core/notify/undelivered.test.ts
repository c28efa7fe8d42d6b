import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import { chainKey, runKeys } from '../../../core/archive/keys.ts';
import { jsonText, sha256Of } from '../../../core/archive/staging.ts';
import type { Channel, Notification } from '../../../core/notify/channel.ts';
import { digestChannel } from '../../../core/notify/channels/digest.ts';
import { findUndelivered, goesOn, resend, type Undelivered } from '../../../core/notify/undelivered.ts';
import { readText } from '../../support/archive-tree.ts';
import { aUser, ENVIRONMENT } from '../../support/builders.ts';
import { auditNight, night, runOf, usersOf } from '../../support/history.ts';
import { listingOf } from '../../support/listing.ts';
import { memoryArchive } from '../../support/memory-archive.ts';

let archive: Archive;
let sent: string[];
let isUp: boolean;
beforeEach(() => {
  archive = memoryArchive();
  sent = [];
  isUp = true;
});

const mails = digestChannel(async ({ subject }) => {
  if (!isUp) throw new Error('SNS is away');
  sent.push(subject);
  return 'receipt';
});

/** Hears of every run, quiet ones too. */
const programs: Channel = {
  name: 'programs',
  prepare:
    ({ report }) =>
    async () => {
      if (!isUp) throw new Error('the bus is away');
      sent.push(report.run);
      return { receipt: 'yes' };
    },
};

/** Somebody else fails each night, so that each has news. */
const auditUnheard = async (...numbers: readonly number[]): Promise<void> => {
  for (const number of numbers) await auditNight(archive, number, { channels: [] });
};

const CUT = {
  channels: [],
  listUsers: listingOf([[aUser()]], { complete: false, reason: 'deadline', message: 'too slow' } as const),
};
/** As on the first night. */
const QUIET = { channels: [], listUsers: listingOf([usersOf(1)]) };

const replace = async (key: string, text: string) =>
  archive.replace(key, { bytes: Buffer.from(text) }, 'application/json', (await archive.read(key))?.version);

const put = (key: string, text: string) => archive.create(key, { bytes: Buffer.from(text) }, 'application/json');

const linesOf = async (undelivered: Undelivered | undefined): Promise<readonly unknown[]> => {
  const lines: unknown[] = [];
  for await (const line of undelivered?.notification.findings() ?? []) lines.push(line);
  return lines;
};

const findAt = (number: number, ...channels: readonly Channel[]) =>
  findUndelivered(archive, ENVIRONMENT, night(number), channels);

const runsAt = async (number: number, ...channels: readonly Channel[]) =>
  (await findAt(number, ...channels)).undelivered.map(
    ({ channel, notification }) => `${channel.name} ${notification.report.run}`,
  );

describe('what was not delivered', () => {
  test('is each earlier run that has news, the oldest first, and not the one that asks', async () => {
    await auditUnheard(1, 2, 3);
    expect(await runsAt(3, mails)).toEqual([`alert ${runOf(1)}`, `alert ${runOf(2)}`]);
    expect(await runsAt(4, mails)).toHaveLength(3);
    expect(await findAt(4)).toEqual({ undelivered: [], problems: [] });
  });

  test('is nothing of a run that was delivered, nor of a quiet one', async () => {
    await auditNight(archive, 1, { ...QUIET, channels: [mails] });
    await auditNight(archive, 2, QUIET);
    expect(sent).toHaveLength(1);
    expect(await runsAt(3, mails)).toEqual([]);
    // Of a quiet run nobody was to be told, whatever became of it.
    await replace(runKeys(ENVIRONMENT, night(2)).object({ area: 'reports', file: 'report.json' }), '{}');
    expect(await findAt(3, mails)).toEqual({ undelivered: [], problems: [] });
  });

  test.each([
    { age: 'a month', number: 31, is: 1 },
    { age: 'longer', number: 32, is: 0 },
  ])('is given up after a month: after $age', async ({ number, is }) => {
    await auditUnheard(1);
    expect(await runsAt(number, mails)).toHaveLength(is);
  });

  test('to programs is told from the first run on that one was told of, quiet or not', async () => {
    await auditUnheard(1);
    expect(await runsAt(2, programs)).toEqual([]);
    await auditNight(archive, 2, { ...QUIET, channels: [programs] });
    await auditNight(archive, 3, QUIET);
    // No run can be of such an hour.
    await put(runKeys(ENVIRONMENT, night(3)).manifest.replace('T07', 'T25'), '{}');
    expect(await runsAt(4, programs)).toEqual([`programs ${runOf(3)}`]);
  });

  test('to programs is told of the last month, where they heard of nothing for longer', async () => {
    await auditNight(archive, 1, { channels: [programs] });
    await auditUnheard(2, 32, 33);
    expect(await runsAt(34, programs)).toEqual([32, 33].map((number) => `programs ${runOf(number)}`));
  });

  test('is the last attempt at a run that never was completed', async () => {
    await auditNight(archive, 1, CUT);
    await auditNight(archive, 1, CUT);
    expect(await runsAt(2, mails)).toEqual([`alert ${runOf(1)}`]);
    const [one] = (await findAt(2, mails)).undelivered;
    expect(one?.notification.report).toMatchObject({ verdict: 'INCOMPLETE' });
    expect(await linesOf(one)).toEqual([]);
    await auditUnheard(1);
    const [only, ...others] = (await findAt(2, mails)).undelivered;
    expect(others).toEqual([]);
    expect(only?.notification.report).toMatchObject({ verdict: 'COMPLETE' });
    expect(await linesOf(only)).toContainEqual(
      expect.objectContaining({ ruleId: 'too-few-super-users', state: 'new' }),
    );
  });

  test('is an attempt at a run though a later one broke off, whatever else stands there', async () => {
    await auditNight(archive, 1, CUT);
    const folder = `incomplete/environment=${ENVIRONMENT}/dt=2026-11-20`;
    await put(`${folder}/${runOf(1)}-20261120T080000Z-zzzzzzzz/report.json`, '{}');
    await put(`${folder}/notes/digest.json`, '{}');
    expect(await runsAt(2, mails)).toEqual([`alert ${runOf(1)}`]);
  });

  test('is nothing of an attempt where another at the same run was delivered', async () => {
    await auditNight(archive, 1, { ...CUT, channels: [mails] });
    for (const _ of [2, 3, 4]) await auditNight(archive, 1, CUT);
    expect(await runsAt(2, mails)).toEqual([]);
  });

  test('is in the order of the runs, whether they were completed or not', async () => {
    await auditUnheard(1);
    await auditNight(archive, 2, CUT);
    await auditUnheard(3);
    expect(await runsAt(4, mails)).toEqual([1, 2, 3].map((number) => `alert ${runOf(number)}`));
  });

  test.each<{ readonly name: string; readonly marker: (old: object) => unknown }>([
    { name: 'of other news', marker: (old) => ({ ...old, digest: 'f'.repeat(64) }) },
    { name: 'that names no news', marker: () => ({ run: runOf(1), verdict: 'COMPLETE', receipt: 'r' }) },
    { name: 'that is none', marker: () => 'sent' },
  ])('is what a marker speaks for no more: one $name', async ({ marker }) => {
    await auditNight(archive, 1, { channels: [mails, programs] });
    expect(await runsAt(2, mails, programs)).toEqual([]);
    for (const name of ['alert', 'programs']) {
      const key = runKeys(ENVIRONMENT, night(1)).marker(name);
      await replace(key, JSON.stringify(marker(JSON.parse(await readText(archive, key)))));
    }
    expect(await runsAt(2, mails, programs)).toEqual([`alert ${runOf(1)}`, `programs ${runOf(1)}`]);
  });

  test('is what only the marker of another attempt with other news stands for', async () => {
    await auditNight(archive, 1, { ...CUT, channels: [mails] });
    await auditNight(archive, 1, CUT);
    expect(await runsAt(2, mails)).toEqual([]);
    for await (const key of archive.list('alerts/'))
      await replace(key, JSON.stringify({ ...JSON.parse(await readText(archive, key)), digest: 'f'.repeat(64) }));
    expect(await runsAt(2, mails)).toEqual([`alert ${runOf(1)}`]);
  });

  test.each([
    { name: 'its subject', differs: {}, is: 0 },
    { name: 'another subject', differs: { subject: 'all is well' }, is: 1 },
  ])('of before there were places is known by a marker with $name', async ({ differs, is }) => {
    await auditUnheard(1);
    const { manifest, object, marker } = runKeys(ENVIRONMENT, night(1));
    const read = async (key: string) => JSON.parse(await readText(archive, key));
    const { sequence: _, ...entry } = await read(manifest);
    const { sequence: __, ...report } = await read(entry.objects.report.key);
    const { subject } = await read(entry.objects.digest.key);
    const text = jsonText(report);
    const known = { ...entry.objects.report, sha256: sha256Of(text), size: Buffer.byteLength(text) };
    const old = { ...entry, objects: { ...entry.objects, report: known } };
    const told = { run: runOf(1), verdict: 'COMPLETE', subject, receipt: 'r', ...differs };
    const digest = await readText(archive, entry.objects.digest.key);
    archive = memoryArchive();
    await put(object({ area: 'reports', file: 'digest.json' }), digest);
    await put(known.key, text);
    await put(manifest, jsonText(old));
    await put(marker('alert'), JSON.stringify(told));
    expect(await runsAt(2, mails)).toHaveLength(is);
  });

  test('is what has a marker without the receipt of the channel', async () => {
    await auditNight(archive, 1, { channels: [mails] });
    const { marker } = runKeys(ENVIRONMENT, night(1));
    const { receipt: _, ...without } = JSON.parse(await readText(archive, marker('alert')));
    await replace(marker('alert'), JSON.stringify(without));
    expect(await runsAt(2, mails)).toEqual([`alert ${runOf(1)}`]);
  });

  test('is nothing where the channel has nothing to send of a run', async () => {
    await auditUnheard(1, 2);
    const picky: Channel = {
      ...mails,
      prepare: (notification) => (notification.report.run === runOf(1) ? undefined : mails.prepare(notification)),
    };
    expect(await runsAt(3, picky)).toEqual([`alert ${runOf(2)}`]);
  });

  test('to programs of a quiet run is known by its report', async () => {
    await auditNight(archive, 1, { channels: [programs] });
    await auditNight(archive, 2, { ...QUIET, channels: [programs] });
    await auditNight(archive, 3, { ...QUIET, channels: [programs] });
    expect(await runsAt(4, programs)).toEqual([]);
    await replace(runKeys(ENVIRONMENT, night(3)).marker('programs'), JSON.stringify({ report: 'f'.repeat(64) }));
    expect(await runsAt(4, programs)).toEqual([`programs ${runOf(3)}`]);
  });

  test('is nothing that has no place in the chain, whatever it says', async () => {
    await auditUnheard(1, 2);
    const { manifest } = runKeys(ENVIRONMENT, night(2));
    const elsewhere = memoryArchive();
    await auditNight(elsewhere, 2, { channels: [] });
    await replace(manifest, await readText(elsewhere, manifest));
    const { undelivered, problems } = await findAt(3, mails);
    expect(undelivered.map(({ notification }) => notification.report.run)).toEqual([runOf(1)]);
    expect(problems).toEqual([]);
  });

  test('is known by its place in the chain, where the copy of its manifest is none', async () => {
    await auditUnheard(1, 2);
    await replace(runKeys(ENVIRONMENT, night(1)).manifest, '{}');
    expect(await runsAt(3, mails)).toEqual([1, 2].map((number) => `alert ${runOf(number)}`));
  });

  test('is nothing whose manifest is none, nor its place in the chain', async () => {
    await auditUnheard(1, 2);
    for (const key of [runKeys(ENVIRONMENT, night(1)).manifest, chainKey(ENVIRONMENT, 1)]) await replace(key, '{}');
    expect(await findAt(3, mails)).toMatchObject({ undelivered: [{ notification: { report: { run: runOf(2) } } }] });
    expect(await runsAt(3, mails)).toHaveLength(1);
  });

  test('is nothing of an attempt whose manifest is none', async () => {
    await auditNight(archive, 1, CUT);
    for await (const key of archive.list('incomplete/')) if (key.endsWith('/manifest.json')) await replace(key, '{}');
    expect(await findAt(2, mails)).toEqual({ undelivered: [], problems: [] });
  });

  test.each(['manifest', 'digest'] as const)('is not known while the archive does not give a %s', async (what) => {
    await auditUnheard(1, 2);
    const { manifest, object } = runKeys(ENVIRONMENT, night(1));
    const away = what === 'manifest' ? manifest : object({ area: 'reports', file: 'digest.json' });
    const { read } = archive;
    archive = {
      ...archive,
      read: async (key) => {
        if (key === away) throw new Error('no answer');
        return read(key);
      },
    };
    await expect(findAt(3, mails)).rejects.toThrow('no answer');
  });

  test('and can not be read any more is a problem that is told', async () => {
    await auditUnheard(1, 2);
    const key = runKeys(ENVIRONMENT, night(1)).object({ area: 'reports', file: 'digest.json' });
    await replace(key, '{}');
    const { undelivered, problems } = await findAt(3, mails);
    expect(undelivered.map(({ notification }) => notification.report.run)).toEqual([runOf(2)]);
    const problem = `nobody was told of run ${runOf(1)}, nor can be: ${key} was altered: its SHA-256 is ${sha256Of('{}')}`;
    expect(problems).toEqual([expect.stringContaining(problem)]);
  });
});

describe('what was not delivered before', () => {
  test('is sent, and then no more', async () => {
    await auditUnheard(1, 2);
    await resend(archive, (await findAt(3, mails)).undelivered);
    expect(sent).toHaveLength(2);
    expect(await runsAt(3, mails)).toEqual([]);
  });

  test('is left to the next run where a channel fails, which keeps no other from being sent', async () => {
    await auditUnheard(1, 2);
    await auditNight(archive, 3, { ...QUIET, channels: [programs] });
    await auditUnheard(4);
    sent = [];
    let tries = 0;
    const failing: Channel = {
      ...mails,
      prepare: () => async () => {
        tries += 1;
        throw new Error('SNS is away');
      },
    };
    await resend(archive, (await findAt(5, failing, programs)).undelivered);
    expect([tries, sent]).toEqual([1, [runOf(4)]]);
    expect(await runsAt(5, mails)).toHaveLength(4);
  });
});

test('a run that goes on past a history that does not hold tells all anew', async () => {
  const acceptedHistory = { sha256: 'a', reason: 'r', problem: 'p' };
  expect(goesOn({})).toEqual({});
  expect(goesOn({ acceptedHistory })).toEqual({ goesOnAnew: true } satisfies Partial<Notification>);
});
