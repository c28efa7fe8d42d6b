import { expect, test } from '@jest/globals';
import { OUTPUTS } from '../../../core/outputs/index.ts';
import type { Finding } from '../../../rules/engine/finding.ts';
import { readJsonLines } from '../../support/archive-tree.ts';
import { auditNights, type NightPlan, nightAt, nightKeys } from '../../support/archived-nights.ts';
import { judgedNights } from '../../support/judged-nights.ts';
import { lifecycleModel, type ModelFinding } from '../../support/lifecycle-model.ts';
import { memoryArchive } from '../../support/memory-archive.ts';
import * as fc from '../../support/properties.ts';
import { NIGHTS, newWorld, night } from '../../support/random-histories.ts';

/** The number of histories; HISTORIES asks for more, HISTORIES_SEED for others, HISTORIES_SHRINK for the least that fails. */
const HISTORIES = Number(process.env.HISTORIES ?? 100);
const SEED = Number(process.env.HISTORIES_SEED ?? 1);
const IS_SHRINKING = process.env.HISTORIES_SHRINK !== undefined;

const toldOf = (findings: readonly (Finding | ModelFinding)[]): readonly string[] =>
  findings
    .map(({ id, state, severity, firstSeen, lastSeen, runs, ...rest }) => {
      const { carried, assessedAgain, escalatedFrom, loweredFrom, waiverBegan, waiverEnded, ...ended } = rest;
      const { resolvedAt, cause, regroupedTo } = ended;
      const isNewlyCarried = 'carriedFor' in rest || 'isNewlyCarried' in rest;
      const sure = { id, state, severity, firstSeen, lastSeen, runs };
      return JSON.stringify({
        ...sure,
        carried,
        isNewlyCarried,
        assessedAgain,
        escalatedFrom,
        loweredFrom,
        waiverBegan,
        waiverEnded,
        resolvedAt,
        cause,
        regroupedTo,
      });
    })
    .toSorted();

/** Gives the findings of one night after the other; of one that is not complete none. */
type AuditNight = (plan: NightPlan) => Promise<readonly unknown[]>;

const auditedNights = (): AuditNight => {
  const archive = memoryArchive();
  return async (plan) => {
    const [result] = await auditNights(archive, [plan]);
    if (result?.report.verdict !== 'COMPLETE') return [];
    return readJsonLines(archive, nightKeys(plan.number).object(OUTPUTS.findings));
  };
};

test.each([
  { what: 'judged', count: HISTORIES, begin: judgedNights },
  { what: 'audited', count: Math.ceil(HISTORIES / 50), begin: auditedNights },
])(
  `$count random histories of ${NIGHTS} nights, $what, are as the contract words them`,
  async ({ count, begin }) => {
    const history = fc.array(night, { minLength: NIGHTS, maxLength: NIGHTS });
    const property = fc.asyncProperty(history, async (nights) => {
      const audited: AuditNight = begin();
      const world = newWorld();
      const model = lifecycleModel();
      let number = 0;
      for (const { changes, isCut, gap } of nights) {
        number += gap;
        const { model: tonight, users, config } = world.night(changes, nightAt(number));
        const findings = await audited({
          number,
          users,
          config: { rules: config, maxDropPercent: 100 },
          waivers: tonight.waivers,
          ...(isCut && { end: { complete: false, reason: 'deadline', message: 'no time left' } }),
        });
        const expected = isCut || users.length === 0 ? [] : model.next(tonight);
        expect(toldOf(findings as readonly Finding[])).toEqual(toldOf(expected));
      }
    });
    await fc.assert(property, { numRuns: count, seed: SEED, endOnFailure: !IS_SHRINKING });
  },
  Math.max(600_000, HISTORIES * 5000),
);
