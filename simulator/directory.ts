import { plainAccount, type Site, soundAccount, type UserRecord } from './accounts.ts';
import { FAULTY_KINDS, type FaultyKind, faultyAccount, MALFORMED, type TwinKind } from './faulty-accounts.ts';
import { AWKWARD_NAMES, people } from './people.ts';
import { type Random, seededRandom, shuffled } from './random.ts';

export interface DirectoryOptions {
  readonly users: number;
  /** The same seed gives the same directory. */
  readonly seed: number;
  /** The instant that the directory's times are told from. */
  readonly asOf: Date;
  /** The environment's own account: 12 digits. */
  readonly accountId: string;
}

/** What a user was made to be. */
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

/** What stands at each place of a block, in an order that the seed tells. */
const blockLayout = (random: Random): readonly UserKind[] => {
  const special: readonly UserKind[] = [
    ...FAULTY_KINDS,
    ...Array.from({ length: AWKWARD_A_BLOCK }, () => 'awkward-name' as const),
  ];
  const places = Array.from({ length: BLOCK }, (_, place) => place);
  const free = shuffled(
    random,
    places.filter((place) => !SUPER_USERS.includes(place)),
  );
  const kinds = new Map(special.map((kind, i) => [free[i], kind]));
  return places.map((place) => kinds.get(place) ?? 'sound');
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

  const siteAt = (index: number): Site => ({
    now,
    accountId,
    index,
    person: personAt(index),
    chance: seededRandom(seed, index),
  });

  const kindAt = (index: number): UserKind =>
    SUPER_USERS.includes(index) ? 'super-user' : (layout[index % BLOCK] ?? 'sound');

  const awkward = (site: Site, block: number): UserRecord => {
    const before = layout.slice(0, site.index % BLOCK).filter((kind) => kind === 'awkward-name').length;
    const name = AWKWARD_NAMES[(block * AWKWARD_A_BLOCK + before) % AWKWARD_NAMES.length] ?? '';
    const { firstName, lastName } = site.person;
    return { ...plainAccount(site), firstName: name, lastName: `${firstName}-${lastName}` };
  };

  const recordAt = (index: number): UserRecord => {
    const site = siteAt(index);
    const block = Math.floor(index / BLOCK);
    const kind = kindAt(index);
    if (kind === 'sound') return soundAccount(site);
    if (kind === 'super-user') return { ...plainAccount(site), type: 'SUPER_USER' };
    if (kind === 'awkward-name') return awkward(site, block);
    const siteOf = (twin: TwinKind) => siteAt(block * BLOCK + layout.indexOf(twin));
    return faultyAccount(kind, { ...site, block, siteOf });
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
