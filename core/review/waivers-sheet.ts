import type { Finding } from '../../rules/engine/finding.ts';
import type { SpoolFolder } from '../archive/staging.ts';
import { openSheet } from './sheet.ts';

const COLUMNS: readonly (readonly [
  name: string,
  read: (finding: Finding, waiver: NonNullable<Finding['waiver']>) => string,
])[] = [
  ['rule', ({ ruleId }) => ruleId],
  ['subjectKind', ({ subject }) => subject.kind],
  ['subject', ({ subject }) => subject.id],
  ['severity', ({ severity }) => severity],
  ['message', ({ message }) => message],
  ['reason', (_, { reason }) => reason],
  ['ticket', (_, { ticket = '' }) => ticket],
  ['owner', (_, { owner }) => owner],
  ['approver', (_, { approver }) => approver],
  ['expires', (_, { expires }) => expires],
  ['firstSeen', ({ firstSeen }) => firstSeen],
  ['finding', ({ id }) => id],
];

/** `waivers.csv`: the waivers that the reviewed run accepted findings by, a line a finding. */
export const openWaiversSheet = async (spools: SpoolFolder) => {
  const sheet = await openSheet(
    spools,
    'waivers.csv',
    COLUMNS.map(([name]) => name),
  );
  return {
    async add(finding: Finding): Promise<void> {
      const { state, waiver } = finding;
      if (state !== 'waived' || waiver === undefined) return;
      await sheet.add(Object.fromEntries(COLUMNS.map(([name, read]) => [name, read(finding, waiver)])));
    },
    count: () => sheet.rows,
    finish: () => sheet.finish(),
  };
};
