import { expect, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import type { Report } from '../../../core/model/report.ts';
import { WORST_FIRST } from '../../../core/model/trend.ts';
import { OUTPUTS } from '../../../core/outputs/index.ts';
import type { Finding } from '../../../rules/engine/finding.ts';
import { readJsonLines, readText } from '../../support/archive-tree.ts';
import { auditNights, nightAt, nightKeys } from '../../support/archived-nights.ts';
import { memoryArchive } from '../../support/memory-archive.ts';
import * as fc from '../../support/properties.ts';
import { NIGHTS, newWorld, night } from '../../support/random-histories.ts';

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** The number before a word in a text; 0 where it is not told. */
const told = (text: string, words: string): number => Number(new RegExp(`(\\d+) (?:${words})\\b`).exec(text)?.[1] ?? 0);

const wordsOf = (page: string): string =>
  page
    .replaceAll(/<(style|script)>.*?<\/\1>/gs, ' ')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ');

/** The accounts that a complete night gives of itself: its findings, its report, its page and, where one was sent, its mail. */
const saidOf = async (archive: Archive, number: number) => {
  const read = (name: 'report' | 'html' | 'digest') => readText(archive, nightKeys(number).object(OUTPUTS[name]));
  const findings = (await readJsonLines(archive, nightKeys(number).object(OUTPUTS.findings))) as readonly Finding[];
  const page = await read('html');
  const mail = (await archive.has(nightKeys(number).object(OUTPUTS.digest))) ? await read('digest') : undefined;
  const [, result = ''] = /<div class="card result[^>]*>(.*?)<\/div>/s.exec(page) ?? [];
  const [, tiles = ''] = /<ul class="tiles"[^>]*>(.*?)<\/ul>/s.exec(page) ?? [];
  return {
    findings,
    report: JSON.parse(await read('report')) as Report,
    sentence: wordsOf(result),
    tiles: tiles.split('</li>').slice(0, -1).map(wordsOf),
    mail: mail === undefined ? undefined : (JSON.parse(mail) as { readonly body: string }).body,
  };
};

const ofSeverity = (findings: readonly Finding[]): readonly number[] =>
  WORST_FIRST.map((severity) => findings.filter((finding) => finding.severity === severity).length);

test('what tiles, sentence, trend, report and mail say of random histories adds up', async () => {
  const property = fc.asyncProperty(fc.array(night, { minLength: NIGHTS, maxLength: NIGHTS }), async (nights) => {
    const archive = memoryArchive();
    const world = newWorld();
    let before: readonly number[] | undefined;
    let number = 0;
    for (const { changes, isCut, gap } of nights) {
      number += gap;
      const { model, users, config } = world.night(changes, nightAt(number));
      const [result] = await auditNights(archive, [
        {
          number,
          users,
          config: { rules: config, maxDropPercent: 100 },
          waivers: model.waivers,
          ...(isCut && { end: { complete: false, reason: 'deadline', message: 'no time left' } }),
        },
      ]);
      if (result?.report.verdict !== 'COMPLETE') continue;
      const { findings, report, sentence, tiles, mail } = await saidOf(archive, number);
      const inState = (...states: readonly string[]) => findings.filter(({ state }) => states.includes(state));
      const standing = ofSeverity(inState('new', 'open', 'reopened'));
      const events = inState('event').length;

      const { bySeverity, eventsBySeverity, byState } = report.findings;
      expect(WORST_FIRST.map((severity) => bySeverity[severity])).toEqual(standing);
      expect(WORST_FIRST.map((severity) => eventsBySeverity?.[severity])).toEqual(ofSeverity(inState('event')));
      expect(report.trend?.at(-1)?.slice(1)).toEqual(standing);

      expect(tiles.map((tile) => Number(/\d+/.exec(tile)?.[0]))).toEqual([...standing, events, byState.waived]);
      expect(told(sentence, 'findings? stands?')).toBe(sum(standing));
      expect(told(sentence, 'changes? to look at')).toBe(events);
      if (before !== undefined) {
        const deltas = tiles.slice(0, -2).map((tile) => told(tile, 'more') - told(tile, 'fewer'));
        expect(deltas).toEqual(standing.map((count, index) => count - (before?.[index] ?? 0)));
        const more = told(sentence, 'more than') - told(sentence, 'fewer than');
        expect(more).toBe(sum(standing) - sum(before));
        const come = told(sentence, 'new') + told(sentence, 'reopened') + told(sentence, 'accepted no longer');
        const gone =
          told(sentence, 'resolved') + told(sentence, 'accepted by waivers') - told(sentence, 'of what resolved');
        expect(come - gone).toBe(more);
        // Fewer means that something resolved or was accepted: what is told once does not count.
        if (more < 0) expect(inState('resolved', 'waived')).not.toEqual([]);
      }
      if (mail !== undefined) {
        const [, failing = ''] = /Failing now: ([^.]*)\./.exec(mail.replaceAll(/\s+/g, ' ')) ?? [];
        expect(failing.split(', ').map((part) => Number(part.split(' ')[1]))).toEqual(standing);
        expect(told(mail.replaceAll(/\s+/g, ' '), 'changes? of this audit')).toBe(events);
      }
      before = standing;
    }
  });
  await fc.assert(property, { numRuns: 4, seed: 1, endOnFailure: true });
}, 300_000);
