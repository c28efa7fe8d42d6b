import { describe, expect, test } from '@jest/globals';
import { keysUnder } from '../../../core/archive/keys.ts';
import { type Manifest, readManifest } from '../../../core/archive/manifest.ts';
import { makingMs } from '../../../core/audit/request.ts';
import { stoppedClock } from '../../../core/model/clock.ts';
import { OPTIONAL_OUTPUT_NAMES } from '../../../core/model/optional-outputs.ts';
import { OPTIONAL_OUTPUTS, OUTPUTS } from '../../../core/outputs/index.ts';
import { verifyEnvironment } from '../../../core/verify/verify.ts';
import { ALWAYS_WRITTEN } from '../../support/always-written.ts';
import { readText } from '../../support/archive-tree.ts';
import { auditNights, type NightPlan, nightAt, nightKeys, nightRun } from '../../support/archived-nights.ts';
import { aUser, daysAgo, ENVIRONMENT } from '../../support/builders.ts';
import { memoryArchive } from '../../support/memory-archive.ts';

const USERS = [aUser(), aUser({ userId: 'u2', lastLoginTime: daysAgo(200) })];

const CUT = { complete: false, reason: 'deadline', message: 'the time is up' } as const;

const ALL = { outputs: OPTIONAL_OUTPUT_NAMES };

const NAMES: readonly string[] = Object.values(OPTIONAL_OUTPUTS).flatMap((outputs) => Object.keys(outputs));

const auditedNight = async (plan: Partial<NightPlan>) => {
  const archive = memoryArchive();
  const [result] = await auditNights(archive, [{ number: 1, users: USERS, ...plan }]);
  const { report, objects = {}, warnings } = result ?? {};
  return { archive, verdict: report?.verdict, objects, warnings };
};

const namesOf = (objects: Manifest['objects']) => Object.keys(objects).toSorted();

describe('optional outputs', () => {
  test('are left by a run whose config asks for them, and named by its manifest', async () => {
    const { archive, objects } = await auditedNight({ config: ALL });
    expect(namesOf(objects)).toEqual([...Object.keys(ALWAYS_WRITTEN), ...NAMES].toSorted());
    expect((await readManifest(archive, nightKeys(1).manifest))?.manifest.objects).toEqual(objects);
    for (const [name, output] of Object.entries(OUTPUTS).filter(([one]) => NAMES.includes(one)))
      expect(objects[name]?.key).toBe(nightKeys(1).object(output));
  });

  test('are left by a run that is not complete too, and say that it is not', async () => {
    const { archive, verdict, objects } = await auditedNight({ config: ALL, end: CUT });
    expect(verdict).toBe('INCOMPLETE');
    for (const name of NAMES) {
      expect(objects[name]?.key).toContain('incomplete/');
      expect(await readText(archive, objects[name]?.key ?? '')).toContain('INCOMPLETE');
    }
  });

  test('are not left where nobody asks for them: such a night is the one it was', async () => {
    expect(namesOf((await auditedNight({})).objects)).toEqual(Object.keys(ALWAYS_WRITTEN).toSorted());
    expect(namesOf((await auditedNight({ config: { outputs: [] } })).objects)).toEqual(
      Object.keys(ALWAYS_WRITTEN).toSorted(),
    );
  });

  test('of a night with nobody to judge are of nobody', async () => {
    const { objects } = await auditedNight({ config: ALL, users: [], end: CUT });
    expect(namesOf(objects)).toEqual(expect.arrayContaining([...NAMES]));
  });

  test('are the same bytes where the same night is audited again', async () => {
    const [one, other] = await Promise.all([auditedNight({ config: ALL }), auditedNight({ config: ALL })]);
    for (const name of NAMES) expect(one.objects[name]).toEqual(other.objects[name]);
  });

  test.each(NAMES)('%s is on the page, and verify sees what becomes of it', async (name) => {
    const { archive, objects } = await auditedNight({ config: ALL });
    const { key = '' } = objects[name] ?? {};
    expect(await readText(archive, objects.html?.key ?? '')).toContain(key.split('/').at(-1));
    expect((await verifyEnvironment(archive, ENVIRONMENT, {})).problems).toStrictEqual([]);

    const stored = await archive.read(key);
    await archive.replace(key, { bytes: Buffer.from('{}') }, 'text/plain', stored?.version);
    expect((await verifyEnvironment(archive, ENVIRONMENT, {})).problems).toEqual([
      expect.objectContaining({ key, kind: 'edited' }),
    ]);
    expect(await keysUnder(archive, 'reports/')).toContain(key);
  });

  describe('for which there is no time', () => {
    const NOW_MS = nightAt(1).getTime();
    const LAST = NOW_MS - makingMs({ outputs: OPTIONAL_OUTPUT_NAMES });
    const WARNINGS = OPTIONAL_OUTPUT_NAMES.map(
      (name) => `${name} was not written, for want of time: export ${name} --run ${nightRun(1)} makes it`,
    );

    test.each([
      { name: 'complete', end: undefined },
      { name: 'not complete', end: CUT },
    ])('are left out of a run that is $name, and it says so; the run is there', async ({ end }) => {
      const plan = { config: ALL, ...(end && { end }) };
      const inTime = await auditedNight({ ...plan, deadline: LAST });
      expect(namesOf(inTime.objects)).toEqual(expect.arrayContaining([...NAMES]));
      expect(inTime.warnings).toStrictEqual([]);
      const late = await auditedNight({ ...plan, deadline: LAST - 1 });
      const without = await auditedNight(end ? { end } : {});
      expect(late.verdict).toBe(inTime.verdict);
      expect(namesOf(late.objects)).toEqual(namesOf(without.objects));
      expect(late.warnings).toEqual(WARNINGS);
    });

    test('are left out whole, and nothing of them is stored: in time was the first file, not the second', async () => {
      const archive = memoryArchive();
      // Time goes on as lines are read: it is over with the users, which come after the findings.
      let asked = 0;
      const clock = { ...stoppedClock(NOW_MS), now: () => NOW_MS + asked++ };
      const plan = { number: 1, users: USERS, config: { outputs: ['ocsf'] as const }, clock };
      await auditNights(archive, [{ ...plan, deadline: LAST + 1e6 }]);
      const inAll = asked;
      const outcomes = new Set<number>();
      for (let left = inAll - 1; left > 0; left -= 1) {
        asked = 0;
        const other = memoryArchive();
        const [result] = await auditNights(other, [{ ...plan, deadline: LAST + left }]);
        const stored = (await keysUnder(other, 'reports/')).filter((key) => key.endsWith('.ocsf.jsonl'));
        outcomes.add(stored.length);
        expect(result?.warnings).toHaveLength(stored.length === 0 ? 1 : 0);
      }
      expect([...outcomes]).toEqual([Object.keys(OPTIONAL_OUTPUTS.ocsf).length, 0]);
    });
  });
});
