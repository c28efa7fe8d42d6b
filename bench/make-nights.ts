import { folderArchive } from '../core/archive/folder.ts';
import { stoppedClock } from '../core/model/clock.ts';
import type { UserSource } from '../core/sources/source.ts';
import { DAY_MS, HOUR_MS } from '../rules/engine/time.ts';
import type { UserRecord } from '../simulator/accounts.ts';
import { type Random, seededRandom } from '../simulator/random.ts';
import { auditListed, settingsOf } from './complete-audit.ts';
import { firstUsers, type NightsJob, nightAt } from './nights.ts';

const PAGE_SIZE = 100;

/** The greatest age of the last login of those who come back every other day. */
const REGULAR_MS = 45 * DAY_MS;

const listingOf =
  (users: readonly UserRecord[]): UserSource =>
  () => {
    const pages = Math.ceil(users.length / PAGE_SIZE);
    async function* listed() {
      for (let page = 0; page < pages; page += 1) yield users.slice(page * PAGE_SIZE, (page + 1) * PAGE_SIZE);
    }
    return {
      source: { kind: 'finspace', endpoint: 'https://finspace-api.us-east-1.amazonaws.com' },
      pages: listed(),
      end: () => ({ complete: true }),
      counts: () => ({ pages, requests: pages, throttled: 0, retries: 0 }),
    };
  };

/** A day goes by: every other one of those who use FinSpace logs in. */
const dayLater = (user: UserRecord, now: number, random: Random): UserRecord => {
  const { status, lastLoginTime } = user;
  const isRegular = status === 'ENABLED' && typeof lastLoginTime === 'number' && lastLoginTime > now - REGULAR_MS;
  return isRegular && random() < 0.5 ? { ...user, lastLoginTime: now - HOUR_MS } : user;
};

/** Audits one night after the other into a folder, each in its own time. */
const makeNights = async (job: NightsJob): Promise<void> => {
  const { folder, environmentId, nights } = job;
  const archive = folderArchive(folder);
  const settings = settingsOf(environmentId);
  let present = firstUsers(job);
  for (let night = 1; night <= nights; night += 1) {
    const asOf = nightAt(job, night);
    const now = asOf.getTime();
    const random = seededRandom(1, night);
    if (night > 1) present = present.map((user) => dayLater(user, now, random));
    const target = { environmentId, asOf };
    await auditListed(archive, target, { ...settings, listUsers: listingOf(present), clock: stoppedClock(now) });
  }
};

await makeNights(JSON.parse(process.argv[2] ?? ''));
process.stdout.write('{}');
