import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import { decide } from '../../../core/archive/close.ts';
import { folderArchive } from '../../../core/archive/folder.ts';
import { chainKey, OVERVIEW_PAGE, overviewMarker } from '../../../core/archive/keys.ts';
import { stoppedClock } from '../../../core/model/clock.ts';
import { runName } from '../../../core/model/run-name.ts';
import type { Alert } from '../../../core/notify/channel.ts';
import { type CollectOptions, collectNight, refreshPage } from '../../../core/overview/collect.ts';
import { readOverview } from '../../../core/overview/read.ts';
import type { RolesRequest } from '../../../core/sources/enrich/enrichment.ts';
import type { ListingEnd, UserSource } from '../../../core/sources/source.ts';
import { headsIn } from '../../../core/verify/heads.ts';
import { HOUR_MS } from '../../../rules/engine/time.ts';
import { readText } from '../../support/archive-tree.ts';
import { anApiUser, aUser } from '../../support/builders.ts';
import { auditNight, night, runOf, SCHEDULE } from '../../support/history.ts';
import { listingOf } from '../../support/listing.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const newFolder = temporaryFolders();
const AUDITOR = '111122223333-Auditor';
const ENVIRONMENTS = [{ id: 'alpha', name: 'research' }, { id: 'beta' }];

let folder: string;
let archive: Archive;
let mails: Alert[];
beforeEach(async () => {
  folder = await newFolder();
  archive = folderArchive(folder);
  mails = [];
});

const hoursAfter = (number: number, hours: number): Date => new Date(night(number).getTime() + hours * HOUR_MS);

/** Collects so many hours after a night was due, as the function does each hour. */
const collect = (number: number, hours: number, options: Partial<CollectOptions> = {}) =>
  collectNight(archive, {
    environments: ENVIRONMENTS,
    schedule: SCHEDULE,
    now: hoursAfter(number, hours).getTime(),
    auditor: AUDITOR,
    graceHours: 2,
    hasPage: true,
    sendAlert: async (mail) => {
      mails.push(mail);
      return `mail ${mails.length}`;
    },
    ...options,
  });

const auditAll = async (number: number, ...ids: readonly string[]): Promise<void> => {
  for (const id of ids) await auditNight(archive, number, {}, id);
};

/** Makes an attempt that ends before its listing does. */
const breakOff = (number: number, id: string) =>
  auditNight(
    archive,
    number,
    { listUsers: listingOf([[aUser()]], { complete: false, reason: 'deadline', message: 'too slow' }) },
    id,
  );

