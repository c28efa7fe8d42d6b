import { expect, test } from '@jest/globals';
import { decode } from '../../../core/text/decode.ts';

const TEXT = '{"name":"Zoë 🦊"}\r\n';
const little = Buffer.from(TEXT, 'utf16le');

test.each([
  { name: 'UTF-8', bytes: Buffer.from(TEXT) },
  { name: 'UTF-8 with its mark', bytes: Buffer.from(`\ufeff${TEXT}`) },
  { name: 'UTF-16, as PowerShell writes it', bytes: Buffer.from([0xff, 0xfe, ...little]) },
  { name: 'UTF-16 of the other order', bytes: Buffer.from([0xfe, 0xff, ...Buffer.from(little).swap16()]) },
])('a text in $name is that text', ({ bytes }) => {
  expect(decode(bytes)).toBe(TEXT);
});

test.each([
  [0xff, 0x41],
  [0x41, 0xfe],
  [0xfe, 0x41],
  [0x41, 0xff],
])('half a mark is none: %i %i', (...bytes) => {
  expect(decode(Buffer.from(bytes))).toBe(bytes.map((byte) => (byte === 0x41 ? 'A' : '\ufffd')).join(''));
});

test('nothing is an empty text', () => {
  expect(decode(Buffer.alloc(0))).toBe('');
});
