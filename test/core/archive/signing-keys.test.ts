import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { ArchiveError } from '../../../core/archive/errors.ts';
import { publicKeyKey } from '../../../core/archive/keys.ts';
import type { Manifest, StoredManifest } from '../../../core/archive/manifest.ts';
import { readRecordedKey, recordPublicKey, signatureProblem } from '../../../core/archive/signing-keys.ts';
import { readText, readTree } from '../../support/archive-tree.ts';
import { ENVIRONMENT } from '../../support/builders.ts';
import { anEntry, archiveOf, entryKey, linkToEntry } from '../../support/chain-entries.ts';
import { forged, STRANGER, STRANGER_PEM } from '../../support/forgery.ts';
import { memoryArchive } from '../../support/memory-archive.ts';

const KEY_ID = 'arn:aws:kms:us-east-1:111122223333:key/one';
const RECORDED = publicKeyKey(KEY_ID);

const { publicKey: OTHER } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pemOf = (key: KeyObject): string => String(key.export({ type: 'spki', format: 'pem' }));
const OTHER_PEM = pemOf(OTHER);

/** Signed by the stranger's key, under the id of the archive's. */
const signed = (entry: Manifest): Manifest =>
  forged({ ...entry, signature: { scheme: 2, keyId: KEY_ID, algorithm: 'ECDSA_SHA_256', value: '' } }) as Manifest;

const first = anEntry(1);
const second = anEntry(2, { previous: linkToEntry(entryKey(1), first) });
const SIGNED_FIRST = signed(first);
const SIGNED_SECOND = signed(second);

const asStored = (manifest: Manifest): StoredManifest => ({ manifest, key: entryKey(2), sha256: 'any' });

describe('the signature of the last run', () => {
  interface Case {
    readonly name: string;
    readonly last?: Manifest;
    readonly before?: object | string;
    readonly recorded?: string;
    readonly isSigning?: boolean;
    readonly publicKeys?: readonly KeyObject[];
  }

  const problemOf = async ({ last, before, recorded, isSigning = false, publicKeys = [] }: Case) => {
    const archive = await archiveOf({
      ...(before !== undefined && { [entryKey(1)]: before }),
      ...(recorded !== undefined && { [RECORDED]: recorded }),
    });
    const head = { ...(last && { last: asStored(last) }), ...(last?.previous && { before: last.previous }) };
    return signatureProblem(archive, ENVIRONMENT, head, { isSigning, publicKeys });
  };

  const accepted: Manifest = { ...second, acceptedHistory: { sha256: 'a', reason: 'a test', problem: 'a problem' } };

  test.each<Case>([
    { name: 'where there is no run' },
    { name: 'where none was ever signed', last: second, before: first },
    { name: 'where the one before can not be read', last: second, before: '{' },
    { name: 'where the one before is gone', last: second },
    { name: 'where it is the first', last: first },
    { name: 'of the first that is to be signed', last: second, before: first, isSigning: true },
    { name: 'where others signed here', last: second, before: first, recorded: STRANGER_PEM },
    { name: 'where somebody let the chain go on from it', last: accepted, before: SIGNED_FIRST, isSigning: true },
    { name: 'against the recorded key', last: SIGNED_SECOND, recorded: STRANGER_PEM },
    { name: 'where its key was never recorded', last: SIGNED_SECOND, isSigning: true },
    { name: "against one of the config's keys", last: SIGNED_SECOND, publicKeys: [OTHER, STRANGER] },
    {
      name: "against the config's key, whatever is recorded",
      last: SIGNED_SECOND,
      recorded: OTHER_PEM,
      publicKeys: [STRANGER],
    },
  ])('is no problem $name', async (given) => {
    expect(await problemOf(given)).toBeUndefined();
  });

  test.each<Case & { readonly problem: string }>([
    {
      name: 'there is none, and the one before has one',
      last: second,
      before: SIGNED_FIRST,
      problem: `${entryKey(2)} has no signature, though others before it have one`,
    },
    {
      name: 'there is none, and this auditor has signed here',
      last: second,
      before: first,
      recorded: STRANGER_PEM,
      isSigning: true,
      problem: `${entryKey(2)} has no signature, though others before it have one`,
    },
    {
      name: 'it is of another key than the recorded one',
      last: SIGNED_SECOND,
      recorded: OTHER_PEM,
      problem: `the signature of ${entryKey(2)} does not hold against ${RECORDED}`,
    },
    {
      name: 'it is of something else',
      last: { ...SIGNED_SECOND, accountId: '9' },
      recorded: STRANGER_PEM,
      problem: `the signature of ${entryKey(2)} does not hold against ${RECORDED}`,
    },
    {
      name: "it is of none of the config's keys, whatever is recorded",
      last: SIGNED_SECOND,
      recorded: STRANGER_PEM,
      publicKeys: [OTHER],
      problem: `the signature of ${entryKey(2)} does not hold against the config's public keys`,
    },
  ])('is a problem: $name', async ({ problem, ...given }) => {
    expect(await problemOf(given)).toBe(problem);
  });
});

describe('the public key', () => {
  const der = async () => STRANGER.export({ type: 'spki', format: 'der' });

  test('is recorded as text, once', async () => {
    const archive = memoryArchive();
    await recordPublicKey(archive, KEY_ID, der);
    expect(await readText(archive, RECORDED)).toBe(STRANGER_PEM);
    await recordPublicKey(archive, KEY_ID, () => Promise.reject(new Error('asked again')));
    expect((await readRecordedKey(archive, RECORDED))?.equals(STRANGER)).toBe(true);
  });

  test('is not recorded where nobody can ask for it', async () => {
    const archive = memoryArchive();
    await recordPublicKey(archive, KEY_ID, async () => undefined);
    expect(await readTree(archive)).toEqual({});
    expect(await readRecordedKey(archive, RECORDED)).toBeUndefined();
  });

  test.each([
    { name: 'something else', text: 'no key' },
    { name: 'larger than a key can be', text: `${STRANGER_PEM}${'\n'.repeat(64 * 1024)}` },
  ])('is not believed where it is $name', async ({ text }) => {
    const archive = await archiveOf({ [RECORDED]: text });
    await expect(readRecordedKey(archive, RECORDED)).rejects.toThrow(ArchiveError);
  });
});
