import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { folderArchive } from '../../../core/archive/folder.ts';
import { runKeys } from '../../../core/archive/keys.ts';
import { audit } from '../../../core/audit/audit.ts';
import { configuredSettings } from '../../../core/audit/settings.ts';
import { defaultConfig } from '../../../core/config/config.ts';
import { parseConfig } from '../../../core/config/read-config.ts';
import { digestChannel } from '../../../core/notify/channels/digest.ts';
import { OUTPUTS } from '../../../core/outputs/index.ts';
import { type Finding, RESOLUTION_CAUSES } from '../../../rules/engine/finding.ts';
import { DAY_MS } from '../../../rules/engine/time.ts';
import { rules } from '../../../rules/index.ts';
import { readJsonLines } from '../../support/archive-tree.ts';
import { listingOf } from '../../support/listing.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const newFolder = temporaryFolders();

const FOLDER = new URL('../../cases/', import.meta.url);
const ENVIRONMENT = 'peerenv';
const night = (number: number): Date => new Date(Date.parse('2026-11-20T02:00:00Z') + (number - 1) * DAY_MS);

/** The answers of the listing on each night of a case: a night without a file of its own is like the one before. */
const readCase = async (name: string, nights: number) => {
  const files = new Set(await readdir(FOLDER));
  const read = async (file: string) => (files.has(file) ? readFile(new URL(file, FOLDER), 'utf8') : undefined);
  let users = await read(`${name}.json`);
  const listed = [];
  for (let number = 1; number <= nights; number += 1) {
    users = (await read(`${name}-night${number}.json`)) ?? users;
    const config = (await read(`${name}-night${number}.audit.yaml`)) ?? (await read(`${name}.audit.yaml`));
    listed.push({ number, users: JSON.parse(users ?? ''), config });
  }
  return listed;
};

/** Audits the nights of a case, and gives a line a finding of the last: rule, subject, what became of it. */
const lastNight = async (name: string, nights: number) => {
  const archive = folderArchive(await newFolder());
  let report: Awaited<ReturnType<typeof audit>>['report'] | undefined;
  for (const { number, users, config } of await readCase(name, nights)) {
    const settings = config === undefined ? defaultConfig(rules) : parseConfig(config, 'audit.yaml', rules);
    ({ report } = await audit(
      {
        environmentId: ENVIRONMENT,
        accountId: '111122223333',
        region: 'us-east-1',
        partition: 'aws',
        asOf: night(number),
        attempt: `attempt-${number}`,
        deadline: Number.POSITIVE_INFINITY,
        acceptRosterDrop: true,
      },
      {
        ...configuredSettings(settings, [], ENVIRONMENT),
        listUsers: listingOf([users]),
        archive,
        channels: [digestChannel(() => Promise.resolve('sent'))],
        notifyWaitMs: 0,
      },
    ));
  }
  const key = runKeys(ENVIRONMENT, night(nights)).object(OUTPUTS.findings);
  const findings = (await readJsonLines(archive, key)) as readonly Finding[];
  const lines = findings.map(({ ruleId, subject, severity, state, carried, cause, regroupedTo }) =>
    [
      `${ruleId} ${subject.id === ENVIRONMENT ? '-' : subject.id}: ${severity} ${state}`,
      ...(carried ? ['carried'] : []),
      ...RESOLUTION_CAUSES.filter((one) => one === cause),
      ...(regroupedTo === undefined ? [] : [regroupedTo]),
    ].join(' '),
  );
  return { lines, findings, report };
};

describe('a listing that was judged wrongly once', () => {
  test.each<{ name: string; nights: number; lines: readonly string[] }>([
    { name: 'carried-off', nights: 2, lines: ['stale-login a: MEDIUM open carried'] },
    { name: 'carried-off', nights: 3, lines: ['stale-login a: MEDIUM resolved rule-changed'] },
    {
      name: 'member-missing',
      nights: 2,
      lines: [
        'super-user-api-access a: HIGH open carried',
        'stale-login a: HIGH open carried',
        'principal-outside-account a: CRITICAL open',
      ],
    },
    {
      name: 'shared',
      nights: 2,
      lines: [
        'shared-principal arn:aws:iam::111122223333:role/S: HIGH resolved user-vanished',
        'too-many-super-users -: MEDIUM resolved user-vanished',
      ],
    },
    {
      name: 'dup-lower',
      nights: 2,
      lines: ['duplicate-person a0: LOW new', 'duplicate-person m1: LOW resolved regrouped a0'],
    },
    {
      name: 'hash-id-collides',
      nights: 1,
      lines: ['unrecognised-value ##1: MEDIUM new', 'unrecognised-value #1: MEDIUM new'],
    },
    { name: 'place-after-duplicate', nights: 1, lines: ['unrecognised-value #1: MEDIUM new'] },
  ])('$name, night $nights', async ({ name, nights, lines }) => {
    const judged = await lastNight(name, nights);
    expect(judged.report?.verdict).toBe('COMPLETE');
    expect(judged.lines).toEqual(expect.arrayContaining([...lines]));
    expect(judged.lines.filter((line) => line.includes(' fixed'))).toStrictEqual([]);
    expect(new Set(judged.findings.map(({ id }) => id)).size).toBe(judged.findings.length);
  });

  test('email-missing: a null address is not assessed', async () => {
    const { report } = await lastNight('email-missing', 1);
    expect(report?.rules.find(({ id }) => id === 'email-domain')).toMatchObject({
      state: 'ran',
      checked: 0,
      notAssessed: 1,
    });
  });
});
