import { type Random, wholeBetween } from './random.ts';

/** A name as people write it, and its part of an e-mail address. */
type Name = readonly [written: string, mailed: string];

/** Somebody who may be given an account. */
export interface Person {
  readonly firstName: string;
  readonly lastName: string;
  /** The local part of an address: letters, dots and hyphens; nobody else of the directory has it. */
  readonly mailbox: string;
}

const names = (list: string): readonly Name[] =>
  list
    .trim()
    .split(/\s+/)
    .map((entry) => {
      const [written = '', mailed] = entry.split(':');
      return [written, mailed ?? written.toLowerCase()];
    });

/** Given names of many places; the second form stands where letters have to be left behind. */
const FIRST_NAMES = names(`
  Aiko Amara Anders Anjali Beatriz Björn:bjorn Carlos Chiara Chloé:chloe Daniel Deepa Dmitri Efua Elena Emeka Esther
  Fatima Felix François:francois Gabriela Grace Hannah Haruto Henrik Hiroshi Ibrahim Ingrid Isabel Ivan James Jiho
  Joanna José:jose Kamal Kateryna Kofi Laila Lars Leila Liam Lucía:lucia Magnus Mateus Mei Miguel Mina Mohammed Nadia
  Ngozi Noah Olga Omar Paulo Priya Rachel Rafael Ravi Renée:renee Rosa Samuel Sofia Søren:soren Tariq Wei
`);

const LAST_NAMES = names(`
  Abebe Adeyemi Ahmed Álvarez:alvarez Andersson Banerjee Bauer Becker Bianchi Brown Castillo Chen Choi Costa Das Diallo
  Dubois Eriksen Fernández:fernandez Fischer Fontaine Garcia Gupta Haddad Hansen Hassan Hernández:hernandez Hoffmann
  Hussein Ito Ivanova Jansen Johnson Jung Kamau Kaplan Khan Kim Kobayashi Kovács:kovacs Kowalski Kumar Laurent Lee Li
  Lindqvist Lopez Mbeki Mensah Meyer Mitchell Moreau Mori Müller:mueller Murphy Nakamura Nguyen Novak Núñez:nunez
  O'Brien:obrien O'Neill:oneill Oduya Okafor Olsen Park Patel Pereira Petrov Popescu Rahman Rossi Sato Schmidt Shah
  Silva Singh Tanaka Taylor Wang Yılmaz:yilmaz
`);

/** Names of one to fifty characters that are legal and try whoever prints, sorts, stores or measures them. */
export const AWKWARD_NAMES: readonly string[] = [
  'محمد',
  'נועה',
  'Zoe\u0308',
  '🦊 Kit',
  `${'Hubert'.padEnd(49, 'blaine')}h`,
  '<script>alert(1)</script>',
  "=cmd|' /C calc'!A0",
  'Robert"; --, Jr.',
  'Ana\u202Etxt.exe',
];

const nameAt = (list: readonly Name[], index: number): Name => list[index % list.length] ?? ['', ''];

/**
 * Gives each index another person: plain names first, then double-barrelled ones, then initials too, so that nobody is
 * taken for another by accident, even among a million.
 */
export const people = (random: Random): ((index: number) => Person) => {
  const plain = FIRST_NAMES.length * LAST_NAMES.length;
  // Ends in three, so it shares no factor with the number of plain names, 5120: none comes twice.
  const stride = 10 * wholeBetween(random, 20, 200) + 3;
  const start = wholeBetween(random, 0, plain - 1);

  return (index) => {
    const pair = (start + (index % plain) * stride) % plain;
    const first = nameAt(FIRST_NAMES, pair);
    const last = nameAt(LAST_NAMES, Math.floor(pair / FIRST_NAMES.length));
    const round = Math.floor(index / plain);
    if (round === 0) return { firstName: first[0], lastName: last[0], mailbox: `${first[1]}.${last[1]}` };

    const second = nameAt(LAST_NAMES, round - 1);
    const initials = Math.floor((round - 1) / LAST_NAMES.length);
    const initial = initials === 0 ? '' : String.fromCharCode(64 + initials);
    return {
      firstName: initial === '' ? first[0] : `${first[0]} ${initial}.`,
      lastName: `${last[0]}-${second[0]}`,
      mailbox: `${first[1]}.${initial === '' ? '' : `${initial.toLowerCase()}.`}${last[1]}-${second[1]}`,
    };
  };
};
