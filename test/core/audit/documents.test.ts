import { describe, expect, test } from '@jest/globals';
import type { StoredManifest } from '../../../core/archive/manifest.ts';
import { type Criteria, criteriaOf } from '../../../core/audit/criteria.ts';
import { manifestOf, type ReportContent, reportOf, unjudgedReport } from '../../../core/audit/documents.ts';
import { configuredSettings } from '../../../core/audit/settings.ts';
import { defaultConfig } from '../../../core/config/config.ts';
import { stoppedClock } from '../../../core/model/clock.ts';
import type { ListingSource } from '../../../core/model/listing.ts';
import { countFindings, type Report } from '../../../core/model/report.ts';
import { HOUR_MS } from '../../../rules/engine/time.ts';
import { rules } from '../../../rules/index.ts';
import { anAuditRequest } from '../../support/audit-request.ts';
import { ENVIRONMENT, NOW } from '../../support/builders.ts';
import { anEntry, entryKey, entryRun } from '../../support/chain-entries.ts';

const REQUEST = anAuditRequest();

const SETTINGS = configuredSettings(defaultConfig(rules), [], ENVIRONMENT);
const AT = new Date(NOW).toISOString();
const SERVICE: ListingSource = { kind: 'finspace', endpoint: 'https://one.example' };

const CONTENT: ReportContent = {
  counts: { users: 1, duplicates: 0, conflicting: 0, pages: 1, requests: 2, throttled: 0, retries: 0 },
  listing: { startedAt: AT, endedAt: AT },
  judgement: { outcomes: [], findings: countFindings().counts(), waiverTroubles: undefined },
};

const TODAY = { version: '2', sha256: 'today' };

/** The report of a run, by code of today. */
const reported = (content: Partial<ReportContent> = {}, ...chain: readonly Parameters<typeof reportOf>[3][]): Report =>
  reportOf(REQUEST, { lateAfterHours: 6, code: TODAY }, { ...CONTENT, ...content }, ...chain);

/** A run before, as the chain has it. */
const ran = (differs: Parameters<typeof anEntry>[1] = {}, number = 1): StoredManifest => ({
  manifest: anEntry(number, differs),
  key: entryKey(number),
  sha256: 'a',
});

describe('a report', () => {
  test('of what there is none says nothing', () => {
    expect(Object.keys(reported()).toSorted()).toEqual(
      [
        ...['schemaVersion', 'run', 'environmentId', 'accountId', 'region', 'asOf', 'listing', 'code', 'verdict'],
        ...['counts', 'rules', 'findings', 'trend'],
      ].toSorted(),
    );
  });

  test('adds a complete run to the trend, and no other', () => {
    expect(reported()).toMatchObject({ verdict: 'COMPLETE', trend: [[reported().run, 0, 0, 0, 0, 0]] });
    const shortfall = { verdict: 'FAILED', reason: 'closed', message: 'm' } as const;
    expect(reported({ shortfall })).toMatchObject({ verdict: 'FAILED', trend: [] });
  });

  test('says of whom, what and by whom it is', () => {
    const shortfall = { verdict: 'INCOMPLETE', reason: 'deadline', message: 'the time was up' } as const;
    const enriched = { iamRoles: { checked: 1 } } as unknown as NonNullable<ReportContent['enriched']>;
    const waiverTroubles = [] as const;
    const judgement = { ...CONTENT.judgement, waiverTroubles };
    const accepted = { sha256: 'a', reason: 'r', problem: 'p' };
    const place = { run: entryRun(7), key: entryKey(7), sha256: 'b' };
    const chain = { history: { accepted, head: { sequence: 7, place } }, sequence: 8 };
    const report = reportOf(
      { ...REQUEST, auditorAccountId: '999988887777' },
      SETTINGS,
      { ...CONTENT, source: SERVICE, shortfall, enriched, judgement },
      chain,
    );
    expect(report).toMatchObject({
      ...shortfall,
      schemaVersion: 1,
      auditorAccountId: '999988887777',
      source: SERVICE,
      enriched,
      waiverTroubles,
      acceptedHistory: accepted,
      previousHead: '7:b',
      sequence: 8,
    });
  });

  test.each<{ name: string; after: number; source: ListingSource | undefined; late: true | undefined }>([
    { name: 'after as long as is allowed', after: 6 * HOUR_MS, source: SERVICE, late: undefined },
    { name: 'a moment later', after: 6 * HOUR_MS + 1, source: SERVICE, late: true },
    { name: 'a moment later, in parts', after: 6 * HOUR_MS + 1, source: { kind: 'parts' }, late: true },
    { name: 'a moment later, of a saved roster', after: 6 * HOUR_MS + 1, source: { kind: 'roster' }, late: undefined },
    { name: 'a moment later, of nothing', after: 6 * HOUR_MS + 1, source: undefined, late: undefined },
    { name: 'before its instant', after: -9 * HOUR_MS, source: SERVICE, late: undefined },
  ])('of a listing that began $name is late: $late', ({ after, source, late }) => {
    const at = new Date(NOW + after).toISOString();
    expect(reported({ source, listing: { startedAt: at, endedAt: at } }).late).toBe(late);
  });

  const OTHER: ListingSource = { kind: 'finspace', endpoint: 'https://other.example' };

  test.each<{ name: string; now?: ListingSource; before?: ListingSource; told: ListingSource | undefined }>([
    { name: 'the same', now: SERVICE, before: SERVICE, told: undefined },
    { name: 'another', now: SERVICE, before: OTHER, told: OTHER },
    { name: 'one that it did not note', now: SERVICE, told: undefined },
    { name: 'one, and this run listed nothing', before: OTHER, told: undefined },
  ])('names the source of the run before where that is not its own: $name', ({ now, before, told }) => {
    const last = { ...ran(before && { source: before }), report: undefined };
    const report = reported({ source: now }, { history: { last } });
    expect([report.previousRun, report.previousSource]).toEqual([entryRun(1), told]);
  });

  const YESTERDAY = { version: '1', sha256: 'yesterday' };

  test.each([
    { name: 'the same', code: { ...TODAY, version: '1' }, told: undefined },
    { name: 'another', code: YESTERDAY, told: YESTERDAY },
    { name: 'one that it did not note', code: undefined, told: undefined },
  ])('names the code that judged the run before where that is not its own: $name', ({ code, told }) => {
    expect(reported({}, { history: { last: { ...ran(code && { code }), report: undefined } } }).previousCode).toEqual(
      told,
    );
  });

  test('names the run before by the chain where its records do not hold', () => {
    const head = { sequence: 2, last: ran({}, 2) };
    expect(reported({}, { history: { head } }).previousRun).toBe(entryRun(2));
    const last = { ...ran({}, 1), report: undefined };
    expect(reported({}, { history: { head, last } }).previousRun).toBe(entryRun(1));
  });
});

