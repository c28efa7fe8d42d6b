/** Most names: ASCII words with a space between, which need no work but for their case. */
const PLAIN = /^[!-~]+(?: [!-~]+)*$/;

/** Makes the same text of names that a spreadsheet, a keyboard or a mail system takes for the same. */
export const folded = (text: string): string => {
  if (PLAIN.test(text)) return text.toLowerCase();
  const unseen = /[\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]|(?!\s)\p{Cc}/gu;
  const visible = text.normalize('NFKC').replaceAll(unseen, '');
  return visible.replaceAll(/\s+/g, ' ').trim().toLowerCase();
};

/** Tells whether a text has nothing that anybody can see: nobody's name, and no reason. */
export const isBlank = (text: string): boolean => folded(text) === '';

const wordsOf = (name: string): readonly string[] => name.split(/[\s,;:"']+/).filter((word) => word !== '');

/** All that a text may call a person by: each name or address in it, the words of a name in whatever order. */
const callings = (text: string): ReadonlySet<string> => {
  const whole = folded(text);
  if (!/[^\w.@-]/.test(whole)) return new Set(whole === '' ? [] : [whole]);
  const parts = [whole, ...whole.split(/[<>()[\]{}]+/)];
  const names = parts.map((part) => wordsOf(part).toSorted().join(' '));
  const addresses = parts.flatMap(wordsOf).filter((word) => word.includes('@'));
  return new Set([...names, ...addresses].filter((name) => name !== ''));
};

/** Tells whether two texts call one person by the same name or address, as people would: `Ann <ann@…>` is `ANN@…`. */
export const isSamePerson = (one: string, other: string): boolean => {
  const others = callings(other);
  return [...callings(one)].some((calling) => others.has(calling));
};

/** Tells whether a text names an id, alone or among other words. */
export const namesId = (text: string, id: string): boolean => {
  const whole = folded(text);
  const own = folded(id);
  return own !== '' && (whole === own || whole.split(/[\s<>()[\]{},;:"']+/).includes(own));
};
