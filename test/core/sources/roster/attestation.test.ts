import { expect, test } from '@jest/globals';
import {
  attestationName,
  attestationText,
  isAttestationName,
  readAttestation,
} from '../../../../core/sources/roster/attestation.ts';

const NOW = Date.parse('2026-11-24T09:00:00Z');
const WORD = {
  sha256: '0123456789abcdef'.repeat(4),
  name: 'Ada Lovelace',
  statement: 'this is everybody',
  at: '2026-11-24T08:00:00Z',
};

const stored = (differs: object = {}): string =>
  JSON.stringify({ ...JSON.parse(attestationText('users.json', WORD)), ...differs });

test('an attestation stands beside its roster as people read it, and is read again', () => {
  expect(attestationName('a/users.json')).toBe('a/users.json.attestation.json');
  expect(isAttestationName('a/users.json.attestation.json')).toBe(true);
  expect(isAttestationName('a/users.json.attestation.json.gz')).toBe(false);
  const text = attestationText('users.json', WORD);
  expect(text).toBe(
    `{\n  "schemaVersion": 1,\n  "file": "users.json",\n  "sha256": "${WORD.sha256}",\n  "attestedBy": "Ada Lovelace",\n  "statement": "this is everybody",\n  "attestedAt": "2026-11-24T08:00:00Z"\n}\n`,
  );
  expect(readAttestation(text, NOW)).toStrictEqual(WORD);
});

test.each([
  {
    name: 'a name and a statement as long as they may be',
    differs: { attestedBy: 'x'.repeat(200), statement: 'y'.repeat(1000) },
  },
  { name: 'an instant that is just not ahead', differs: { attestedAt: '2026-11-24T09:05:00Z' } },
  { name: 'more than it has', differs: { more: 1 } },
])('a word of $name counts', ({ differs }) => {
  expect(readAttestation(stored(differs), NOW)).toHaveProperty('sha256', WORD.sha256);
});

test.each([
  ...['[]', 'yes', '', '7'].map((text) => ({ text, member: 'all of it' })),
  ...[
    { schemaVersion: 2 },
    { schemaVersion: '1' },
    { sha256: WORD.sha256.slice(1) },
    { sha256: `${WORD.sha256}0` },
    { sha256: WORD.sha256.toUpperCase() },
    { attestedBy: '' },
    { attestedBy: ' \u200b' },
    { attestedBy: 'x'.repeat(201) },
    { attestedBy: 7 },
    { statement: '' },
    { statement: 'x'.repeat(1001) },
    { statement: null },
    { attestedAt: '2026-11-24' },
    { attestedAt: 'yesterday' },
    { attestedAt: undefined },
  ].map((differs) => ({ text: stored(differs), member: Object.keys(differs)[0] ?? '' })),
])('what stands there is no attestation for its $member: $text', ({ text, member }) => {
  expect(readAttestation(text, NOW)).toBe(`${member} is not what an attestation has there`);
});

test('a word that is yet to be given is none', () => {
  expect(readAttestation(stored({ attestedAt: '2026-11-24T09:05:01Z' }), NOW)).toMatch(
    /^attestedAt must be at most 5 minutes ahead of the clock, /,
  );
});
