import { historyPageKey, publicKeyKey } from '../../core/archive/keys.ts';
import type { Manifest } from '../../core/archive/manifest.ts';
import { OUTPUTS } from '../../core/outputs/index.ts';
import { ENVIRONMENT } from '../support/builders.ts';
import { forged, STRANGER_PEM, unsigned } from '../support/forgery.ts';
import { keysOf, OBJECT_NAMES, runOf, type Tamperer } from '../support/history.ts';
import { KMS_KEY_ARN } from '../support/kms.ts';
import type { Objects } from './runs.ts';

/** The last night of the history that is tampered with. */
export const LAST = 5;

/** The night before which attempts and parts of a listing were left that the runs after them vouch for. */
export const TRIED = 3;

/** One thing that somebody does to an archive. */
export interface Tampering {
  readonly kind: string;
  readonly what: string;
  tamper(hands: Tamperer): Promise<unknown>;
}

const NIGHTS = Array.from({ length: LAST }, (_, n) => n + 1);
const BEFORE_LAST = NIGHTS.slice(0, -1);

const flipped = (bytes: Buffer): Uint8Array => {
  const middle = bytes.length >> 1;
  return Buffer.concat([
    bytes.subarray(0, middle),
    Buffer.from([(bytes[middle] ?? 0) ^ 1]),
    bytes.subarray(middle + 1),
  ]);
};

const BY_BYTES: Readonly<Record<string, (bytes: Buffer) => Uint8Array>> = {
  'a byte is another': flipped,
  'the last byte is gone': (bytes) => bytes.subarray(0, -1),
  'it is empty': () => Buffer.alloc(0),
  'it is {}': () => Buffer.from('{}'),
};

/** The attempts since the last run have left what stands under a name of the night after it. */
const isSinceLast = (key: string): boolean => key.includes(runOf(LAST + 1));

/** The name that the table has for what an object is. */
const areaOf = (key: string): string => {
  if (key.endsWith('index.html')) return 'page of all runs';
  const [area = ''] = key.split('/');
  if (area === 'alerts') return /\d{8}T\d{6}Z-/.test(key) ? 'markers of attempts' : 'markers of runs';
  return isSinceLast(key) && ['incomplete', 'listings'].includes(area) ? `${area}, since the last run` : area;
};

const ofObjects = (objects: Objects): readonly Tampering[] =>
  [...objects.keys()].flatMap((key) => [
    ...Object.entries(BY_BYTES).map(([kind, change]) => ({
      kind: `${areaOf(key)}: ${kind}`,
      what: key,
      tamper: (hands: Tamperer) => hands.bytes(key, change),
    })),
    { kind: `${areaOf(key)}: it is gone`, what: key, tamper: (hands: Tamperer) => hands.remove(key) },
  ]);

const swaps: readonly Tampering[] = BEFORE_LAST.flatMap((night) => {
  const [one, other] = [keysOf(night), keysOf(night + 1)];
  const swap = (kind: string, what: string, first: string, second: string): Tampering => ({
    kind: `${kind}: that of the next night stands in its place, and the other way round`,
    what: `${what} ${night} and ${night + 1}`,
    tamper: (hands) => hands.swap(first, second),
  });
  return [
    ...OBJECT_NAMES.map((name) => swap('objects', name, one.object(OUTPUTS[name]), other.object(OUTPUTS[name]))),
    swap('markers of runs', 'night', one.marker('alert'), other.marker('alert')),
    swap('manifests', 'night', one.copy, other.copy),
    swap('chain', 'night', one.manifest, other.manifest),
  ];
});

const changed = (value: unknown): unknown => {
  if (typeof value === 'string') return `${value}x`;
  if (typeof value === 'number') return value + 1;
  if (Array.isArray(value)) return value.slice(1);
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).slice(1)) : 1;
};

const MADE_TO_FIT = 'and all after it and all that knows of it made to fit';

