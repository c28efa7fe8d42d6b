import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { publicKeyKey } from '../../../core/archive/keys.ts';
import type { Link } from '../../../core/verify/links.ts';
import { checkRecordedKeys, keysOf, recordedKeys } from '../../../core/verify/recorded-keys.ts';
import { anEntry, entryKey, entryRun, putAll } from '../../support/chain-entries.ts';
import { STRANGER, STRANGER_PEM } from '../../support/forgery.ts';
import { memoryArchive } from '../../support/memory-archive.ts';

const KEY = publicKeyKey('one');
const { publicKey: OTHER } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const signedLink = (number: number, keyId: string, isSignatureValid?: boolean): Link => ({
  run: entryRun(number),
  key: entryKey(number),
  claims: anEntry(number, { signature: { scheme: 2, keyId, algorithm: 'ECDSA_SHA_256', value: '' } }),
  ...(isSignatureValid !== undefined && { isSignatureValid }),
});

test('recorded keys are read, and why one is none', async () => {
  const archive = memoryArchive();
  await putAll(archive, { [KEY]: STRANGER_PEM, [publicKeyKey('two')]: 'x' });
  const recorded = await recordedKeys(archive);
  expect([...recorded.keys()]).toEqual([KEY, publicKeyKey('two')]);
  expect(keysOf(recorded, 'one').map((key) => key.equals(STRANGER))).toEqual([true]);
  expect([...keysOf(recorded, 'two'), ...keysOf(recorded, 'three')]).toEqual([]);
  expect(recorded.get(publicKeyKey('two'))).toContain('is no public key');
});

describe('recorded keys', () => {
  const unsigned: Link = { run: entryRun(1), key: entryKey(1), claims: anEntry(1) };
  const record = (key: KeyObject | string) => new Map([[KEY, key]]);

  test.each<{
    name: string;
    links: readonly Link[];
    recorded: ReadonlyMap<string, KeyObject | string>;
    given?: readonly KeyObject[];
    problem?: string;
    note?: string;
  }>([
    {
      name: 'against which a signature holds',
      links: [signedLink(1, 'one', false), signedLink(2, 'one', true)],
      recorded: record(STRANGER),
    },
    {
      name: 'against which none holds',
      links: [unsigned, signedLink(2, 'one', false), signedLink(3, 'one', false)],
      recorded: record(STRANGER),
      problem: `${entryRun(2)} is not the key that signed: none of the 2 signatures that name it hold against it`,
    },
    {
      name: 'that are none',
      links: [signedLink(1, 'one')],
      recorded: record('it is no key'),
      problem: `${entryRun(1)} can't be used: it is no key`,
    },
    {
      name: 'that were given too',
      links: [signedLink(1, 'one', false)],
      recorded: record(STRANGER),
      given: [OTHER, STRANGER],
    },
    {
      name: 'that are none of those that were given',
      links: [signedLink(1, 'one', true)],
      recorded: record(STRANGER),
      given: [OTHER],
      problem: `${entryRun(1)} is none of the public keys that were given`,
    },
    {
      name: 'that are not there',
      links: [signedLink(1, 'one')],
      recorded: new Map(),
      note: 'unrecorded is not there: the key that the signature of the run names was not recorded, or the record is gone',
    },
    {
      name: 'that no signature names',
      links: [unsigned, { key: entryKey(2) }],
      recorded: record(STRANGER),
      note: 'leftover is named by no signature of this environment',
    },
  ])('$name', ({ links, recorded, given = [], problem, note }) => {
    const { problems, notes } = checkRecordedKeys(links, recorded, given);
    expect(problems.map(({ kind, run, key, message }) => [kind, key, `${run} ${message}`])).toEqual(
      problem === undefined ? [] : [['edited', KEY, problem]],
    );
    expect(notes.map(({ kind, key, message }) => [key, `${kind} ${message}`])).toEqual(
      note === undefined ? [] : [[KEY, note]],
    );
  });

  test('of a link without a run are of none', () => {
    const { run: _run, ...link } = signedLink(1, 'one', false);
    expect(checkRecordedKeys([link], record(STRANGER), []).problems[0]?.run).toBeNull();
  });
});