describe('the one mail about a night', () => {
  test('is sent once all are in, and not again', async () => {
    await auditAll(1, 'alpha', 'beta');
    expect(await collect(1, 1)).toEqual({ outcome: 'told', unseen: [] });
    expect(await collect(1, 2)).toEqual({ outcome: 'told before', unseen: [] });
    await auditAll(2, 'alpha');
    expect(await collect(2, 0.5)).toEqual({ outcome: 'not yet', unseen: ['beta'] });
    await auditAll(2, 'beta');
    expect(await collect(2, 1)).toEqual({ outcome: 'told', unseen: [] });
    expect(mails).toHaveLength(2);
    const [mail] = mails;
    expect(mail?.subject).toMatch(/^FinSpace, all environments: 2 environments seen; 2 changed \(worst \w+\)$/);
    expect(mail?.attributes).toMatchObject({ environment: 'all', verdict: 'COMPLETE' });
    expect(mail?.body).toContain('night of 2026-11-20 02:00 America/New_York');
    expect(mail?.body).toMatch(/^CHANGED \(2\)$/m);
    expect(mail?.body).toMatch(/^ {2}\w+ research \(alpha\): 20261120T070000Z: first audit, /m);
    const heads = headsIn(mail?.body ?? '');
    expect(heads.map(({ sequence }) => sequence)).toEqual([1, 1]);
  });

  test('is sent without those that are overdue, and says whose night is missing', async () => {
    await auditAll(1, 'alpha', 'beta');
    await collect(1, 1);
    await auditAll(2, 'alpha');
    await breakOff(2, 'beta');
    expect((await collect(2, 1.99)).outcome).toBe('not yet');
    expect(await collect(2, 2)).toEqual({ outcome: 'told', unseen: ['beta'] });
    const mail = mails.at(-1);
    expect(mail?.subject).toContain('1 NOT SEEN, 1 environment seen');
    expect(mail?.attributes).toEqual({ environment: 'all', verdict: 'INCOMPLETE', maxSeverity: 'CRITICAL' });
    expect(mail?.body).toContain(
      `  beta: no complete run since ${runOf(1)}; one was due at 2026-11-21 02:00 America/New_York; the last attempt, ${runOf(2)}, is INCOMPLETE (deadline)`,
    );
    expect((await collect(2, 3)).outcome).toBe('told before');
    expect(mails).toHaveLength(2);
  });

  test('tells of a run that came after the mail before, whatever came since', async () => {
    await auditAll(1, 'alpha', 'beta');
    await collect(1, 1);
    await auditAll(2, 'alpha');
    await collect(2, 2);
    await auditAll(2, 'beta');
    await collect(2, 4);
    await auditAll(3, 'alpha', 'beta');
    await collect(3, 1);
    expect(mails).toHaveLength(3);
    expect(mails[2]?.body).toMatch(/beta: 20261122T070000Z: .*; and 1 earlier run with changes$/m);
    expect(mails[2]?.body).not.toMatch(/alpha.*earlier run/);
  });

  test('is sent every night, though nothing changed', async () => {
    for (const number of [1, 2]) {
      for (const { id } of ENVIRONMENTS) await auditNight(archive, number, { listUsers: listingOf([[aUser()]]) }, id);
      await collect(number, 1);
    }
    expect(mails[1]?.subject).toBe('FinSpace, all environments: 2 environments seen; nothing changed');
    expect(mails[1]?.attributes).toMatchObject({ verdict: 'COMPLETE', maxSeverity: 'INFORMATIONAL' });
    expect(mails[1]?.body).toMatch(/^UNCHANGED, with what stands \(2\)$/m);
  });

  test('says of an environment in which nothing changed what was not read of it, as its page does', async () => {
    const unread = {
      listUsers: listingOf([[anApiUser()]]),
      enrich: new Set(['iamRoles', 'permissionGroups'] as const),
      enrichments: {
        async *roles({ arns }: RolesRequest) {
          for (const arn of arns()) yield { arn, unread: 'AccessDenied' };
        },
        async *groups() {
          yield { unread: 'AccessDenied' };
        },
      },
    };
    for (const number of [1, 2]) {
      await auditNight(archive, number, unread, 'beta');
      await collect(number, 1, { environments: [{ id: 'beta' }] });
    }
    expect(mails[0]?.body).toMatch(/beta: 20261120T070000Z: NOT ALL READ, first audit, /);
    expect(mails[1]?.body).toMatch(/^ {2}beta: .*\(1 of 1 role NOT READ, groups NOT READ IN FULL\)$/m);
    expect(await readText(archive, OVERVIEW_PAGE)).toContain(
      'Complete <b>1 of 1 role NOT READ, groups NOT READ IN FULL</b>',
    );
  });

  test('is sent by the next call where it was not taken', async () => {
    await auditAll(1, 'alpha', 'beta');
    const refuse = async () => Promise.reject(new Error('SNS says no'));
    await expect(collect(1, 1, { sendAlert: refuse })).rejects.toThrow('SNS says no');
    expect((await collect(1, 2)).outcome).toBe('told');
    expect(mails).toHaveLength(1);
  });

  test('says that nothing is known where nobody was ever audited', async () => {
    expect(await collect(1, 3)).toEqual({ outcome: 'told', unseen: ['alpha', 'beta'] });
    expect(mails[0]?.body).toContain('  beta: no complete run yet\n');
    expect(mails[0]?.subject).toContain('2 NOT SEEN, 0 environments seen');
  });

  test('never calls fine what can no longer be read', async () => {
    await auditAll(1, 'alpha', 'beta');
    await writeFile(join(folder, chainKey('beta', 1)), '{}');
    await collect(1, 2);
    expect(mails[0]?.body).toMatch(/^ {2}beta: what is archived of it can't be read: chain\/environment=beta/m);
    expect(mails[0]?.attributes).toMatchObject({ verdict: 'INCOMPLETE', maxSeverity: 'CRITICAL' });
  });

  test('counts a closed environment as one that nobody looks at', async () => {
    await auditAll(1, 'alpha', 'beta');
    await decide(archive, 'beta', {
      kind: 'closing',
      reason: 'ended',
      at: hoursAfter(1, 1),
      name: runName(hoursAfter(1, 1)),
      retentionYears: 7,
    });
    await auditAll(2, 'alpha');
    expect(await collect(2, 1)).toEqual({ outcome: 'told', unseen: [] });
    expect(mails[0]?.subject).toContain('1 environment seen, 1 closed');
    expect(mails[0]?.body).toMatch(/^CLOSED: nobody looks any more \(1\)\n {2}beta$/m);
  });

  test('is not sent again for a marker that was altered, and leaves out no run', async () => {
    await auditAll(1, 'alpha', 'beta');
    await collect(1, 1);
    await auditAll(2, 'alpha', 'beta');
    await collect(2, 1);
    await writeFile(join(folder, overviewMarker(AUDITOR, night(2))), 'nothing');
    expect((await collect(2, 2)).outcome).toBe('told before');
    await auditAll(3, 'alpha', 'beta');
    await collect(3, 1);
    expect(mails).toHaveLength(3);
    expect(mails[2]?.body.match(/and 1 earlier run with changes/g)).toHaveLength(2);
  });

  test('stays under 200 lines and 256 KiB for a thousand environments', async () => {
    const environments = Array.from({ length: 1000 }, (_, index) => ({ id: `e${index}`, name: `team ${index}` }));
    await auditAll(1, 'e7');
    const { unseen } = await collect(1, 2, { environments });
    expect(unseen).toHaveLength(999);
    const { body = '', subject = '' } = mails[0] ?? {};
    expect(body.split('\n').length).toBeLessThan(200);
    expect(Buffer.byteLength(body)).toBeLessThan(256 * 1024);
    expect(subject).toContain('999 NOT SEEN');
    expect(body).toContain('and 964 more, on the page');
  });
});

describe('the page of all environments', () => {
  const page = () => readText(archive, OVERVIEW_PAGE);

  test('has every environment of the archive, the unseen and the worst first, and names no user', async () => {
    await auditAll(1, 'alpha', 'beta', 'elsewhere');
    await auditAll(2, 'alpha', 'elsewhere');
    await collect(2, 1);
    const html = await page();
    const order = [...html.matchAll(/<a href="environment=(\w+)\/index\.html">/g)].map(([, id = '']) => id);
    expect(order[0]).toBe('beta');
    expect(order.toSorted()).toEqual(['alpha', 'beta', 'elsewhere']);
    expect(html).toContain('1 NOT SEEN, 2 environments seen');
    expect(html).toContain(`href="environment=alpha/dt=2026-11-21/${runOf(2)}/report.html"`);
    expect(html).toMatch(/data-due="\d{13}"/);
    expect(html).not.toContain('@example.com');
  });

  test('says of one whose schedule is unknown that it has not been seen for longer than is usual', async () => {
    await auditAll(1, 'alpha', 'beta', 'elsewhere');
    await auditAll(2, 'alpha', 'beta', 'elsewhere');
    await auditAll(4, 'alpha', 'beta');
    await collect(4, 1);
    expect(await page()).toContain(`no complete run since ${runOf(2)}, made 49 hours ago`);
    // Who is not of this config holds up no mail, and is told in it.
    expect(mails[0]?.body).toContain(`  elsewhere: no complete run since ${runOf(2)}, made 49 hours ago`);
  });

  test('tells the age of the last complete night, the trend of what stands, and the gaps', async () => {
    for (const number of [1, 2, 3, 6]) await auditNight(archive, number, {}, 'alpha');
    await collect(6, 50, { environments: [{ id: 'alpha' }] });
    const html = (await page()).replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');
    expect(html).toContain('2 days before this page');
    expect(html).toMatch(/\d+ to \d+ in 4 runs 1 gap, the longest 3 days/);
    expect(await page()).toMatch(/<svg[^>]*role="img" aria-label="Findings that stand: \d+ to \d+ in 4 runs">/);
  });

  test('from a folder, of which nobody knows a schedule, tells that the last run is not complete', async () => {
    await auditAll(1, 'alpha');
    await breakOff(1.5, 'alpha');
    const now = hoursAfter(1, 13).getTime();
    await refreshPage(archive, { environments: [{ id: 'alpha' }], schedule: undefined, now });
    expect(await page()).toContain(
      `no complete run since ${runOf(1)}; the last attempt, ${runOf(1.5)}, is INCOMPLETE (deadline)`,
    );
    await auditAll(2, 'alpha');
    await refreshPage(archive, {
      environments: [{ id: 'alpha' }],
      schedule: undefined,
      now: hoursAfter(2, 1).getTime(),
    });
    expect(await page()).not.toContain('NOT SEEN');
  });

  test('is left to its owner in the archive of another, of which nothing else is read', async () => {
    await auditAll(1, 'alpha', 'beta', 'elsewhere');
    await collect(1, 1, { hasPage: false });
    expect(await archive.has(OVERVIEW_PAGE)).toBe(false);
    expect(mails[0]?.subject).toContain('2 environments seen');
    expect(mails[0]?.body).not.toContain('elsewhere');
  });

  test('is written where nobody wants the mail, and where it was deleted', async () => {
    await auditAll(1, 'alpha', 'beta');
    expect(await collect(1, 1, { sendAlert: undefined })).toEqual({ outcome: 'nobody to tell', unseen: [] });
    await rm(join(folder, OVERVIEW_PAGE));
    await collect(1, 2, { sendAlert: undefined });
    expect(await page()).toContain('2 environments seen');
  });

  test('two auditors of one archive have a mail each', async () => {
    await auditAll(1, 'alpha', 'beta');
    await collect(1, 1, { environments: [{ id: 'alpha' }] });
    await collect(1, 1, { environments: [{ id: 'beta' }], auditor: '444455556666-Auditor', hasPage: false });
    expect(mails).toHaveLength(2);
  });
});

describe('an environment whose rosters were saved', () => {
  const attestedBy = { name: 'Ada', statement: 'all', at: '2026-11-20T07:00:00Z' };

  /** Audits the roster of the first night, as the auditor does on another one. */
  const auditSaved = (number: number, differs: object = { attestedBy }, stopped?: ListingEnd) => {
    const readAt = hoursAfter(number, 0.1);
    const source = {
      kind: 'roster',
      instant: night(1).toISOString(),
      readAt: readAt.toISOString(),
      ...differs,
    } as const;
    const listUsers: UserSource = (deadline) => ({ ...listingOf([[aUser()]], stopped)(deadline), source });
    return auditNight(archive, 1, { listUsers, clock: stoppedClock(readAt.getTime()) }, 'beta');
  };

  test('has seen the night in which one was audited, and none after; what is attested is not seen', async () => {
    await auditAll(3, 'alpha');
    await auditSaved(3);
    expect(await collect(3, 1)).toEqual({ outcome: 'told', unseen: [] });
    const [mail] = mails;
    expect(mail?.subject).toContain('1 environment seen, 1 attested, not seen; ');
    expect(mail?.body).toMatch(/beta: .*\(ATTESTED, NOT SEEN, by a saved roster of 2026-11-20T07:00Z\)$/m);
    const page = await readText(archive, OVERVIEW_PAGE);
    expect(page).toContain('Complete <b>ATTESTED, NOT SEEN, by a saved roster of 2026-11-20T07:00Z</b>');

    await auditAll(4, 'alpha');
    await collect(4, 2);
    expect(mails[1]?.body).toContain(
      `beta: no complete run since ${runOf(1)}; one was due at 2026-11-23 02:00 America/New_York`,
    );
  });

  test('that is proven by its manifest is seen', async () => {
    await auditAll(3, 'alpha');
    await auditSaved(3, {});
    await collect(3, 1);
    expect(mails[0]?.subject).toContain('2 environments seen; ');
    expect(mails[0]?.body).toMatch(/beta: .*\(by a saved roster of 2026-11-20T07:00Z\)$/m);
  });

  test('whose newest one was audited before tells of that attempt, which bears the name of its run', async () => {
    await auditAll(4, 'alpha');
    await auditSaved(3);
    const key = `incomplete/environment=beta/dt=2026-11-20/${runOf(1)}-20261123T070600Z-abcdefgh/report.json`;
    const run = await auditSaved(4, {}, { complete: false, reason: 'unproven-end', message: 'nobody attested it' });
    const bytes = Buffer.from(JSON.stringify({ ...run.report, verdict: 'INCOMPLETE', reason: 'stale-roster' }));
    await archive.create(key, { bytes }, 'application/json');
    await collect(4, 2);
    expect(mails[0]?.body).toContain(`the last attempt, ${runOf(1)}, is INCOMPLETE (stale-roster)`);
  });

  test('by hand is believed as long as others are', async () => {
    await auditSaved(9);
    const options = { environments: [], schedule: undefined };
    const [soon] = await readOverview(archive, { ...options, now: hoursAfter(9, 26).getTime() });
    expect(soon?.unseen).toBeUndefined();
    const [late] = await readOverview(archive, { ...options, now: hoursAfter(9, 27).getTime() });
    expect(late?.unseen).toBe(`no complete run since ${runOf(1)}, made 26 hours ago`);
  });
});
