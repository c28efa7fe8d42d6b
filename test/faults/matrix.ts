import { runKeys } from '../../core/archive/keys.ts';
import { consequenceOf, FAULT_KINDS, type FaultPlan } from '../../simulator/faults.ts';
import { seededRandom, wholeBetween } from '../../simulator/random.ts';
import { ALWAYS_WRITTEN } from '../support/always-written.ts';
import { ENVIRONMENT } from '../support/builders.ts';
import { KMS_FAULTS } from '../support/kms.ts';
import { REQUESTS } from '../support/listing-faults.ts';
import { AWS_FAULT_KINDS, AWS_SPOTS, type AwsSpot, canBefall, type PlannedAwsFault, passesOnce } from './aws-faults.ts';
import { HISTORY_FAULTS } from './history-faults.ts';
import type { FaultCase, Store } from './run-case.ts';
import { INSTANTS } from './runs.ts';

/** One fault, where it can be played. */
interface SingleFault {
  readonly kind: string;
  readonly often: string;
  readonly where: string;
  readonly stores: readonly Store[];
  readonly faults: FaultPlan;
  readonly awsFaults: readonly PlannedAwsFault[];
  readonly mustPass: boolean;
}

const BOTH: readonly Store[] = ['folder', 'bucket'];

const TIMES: readonly (readonly [string, number])[] = [
  ['once', 1],
  ['for ever', Number.POSITIVE_INFINITY],
];

const OF_FINSPACE: readonly SingleFault[] = FAULT_KINDS.flatMap((fault) =>
  TIMES.flatMap(([often, times]) =>
    REQUESTS.flatMap(([where, request]): readonly SingleFault[] => {
      const consequence = consequenceOf(fault, request.operation ?? 'page');
      if (consequence === undefined) return [];
      return [
        {
          kind: fault,
          often,
          where,
          stores: BOTH,
          faults: [{ fault, times, ...request }],
          awsFaults: [],
          mustPass: consequence === 'recoverable' && times === 1,
        },
      ];
    }),
  ),
);

const OF_AWS: readonly SingleFault[] = AWS_FAULT_KINDS.flatMap((kind) =>
  TIMES.flatMap(([often, times]) =>
    (Object.keys(AWS_SPOTS) as readonly AwsSpot[])
      .filter((spot) => canBefall(kind, spot))
      .map((spot) => ({
        kind: `${spot === 'publish' ? 'SNS' : 'S3'} ${kind}`,
        often,
        where: spot,
        // Alerts are sent the same way, wherever the archive is.
        stores: spot === 'publish' ? BOTH : (['bucket'] as const),
        faults: [],
        awsFaults: [{ kind, spot, times }],
        mustPass: times === 1 && passesOnce(kind),
      })),
  ),
);

/** Signing comes once a run; what does not pass keeps the run from being one. */
const OF_KMS: readonly FaultCase[] = Object.entries(KMS_FAULTS).flatMap(([kind, { passes }]) =>
  TIMES.flatMap(([often, times]) =>
    BOTH.map((store, seed) => ({
      row: `KMS ${kind}`,
      often,
      where: 'sign',
      store,
      seed,
      faults: [],
      awsFaults: [],
      kmsFault: { kind, times },
      mustPass: times === 1 && passes,
      isContested: false,
      isUndelivered: false,
    })),
  ),
);

const alone = ({ kind, often, ...single }: SingleFault): readonly FaultCase[] =>
  single.stores.map((store, seed) => ({
    ...single,
    row: kind,
    often,
    store,
    seed,
    isContested: false,
    isUndelivered: kind.startsWith('S'),
  }));

const pairOf = (seed: number, store: Store): FaultCase => {
  const random = seededRandom(seed, BOTH.indexOf(store));
  const of = (singles: readonly SingleFault[]): readonly SingleFault[] =>
    singles.filter(({ stores }) => stores.includes(store));
  const draw = (singles: readonly SingleFault[]): readonly SingleFault[] => {
    const index = wholeBetween(random, 0, singles.length - 1);
    return singles.slice(index, index + 1);
  };
  const pair = [...draw(of(OF_FINSPACE)), ...draw(of(random() < 0.4 ? OF_FINSPACE : OF_AWS))];
  return {
    row: `random pairs, ${store}`,
    often: '',
    where: pair.map(({ kind, often, where }) => `${kind} ${often} at ${where}`).join(', '),
    store,
    seed,
    faults: pair.flatMap(({ faults }) => faults),
    awsFaults: pair.flatMap(({ awsFaults }) => awsFaults),
    mustPass: false,
    isContested: false,
    isUndelivered: random() < 0.5,
  };
};

/** Two attempts at once: undisturbed, and where one of them must wait or can't know what it did. */
const CONTESTS: readonly (readonly [string, readonly PlannedAwsFault[]])[] = [
  ['nothing else', []],
  ...(['write snapshot', 'write entry', 'copy manifest', 'move latest'] as const).flatMap((spot) =>
    (['slow-down', 'answer-lost'] as const).map((kind) => [`${kind} at ${spot}`, [{ kind, spot, times: 1 }]] as const),
  ),
];

const contests: readonly FaultCase[] = CONTESTS.flatMap(([where, awsFaults]) =>
  (awsFaults.length === 0 ? BOTH : (['bucket'] as const)).map((store, seed) => ({
    row: 'two attempts at once',
    often: '',
    where,
    store,
    seed,
    faults: [],
    awsFaults,
    mustPass: false,
    isContested: true,
    isUndelivered: false,
  })),
);

const KEYS = runKeys(ENVIRONMENT, INSTANTS[1]);

/** The places where something may stand before a run comes to write there; its place in the chain is another matter. */
const PLACES = [
  ...Object.values(ALWAYS_WRITTEN).map((output) => KEYS.object(output)),
  KEYS.manifest,
  KEYS.marker('alert'),
];

const adoptions: readonly FaultCase[] = PLACES.flatMap((key) =>
  BOTH.map((store, seed) => ({
    row: 'something planted',
    often: '',
    where: key,
    store,
    seed,
    faults: [],
    awsFaults: [],
    planted: [key],
    mustPass: true,
    isContested: false,
    isUndelivered: false,
  })),
);

/** The histories that a run may come upon. */
const histories: readonly FaultCase[] = Object.entries(HISTORY_FAULTS).flatMap(([history, { row, stores = BOTH }]) =>
  stores.map((store, seed) => ({
    row,
    often: '',
    where: history,
    store,
    seed,
    faults: [],
    awsFaults: [],
    history,
    mustPass: false,
    isContested: false,
    isUndelivered: false,
  })),
);

/** Every case there is: each fault alone, and a pair for each seed and store. */
export const faultCases = (seeds: readonly number[]): readonly FaultCase[] => [
  ...[...OF_FINSPACE, ...OF_AWS].flatMap(alone),
  ...OF_KMS,
  ...contests,
  ...adoptions,
  ...histories,
  ...BOTH.flatMap((store) => seeds.map((seed) => pairOf(seed, store))),
];