/** Takes away what attempts have kept of the chain from a night on, and what vouches for it. */
const forget = async (hands: Tamperer, objects: Objects, number: number): Promise<void> => {
  const isFromBefore = number < TRIED;
  for (const key of objects.keys())
    if (isSinceLast(key) || (isFromBefore && /^(?:incomplete|listings)\//.test(key))) await hands.remove(key);
  if (isFromBefore) await hands.manifest(TRIED, ({ unfinished: _unfinished, ...manifest }) => manifest);
};

const ofMembers = (objects: Objects): readonly Tampering[] =>
  [1, TRIED, LAST].flatMap((night) => {
    const entry: object = JSON.parse(Buffer.from(objects.get(keysOf(night).manifest) ?? '{}').toString());
    return Object.keys(entry).flatMap((member) => {
      const edit = (manifest: Manifest): object => ({ ...manifest, [member]: changed(Object(manifest)[member]) });
      const what = `${member} of night ${night}`;
      return [
        { kind: 'entry and copy: a member is another', what, tamper: (hands: Tamperer) => hands.manifest(night, edit) },
        {
          kind: `entry and copy: a member is another, ${MADE_TO_FIT}`,
          what,
          async tamper(hands: Tamperer) {
            await forget(hands, objects, night);
            await hands.manifest(night, edit);
            await hands.rechain(night, LAST);
          },
        },
      ];
    });
  });

const ofPlaces: readonly Tampering[] = NIGHTS.flatMap((night) => {
  const { manifest, copy } = keysOf(night);
  const what = `night ${night}`;
  return [
    {
      kind: 'entry and copy: both are gone',
      what,
      async tamper(hands: Tamperer) {
        await hands.remove(manifest);
        await hands.remove(copy);
      },
    },
    {
      kind: 'chain: an entry has another number',
      what,
      async tamper(hands: Tamperer) {
        await hands.copy(manifest, keysOf(LAST + 4).manifest);
        await hands.remove(manifest);
      },
    },
    {
      kind: 'chain: an entry comes again in the next place',
      what,
      tamper: (hands: Tamperer) => hands.copy(manifest, keysOf(LAST + 1).manifest),
    },
    ...(night === LAST
      ? []
      : [
          {
            kind: 'chain: an entry stands in the place of the last',
            what,
            tamper: (hands: Tamperer) => hands.copy(manifest, keysOf(LAST).manifest),
          },
          {
            kind: 'latest: it points to an earlier run',
            what,
            tamper: (hands: Tamperer) => hands.rechain(night, night),
          },
        ]),
  ];
});

const PLANTED = [
  `chain/environment=${ENVIRONMENT}/notes.txt`,
  keysOf(LAST + 1).manifest,
  `manifests/environment=${ENVIRONMENT}/notes.txt`,
  keysOf(LAST + 2).copy,
  keysOf(LAST + 2).marker('alert'),
  keysOf(TRIED).object(OUTPUTS.snapshot).replace('.jsonl', '-x.jsonl'),
  keysOf(LAST + 2).object(OUTPUTS.snapshot),
  `listings/environment=${ENVIRONMENT}/dt=2026-11-26/20261126T070000Z-x/1-0001.jsonl.gz`,
];

const planted = (isSigned: boolean): readonly Tampering[] =>
  [...PLANTED, ...(isSigned ? ['keys/another.pem'] : [])].map((key) => ({
    kind: `${areaOf(key)}: something is planted`,
    what: key,
    tamper: (hands) => hands.put(key, '{}'),
  }));

const tails = (objects: Objects): readonly Tampering[] =>
  [LAST - 1, LAST].flatMap((from) => {
    const cut = async (hands: Tamperer): Promise<void> => {
      for (const night of NIGHTS.filter((one) => one >= from)) {
        const keys = keysOf(night);
        for (const name of OBJECT_NAMES) await hands.remove(keys.object(OUTPUTS[name]));
        await hands.remove(keys.manifest);
        await hands.remove(keys.copy);
      }
      await hands.rechain(from - 1, from - 1);
    };
    const what = `from night ${from} on`;
    return [
      { kind: 'the end is cut off, and the pointer set back', what, tamper: cut },
      {
        kind: 'the end is cut off with all that knows of it',
        what,
        async tamper(hands: Tamperer) {
          await cut(hands);
          await hands.remove(historyPageKey(ENVIRONMENT));
          for (const key of objects.keys()) if (isSinceLast(key)) await hands.remove(key);
          for (const night of NIGHTS.filter((one) => one >= from)) await hands.remove(keysOf(night).marker('alert'));
        },
      },
    ];
  });

/** Edits a night, and has somebody else sign it and all after it. */
const signAnew = async (
  hands: Tamperer,
  objects: Objects,
  from: number,
  edit: (manifest: Manifest) => object,
): Promise<void> => {
  await forget(hands, objects, from);
  await hands.manifest(from, (manifest) => forged(edit(manifest) as Manifest));
  for (const night of NIGHTS.filter((one) => one > from)) {
    await hands.rechain(night - 1, night);
    await hands.manifest(night, forged);
  }
  await hands.rechain(LAST, LAST);
};

const RECORDED = publicKeyKey(KMS_KEY_ARN);

const ofSignatures = (objects: Objects): readonly Tampering[] =>
  NIGHTS.flatMap((night) => {
    const what = `night ${night}`;
    const anotherAccount = (manifest: Manifest): object => ({ ...manifest, accountId: '999999999999' });
    const thenFit = (change: (manifest: Manifest) => object) => async (hands: Tamperer) => {
      await forget(hands, objects, night);
      await hands.manifest(night, change);
      await hands.rechain(night, LAST);
    };
    return [
      {
        kind: `signatures: one is forged, ${MADE_TO_FIT}`,
        what,
        tamper: thenFit((manifest) => forged(anotherAccount(manifest) as Manifest)),
      },
      {
        kind: `signatures: one is gone, ${MADE_TO_FIT}`,
        what,
        tamper: thenFit((manifest) => unsigned(anotherAccount(manifest) as Manifest)),
      },
      {
        kind: 'signatures: this and all after it are forged',
        what,
        tamper: (hands) => signAnew(hands, objects, night, anotherAccount),
      },
      {
        kind: 'signatures: this and all after it are forged, and the recorded key is the forger’s',
        what,
        async tamper(hands) {
          await signAnew(hands, objects, night, anotherAccount);
          await hands.text(RECORDED, () => STRANGER_PEM);
        },
      },
      {
        kind: 'signatures: this and all after it are gone, and so is the recorded key',
        what,
        async tamper(hands) {
          await forget(hands, objects, night);
          for (const one of NIGHTS.filter((each) => each >= night)) await hands.manifest(one, unsigned);
          await hands.rechain(night, LAST);
          await hands.remove(RECORDED);
        },
      },
    ];
  });

const ofKeys: readonly Tampering[] = [
  { kind: 'keys: it is another’s', what: RECORDED, tamper: (hands) => hands.text(RECORDED, () => STRANGER_PEM) },
];

/** Everything that is done to a history of so many nights: to each object, to each place, and to many at once. */
export const tamperingsWith = (objects: Objects, isSigned: boolean): readonly Tampering[] => [
  ...ofObjects(objects),
  ...swaps,
  ...ofMembers(objects),
  ...ofPlaces,
  ...planted(isSigned),
  ...tails(objects),
  ...(isSigned ? [...ofSignatures(objects), ...ofKeys] : []),
];

/** The reasons for which some are not seen by `verify` alone, and some by nothing: the first that fits. */
export const REASONS: readonly (readonly [kind: RegExp, what: RegExp, reason: string])[] = [
  [/^(?:markers of runs|latest|keys): the last byte/, /./, 'the last byte is a line feed: it says the same without'],
  [/^markers of runs: it is gone/, /./, 'a crash leaves it so too: told as a note'],
  [
    /^markers of attempts:/,
    /./,
    'it is read by the next attempt at the run only, which believes none that does not hold',
  ],
  [/^page of all runs:/, /./, 'a page for people, which is no evidence: the next run makes it anew'],
  [
    /^manifests: it is gone/,
    new RegExp(runOf(LAST)),
    'the copy of the last entry: a crash leaves it so too, told as a note',
  ],
  [/^latest: it points/, new RegExp(`night ${LAST - 1}`), 'one run behind: a crash leaves it so too, told as a note'],
  [/something is planted/, /^(?:snapshots|keys)\//, 'nothing names it, and nothing counts on it: told as a note'],
  [
    /since the last run|^listings: something/,
    /./,
    'no complete run vouches for it yet: counted, and said not to be checked',
  ],
  [/^keys: it is gone/, /./, 'the key was perhaps never recorded: told as a note'],
  [/made to fit|all after it are|the end is cut off/, /./, 'all that the archive has was made to fit'],
];
