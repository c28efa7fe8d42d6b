import { expect, test } from '@jest/globals';
import { defaultConfig } from '../../core/config/config.ts';
import { verifyByEvent } from '../../lambda/verification.ts';
import { ENVIRONMENT } from '../support/builders.ts';
import { auditNight, night, runOf, SCHEDULE } from '../support/history.ts';
import { memoryArchive } from '../support/memory-archive.ts';

const IDS = ['abc', 'def', ENVIRONMENT];
const CONFIG = { ...defaultConfig([]), schedule: SCHEDULE, environments: IDS.map((id) => ({ id })) };

const verifier = (
  archive = memoryArchive(),
  accepted: Parameters<typeof verifyByEvent>[1]['files']['accepted'] = [],
) => {
  const verified: string[] = [];
  const problems: number[] = [];
  const verify = (
    hour: number,
    { most = 9, ...rest }: { most?: number; everything?: boolean; environmentIds?: readonly string[] } = {},
  ) =>
    verifyByEvent(
      { environmentIds: IDS, scheduledTime: new Date(night(1).getTime() + hour * 3_600_000).toISOString(), ...rest },
      {
        archive,
        files: { config: CONFIG, accepted },
        hasTime: () => verified.length < most,
        onVerified({ report }) {
          verified.push(report.environmentId);
          problems.push(report.verification.problems.length);
        },
      },
    );
  return { archive, verified, problems, verify };
};

test('every environment has its turn in the week once, as many an hour as there is time for', async () => {
  const { verified, verify } = verifier();
  await verify(0, { most: 1 });
  await verify(1, { most: 2 });
  await verify(2);
  await verify(3);
  expect(verified.toSorted()).toEqual(IDS.toSorted());
  await verify(7 * 24);
  expect(verified).toHaveLength(6);
});

test('each hour begins with another one', async () => {
  const firsts = await Promise.all(
    [0, 1, 2].map(async (hour) => {
      const { verified, verify } = verifier();
      await verify(hour, { most: 1 });
      return verified[0] ?? '';
    }),
  );
  expect(firsts.toSorted()).toEqual(IDS.toSorted());
});

test('one that can not be verified keeps none from its turn, and fails the whole in the end', async () => {
  const archive = memoryArchive();
  const broken = {
    ...archive,
    list(prefix: string, after?: string) {
      if (prefix.includes('=def/')) throw new Error('no answer');
      return archive.list(prefix, after);
    },
  };
  const { verified, verify } = verifier(broken);
  await expect(verify(0)).rejects.toThrow('not verified: def: Error: no answer');
  expect(verified.toSorted()).toEqual(['abc', ENVIRONMENT].toSorted());
});

test('somebody asks for everything of one, whenever it was verified', async () => {
  const { verified, verify } = verifier();
  await verify(0);
  await verify(1, { everything: true, environmentIds: ['def'] });
  expect(verified.slice(3)).toEqual(['def']);
});

test('what was accepted is no problem', async () => {
  const archive = memoryArchive();
  for (const number of [1, 3]) await auditNight(archive, number);
  const only = { environmentIds: [ENVIRONMENT] };
  const plain = verifier(archive);
  await plain.verify(72, only);
  expect(plain.problems).toEqual([1]);
  const accepted = [{ kind: 'gap', run: runOf(2), reason: 'moved', approver: 'ciso' }] as const;
  const lenient = verifier(archive, accepted);
  await lenient.verify(73, { ...only, everything: true });
  expect(lenient.problems).toEqual([0]);
});

test.each([
  {
    event: { environmentIds: ['ghi'], scheduledTime: '2026-11-24T07:00:00Z' },
    says: 'event.environmentIds must be of abc, def',
  },
  { event: { environmentId: 'abc' }, says: 'environmentIds' },
])('another event is refused: $event', async ({ event, says }) => {
  const edges = {
    archive: memoryArchive(),
    files: { config: CONFIG, accepted: [] },
    hasTime: () => true,
    onVerified: () => {},
  };
  await expect(verifyByEvent(event, edges)).rejects.toThrow(says);
});