describe('a manifest', () => {
  const criteria: Criteria = criteriaOf(REQUEST, SETTINGS);

  test('of what there is none says nothing', () => {
    const { listing: _listing, code: _code, ...bare } = reported();
    for (const chain of [{}, { history: { baseline: undefined as never } }])
      expect(Object.keys(manifestOf(bare, criteria, {}, chain)).toSorted()).toEqual(
        [
          ...['schemaVersion', 'run', 'environmentId', 'accountId', 'region', 'asOf', 'verdict', 'counts', 'objects'],
          ...['hashes', 'rules', 'partition', 'trustedAccounts'],
        ].toSorted(),
      );
  });

  test('has what the run is held against later', () => {
    const late = { startedAt: new Date(NOW + 7 * HOUR_MS).toISOString(), endedAt: AT };
    const shortfall = { verdict: 'INCOMPLETE', reason: 'deadline', message: 'the time was up' } as const;
    const report = reported({ source: SERVICE, listing: late, shortfall }, { sequence: 8 });
    const place = { run: entryRun(7), key: entryKey(7), sha256: 'b' };
    const accepted = { sha256: 'a', reason: 'r', problem: 'p' };
    const retention = { years: 7, afterRetention: 'keep' } as const;
    const unfinished = [{ key: 'incomplete/one', sha256: 'c', size: 1 }];
    const history = { head: { sequence: 7, place }, accepted, baseline: undefined as never };
    expect(manifestOf(report, criteria, {}, { history, retention, unfinished })).toMatchObject({
      schemaVersion: 1,
      listing: late,
      late: true,
      source: SERVICE,
      verdict: 'INCOMPLETE',
      reason: 'deadline',
      code: TODAY,
      sequence: 8,
      previous: place,
      acceptedHistory: accepted,
      retention,
      unfinished,
    });
  });

  test('has of each rule the state, the options and the severity that it judged by', () => {
    const config = defaultConfig(rules);
    const configured = { ...config, rules: { 'stale-login': { maxDays: 7, severity: 'LOW' as const } } };
    const settings = configuredSettings(configured, [], ENVIRONMENT);
    const { rules: noted } = manifestOf(reported(), criteriaOf(REQUEST, settings), {});
    expect(noted['stale-login']).toStrictEqual({
      state: 'on',
      severity: 'LOW',
      options: expect.objectContaining({ maxDays: 7 }),
    });
    expect(noted['email-domain']).not.toHaveProperty('severity');
  });
});

test('the report of a run that judged nobody says of everything that it was not seen', () => {
  const moment = NOW + 5000;
  const settings = { ...SETTINGS, clock: stoppedClock(moment) };
  const report = unjudgedReport(REQUEST, settings, criteriaOf(REQUEST, SETTINGS), {
    verdict: 'FAILED',
    reason: 'closed',
    message: 'm',
  });
  const at = new Date(moment).toISOString();
  expect(report).toMatchObject({
    verdict: 'FAILED',
    reason: 'closed',
    listing: { startedAt: at, endedAt: at },
    trend: [],
  });
  expect(new Set(Object.values(report.counts))).toEqual(new Set([0]));
  expect(report.rules.filter(({ state, checked, failed }) => state === 'ran' || checked + failed > 0)).toStrictEqual(
    [],
  );
  for (const member of ['source', 'waiverTroubles', 'sequence', 'previousRun', 'late'])
    expect(report).not.toHaveProperty(member);
});

test('a run that judged nobody was at this moment where no other clock is given', () => {
  const before = Date.now();
  const shortfall = { verdict: 'FAILED', reason: 'closed', message: 'm' } as const;
  const { listing } = unjudgedReport(REQUEST, SETTINGS, criteriaOf(REQUEST, SETTINGS), shortfall);
  expect(Date.parse(listing?.startedAt ?? '')).toBeGreaterThanOrEqual(before);
});
