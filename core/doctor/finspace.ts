import { describeFailure, RequestError } from '../sources/finspace/failure.ts';
import { ListingStopped, reachRemedy } from '../sources/finspace/listing-stopped.ts';
import { openReader, type Reader, readerSettings } from '../sources/finspace/reader.ts';
import { send } from '../sources/finspace/request.ts';
import type { FinspaceSettings } from '../sources/finspace/settings.ts';
import { plural } from '../text/plain-text.ts';
import { type Check, type CheckAnswer, fail, notChecked, ok, warn } from './check.ts';

/** An audit has minutes for its retries; a diagnosis says soon what is wrong. */
const READ_MS = 20_000;
const REACH_MS = 5000;

const REMEDIES: Readonly<Record<ListingStopped['reason'], string>> = {
  deadline: 'look again when the service is well',
  'repeated-token': 'open a support case',
  'repeated-page': 'open a support case',
  'access-denied': 'give the caller credentials that FinSpace knows',
  validation: 'check the environment id',
  config: 'give the caller credentials',
  'source-unavailable':
    'let this machine reach the endpoint, and set HTTPS_PROXY where a proxy leads out of its network',
};

/** Makes a check of FinSpace; an error that would stop a listing is the check's failure. */
export const unlessStopped = async (check: () => Promise<CheckAnswer>): Promise<CheckAnswer> => {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof ListingStopped)) throw error;
    return fail(error.problem, error.remedy ?? REMEDIES[error.reason]);
  }
};

/** Checks that FinSpace answers, gives keys and shows its users; nothing of a user is kept. */
export const finspaceChecks = (settings: FinspaceSettings): readonly Check[] => {
  const { mode } = settings;
  const common = readerSettings(settings);
  const { endpoint, fetch, clock } = common;
  let opened: Reader | undefined;
  /** Opens one for both checks, so that the page is read with the keys of the exchange. */
  const reader = (): Reader => {
    opened ??= openReader({ ...common, deadline: clock.now() + READ_MS });
    return opened;
  };

  return [
    {
      name: 'endpoint',
      needs: [],
      async check() {
        const { host } = endpoint;
        const sending = { fetch, timeoutMs: REACH_MS, signedAt: clock.now() };
        try {
          await send('ListUsers', { url: endpoint.href, headers: {} }, sending);
          return ok(`${host} answers`);
        } catch (error) {
          if (!(error instanceof RequestError)) throw error;
          const { failure } = error;
          // A request that nobody signed is refused: whatever the answer, somebody is there.
          if (failure.kind === 'refused' || failure.kind === 'unreadable') return ok(`${host} answers`);
          return fail(`${host}: ${describeFailure(failure)}`, reachRemedy(failure, endpoint, false));
        }
      },
    },
    {
      name: 'exchange',
      needs: ['credentials', 'endpoint'],
      check: () =>
        unlessStopped(async () => {
          if (mode === 'direct') return notChecked("the caller's keys are FinSpace's: none are exchanged");
          await reader().exchange();
          return ok('FinSpace gives keys for these credentials');
        }),
    },
    {
      name: 'first-page',
      needs: ['credentials', 'endpoint', ...(mode === 'direct' ? [] : ['exchange'])],
      check: () =>
        unlessStopped(async () => {
          const { records: users, nextToken } = await reader().page(undefined);
          const rest = nextToken === undefined ? 'and no more' : 'and more to come';
          const count = `${plural(users.length, 'user')}, ${rest}`;
          if (users.length > 0 || nextToken !== undefined) return ok(count);
          return warn(
            'the page has no users and is the last: an audit would be INCOMPLETE, empty-roster',
            'check the environment id: FinSpace always has one user',
          );
        }),
    },
  ];
};
