import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parseCustomRule } from '../../core/config/custom-rules.ts';
import { type ConfiguredRule, configureRules } from '../../rules/engine/configure.ts';
import { beginEvaluation } from '../../rules/engine/evaluate.ts';
import { readUser } from '../../rules/engine/user.ts';
import { lazyDirectory } from '../../simulator/directory.ts';
import { settingsOf } from '../complete-audit.ts';
import type { Measure } from '../measure.ts';
import { pageRules } from '../page-rules.ts';
import { ASOF } from '../pages.ts';

const USERS = 100_000;
const TIMES = 25;
const FEWER_TIMES = 5;

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** The bytes outside of the heap that somebody still has; what a collection finds is let go after it. */
const keptBytes = async (): Promise<number> => {
  collectGarbage();
  await setTimeout(100);
  return process.memoryUsage().arrayBuffers;
};

/** Counts all users by what each has alone: no rule on the directory keeps more. */
const COUNTING = `id: x-by-address
kind: directory
title: Addresses are of one
severity: LOW
rationale: A bench.
remediation: None.
by: user.emailAddress
where: [has(user.emailAddress)]
failsWhen: [count / counted > 0.5]
message: '"most"'
tests: [{ name: alone, users: [{ emailAddress: a }], fails: most }]
`;

/** The whole catalogue, and the rules of docs/custom-rules.md, on users that are read already, each with what the run before knew of it. */
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
  const judgeBy = (by: readonly ConfiguredRule[]): number => {
    const before = performance.now();
    const evaluation = beginEvaluation(by, context, 'the run before', {
      fail: () => undefined,
      notAssessed: () => undefined,
    });
    for (const user of users) evaluation.see(user, user);
    evaluation.conclude((index) => users[index]?.id ?? '', true);
    return ((performance.now() - before) * 1000) / USERS;
  };
  const best = (by: readonly ConfiguredRule[], times: number): number =>
    Math.min(...Array.from({ length: times }, () => judgeBy(by)));
  const keptBy = async (by: readonly ConfiguredRule[]): Promise<number> => {
    const evaluation = beginEvaluation(by, context, undefined, { fail: () => undefined, notAssessed: () => undefined });
    const before = await keptBytes();
    for (const user of users) evaluation.see(user, undefined);
    const after = await keptBytes();
    // What was kept is there until here.
    evaluation.conclude((index) => users[index]?.id ?? '', true);
    return (after - before) / USERS;
  };
  const own = pageRules().map(({ id, text }) => parseCustomRule(text, `${id}.yaml`).rule);
  const ten = configureRules(own.filter(({ kind }) => kind === 'user').slice(0, 10));
  const catalogue = best(rules, TIMES);
  const counting = configureRules([parseCustomRule(COUNTING, 'x-by-address.yaml').rule]);
  const bytes = await keptBy(counting);
  const ofOne = ten.map((rule) => best([rule], FEWER_TIMES));
  const unit = 'µs a user';
  return [
    { what: `whole catalogue, best of ${TIMES}`, value: catalogue, unit, most: 3 },
    { what: 'the dearest of ten rules in CEL, alone', value: Math.max(...ofOne), unit, most: 2 },
    { what: 'whole catalogue and ten rules in CEL', value: best([...rules, ...ten], FEWER_TIMES), unit, most: 15 },
    { what: 'a rule in CEL that counts users by their address', value: best(counting, TIMES), unit, most: 2 },
    { what: 'what it keeps', value: bytes, unit: 'bytes a user', most: 100 },
  ];
};
