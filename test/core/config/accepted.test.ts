import { expect, test } from '@jest/globals';
import { type Accepted, acceptedFaults } from '../../../core/config/accepted.ts';
import { defaultConfig } from '../../../core/config/config.ts';
import { verifyEnvironment } from '../../../core/verify/verify.ts';
import { DAY_MS } from '../../../rules/engine/time.ts';
import { readText } from '../../support/archive-tree.ts';
import { ENVIRONMENT } from '../../support/builders.ts';
import { entryInstant, entryKey, entryRun, linkToEntry } from '../../support/chain-entries.ts';
import { type DisturbedChain, disturbedChain } from '../../support/disturbed-chain.ts';

const previousOf3 = async (place: number, of: DisturbedChain = {}): Promise<DisturbedChain> => {
  const previous = linkToEntry(entryKey(place), JSON.parse(await readText(await disturbedChain(of), entryKey(place))));
  return { ...of, differs: { ...of.differs, 3: { previous } } };
};

const nextDay = new Date(entryInstant(3).getTime() + DAY_MS).toISOString();
const listedLate: DisturbedChain = {
  differs: { 3: { late: true, listing: { startedAt: nextDay, endedAt: nextDay } } },
};

/** Reads what stands, each with its run, where the next night is missed too. */
const standing = async (history: DisturbedChain, accepted: readonly Accepted[]) => {
  const due = {
    schedule: { ...defaultConfig([]).schedule, cron: '0 2 * * *', timezone: 'UTC' },
    until: entryInstant(4).getTime(),
  };
  const archive = await disturbedChain(history);
  const { problems } = await verifyEnvironment(archive, ENVIRONMENT, { due, accepted: acceptedFaults(accepted) });
  return problems.map(({ kind, run }) => [kind, run]);
};

test.each<{ told: string; kind: Accepted['kind']; run: number; history: () => Promise<DisturbedChain> }>([
  { told: 'skipped', kind: 'fork', run: 3, history: () => previousOf3(1, { planted: { [entryKey(2)]: '{' } }) },
  { told: 'forked', kind: 'fork', run: 3, history: () => previousOf3(1) },
  { told: 'reordered', kind: 'fork', run: 3, history: () => previousOf3(4, { runs: 4 }) },
  { told: 'gap', kind: 'gap', run: 4, history: async () => ({}) },
  { told: 'late', kind: 'late', run: 3, history: async () => listedLate },
])('what verify tells as $told may be accepted as $kind', async ({ told, kind, run, history }) => {
  const disturbed = await history();
  const fault = { run: entryRun(run), reason: 'seen', approver: 'ciso' };
  const problems = await standing(disturbed, []);
  expect(problems).toContainEqual([told, fault.run]);
  expect(await standing(disturbed, [{ ...fault, kind }])).toEqual(
    problems.filter(([one, at]) => one !== told || at !== fault.run),
  );
  for (const other of (['fork', 'gap', 'late'] as const).filter((one) => one !== kind))
    expect(await standing(disturbed, [{ ...fault, kind: other }])).toEqual(problems);
});
