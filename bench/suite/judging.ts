import { beginEvaluation } from '../../rules/engine/evaluate.ts';
import { readUser } from '../../rules/engine/user.ts';
import { lazyDirectory } from '../../simulator/directory.ts';
import { settingsOf } from '../complete-audit.ts';
import type { Measure } from '../measure.ts';
import { ASOF } from '../pages.ts';

const USERS = 100_000;
const TIMES = 25;

/** The whole catalogue on users that are read already, each with what the run before knew of it. */
export const judging = async (): Promise<readonly Measure[]> => {
  const directory = lazyDirectory({ users: USERS, seed: 1, asOf: ASOF, accountId: '111122223333' });
  const users = Array.from(directory, (record, index) => readUser(record, index));
  const { rules } = settingsOf('bench');
  const context = {
    now: ASOF.getTime(),
    readAt: ASOF.getTime(),
    environmentId: 'bench',
    partition: 'aws',
    trustedAccounts: new Set(['111122223333']),
  };
  const judgeAll = (): number => {
    const before = performance.now();
    const evaluation = beginEvaluation(rules, context, 'the run before', {
      fail: () => undefined,
      notAssessed: () => undefined,
    });
    for (const user of users) evaluation.see(user, user);
    evaluation.conclude((index) => users[index]?.id ?? '', true);
    return ((performance.now() - before) * 1000) / USERS;
  };
  const taken = Array.from({ length: TIMES }, judgeAll);
  return [{ what: `whole catalogue, best of ${TIMES}`, value: Math.min(...taken), unit: 'µs a user', most: 3 }];
};
