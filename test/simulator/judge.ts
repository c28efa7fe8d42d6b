import { configureRules } from '../../rules/engine/configure.ts';
import { beginEvaluation } from '../../rules/engine/evaluate.ts';
import { readUser } from '../../rules/engine/user.ts';
import { rules } from '../../rules/index.ts';

export interface JudgedFailure {
  readonly ruleId: string;
  readonly severity: string;
  readonly subject: string;
}

/** Judges a directory by the whole catalogue, against an earlier one where there is one. */
export const judge = (
  records: readonly unknown[],
  { asOf, accountId }: { readonly asOf: Date; readonly accountId: string },
  earlier?: readonly unknown[],
): readonly JudgedFailure[] => {
  const failures: JudgedFailure[] = [];
  const before = new Map(earlier?.map((record, i) => readUser(record, i)).map((user) => [user.id, user]));
  const evaluation = beginEvaluation(
    configureRules(rules, { 'email-domain': { allowedDomains: ['example.com', '*.example.com'] } }),
    {
      now: asOf.getTime(),
      environmentId: 'environment',
      partition: 'aws',
      trustedAccounts: new Set([accountId]),
    },
    earlier && 'the run before',
    {
      fail: ({ rule, severity, subject }) =>
        failures.push({ ruleId: rule.id, severity, subject: subject.id }),
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
    .conclude((place) => users[place]?.id ?? 'nobody', true)
    .filter(({ error }) => error !== undefined);
  if (broken.length > 0) throw new Error(`rules broke: ${JSON.stringify(broken)}`);
  return failures;
};
