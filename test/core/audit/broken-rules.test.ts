import { describe, expect, test } from '@jest/globals';
import { folderArchive } from '../../../core/archive/folder.ts';
import type { Alert } from '../../../core/notify/channel.ts';
import { digestChannel } from '../../../core/notify/channels/digest.ts';
import type { AuditEvent } from '../../../core/notify/channels/events.ts';
import { configureRules } from '../../../rules/engine/configure.ts';
import type { Finding } from '../../../rules/engine/finding.ts';
import { defineDirectoryRule, defineUserRule, type Rule } from '../../../rules/engine/rule.ts';
import staleLogin from '../../../rules/stale-login.ts';
import { readTree } from '../../support/archive-tree.ts';
import { aUser, daysAgo } from '../../support/builders.ts';
import { ruleOf } from '../../support/custom-rule.ts';
import { auditNight } from '../../support/history.ts';
import { listingOf } from '../../support/listing.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { eventsOf } from '../../support/told-events.ts';

const newFolder = temporaryFolders();

const SECRET = 'Ada Lovelace <ada@example.com>';
const texts = { title: 't', failsWhen: 'f', severity: 'HIGH', rationale: 'r', remediation: 'm', controls: [] } as const;
const violation = () => ({ message: 'is broken', evidence: {} });
const isU3 = { text: () => 'is u3', holds: ({ id }: { readonly id: string }) => id === 'u3' };
const explode = (): never => {
  throw new Error(SECRET);
};
/** Gives a value that TypeScript would not let pass, and JavaScript does. */
const untyped = (value: unknown) => value as never;

const ring: Record<string, unknown> = {};
ring.ring = ring;

const onUser = (rule: object): Rule =>
  defineUserRule({ ...texts, id: 'breaks', options: {}, when: [isU3], violation, ...rule });
const onDirectory = (rule: object): Rule =>
  defineDirectoryRule({
    ...texts,
    id: 'breaks',
    options: {},
    about: 'environment',
    counts: [],
    limit: ({ count }) => ({ text: 'many', holds: count > 1 }),
    violation,
    ...rule,
  });

const USER = { kind: 'user', id: 'u3' };
const THE_ENVIRONMENT = { kind: 'environment' };

const auditBy = async (rule: Rule) => {
  const archive = folderArchive(await newFolder());
  const alerts: Alert[] = [];
  const events: AuditEvent[] = [];
  const users = Array.from({ length: 5 }, (_, n) =>
    aUser({ userId: `u${n}`, ...(n === 1 && { lastLoginTime: daysAgo(300) }) }),
  );
  const result = await auditNight(archive, 1, {
    rules: configureRules([rule, staleLogin]),
    listUsers: listingOf([users]),
    channels: [
      digestChannel((alert) => {
        alerts.push(alert);
        return Promise.resolve('sent');
      }),
    ],
  });
  const { report } = result;
  for await (const event of eventsOf({ report, reportKey: undefined, findings: async function* none() {} })) {
    events.push(event);
  }
  return { archive, alerts, events, report };
};

