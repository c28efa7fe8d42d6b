import { execFileSync } from 'node:child_process';
import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { historyPageKey } from '../../core/archive/keys.ts';
import type { Manifest } from '../../core/archive/manifest.ts';
import { sha256Of } from '../../core/archive/staging.ts';
import { OUTPUTS, type OutputName } from '../../core/outputs/index.ts';
import { ENVIRONMENT } from '../support/builders.ts';
import { forged, unsigned } from '../support/forgery.ts';
import { keysOf, LATEST, OBJECT_NAMES, runOf, type Tamperer } from '../support/history.ts';
import type { Store } from './run-case.ts';
import type { Objects } from './runs.ts';
import type { Shelf } from './shelves.ts';

/** The last night of the history that the next one comes upon. */
export const LAST = 3;
export const NEXT = LAST + 1;

/** The world that a fault is done in. */
interface Disturbed {
  readonly hands: Tamperer;
  readonly shelf: Shelf;
  readonly objects: Objects;
}

/** A fault of a history, and what the next night makes of it. */
export interface HistoryFault {
  /** The row of the table that it counts in. */
  readonly row: string;
  readonly stores?: readonly Store[];
  readonly isSigned?: true;
  disturb(world: Disturbed): Promise<unknown>;
  /**
   * `goes on`: it is complete as if nothing had been; `builds upon less`: it is complete, and can't know; `trusts nothing`:
   * INCOMPLETE untrusted-history.
   */
  readonly next: 'goes on' | 'builds upon less' | 'trusts nothing';
  /** The key that `verify` names before the next night; undefined where all was made to fit, or nothing is wrong. */
  readonly told?: string;
  /** Two nights begin at once, and this write of one of them is slow. */
  readonly slow?: { readonly night: 'earlier' | 'later'; readonly write: number };
}

const MIB = 1024 * 1024;
const { manifest: ENTRY, copy: COPY } = keysOf(LAST);
const at = (name: OutputName, night = LAST): string => keysOf(night).object(OUTPUTS[name]);

const once = <T>(make: () => T): (() => T) => {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
};

/** Unfolds to 2 GiB: what is gzipped may stand one after the other. */
const bomb = once(() => {
  const piece = gzipSync(`"${'x'.repeat(MIB - 3)}"\n`.repeat(64));
  return Buffer.concat(Array.from({ length: 32 }, () => piece));
});

const longLine = once(() => gzipSync(Buffer.alloc(450 * MIB, '9'), { level: 1 }));

/** Has the last entry vouch for other bytes of one of its objects. */
const vouched = async ({ hands, shelf }: Disturbed, name: OutputName, bytes: Uint8Array): Promise<void> => {
  const key = at(name);
  await shelf.reach.write(key, bytes);
  await hands.manifest(LAST, (manifest) => ({
    ...manifest,
    objects: { ...manifest.objects, [name]: { key, sha256: sha256Of(bytes), size: bytes.length } },
  }));
  await hands.rechain(LAST, LAST);
};

const LARGE = 'too large an object';

const large: Readonly<Record<string, HistoryFault>> = {
  ...Object.fromEntries(
    (['snapshot', 'findings', 'resolved'] as const).flatMap((name): [string, HistoryFault][] => [
      [
        `${name}: a gzip bomb`,
        {
          row: LARGE,
          disturb: ({ shelf }) => shelf.reach.write(at(name), bomb()),
          next: 'trusts nothing',
          told: at(name),
        },
      ],
      [
        `${name}: a gzip bomb that its manifest vouches for`,
        { row: LARGE, disturb: (world) => vouched(world, name, bomb()), next: 'trusts nothing' },
      ],
      [
        `${name}: a line of 450 MB that its manifest vouches for`,
        { row: LARGE, disturb: (world) => vouched(world, name, longLine()), next: 'trusts nothing' },
      ],
    ]),
  ),
  ...Object.fromEntries(
    (
      [
        ['last entry', ENTRY, 'trusts nothing'],
        ['copy of the last entry', COPY, 'goes on'],
        ['earlier entry', keysOf(1).manifest, 'goes on'],
        ['report', at('report'), 'trusts nothing'],
        ['findings', at('findings'), 'trusts nothing'],
      ] as const
    ).map(([what, key, next]): [string, HistoryFault] => [
      `${what}: 1 GB`,
      { row: LARGE, disturb: ({ shelf }) => shelf.enlarge(key, 1024 * MIB), next, told: key },
    ]),
  ),
};

