import { describe, expect, test } from '@jest/globals';
import { type Place, readEntry } from '../../../core/archive/entry.ts';
import { rulesetKey } from '../../../core/archive/keys.ts';
import { ENVIRONMENT } from '../../support/builders.ts';
import {
  aMilestone,
  anEarlierRun,
  anEntry,
  copyKey,
  entryKey,
  entryRun,
  linkToEntry,
} from '../../support/chain-entries.ts';

const PLACE: Place = { environmentId: ENVIRONMENT, sequence: 2 };
const OF_MANIFEST: Place = { environmentId: ENVIRONMENT, run: entryRun(2) };
const entry = anEntry(2);
const earlier = anEarlierRun(2);
const closing = aMilestone(2, 'closing', linkToEntry(entryKey(1), anEntry(1)));

const bytesOf = (value: unknown): Buffer => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

/** The place and run that an entry says it is of, where it is not this one. */
const isOf = (place: string, run: string, environment = ENVIRONMENT, asOf = entry.asOf) =>
  `stands in ${place} of environment ${ENVIRONMENT} and speaks for run ${run} of environment ${environment}, as of ${asOf}`;

describe('an entry of the chain', () => {
  test.each<{ name: string; value: unknown; place: Place }>([
    { name: 'a run', value: entry, place: PLACE },
    { name: 'a run of a version that noted none', value: { ...entry, schemaVersion: undefined }, place: PLACE },
    { name: 'a run of before there were places', value: earlier, place: OF_MANIFEST },
    { name: 'the copy of a run', value: entry, place: OF_MANIFEST },
    { name: 'a closing', value: closing, place: PLACE },
    { name: 'a reopening', value: { ...closing, kind: 'reopened' }, place: PLACE },
    {
      name: 'a run with the text of its rules',
      value: {
        ...entry,
        objects: { ...entry.objects, ruleset: { key: rulesetKey('abc'), sha256: 'abc', size: 1 } },
        hashes: { ...entry.hashes, ruleset: 'abc' },
      },
      place: PLACE,
    },
  ])('is $name', ({ value, place }) => {
    expect(readEntry(bytesOf(value), place)).toEqual(JSON.parse(JSON.stringify(value)));
  });

  const { snapshot, findings, report } = entry.objects;
  const withObject = (key: string, sha256 = 'abc') => ({
    ...entry,
    objects: { ...entry.objects, ruleset: { key, sha256, size: 1 } },
    hashes: { ...entry.hashes, ruleset: 'abc' },
  });

  test.each<{ name: string; value: unknown; place?: Place; fault: string }>([
    { name: 'no JSON', value: '{', fault: 'is no JSON' },
    { name: 'null', value: 'null', fault: 'is no manifest of a complete run: it is no object' },
    { name: 'a list', value: [], fault: 'is no manifest of a complete run: it is no object' },
    {
      name: 'of another schema',
      value: { ...entry, schemaVersion: 2 },
      fault: 'is of another schemaVersion than 1, which this version reads',
    },
    {
      name: 'of a shape of its own',
      value: { ...entry, accountId: 1 },
      fault: 'is no manifest of a complete run: accountId is not what it has there',
    },
    {
      name: 'of an unfinished run',
      value: { ...entry, verdict: 'INCOMPLETE' },
      fault: 'is no manifest of a complete run: verdict is not what it has there',
    },
    { name: 'of another run than its place', value: earlier, fault: isOf('place 2', entryRun(2)) },
    { name: 'of another place', value: anEntry(2, { sequence: 3 }), fault: `${isOf('place 2', entryRun(2))}, place 3` },
    {
      name: 'of another environment',
      value: { ...entry, environmentId: 'other' },
      fault: `${isOf('place 2', entryRun(2), 'other')}, place 2`,
    },
    { name: 'of no run', value: { ...entry, run: 'one' }, fault: `${isOf('place 2', 'one')}, place 2` },
    {
      name: 'of another instant than its run',
      value: { ...entry, asOf: '2026-01-02T02:00:01.000Z' },
      fault: `${isOf('place 2', entryRun(2), ENVIRONMENT, '2026-01-02T02:00:01.000Z')}, place 2`,
    },
    {
      name: 'of another run than its key',
      value: earlier,
      place: { ...OF_MANIFEST, run: entryRun(3) },
      fault: isOf(`the place of run ${entryRun(3)}`, entryRun(2)),
    },
    {
      name: 'a closing of another place',
      value: { ...closing, sequence: 3 },
      fault: `${isOf('place 2', entryRun(2))}, place 3`,
    },
    {
      name: 'without findings',
      value: { ...entry, objects: { snapshot, report } },
      fault: 'names no findings, which every complete run has',
    },
    {
      name: 'without objects',
      value: { ...entry, objects: {} },
      fault: 'names no snapshot and no findings and no report, which every complete run has',
    },
    {
      name: 'with findings of another run',
      value: {
        ...entry,
        objects: { snapshot, report, findings: { ...findings, key: anEntry(1).objects.findings?.key } },
      },
      fault: `names ${anEntry(1).objects.findings?.key}, which is no object of this run`,
    },
    {
      name: 'with a manifest as an object',
      value: withObject(copyKey(2)),
      fault: `names ${copyKey(2)}, which is no object of this run`,
    },
    {
      name: 'with rules whose key is not their hash',
      value: withObject(rulesetKey('abc'), 'other'),
      fault: `names ${rulesetKey('abc')}, which is no object of this run`,
    },
    {
      name: 'with rules that it was not judged by',
      value: withObject(rulesetKey('other'), 'other'),
      fault: `names ${rulesetKey('other')}, which is no object of this run`,
    },
  ])('is none that is $name', ({ value, place = PLACE, fault }) => {
    expect(readEntry(bytesOf(value), place)).toBe(fault);
  });
});
