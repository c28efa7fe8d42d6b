import { plainAccount, type Slot, soundAccount, type UserRecord } from './accounts.ts';
import { FAULTY_KINDS, type FaultyKind, faultyAccount, MALFORMED, type TwinKind } from './faulty-accounts.ts';
import { AWKWARD_NAMES, people } from './people.ts';
import { type Random, seededRandom, shuffled } from './random.ts';

export interface DirectoryOptions {
  readonly users: number;
  /** The same seed gives the same directory. */
  readonly seed: number;
  /** The instant that the directory's times are counted from. */
  readonly asOf: Date;
  /** The environment's own account: 12 digits. */
  readonly accountId: string;
}

/** The kinds of user that a directory has. */
export type UserKind = 'super-user' | 'sound' | 'awkward-name' | FaultyKind;

/** A directory that makes each record when it is asked for: a million users take no memory. */
export interface Directory extends Iterable<UserRecord> {
  readonly length: number;
  slice(start: number, end: number): readonly UserRecord[];
  kindAt(index: number): UserKind;
}

/** Each block of so many users has every fault once, so a directory of three blocks has each three times. */
export const BLOCK = 130;

/** The two super users that a directory should have; faulty ones come on top. */
const SUPER_USERS: readonly number[] = [0, 40];

const AWKWARD_A_BLOCK = 3;

/** One malformed entry for so many sound users. */
const MALFORMED_EVERY = 25;

/** The kind at each position of a block, in an order that the seed decides. */
const blockLayout = (random: Random): readonly UserKind[] => {
  const special: readonly UserKind[] = [
    ...FAULTY_KINDS,
    ...Array.from({ length: AWKWARD_A_BLOCK }, () => 'awkward-name' as const),
  ];
  const positions = Array.from({ length: BLOCK }, (_, position) => position);
  const free = shuffled(
    random,
    positions.filter((position) => !SUPER_USERS.includes(position)),
  );
  const kinds = new Map(special.map((kind, i) => [free[i], kind]));
  return positions.map((position) => kinds.get(position) ?? 'sound');
};

/**
 * A realistic directory: international names, addresses of reserved domains, most users sound, and every fault that a
 * rule on one user or on the directory looks for. It depends on its options alone, without a clock.
 */
export const lazyDirectory = ({ users, seed, asOf, accountId }: DirectoryOptions): Directory => {
  const now = asOf.getTime();
  const random = seededRandom(seed);
  const personAt = people(random);
  const layout = blockLayout(random);

  const slotAt = (index: number): Slot => ({
    now,
    accountId,
    index,
    person: personAt(index),
    chance: seededRandom(seed, index),
  });

  const kindAt = (index: number): UserKind =>
    SUPER_USERS.includes(index) ? 'super-user' : (layout[index % BLOCK] ?? 'sound');

  const awkward = (slot: Slot, block: number): UserRecord => {
    const before = layout.slice(0, slot.index % BLOCK).filter((kind) => kind === 'awkward-name').length;
    const name = AWKWARD_NAMES[(block * AWKWARD_A_BLOCK + before) % AWKWARD_NAMES.length] ?? '';
    const { firstName, lastName } = slot.person;
    return { ...plainAccount(slot), firstName: name, lastName: `${firstName}-${lastName}` };
  };

  const recordAt = (index: number): UserRecord => {
    const slot = slotAt(index);
    const block = Math.floor(index / BLOCK);
    const kind = kindAt(index);
    if (kind === 'sound') return soundAccount(slot);
    if (kind === 'super-user') return { ...plainAccount(slot), type: 'SUPER_USER' };
    if (kind === 'awkward-name') return awkward(slot, block);
    const slotOf = (twin: TwinKind) => slotAt(block * BLOCK + layout.indexOf(twin));
    return faultyAccount(kind, { ...slot, block, slotOf });
  };

  return {
    length: users,
    kindAt,
    slice(start, end) {
      const length = Math.max(0, Math.min(users, end) - start);
      return Array.from({ length }, (_, i) => recordAt(start + i));
    },
    *[Symbol.iterator]() {
      for (let index = 0; index < users; index += 1) yield recordAt(index);
    },
  };
};

/** The directory in memory. With `malformed`, some of its sound users give way to entries that are no proper records. */
export const makeDirectory = ({
  malformed = false,
  ...options
}: DirectoryOptions & { readonly malformed?: boolean }): readonly unknown[] => {
  const directory = lazyDirectory(options);
  if (!malformed) return [...directory];

  const broken = Array.from({ length: directory.length }, (_, index) => index)
    .filter((index) => directory.kindAt(index) === 'sound')
    .filter((_, i) => i % MALFORMED_EVERY === 0);
  const makers = new Map(broken.map((index, i) => [index, MALFORMED[i % MALFORMED.length]]));
  return Array.from(directory, (record, index) => {
    const maker = makers.get(index);
    return maker === undefined ? record : maker(record);
  });
};
