import { describe, expect, test } from '@jest/globals';
import type { Milestone } from '../../../core/archive/entry.ts';
import { closedShortfall, hasAudited, isAskedFor, lateShortfall, staleShortfall } from '../../../core/audit/verdict.ts';
import type { ListingSource } from '../../../core/model/listing.ts';
import { aManifest } from '../../support/findings.ts';

describe('a saved roster', () => {
  const requestedAt = Date.parse('2026-11-24T03:00:00.000Z');
  const [before, then] = ['2026-11-24T02:59:59.999Z', '2026-11-24T03:00:00.000Z'];
  const roster = { sha256: 'r', requestedAt, hasGaps: false };
  const aRoster = (overrides: Partial<ListingSource> = {}): ListingSource => ({
    kind: 'roster',
    file: 'users.json',
    sha256: 'r',
    readAt: before,
    ...overrides,
  });

  test.each<{ name: string; run: Parameters<typeof aManifest>[0]; audited: boolean; asked: boolean }>([
    { name: 'that was read before it was asked for', run: { source: aRoster() }, audited: true, asked: false },
    {
      name: 'that was read at the moment at which it was asked for, and no earlier',
      run: { source: aRoster({ readAt: then }) },
      audited: false,
      asked: true,
    },
    {
      name: 'of which no run says when it was read: the run’s own instant tells',
      run: { source: { kind: 'roster', file: 'users.json', sha256: 'r' }, asOf: before },
      audited: true,
      asked: false,
    },
    {
      name: 'of a run whose instant is before, which read it since',
      run: { source: aRoster({ readAt: then }), asOf: before },
      audited: false,
      asked: true,
    },
    { name: 'of other bytes', run: { source: aRoster({ sha256: 'other' }) }, audited: false, asked: false },
    { name: 'in whose place a service was asked', run: { source: { kind: 'finspace' } }, audited: false, asked: false },
    { name: 'of a version that told no source', run: {}, audited: false, asked: false },
  ])('$name', ({ run, audited, asked }) => {
    const manifest = aManifest(run);
    expect({ audited: hasAudited(manifest, { roster }), asked: isAskedFor(manifest, { roster }) }).toEqual({
      audited,
      asked,
    });
    // Of a service every run is what was asked for, and none was audited before.
    expect({ audited: hasAudited(manifest, {}), asked: isAskedFor(manifest, {}) }).toEqual({
      audited: false,
      asked: true,
    });
  });

  test('that is stale keeps a run from being complete', () => {
    expect(staleShortfall(aManifest({ source: aRoster() }))).toMatchObject({
      verdict: 'INCOMPLETE',
      reason: 'stale-roster',
      message: expect.stringContaining('users.json was audited already'),
    });
  });

  test('of the past is told how a history of rosters is made, and a service that nobody can see the past', () => {
    const asOf = new Date('2026-11-20T02:00:00.000Z');
    const late = [{ asOf, roster }, { asOf }].map((request) => lateShortfall(request, '20261124T020000Z'));
    expect(late).toEqual([
      { verdict: 'FAILED', reason: 'after-the-fact', message: expect.stringContaining('the oldest roster first') },
      { verdict: 'FAILED', reason: 'after-the-fact', message: expect.not.stringContaining('roster') },
    ]);
  });
});

test('a closed chain fails a run, by the day on which it was closed', () => {
  const closing = { asOf: '2026-10-07T12:00:00.000Z', reason: 'the service has ended' } as Milestone;
  expect(closedShortfall(closing)).toMatchObject({
    verdict: 'FAILED',
    reason: 'closed',
    message: expect.stringContaining('on 2026-10-07, and nothing was read: the service has ended'),
  });
});
