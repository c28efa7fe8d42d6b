import type { Finding } from '../../rules/engine/finding.ts';
import type { Rule } from '../../rules/engine/rule.ts';
import type { User } from '../../rules/engine/user.ts';
import type { Evidence, SpoolFolder } from '../archive/staging.ts';
import { openSheet } from './sheet.ts';
import { textOf } from './user-sheets.ts';

const COLUMNS = [
  'change',
  'run',
  'subjectKind',
  'subject',
  'member',
  'from',
  'to',
  'rule',
  'severity',
  'state',
  'message',
] as const;

const MEMBERS = ['type', 'status', 'apiAccess', 'apiAccessPrincipalArn'] as const;

const valuesOf = ({ type, status, apiAccess, principalArn }: User): readonly string[] => [
  textOf(type),
  textOf(status),
  textOf(apiAccess),
  principalArn ?? '',
];

/** What the first run of a period knew of each user, as a text a user. */
export class FirstRun {
  readonly run: string;
  /** Records without a userId. */
  untraceable = 0;
  readonly #users = new Map<string, string>();
  /** Most users are alike in what is remembered of them: one text for all of those. */
  readonly #texts = new Map<string, string>();

  constructor(run: string) {
    this.run = run;
  }

  remember(user: User): void {
    if (!user.hasUserId) {
      this.untraceable += 1;
      return;
    }
    const text = JSON.stringify(valuesOf(user));
    const known = this.#texts.get(text) ?? text;
    this.#texts.set(known, known);
    this.#users.set(user.id, known);
  }

  /** What it knew of a user, each once. */
  take(id: string): readonly string[] | undefined {
    const text = this.#users.get(id);
    this.#users.delete(id);
    return text === undefined ? undefined : JSON.parse(text);
  }

  /** Those who were not taken. */
  rest(): IterableIterator<string> {
    return this.#users.keys();
  }
}

const NOTHING = { member: '', from: '', to: '', rule: '', severity: '', state: '', message: '' };

/** Whether a line of the findings file tells of a change since the run before. */
export const isChange = ({ state, ruleId }: Finding, rules: ReadonlyMap<string, Rule>): boolean =>
  state === 'event' || (state === 'waived' && rules.get(ruleId)?.kind === 'change');

/** `changes.csv`: first what each run saw, then what lies between the first run and the reviewed one. */
export interface ChangesSheet {
  event(run: string, finding: Finding): Promise<void>;
  /** A user of the reviewed run, held against the first run. */
  compare(first: FirstRun, user: User): Promise<void>;
  /** Who is left of the first run is gone. */
  settle(first: FirstRun): Promise<void>;
  counts(): {
    readonly came: number;
    readonly gone: number;
    readonly changed: number;
    readonly untraceable: number;
    readonly events: number;
  };
  finish(): Promise<Evidence>;
}

/** @param reviewed the name of the reviewed run */
export const openChangesSheet = async (spools: SpoolFolder, reviewed: string): Promise<ChangesSheet> => {
  const sheet = await openSheet(spools, 'changes.csv', COLUMNS);
  const counts = { came: 0, gone: 0, changed: 0, untraceable: 0, events: 0 };
  const since = ({ run }: FirstRun): string => `${run} to ${reviewed}`;
  const ofUser = (change: string, first: FirstRun, subject: string) => ({
    ...NOTHING,
    change,
    run: since(first),
    subjectKind: 'user',
    subject,
  });

  return {
    async event(run, { subject, ruleId, severity, state, message }) {
      counts.events += 1;
      await sheet.add({
        ...NOTHING,
        change: 'event',
        run,
        subjectKind: subject.kind,
        subject: subject.id,
        rule: ruleId,
        severity,
        state,
        message,
      });
    },
    async compare(first, user) {
      if (!user.hasUserId) {
        counts.untraceable += 1;
        return;
      }
      const before = first.take(user.id);
      if (before === undefined) {
        counts.came += 1;
        await sheet.add(ofUser('came', first, user.id));
        return;
      }
      const after = valuesOf(user);
      const changed = MEMBERS.map((member, place) => ({
        member,
        from: before[place] ?? '',
        to: after[place] ?? '',
      })).filter(({ from, to }) => from !== to);
      if (changed.length > 0) counts.changed += 1;
      for (const change of changed) await sheet.add({ ...ofUser('changed', first, user.id), ...change });
    },
    async settle(first) {
      counts.untraceable += first.untraceable;
      for (const id of first.rest()) {
        counts.gone += 1;
        await sheet.add(ofUser('gone', first, id));
      }
    },
    counts: () => ({ ...counts }),
    finish: () => sheet.finish(),
  };
};