describe('a rule that breaks', () => {
  test.each<{ name: string; rule: Rule; brokeOn: { readonly kind: string; readonly id?: string } }>([
    { name: 'throws on one user', rule: onUser({ when: [isU3, { text: () => '', holds: explode }] }), brokeOn: USER },
    { name: 'throws where it says why', rule: onUser({ violation: explode }), brokeOn: USER },
    {
      name: 'answers a promise',
      rule: onUser({ when: [isU3, { text: () => '', holds: () => untyped(Promise.reject(new Error(SECRET))) }] }),
      brokeOn: USER,
    },
    {
      name: 'answers a text',
      rule: onUser({ when: [isU3, { text: () => '', holds: () => untyped(SECRET) }] }),
      brokeOn: USER,
    },
    {
      name: 'promises a violation',
      rule: onUser({ violation: () => untyped(Promise.reject(new Error(SECRET))) }),
      brokeOn: USER,
    },
    { name: 'gives no message', rule: onUser({ violation: () => untyped({ evidence: {} }) }), brokeOn: USER },
    { name: 'gives no evidence', rule: onUser({ violation: () => untyped({ message: 'm' }) }), brokeOn: USER },
    {
      name: 'gives a severity of its own',
      rule: onUser({ violation: () => untyped({ message: 'm', evidence: {}, severity: SECRET }) }),
      brokeOn: USER,
    },
    {
      name: 'gives evidence that is no JSON',
      rule: onUser({ violation: () => ({ message: 'm', evidence: { count: 1n, name: SECRET } }) }),
      brokeOn: USER,
    },
    {
      name: 'gives evidence that goes round',
      rule: onUser({ violation: () => ({ message: 'm', evidence: ring }) }),
      brokeOn: USER,
    },
    {
      name: 'gives evidence that throws',
      rule: onUser({ violation: () => ({ message: 'm', evidence: { toJSON: explode } }) }),
      brokeOn: USER,
    },
    ...(
      [
        ['nothing', undefined],
        ['null', null],
        ['that it can’t be told, without a text', { notAssessed: 5 }],
        ['a text that is an object', { message: Object('m'), evidence: {} }],
        ['a list as evidence', { message: 'm', evidence: [1] }],
        ['a day as evidence', { message: 'm', evidence: new Date(0) }],
        ['no day as evidence', { message: 'm', evidence: new Date(Number.NaN) }],
        ['evidence that JSON makes null', { message: 'm', evidence: { toJSON: () => null } }],
        ['a function in its evidence', { message: 'm', evidence: { of: explode } }],
        ['a map in a list in its evidence', { message: 'm', evidence: { of: [new Map([[SECRET, 1]])] } }],
      ] as const
    ).map(([what, given]) => ({
      name: `gives ${what}`,
      rule: onUser({ violation: () => untyped(given) }),
      brokeOn: USER,
    })),
    {
      name: 'gives promises in its evidence',
      rule: onUser({
        violation: () => ({ message: 'm', evidence: { of: [1, 2].map(() => Promise.reject(new Error(SECRET))) } }),
      }),
      brokeOn: USER,
    },
    {
      name: 'gives another message the next time that it is read',
      rule: onUser({
        violation() {
          const messages = ['m'];
          return {
            evidence: {},
            get message() {
              return messages.pop() ?? explode();
            },
          };
        },
      }),
      brokeOn: USER,
    },
    {
      name: 'promises the reason for which it can’t be told',
      rule: onUser({
        when: [
          isU3,
          { text: () => '', holds: () => undefined, unknown: () => untyped(Promise.reject(new Error(SECRET))) },
        ],
      }),
      brokeOn: USER,
    },
    {
      name: 'throws what has no words',
      rule: onUser({
        violation() {
          throw Object.create(null);
        },
      }),
      brokeOn: USER,
    },
    {
      name: 'gives nothing of the whole',
      rule: onDirectory({ violation: () => untyped(undefined) }),
      brokeOn: THE_ENVIRONMENT,
    },
    {
      name: 'promises the reason for which a key can’t be told',
      rule: onDirectory({
        about: 'principal',
        keys: {
          role: { text: 'role', of: () => undefined, unknown: () => untyped(Promise.reject(new Error(SECRET))) },
        },
      }),
      brokeOn: { kind: 'user', id: 'u0' },
    },
    { name: 'throws at the end', rule: onDirectory({ limit: explode }), brokeOn: THE_ENVIRONMENT },
    { name: 'throws at its violation', rule: onDirectory({ violation: explode }), brokeOn: THE_ENVIRONMENT },
    {
      name: 'promises a limit',
      rule: onDirectory({ limit: () => untyped(Promise.reject(new Error(SECRET))) }),
      brokeOn: THE_ENVIRONMENT,
    },
    {
      name: 'promises a violation of the whole',
      rule: onDirectory({ violation: () => untyped(Promise.reject(new Error(SECRET))) }),
      brokeOn: THE_ENVIRONMENT,
    },
    {
      name: 'gives evidence of the whole that is no JSON',
      rule: onDirectory({ violation: () => ({ message: 'm', evidence: { count: 1n } }) }),
      brokeOn: THE_ENVIRONMENT,
    },
    {
      name: 'promises a key',
      rule: onDirectory({
        about: 'principal',
        keys: { role: { text: 'role', of: () => untyped(Promise.reject(new Error(SECRET))) } },
      }),
      brokeOn: { kind: 'user', id: 'u0' },
    },
    {
      name: 'throws on one user that it counts',
      rule: onDirectory({ counts: [{ text: () => '', holds: ({ id }: { id: string }) => id !== 'u3' || explode() }] }),
      brokeOn: USER,
    },
    {
      name: 'throws on one of several groups',
      rule: onDirectory({
        about: 'user',
        keys: { half: { text: 'half', of: ({ id }: { id: string }) => (id > 'u2' ? 'upper' : 'lower') } },
        violation: ({ key }: { key: string }) => (key === 'upper' ? explode() : violation()),
      }),
      brokeOn: USER,
    },
    {
      name: 'throws where it makes one of two, before it comes to others',
      rule: onDirectory({
        about: 'user',
        keys: { half: { text: 'half', of: ({ id }: { id: string }) => (id > 'u2' ? 'upper' : 'lower') } },
        merge: explode,
      }),
      brokeOn: { kind: 'user', id: 'u0' },
    },
    {
      name: 'is an operator’s and asks for what is not there',
      rule: ruleOf(`user.userId == "u3" && {"x": 1}["${SECRET}"] == 1`, { id: 'breaks' }),
      brokeOn: USER,
    },
    {
      name: 'is an operator’s and breaks as it tells why',
      rule: ruleOf('user.userId == "u3"', { id: 'breaks', message: `"m" + string({"x": 1}["${SECRET}"])` }),
      brokeOn: USER,
    },
    {
      name: 'is an operator’s and breaks on whom it counts',
      rule: ruleOf('count > 9', {
        id: 'breaks',
        kind: 'directory',
        where: [`user.userId == "u3" && {"x": 1}["${SECRET}"] == 1`],
      }),
      brokeOn: USER,
    },
    {
      name: 'is an operator’s and breaks on a count',
      rule: ruleOf(`{"x": 1}["${SECRET}"] == 1`, { id: 'breaks', kind: 'directory' }),
      brokeOn: THE_ENVIRONMENT,
    },
  ])('$name: it is blamed, by its id and the subject, and the night is kept', async ({ rule, brokeOn }) => {
    const { archive, alerts, events, report } = await auditBy(rule);
    expect(report).toMatchObject({ verdict: 'INCOMPLETE', reason: 'rule-error', counts: { users: 5 } });
    expect(report.rules[0]).toMatchObject({
      id: 'breaks',
      state: 'not-assessed',
      failed: 0,
      notAssessed: 1,
      error: expect.any(String),
      brokeOn,
    });
    expect(report.rules[1]).toMatchObject({ id: 'stale-login', state: 'ran', failed: 1 });

    const tree = await readTree(archive);
    const key = Object.keys(tree).find((name) => name.endsWith('/findings.jsonl.gz')) ?? '';
    const lines = (tree[key] ?? '').split('\n').filter((line) => line !== '');
    expect(lines.map((line) => (JSON.parse(line) as Finding).id)).toEqual([expect.stringMatching(/stale-login\/u1$/)]);

    const told = JSON.stringify([alerts, events, report.message]);
    expect(alerts).toHaveLength(1);
    expect(told).toContain('breaks');
    expect(told).not.toMatch(/Lovelace|ada@|promise|BigInt|circular|such key/i);
    expect(report.message).toContain(brokeOn.id === undefined ? 'the environment' : `user ${brokeOn.id}`);
  });
});