const NONE = 'what is no object';

const inFolder = (key: string, next: HistoryFault['next'], make: (path: string) => unknown): HistoryFault => ({
  row: NONE,
  stores: ['folder'],
  async disturb({ shelf }) {
    const path = join(shelf.archive.location, key);
    await rm(path);
    await make(path);
  },
  next,
  told: key,
});

const text = (key: string, content: string, next: HistoryFault['next']): HistoryFault => ({
  row: NONE,
  disturb: ({ hands }) => hands.put(key, content),
  next,
  told: key,
});

const NOTES = ['chain', 'manifests'].map((area) => `${area}/environment=${ENVIRONMENT}/notes.txt`);

const none: Readonly<Record<string, HistoryFault>> = {
  ...Object.fromEntries(
    (
      [
        ['last entry', ENTRY, 'trusts nothing'],
        ['copy of the last entry', COPY, 'goes on'],
        ['findings', at('findings'), 'trusts nothing'],
        ['pointer', LATEST, 'goes on'],
      ] as const
    ).flatMap(([what, key, next]) => [
      [`${what}: a pipe`, inFolder(key, next, (path) => execFileSync('/usr/bin/env', ['mkfifo', path]))],
      [`${what}: a link out of the folder`, inFolder(key, next, (path) => symlink('/etc/hostname', path))],
    ]),
  ),
  ...Object.fromEntries(NOTES.map((key) => [key, text(key, 'no manifest', 'goes on')])),
  ...Object.fromEntries(
    ['last night', 'null', '[]', '{}', '{"run":5}'].map((content) => [
      `pointer: ${content}`,
      text(LATEST, content, 'goes on'),
    ]),
  ),
  ...Object.fromEntries(
    ['null', '[]', '{}', ''].flatMap((content) => [
      [`last entry: "${content}"`, text(ENTRY, content, 'trusts nothing')],
      [`copy of the last entry: "${content}"`, text(COPY, content, 'goes on')],
      [`entry before: "${content}"`, text(keysOf(LAST - 1).manifest, content, 'trusts nothing')],
    ]),
  ),
};

const DOUBTFUL = 'a history that does not hold';

const edited = (edit: (manifest: Manifest) => object): Pick<HistoryFault, 'row' | 'disturb' | 'next' | 'told'> => ({
  row: DOUBTFUL,
  async disturb({ hands }) {
    await hands.manifest(LAST, edit);
    await hands.rechain(LAST, LAST);
  },
  next: 'trusts nothing',
  told: ENTRY,
});

const naming = (key: string) =>
  edited(({ objects, ...manifest }) => ({
    ...manifest,
    objects: { ...objects, findings: { ...objects.findings, key } },
  }));

const cutTail = async ({ hands }: Disturbed): Promise<void> => {
  const keys = keysOf(LAST);
  for (const key of [...OBJECT_NAMES.map((name) => at(name)), keys.manifest, keys.copy]) await hands.remove(key);
  await hands.rechain(LAST - 1, LAST - 1);
};

const OTHERS = `manifests/environment=other/dt=2026-11-22/${runOf(LAST)}.json`;

const pointing = (differs: object): HistoryFault => ({
  row: DOUBTFUL,
  async disturb({ hands }) {
    await hands.copy(COPY, OTHERS);
    await hands.text(LATEST, (old) => JSON.stringify({ ...JSON.parse(old), ...differs }));
  },
  next: 'goes on',
  told: LATEST,
});

