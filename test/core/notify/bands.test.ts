import { describe, expect, test } from '@jest/globals';
import { type AlertRecipient, bandsOf, filterPolicyOf, haveBands } from '../../../core/config/recipient.ts';
import { type Band, isInBand } from '../../../core/model/band.ts';
import type { Alert, Channel } from '../../../core/notify/channel.ts';
import { digestChannel } from '../../../core/notify/channels/digest.ts';
import { letsThrough } from '../../../core/notify/filter-policy.ts';
import { SEVERITIES, type Severity } from '../../../rules/engine/severity.ts';
import { readText } from '../../support/archive-tree.ts';
import { ENVIRONMENT } from '../../support/builders.ts';
import { playNights } from '../../support/changing-nights.ts';
import { auditNight, keysOf } from '../../support/history.ts';
import { listingOf } from '../../support/listing.ts';
import { memoryArchive } from '../../support/memory-archive.ts';

const recipient = (asked: Partial<AlertRecipient> = {}): AlertRecipient => ({
  protocol: 'email',
  endpoint: `${JSON.stringify(asked)}@example.com`,
  ...asked,
});

const EVERYBODY = recipient();
const PAGER = recipient({ minSeverity: 'HIGH' });
const MILD = recipient({ maxSeverity: 'MEDIUM' });
const LOW = recipient({ minSeverity: 'LOW', maxSeverity: 'LOW' });
const RECIPIENTS = [EVERYBODY, PAGER, MILD, LOW];

const labelsOf = (bands: readonly Band[]) => bands.map(({ label }) => label);

describe('the bands of an environment', () => {
  const ELSEWHERE = recipient({ maxSeverity: 'HIGH', environments: ['other'] });

  test.each<{
    readonly name: string;
    readonly recipients: readonly AlertRecipient[];
    readonly labels: readonly string[];
  }>([
    { name: 'of those who want all', recipients: [EVERYBODY, recipient({ minSeverity: 'INFORMATIONAL' })], labels: [] },
    {
      name: 'each once',
      recipients: [PAGER, MILD, { ...PAGER, endpoint: 'b' }],
      labels: ['HIGH-CRITICAL', 'INFORMATIONAL-MEDIUM'],
    },
    { name: 'not of other environments', recipients: [ELSEWHERE, LOW], labels: ['LOW-LOW'] },
    {
      name: 'not of those who get one mail about several',
      recipients: [recipient({ minSeverity: 'HIGH', digest: 'all' }), recipient({ maxSeverity: 'LOW', every: 'week' })],
      labels: [],
    },
  ])('are $labels: $name', ({ recipients, labels }) => {
    expect(labelsOf(bandsOf(recipients, ENVIRONMENT))).toEqual(labels);
  });

  test('are 14 at most, however many recipients there are', () => {
    const all = SEVERITIES.flatMap((minSeverity, least) =>
      SEVERITIES.slice(least).map((maxSeverity) => recipient({ minSeverity, maxSeverity })),
    );
    expect(bandsOf(all, ENVIRONMENT)).toHaveLength(14);
  });

  test('know of which severities others are told, be it by week', () => {
    const [band] = bandsOf([MILD, recipient({ minSeverity: 'CRITICAL', every: 'week' })], ENVIRONMENT);
    expect(band?.sentToOthers).toEqual(['CRITICAL']);
  });
});

interface Mail extends Alert {
  readonly run: string;
}

