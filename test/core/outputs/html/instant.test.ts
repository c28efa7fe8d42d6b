import { expect, test } from '@jest/globals';
import { day, utcText, zonedText } from '../../../../core/outputs/html/instant.ts';

test.each([
  { iso: '2026-11-24T02:00:00.000Z', zone: 'America/New_York', text: '2026-11-23 21:00 America/New_York' },
  { iso: '2026-07-01T04:00:00.000Z', zone: 'America/New_York', text: '2026-07-01 00:00 America/New_York' },
  { iso: '2026-11-24T20:45:00.000Z', zone: 'Asia/Kathmandu', text: '2026-11-25 02:30 Asia/Kathmandu' },
  { iso: '2027-01-01T00:00:00.000Z', zone: 'UTC', text: '2027-01-01 00:00 UTC' },
])('$iso in $zone', ({ iso, zone, text }) => {
  expect(zonedText(iso, zone)).toBe(text);
});

test('a day, with its instant', () => {
  expect(day('2026-11-24T02:05:59.000Z').markup).toBe('<time datetime="2026-11-24T02:05:59.000Z">2026-11-24</time>');
});

test('an instant in UTC', () => {
  expect(utcText('2026-11-24T02:05:59.000Z')).toBe('2026-11-24 02:05 UTC');
});
