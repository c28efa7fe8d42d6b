import type { Clock } from '../../core/model/clock.ts';
import { iamRoles } from '../../core/sources/iam/roles.ts';
import { startIam } from '../../simulator/iam.ts';
import { soundRole } from '../../simulator/roles.ts';
import { CALLER } from '../../simulator/server.ts';
import type { Measure } from '../measure.ts';
import { ASOF, servePages } from '../pages.ts';
import { measureRuns } from '../processes.ts';

const ACCOUNT = '111122223333';
const ROLES = 2000;
const USERS = 100_000;
const MANY = 1_000_000;
const MINUTE_MS = 60_000;

/** A clock that whoever waits moves on: what is measured is the pace, not this machine. */
const movedClock = (): Clock => {
  let now = ASOF.getTime();
  return {
    now: () => now,
    async sleep(ms) {
      now += ms;
    },
  };
};

/** Reads roles from an IAM that grants five requests a second and keeps no burst of them. */
const pace = async (): Promise<readonly Measure[]> => {
  const arns = Array.from({ length: ROLES }, (_, index) => `arn:aws:iam::${ACCOUNT}:role/role-${index}`);
  const clock = movedClock();
  const iam = await startIam({
    accountId: ACCOUNT,
    roles: arns.map((arn) => soundRole(arn, ASOF.getTime())),
    rate: { requestsPerSecond: 5, burst: 1 },
    clock: clock.now,
  });
  try {
    const read = iamRoles({
      region: 'us-east-1',
      accounts: new Map([[ACCOUNT, async () => CALLER]]),
      mayList: false,
      clock,
      random: Math.random,
      iam: { endpoint: iam.url },
      sts: { endpoint: iam.url },
    });
    let known = 0;
    const request = { arns: () => arns, before: undefined, deadline: ASOF.getTime() + 60 * MINUTE_MS };
    for await (const { exists } of read(request)) known += exists ? 1 : 0;
    if (known !== ROLES) throw new Error(`${known} of ${ROLES} roles were read`);
    const asked = iam.requests().filter(({ action }) => action === 'GetRole').length;
    return [
      { what: `${ROLES} distinct roles: refused for the rate`, value: asked - ROLES, unit: 'requests', most: 0 },
      {
        what: `${ROLES} distinct roles: time by the pace`,
        value: (clock.now() - ASOF.getTime()) / MINUTE_MS,
        unit: 'minutes',
      },
    ];
  } finally {
    await iam.close();
  }
};

/**
 * Measures what facts beside the listing add to a night, in processes of their own; what asking takes the pace
 * decides.
 */
const added = async (): Promise<readonly Measure[]> => {
  const pages = await servePages({ users: USERS });
  try {
    const without = await measureRuns(pages.url, 2);
    const enriched = await measureRuns(pages.url, 2, 'bench', { isEnriched: true });
    return [
      {
        what: 'enrichment adds to a night of 100,000 users',
        value: (enriched.cpuSeconds - without.cpuSeconds) * 1000,
        unit: 'ms of CPU',
      },
      {
        what: 'enrichment adds to a night of 100,000 users',
        value: enriched.peakMemoryMb - without.peakMemoryMb,
        unit: 'MB',
      },
    ];
  } finally {
    pages.close();
  }
};

/** The second night of many users, of whom more is read than the listing gives. */
const peak = async (): Promise<readonly Measure[]> => {
  const pages = await servePages({ users: MANY });
  try {
    const { peakMemoryMb } = await measureRuns(pages.url, 2, 'bench', { isEnriched: true });
    return [{ what: 'peak of 1,000,000 users with roles and groups', value: peakMemoryMb, unit: 'MB', most: 512 }];
  } finally {
    pages.close();
  }
};

export const enrichment = async (): Promise<readonly Measure[]> => [
  ...(await pace()),
  ...(await added()),
  ...(await peak()),
];