/** A topic with everybody subscribed as the stack does it, and the mails that each got. */
const aTopic = (recipients: readonly AlertRecipient[] = RECIPIENTS) => {
  const inboxes = new Map<AlertRecipient, Mail[]>(recipients.map((one) => [one, []]));
  const policies = recipients.map((one) => [one, filterPolicyOf(one, haveBands(recipients))] as const);
  const send = async (alert: Alert): Promise<string> => {
    const run = /Run: +(\w+)/.exec(alert.body)?.[1] ?? '';
    for (const [one, policy] of policies)
      if (policy === undefined || letsThrough(policy, { ...alert.attributes }))
        inboxes.get(one)?.push({ ...alert, run });
    return 'id';
  };
  const mailsOf = (one: AlertRecipient, run?: string): readonly Mail[] =>
    (inboxes.get(one) ?? []).filter((mail) => run === undefined || mail.run === run);
  /** @param isDown tells whether SNS takes nothing of a band */
  const channels = (isDown: (band: Band | undefined) => boolean = () => false): readonly Channel[] =>
    [undefined, ...bandsOf(recipients, ENVIRONMENT)].map((band) =>
      digestChannel(
        (alert) => (isDown(band) ? Promise.reject(new Error('SNS is away')) : send(alert)),
        undefined,
        band,
      ),
    );
  return { send, mailsOf, channels };
};

/** The numbers by severity that a mail tells of, a line a rule. */
const toldIn = ({ body }: Alert) =>
  [...body.matchAll(/^([A-Z]+) ([\w-]+): (\d.*)$/gm)]
    .filter(([, severity]) => SEVERITIES.some((known) => known === severity))
    .map(([line, severity = '', , counts = '']) => ({
      line,
      severity: severity as Severity,
      count: [...counts.matchAll(/\d+/g)].reduce((total, [digits]) => total + Number(digits), 0),
    }));

const numbersOf = (told: ReturnType<typeof toldIn>): ReadonlyMap<Severity, number> => {
  const numbers = new Map<Severity, number>();
  for (const { severity, count } of told) numbers.set(severity, (numbers.get(severity) ?? 0) + count);
  return numbers;
};

/** The lines of a mail about what it leaves out. */
const leftOutOf = ({ body }: Alert): ReadonlyMap<string, number> => {
  const said = [...body.replaceAll(/\n +|\n/g, ' ').matchAll(/Of what changed, ([^.]+?) (?:is|are) /g)].map(
    ([, what]) => what,
  );
  return new Map(
    [...said.join().matchAll(/(\d+) ([A-Z]+)/g)].map(([, count, severity = '']) => [severity, Number(count)]),
  );
};

describe.each([1, 2])('in 30 nights, seed %i', (seed) => {
  test('everybody hears of each finding of its band, of no other, and how many those are, once', async () => {
    const { channels, mailsOf } = aTopic();
    const runs: string[] = [];
    const told = { bands: 0, left: 0, quiet: 0 };
    const away = (mood: string) => (band: Band | undefined) =>
      (mood === 'down' && band?.label === 'INFORMATIONAL-MEDIUM') || (mood === 'refuses' && band?.label !== 'LOW-LOW');
    for await (const { report } of playNights(seed, (_, mood) => channels(away(mood)))) runs.push(report.run);

    for (const run of runs) {
      const [whole, ...again] = mailsOf(EVERYBODY, run);
      expect(again).toEqual([]);
      for (const { label, ...band } of bandsOf(RECIPIENTS, ENVIRONMENT)) {
        const one = [PAGER, MILD, LOW].find(
          ({ minSeverity = 'INFORMATIONAL', maxSeverity = 'CRITICAL' }) => label === `${minSeverity}-${maxSeverity}`,
        );
        const mails = one === undefined ? [] : mailsOf(one, run);
        const all = whole === undefined ? [] : toldIn(whole);
        const wanted = all.filter(({ severity }) => isInBand(severity, band));
        expect(mails.length).toBeLessThanOrEqual(1);
        const [mail] = mails;
        if (mail === undefined) {
          told.quiet += 1;
          expect(wanted).toEqual([]);
          continue;
        }
        told.bands += 1;
        expect(toldIn(mail).map(({ line }) => line)).toEqual(wanted.map(({ line }) => line));
        const left = numbersOf(all.filter(({ severity }) => !isInBand(severity, band)));
        expect(leftOutOf(mail)).toEqual(left);
        if (left.size > 0) told.left += 1;
        expect(mail.body).not.toMatch(/nothing else/i);
      }
    }
    expect(Math.min(...Object.values(told))).toBeGreaterThan(3);
  }, 120_000);
});

