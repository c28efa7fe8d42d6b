import { describe, expect, test } from '@jest/globals';
import { runKeys } from '../../../core/archive/keys.ts';
import type { Manifest } from '../../../core/archive/manifest.ts';
import type { RunOfLink } from '../../../core/verify/links.ts';
import { checkMarkers } from '../../../core/verify/markers.ts';
import { ENVIRONMENT } from '../../support/builders.ts';
import {
  anEarlierRun,
  anEntry,
  archiveOf,
  copyKey,
  entryInstant,
  entryKey,
  entryRun,
} from '../../support/chain-entries.ts';

const markerKey = (number: number, channel = 'alert'): string =>
  runKeys(ENVIRONMENT, entryInstant(number)).marker(channel);

const object = (sha256: string) => ({ key: 'k', sha256, size: 1 });

const runOf = (claims: Manifest | undefined, number = 1): RunOfLink => ({
  run: entryRun(number),
  key: entryKey(number),
  asOf: entryInstant(number),
  ...(claims && { claims }),
});

const withObjects = (names: Readonly<Record<string, string>>): Manifest =>
  anEntry(1, { objects: Object.fromEntries(Object.entries(names).map(([name, sha256]) => [name, object(sha256)])) });

const TOLD = withObjects({ digest: 'd', report: 'r' });
const QUIET = withObjects({ report: 'r' });

const observe = async (
  objects: Readonly<Record<string, string | object>>,
  links: readonly RunOfLink[],
  missing: readonly string[] = [],
) => {
  const archive = await archiveOf(objects);
  const { problems, notes } = await checkMarkers(archive, ENVIRONMENT, links, new Set(missing));
  return {
    problems: problems.map(({ kind, run, key }) => [kind, run, key]),
    notes: notes.map(({ kind, key }) => [kind, key]),
  };
};

const run = entryRun(1);
const ALERT = { run, digest: 'd', report: 'r', receipt: 'a receipt' };

describe('a marker', () => {
  const BAND = markerKey(1, 'alert-high-critical');

  test.each<{ name: string; key?: string; marker: string | object; claims?: Manifest; speaks: boolean }>([
    { name: 'of the digest', marker: ALERT, speaks: true },
    { name: 'of another digest', marker: { ...ALERT, digest: 'x' }, speaks: false },
    { name: 'of another run', marker: { ...ALERT, run: entryRun(2) }, speaks: false },
    { name: 'of a band in the place of all', marker: { ...ALERT, band: 'high-critical' }, speaks: false },
    { name: 'without a receipt', marker: { ...ALERT, receipt: '' }, speaks: false },
    { name: 'that is no record', marker: [], speaks: false },
    { name: 'that is no JSON', marker: '{', speaks: false },
    { name: 'of the report of a run without a digest', marker: ALERT, claims: QUIET, speaks: true },
    {
      name: 'of another report of a run without a digest',
      marker: { ...ALERT, report: 'x' },
      claims: QUIET,
      speaks: false,
    },
    { name: 'that names nothing, of a run with a place', marker: { run, receipt: 'a' }, speaks: false },
    {
      name: 'that names nothing, of a run of before there were places',
      marker: { run, receipt: 'a' },
      claims: anEarlierRun(1, { objects: TOLD.objects }),
      speaks: true,
    },
    {
      name: 'that names nothing and has no receipt, of such a run',
      marker: { run },
      claims: anEarlierRun(1, { objects: TOLD.objects }),
      speaks: false,
    },
    { name: 'of a band', key: BAND, marker: { ...ALERT, band: 'high-critical' }, speaks: true },
    { name: 'of another band', key: BAND, marker: { ...ALERT, band: 'low-medium' }, speaks: false },
    { name: 'of all in the place of a band', key: BAND, marker: ALERT, speaks: false },
    { name: 'of events', key: markerKey(1, 'events'), marker: { ...ALERT, events: 1 }, speaks: true },
    { name: 'of no events', key: markerKey(1, 'events'), marker: { ...ALERT, events: 0 }, speaks: false },
    { name: 'of findings', key: markerKey(1, 'security-hub'), marker: { ...ALERT, findings: 0 }, speaks: true },
  ])('$name speaks for the run: $speaks', async ({ key = markerKey(1), marker, claims = TOLD, speaks }) => {
    const { problems } = await observe({ [key]: marker }, [runOf(claims)]);
    expect(problems).toEqual(speaks ? [] : [['edited', run, key]]);
  });

  test('that does not speak for the run, and one that is not there, are told as what they are', async () => {
    const [first, second] = [markerKey(1), markerKey(2)];
    const archive = await archiveOf({ [first]: { ...ALERT, digest: 'x' } });
    const links = [runOf(TOLD), runOf(TOLD, 2)];
    expect(await checkMarkers(archive, ENVIRONMENT, links, new Set())).toEqual({
      problems: [
        {
          kind: 'edited',
          run,
          key: first,
          message: 'does not speak for the run: it names another digest or report, or has no receipt',
        },
      ],
      notes: [
        {
          kind: 'owed',
          run: entryRun(2),
          key: second,
          message: 'is not there: nothing shows that the digest of the run was sent',
        },
      ],
    });
  });

  test('of a run that can not be read speaks for nothing that could be held against it', async () => {
    expect(await observe({ [markerKey(1)]: '{', [BAND]: '{' }, [runOf(undefined)])).toEqual({
      problems: [],
      notes: [],
    });
  });

  test.each(['alert', 'events', 'security-hub'])(
    'on the channel %s of a run that is not there misses it',
    async (channel) => {
      const objects = { [markerKey(2, channel)]: { ...ALERT, run: entryRun(2) } };
      expect((await observe(objects, [])).problems).toEqual([['missing', entryRun(2), copyKey(2)]]);
      expect((await observe(objects, [], [entryRun(2)])).problems).toEqual([]);
    },
  );

  test('of an attempt, and what is none, miss nothing', async () => {
    const stray = [
      `alerts/environment=${ENVIRONMENT}/notes.json`,
      markerKey(2).replace('.json', '-try.json'),
      markerKey(2).replace('20260102', '20269902'),
    ];
    expect((await observe(Object.fromEntries(stray.map((key) => [key, '{}'])), [])).problems).toEqual([]);
  });

  test('is owed where a run had a digest, and no other', async () => {
    const owed = [['owed', markerKey(1)]];
    expect((await observe({}, [runOf(TOLD)])).notes).toEqual(owed);
    expect((await observe({ [BAND]: { ...ALERT, band: 'high-critical' } }, [runOf(TOLD)])).notes).toEqual(owed);
    for (const link of [runOf(QUIET), runOf(undefined)]) expect((await observe({}, [link])).notes).toEqual([]);
    expect((await observe({ [markerKey(1)]: ALERT }, [runOf(TOLD)])).notes).toEqual([]);
  });
});