const doubtful: Readonly<Record<string, HistoryFault>> = {
  'the pointer names the manifest of another environment': pointing({ manifest: OTHERS }),
  'the pointer has no place and names the manifest of another environment': {
    ...pointing({ manifest: OTHERS, sequence: undefined }),
    told: OTHERS,
  },
  'the pointer says another SHA-256': { ...pointing({ sha256: '0'.repeat(64) }), next: 'trusts nothing', told: ENTRY },
  'the pointer names a place that is not there': {
    ...pointing({ sequence: NEXT + 4 }),
    next: 'trusts nothing',
    told: keysOf(NEXT + 4).manifest,
  },
  'the last entry is of another environment': edited((manifest) => ({ ...manifest, environmentId: 'other' })),
  'the last entry is of another run': edited((manifest) => ({ ...manifest, run: runOf(1) })),
  ...Object.fromEntries(
    [1, LAST - 1].map((night): [string, HistoryFault] => [
      `entry ${night} stands in the place of the last`,
      {
        row: DOUBTFUL,
        disturb: ({ hands }) => hands.copy(keysOf(night).manifest, ENTRY),
        next: 'trusts nothing',
        told: ENTRY,
      },
    ]),
  ),
  'it names the findings of another run': naming(at('findings', LAST - 1)),
  'it names ../outside.gz': naming('../outside.gz'),
  'it names /etc/passwd': naming('/etc/passwd'),
  'it names a way out': naming(`${at('report')}/../../../../etc/passwd`),
  ...Object.fromEntries(
    (['snapshot', 'findings', 'report'] as const).map((name): [string, HistoryFault] => [
      `its ${name} is that of another run`,
      {
        row: DOUBTFUL,
        disturb: ({ hands }) => hands.copy(at(name, LAST - 1), at(name)),
        next: 'trusts nothing',
        told: at(name),
      },
    ]),
  ),
  'its signature is forged': { ...edited(forged), isSigned: true },
  'its signature is of a run that was edited': {
    ...edited((manifest) => ({ ...manifest, accountId: '999999999999' })),
    isSigned: true,
  },
  'its signature is gone': { ...edited(unsigned), isSigned: true },
  'the end is cut off, and the pointer set back': {
    row: DOUBTFUL,
    disturb: cutTail,
    next: 'builds upon less',
    told: COPY,
  },
  'the end is cut off with all that knows of it': {
    row: DOUBTFUL,
    async disturb(world) {
      await cutTail(world);
      await world.hands.remove(keysOf(LAST).marker('alert'));
      await world.hands.remove(historyPageKey(ENVIRONMENT));
    },
    next: 'builds upon less',
  },
};

const PLACED = 'the next place is taken';
const PLANTED = 'something sound planted';

const planted: Readonly<Record<string, HistoryFault>> = {
  ...Object.fromEntries(
    ['{}', 'null', ''].map((content): [string, HistoryFault] => [
      `next entry: "${content}"`,
      { ...text(keysOf(NEXT).manifest, content, 'trusts nothing'), row: PLACED },
    ]),
  ),
  ...Object.fromEntries(
    [1, LAST].map((night): [string, HistoryFault] => [
      `next entry: entry ${night}`,
      {
        row: PLACED,
        disturb: ({ hands }) => hands.copy(keysOf(night).manifest, keysOf(NEXT).manifest),
        next: 'trusts nothing',
        told: keysOf(NEXT).manifest,
      },
    ]),
  ),
  ...Object.fromEntries(
    OBJECT_NAMES.map((name): [string, HistoryFault] => [
      `${name}: that of the last run`,
      { row: PLANTED, disturb: ({ hands }) => hands.copy(at(name), at(name, NEXT)), next: 'goes on' },
    ]),
  ),
  'snapshot: of nobody': {
    row: PLANTED,
    disturb: ({ shelf }) => shelf.reach.write(at('snapshot', NEXT), gzipSync('')),
    next: 'goes on',
  },
  'marker: that of the last run': {
    row: PLANTED,
    disturb: ({ hands }) => hands.copy(keysOf(LAST).marker('alert'), keysOf(NEXT).marker('alert')),
    next: 'goes on',
    told: keysOf(NEXT).copy,
  },
};

/** The writes of a run: its objects, its entry, the copy, the pointer, the marker and two pages. */
const WRITES = OBJECT_NAMES.length + 6;

const atOnce: Readonly<Record<string, HistoryFault>> = Object.fromEntries(
  (['earlier', 'later'] as const).flatMap((night) =>
    Array.from({ length: WRITES }, (_, index): [string, HistoryFault] => [
      `the ${night} night is slow at its write ${index + 1}`,
      { row: 'two nights at once', disturb: async () => {}, next: 'goes on', slow: { night, write: index + 1 } },
    ]),
  ),
);

/** Every fault of a history there is, by its name. */
export const HISTORY_FAULTS: Readonly<Record<string, HistoryFault>> = {
  ...large,
  ...none,
  ...doubtful,
  ...planted,
  ...atOnce,
};