const digestIn = async (archive: Parameters<typeof readText>[0], number: number) =>
  JSON.parse(await readText(archive, keysOf(number).object({ area: 'reports', file: 'digest.json' })));

describe('a band that SNS did not take', () => {
  test('is sent by the next run, and nothing else again', async () => {
    const archive = memoryArchive();
    const { channels, mailsOf } = aTopic();
    const first = await auditNight(archive, 1, { channels: channels((band) => band?.label === 'HIGH-CRITICAL') });
    expect(first.deliveries).toMatchObject({
      alert: { outcome: 'sent' },
      'alert-HIGH-CRITICAL': { outcome: 'failed', message: expect.stringContaining('SNS is away') },
      'alert-INFORMATIONAL-MEDIUM': { outcome: 'sent' },
    });
    const again = await auditNight(archive, 1, { channels: channels((band) => band?.label === 'HIGH-CRITICAL') });
    expect(again.deliveries).toMatchObject({
      alert: { outcome: 'already-sent' },
      'alert-HIGH-CRITICAL': { outcome: 'failed' },
    });
    expect([mailsOf(EVERYBODY).length, mailsOf(PAGER).length, mailsOf(MILD).length]).toEqual([1, 0, 1]);

    await auditNight(archive, 2, { channels: channels() });
    expect(mailsOf(PAGER, first.report.run)).toHaveLength(1);
    expect(mailsOf(EVERYBODY, first.report.run)).toHaveLength(1);
    expect(mailsOf(MILD, first.report.run)).toHaveLength(1);
    expect(JSON.parse(await readText(archive, keysOf(1).marker('alert-HIGH-CRITICAL')))).toMatchObject({
      run: first.report.run,
      band: 'HIGH-CRITICAL',
      receipt: 'id',
      digest: first.objects.digest?.sha256,
    });
  });

  test('nor is what others took for it: the marker of each is its own', async () => {
    const archive = memoryArchive();
    const { channels, mailsOf } = aTopic();
    await auditNight(archive, 1, { channels: channels((band) => band?.label === 'HIGH-CRITICAL') });
    const forged = Buffer.from(await readText(archive, keysOf(1).marker('alert')));
    await archive.create(keysOf(1).marker('alert-HIGH-CRITICAL'), { bytes: forged }, 'application/json');
    await auditNight(archive, 1, { channels: channels() });
    expect([mailsOf(EVERYBODY).length, mailsOf(PAGER).length]).toEqual([1, 1]);
  });
});

test('of nights before there were bands nothing is told again', async () => {
  const archive = memoryArchive();
  const before = aTopic([EVERYBODY]);
  await auditNight(archive, 1, { channels: before.channels() });
  expect(Object.keys(await digestIn(archive, 1))).toEqual(['subject', 'body', 'attributes']);
  expect((await digestIn(archive, 1)).attributes).not.toHaveProperty('band');
  const { channels, mailsOf } = aTopic();
  const { report } = await auditNight(archive, 2, { channels: channels() });
  for (const one of RECIPIENTS) expect(mailsOf(one).filter(({ run }) => run !== report.run)).toEqual([]);
  expect(await digestIn(archive, 2)).toMatchObject({
    attributes: { band: 'INFORMATIONAL-CRITICAL' },
    bands: { 'INFORMATIONAL-MEDIUM': { attributes: { band: 'INFORMATIONAL-MEDIUM' } } },
  });
});

test('that nothing was seen is told to every band', async () => {
  const archive = memoryArchive();
  const { channels, mailsOf } = aTopic();
  const cut = { complete: false, reason: 'deadline', message: 'm' } as const;
  const { report } = await auditNight(archive, 1, { channels: channels(), listUsers: listingOf([[]], cut) });
  expect(report.verdict).not.toBe('COMPLETE');
  for (const one of RECIPIENTS)
    expect(mailsOf(one).map(({ subject }) => subject)).toEqual([expect.stringContaining('deadline')]);
});
