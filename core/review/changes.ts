import type { Finding } from '../../rules/engine/finding.ts';
import { givesEvents, type Rule } from '../../rules/engine/rule.ts';
import type { User } from '../../rules/engine/user.ts';
import type { SpoolFolder } from '../archive/staging.ts';
import { memberText } from '../model/user-text.ts';
import { openSheet } from './sheet.ts';

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

const COMPARED = ['type', 'status', 'apiAccess', 'apiAccessPrincipalArn'] as const;

const valuesOf = ({ type, status, apiAccess, principalArn }: User): readonly string[] => [
  memberText(type),
  memberText(status),
  memberText(apiAccess),
  principalArn ?? '',
];

/** The users of the first run of a period, with the members that are compared: a text a user. */
export class FirstRun {
  readonly run: string;
  /** Records without a userId. */
  untraceable = 0;
  readonly #users = new Map<string, string>();
  /** Most users are alike in those members: one text for all of them. */
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

  /** Hands out the values of a user, each user once. */
  take(id: string): readonly string[] | undefined {
    const text = this.#users.get(id);
    this.#users.delete(id);
    return text === undefined ? undefined : JSON.parse(text);
  }

  /** The users who were not taken. */
  untaken(): IterableIterator<string> {
    return this.#users.keys();
  }
}

const NO_CELLS = { member: '', from: '', to: '', rule: '', severity: '', state: '', message: '' };

/** Tells the findings about a change since the run before from those about a state. */
export const isChange = ({ state, ruleId }: Finding, rules: ReadonlyMap<string, Rule>): boolean =>
  state === 'event' || (state === 'waived' && givesEvents(rules.get(ruleId)));

/**
 * `changes.csv`: first the events that each run saw, then the differences of the reviewed run from the first.
 * @param reviewed the name of the reviewed run
 */
export const openChangesSheet = async (spools: SpoolFolder, reviewed: string) => {
  const sheet = await openSheet(spools, 'changes.csv', COLUMNS);
  const counts = { came: 0, gone: 0, changed: 0, untraceable: 0, events: 0 };
  const since = ({ run }: FirstRun): string => `${run} to ${reviewed}`;
  const userCells = (change: string, first: FirstRun, subject: string) => ({
    ...NO_CELLS,
    change,
    run: since(first),
    subjectKind: 'user',
    subject,
  });

  return {
    async addEvent(run: string, { subject, ruleId, severity, state, message }: Finding): Promise<void> {
      counts.events += 1;
      await sheet.add({
        ...NO_CELLS,
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
    /** Adds the differences of a user of the reviewed run. */
    async addUser(first: FirstRun, user: User): Promise<void> {
      if (!user.hasUserId) {
        counts.untraceable += 1;
        return;
      }
      const from = first.take(user.id);
      if (from === undefined) {
        counts.came += 1;
        await sheet.add(userCells('came', first, user.id));
        return;
      }
      const to = valuesOf(user);
      const changed = COMPARED.map((member, position) => ({
        member,
        from: from[position] ?? '',
        to: to[position] ?? '',
      })).filter((change) => change.from !== change.to);
      if (changed.length > 0) counts.changed += 1;
      for (const change of changed) await sheet.add({ ...userCells('changed', first, user.id), ...change });
    },
    /** Adds the users of the first run who are gone; after the last user of the reviewed run. */
    async addGone(first: FirstRun): Promise<void> {
      counts.untraceable += first.untraceable;
      for (const id of first.untaken()) {
        counts.gone += 1;
        await sheet.add(userCells('gone', first, id));
      }
    },
    counts: () => ({ ...counts }),
    finish: () => sheet.finish(),
  };
};

export type ChangesSheet = Awaited<ReturnType<typeof openChangesSheet>>;
