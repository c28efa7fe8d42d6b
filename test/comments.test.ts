import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { productFilesWith } from './support/product-code.ts';

const PROJECT = resolve(import.meta.dirname, '..');

/** Matches a doc comment whose subject is a clause: it makes people read twice. */
const BY_CLAUSE = /\/\*\*\s+(?:\* )?(?:(?:[OB][fy]|For|In) )?(?:What|Whom?|Whose|Where|How)\b.*/gi;

test('a doc comment begins with a verb or with the thing itself', async () => {
  const found = (await productFilesWith(/\/\*\*/, ['bench', 'examples', 'test'])).map(async (path) => {
    const text = await readFile(join(PROJECT, path), 'utf8');
    return (text.match(BY_CLAUSE) ?? []).map((comment) => `${path}: ${comment}`);
  });
  expect((await Promise.all(found)).flat()).toEqual([]);
});
