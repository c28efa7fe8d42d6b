/** Takes what a document of JSON holds, piece by piece. */
export interface JsonReader {
  /** Takes an item of a list that is read item by item, as it stands. */
  item(text: string): void;
  /** A list that is read item by item begins in an object of the outermost level. */
  list(): void;
  /** Takes another member of an object of the outermost level, as it stands. */
  member(name: string, text: string): void;
  /** An object, or a list, of the outermost level has ended. */
  end(kind: 'object' | 'list'): void;
}

/** In UTF-16 units: a page of the service, the longest thing that is held at once, has 16 MiB. */
const MOST_HELD = 32 * 1024 * 1024;

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

const NO_SPACE = /[^ \t\r\n]/g;

/**
 * Takes a text of JSON apart as it comes, one document or several in a row, each an object or a list, without holding
 * more than one item: `JSON.parse` takes no text of over 512 MiB, and a user's numbers are to be kept as they stand. It
 * looks at quotes and brackets alone; whoever parses the pieces finds what else is wrong.
 * @param isList tells the members whose lists are read item by item
 */
export const jsonScanner = (isList: (member: string) => boolean, reader: JsonReader) => {
  let buffer = '';
  /** The place up to which the buffer was looked at. */
  let at = 0;
  let dropped = 0;
  let problem: string | undefined;

  /** The object and the list that the scanner is in; a list of the outermost level is in no object. */
  let inObject = false;
  let inList = false;
  let member: string | undefined;
  /** The kinds of text that may come next, where no value is being read. */
  let next: 'first' | 'value' | 'comma' = 'first';

  /** The value that is being read, whose end has not come yet: where it starts, and the brackets open in it. */
  let start = -1;
  let depth = 0;
  let inString = false;

  const fail = (what: string): false => {
    problem ??= `${what} at character ${dropped + at + 1}`;
    return false;
  };

  /** The place of the next character that is no white space. */
  const nextChar = (): number | undefined => {
    NO_SPACE.lastIndex = at;
    return NO_SPACE.exec(buffer)?.index;
  };

  /** Goes to the end of a string; false where it has not come yet. */
  const skipString = (): boolean => {
    for (let quote = buffer.indexOf('"', at); quote !== -1; quote = buffer.indexOf('"', at)) {
      let before = quote - 1;
      while (buffer.charCodeAt(before) === BACKSLASH) before -= 1;
      at = quote + 1;
      if ((quote - before) % 2 === 1) return true;
    }
    at = buffer.length;
    return false;
  };

  /** Reads on to the end of a value: gives its text; undefined where it has not come yet. */
  const valueText = (): string | undefined => {
    if (inString && !skipString()) return undefined;
    inString = false;
    for (; at < buffer.length; at += 1) {
      const char = buffer.charCodeAt(at);
      if (char === QUOTE) {
        at += 1;
        if (!skipString()) {
          inString = true;
          return undefined;
        }
        at -= 1;
      } else if (char === OPEN_OBJECT || char === OPEN_LIST) depth += 1;
      else if (char === CLOSE_OBJECT || char === CLOSE_LIST) {
        if (depth === 0) break;
        depth -= 1;
      } else if (char === COMMA && depth === 0) break;
    }
    if (at >= buffer.length) return undefined;
    const text = buffer.slice(start, at);
    start = -1;
    return text;
  };

  const handOn = (text: string): void => {
    next = 'comma';
    if (inList) reader.item(text);
    else reader.member(member ?? '', text);
    member = undefined;
  };

  /** Reads the name of a member and the colon; false where they have not come yet, or are not there. */
  const readName = (): boolean => {
    const begin = at;
    at += 1;
    const colon = skipString() ? nextChar() : undefined;
    if (colon === undefined) {
      at = begin;
      return false;
    }
    if (buffer.charAt(colon) !== ':') {
      at = colon;
      return fail('no colon after the name of a member');
    }
    try {
      member = JSON.parse(buffer.slice(begin, colon)) as string;
    } catch {
      return fail('no name of a member');
    }
    at = colon + 1;
    next = 'value';
    return true;
  };

  const close = (isListEnd: boolean): void => {
    at += 1;
    next = 'comma';
    if (inList) inList = false;
    else inObject = false;
    member = undefined;
    if (inObject) return;
    next = 'first';
    reader.end(isListEnd && !inObject ? 'list' : 'object');
  };

  /** Takes what stands next between values; false where more has to come, or nothing can. */
  const step = (): boolean => {
    const found = nextChar();
    if (found === undefined) {
      at = buffer.length;
      return false;
    }
    at = found;
    const char = buffer.charCodeAt(at);
    if (!inObject && !inList) {
      if (char !== OPEN_OBJECT && char !== OPEN_LIST) return fail('neither { nor [');
      at += 1;
      if (char === OPEN_OBJECT) inObject = true;
      else inList = true;
      return true;
    }
    const isNamed = member !== undefined;
    if (char === (inList ? CLOSE_LIST : CLOSE_OBJECT) && next !== 'value') {
      close(inList);
      return true;
    }
    if (next === 'comma') {
      if (char !== COMMA) return fail('no comma');
      at += 1;
      next = 'value';
      return true;
    }
    if (!inList && !isNamed) return char === QUOTE ? readName() : fail('no name of a member');
    if (!inList && char === OPEN_LIST && isList(member ?? '')) {
      at += 1;
      inList = true;
      next = 'first';
      reader.list();
      return true;
    }
    if (char === COMMA || char === CLOSE_LIST || char === CLOSE_OBJECT) return fail('no value');
    start = at;
    return true;
  };

  const scan = (): void => {
    for (;;) {
      if (start === -1) {
        if (!step()) return;
        continue;
      }
      const text = valueText();
      if (text === undefined) return;
      handOn(text);
    }
  };

  return {
    feed(text: string): void {
      if (problem !== undefined) return;
      const from = start === -1 ? at : start;
      dropped += from;
      buffer = buffer.slice(from) + text;
      at -= from;
      if (start !== -1) start = 0;
      scan();
      if (buffer.length - (start === -1 ? at : start) > MOST_HELD) fail('a value of over 32 MiB');
    },
    /** Hands on what broke off, and says what was wrong; undefined where every document has come to its end. */
    finish(): string | undefined {
      if (problem === undefined && (inObject || inList)) fail('the end is missing');
      if (start !== -1) handOn(buffer.slice(start));
      return problem;
    },
  };
};
