import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createSpoolFolder, type SpoolFolder, type StagedContent } from '../../../core/archive/staging.ts';
import { criteriaOf } from '../../../core/audit/criteria.ts';
import { factsOf, pageSources, storeOptionalOutputs, storeRunOutputs } from '../../../core/audit/objects.ts';
import { configuredSettings } from '../../../core/audit/settings.ts';
import { defaultConfig } from '../../../core/config/config.ts';
import type { Band } from '../../../core/model/band.ts';
import { stoppedClock } from '../../../core/model/clock.ts';
import { UserOrder } from '../../../core/model/user-order.ts';
import { serialiseRecord } from '../../../rules/engine/record.ts';
import { rules } from '../../../rules/index.ts';
import { anAuditRequest } from '../../support/audit-request.ts';
import { aUser, ENVIRONMENT, NOW } from '../../support/builders.ts';
import { someRunFacts } from '../outputs/html/run-facts.ts';

const CRITERIA = criteriaOf(anAuditRequest(), configuredSettings(defaultConfig(rules), [], ENVIRONMENT, rules));

let spools: SpoolFolder;
beforeEach(async () => {
  spools = await createSpoolFolder();
});
afterEach(() => spools.remove());

const linesAs = async (name: string, lines: readonly unknown[]): Promise<StagedContent> => {
  const spool = spools.open(name);
  for (const line of lines) await spool.write(serialiseRecord(line));
  return spool.finish();
};

test('the report lists the further pages after the first, up to the last of each kind', async () => {
  const objectOf = (key: string) => ({ key, sha256: 'f'.repeat(64), size: 1 });
  const names = ['users', 'users-2', 'users-3', 'users-5', 'html-2', 'snapshot'];
  const stored = Object.fromEntries(names.map((name) => [name, objectOf(`reports/${name}`)]));
  let report = '';
  await storeRunOutputs(someRunFacts(), stored, undefined, async ({ file }, { content }) => {
    if (file === 'report.html' && 'bytes' in content) report = Buffer.from(content.bytes).toString();
    return objectOf(file);
  });
  const listed = [...report.matchAll(/<tr><td>([^<]*)<span class="evidence"><code>reports\/([^<]*)/g)];
  expect(listed.map(([, label, name]) => `${name}: ${label}`)).toEqual([
    'snapshot: Snapshot: every user record as the service gave it',
    'users: Findings by user',
    'users-2: Findings by user, page 2',
    'users-3: Findings by user, page 3',
    'html-2: Critical and high findings, page 2',
  ]);
});

describe('pages show users', () => {
  const RECORDS = [
    aUser({ userId: 'a' }),
    aUser({ userId: 'b' }),
    aUser({ userId: 'c' }),
    aUser({ userId: 'b', lastName: 'Last' }),
  ];

  test.each([
    { name: 'by their only record, without reading others', conflicting: undefined, users: ['b Quagmire b'] },
    { name: 'by the last record, where some differ', conflicting: 1, users: ['b Last'] },
  ])('$name', async ({ conflicting, users }) => {
    const records = conflicting === undefined ? RECORDS.slice(0, 3) : RECORDS;
    const snapshot = await linesAs('snapshot.jsonl.gz', records);
    const counts = { ...someRunFacts().report.counts, ...(conflicting !== undefined && { conflicting }) };
    const sources = pageSources(
      {},
      anAuditRequest(),
      CRITERIA,
      { counts, snapshot },
      { evidence: {} },
      { userOrder: new UserOrder() },
      await linesAs('findings.jsonl.gz', []),
      spools,
    );
    const shown: string[] = [];
    for await (const { user, record } of sources.users(new Set(['b'])))
      if (conflicting === undefined || user.id === 'b') shown.push(`${user.id} ${Object(record).lastName}`);
    expect(shown).toEqual(users);
  });
});

describe('files for other tools', () => {
  const storedOf = async (outputs: readonly 'ocsf'[], deadline: number) => {
    const written: string[] = [];
    const files: string[] = [];
    const counting: SpoolFolder = {
      ...spools,
      open(name) {
        const spool = spools.open(name);
        return {
          ...spool,
          write(line) {
            written.push(line);
            return spool.write(line);
          },
        };
      },
    };
    const { objects, warnings } = await storeOptionalOutputs(
      { outputs, clock: stoppedClock(NOW) },
      { deadline },
      CRITERIA,
      {
        report: someRunFacts().report,
        objects: {},
        snapshot: await linesAs('snapshot.jsonl.gz', [aUser(), aUser({ userId: 'b' })]),
        findings: await linesAs('findings.jsonl.gz', []),
      },
      counting,
      async ({ file }, { content, sha256, size }) => {
        if ('path' in content) files.push(file);
        return { key: file, sha256, size };
      },
    );
    return { written, files, objects, warnings };
  };

  test('are none where nobody asks for them', async () => {
    expect(await storedOf([], NOW)).toStrictEqual({ written: [], files: [], objects: {}, warnings: [] });
  });

  test('are written where there is time, and not begun where there is none', async () => {
    const inTime = await storedOf(['ocsf'], NOW);
    expect(inTime.written.length).toBeGreaterThan(0);
    expect(Object.values(inTime.objects).map(({ key }) => key)).toEqual(inTime.files);
    expect(inTime.warnings).toStrictEqual([]);
    expect(await storedOf(['ocsf'], 0)).toStrictEqual({
      written: [],
      files: [],
      objects: {},
      warnings: [`ocsf was not written, for want of time: export ocsf --run ${someRunFacts().report.run} makes it`],
    });
  });
});

test('a run is told to each band of severities that a channel is for', () => {
  const band: Band = { label: 'CRITICAL', minSeverity: 'CRITICAL', maxSeverity: 'CRITICAL', sentToOthers: [] };
  const channel = { name: 'a', prepare: () => undefined };
  const settings = {
    ...{ environmentName: 'research', timeZone: 'UTC', areNamesShown: true },
    channels: [{ ...channel, band }, channel],
  };
  expect(factsOf(settings, CRITERIA, someRunFacts().keys, undefined).bands).toStrictEqual([band]);
});
