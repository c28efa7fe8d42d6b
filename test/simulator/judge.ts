import { configureRules } from '../../rules/engine/configure.ts';
import { beginEvaluation } from '../../rules/engine/evaluate.ts';
import { readUser } from '../../rules/engine/user.ts';
import { rules } from '../../rules/index.ts';
import { FAULTY_KINDS, ruleOf } from '../../simulator/faulty-accounts.ts';

/** The rules on change that nights are written for. */
export const EVENTS: ReadonlySet<string> = new Set([
  'promoted-to-super-user',
  'new-super-user',
  'api-access-granted',
  'principal-changed',
  're-enabled',
  'vanished-user',
]);

/**
 * The rules that simulated people are made for: those that have faulty accounts, on the number of super users, and on
 * change. Of any other rule nobody knows whom it should fail.
 */
export const SIMULATED: ReadonlySet<string> = new Set([
  ...FAULTY_KINDS.map(ruleOf),
  'too-many-super-users',
  'too-few-super-users',
  ...EVENTS,
]);

const simulated = rules.filter(({ id }) => SIMULATED.has(id));

export interface JudgedFailure {
  readonly ruleId: string;
  readonly severity: string;
  readonly subject: string;
}

/** Judges a directory by the rules that it is made for, against an earlier one where there is one. */
export const judge = (
  records: readonly unknown[],
  { asOf, accountId }: { readonly asOf: Date; readonly accountId: string },
  earlier?: readonly unknown[],
): readonly JudgedFailure[] => {
  const failures: JudgedFailure[] = [];
  const before = new Map(earlier?.map((record, i) => readUser(record, i)).map((user) => [user.id, user]));
  const evaluation = beginEvaluation(
    configureRules(simulated, { 'email-domain': { allowedDomains: ['example.com', '*.example.com'] } }),
    {
      now: asOf.getTime(),
      readAt: asOf.getTime(),
      environmentId: 'environment',
      partition: 'aws',
      trustedAccounts: new Set([accountId]),
    },
    earlier && 'the run before',
    {
      fail: ({ rule, severity, subject }) => failures.push({ ruleId: rule.id, severity, subject: subject.id }),
      notAssessed: () => undefined,
    },
  );

  const users = records.map((record, i) => readUser(record, i));
  for (const user of users) {
    evaluation.see(user, before.get(user.id));
    before.delete(user.id);
  }
  for (const gone of before.values()) evaluation.vanished(gone);
  const broken = evaluation
    .conclude((index) => users[index]?.id ?? 'nobody', true)
    .filter(({ error }) => error !== undefined);
  if (broken.length > 0) throw new Error(`rules broke: ${JSON.stringify(broken)}`);
  return failures;
};
