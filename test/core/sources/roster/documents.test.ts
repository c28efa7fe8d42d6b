import { expect, test } from '@jest/globals';
import { newNotes } from '../../../../core/sources/roster/notes.ts';
import { parserOf } from '../../../../core/sources/roster/parsers.ts';
import { serialiseRecord } from '../../../../rules/engine/record.ts';

/** Reads a text in pieces of so many characters, by the parser that knows it. */
const read = async (text: string, size: number) => {
  const parser = parserOf('roster', text);
  if (typeof parser === 'string') throw new Error(parser);
  async function* pieces() {
    for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
  }
  const notes = newNotes();
  const users: string[] = [];
  for await (const some of parser.read(pieces(), notes)) users.push(...some.map(serialiseRecord));
  const { pages, hasToken, isTokenRepeated, torn } = notes;
  return { users, pages, hasToken, isTokenRepeated, torn };
};

const [ADA, BOB] = ['{"userId":"ada"}', '{"userId":"bob"}'] as const;

interface Case {
  readonly name: string;
  readonly text: string;
  readonly users: readonly string[];
  /** Default: none. */
  readonly pages?: number;
  readonly hasToken?: boolean;
  readonly isTokenRepeated?: boolean;
}

const NONE = { pages: 0, hasToken: false, isTokenRepeated: false };

test.each<Case>([
  { name: 'a page', text: `{"users":[${ADA},${BOB}]}`, users: [ADA, BOB], pages: 1 },
  { name: 'a page of nobody', text: '{"nextToken":"t","users":[ ]}', users: [], pages: 1, hasToken: true },
  { name: 'a page that is a token alone', text: '{"nextToken":"t"}', users: [], pages: 1, hasToken: true },
  {
    name: 'pages in a row',
    text: `{"users":[${ADA}],"nextToken":"t"} {"nextToken":"u","users":[]}{"users":[${BOB}],"nextToken":""}`,
    users: [ADA, BOB],
    pages: 3,
  },
  {
    name: 'a page a line',
    text: `{"users":[${ADA}],"nextToken":"t"}\n{"users":[${BOB}],"nextToken":"u"}\n`,
    users: [ADA, BOB],
    pages: 2,
    hasToken: true,
  },
  {
    name: 'a page that comes again',
    text: `[{"users":[${ADA}],"nextToken":"t"},{"users":[${ADA}],"nextToken":"t"},{"users":[]}]`,
    users: [ADA, ADA],
    pages: 3,
    isTokenRepeated: true,
  },
  { name: 'users in a row', text: `${ADA} ${BOB}`, users: [ADA, BOB] },
  {
    name: 'a page, and the rest in a list',
    text: `{"users":[${ADA}],"nextToken":"t"}[${BOB}]`,
    users: [ADA, BOB],
    pages: 1,
  },
  {
    name: 'a page, and the rest one by one',
    text: `{"users":[${ADA}],"nextToken":"t"}${BOB}`,
    users: [ADA, BOB],
    pages: 1,
  },
  {
    name: 'a page, and nobody',
    text: `{"users":[${ADA}],"nextToken":"t"}[[],null,7][]`,
    users: [ADA, '[]', 'null', '7'],
    pages: 1,
    hasToken: true,
  },
  {
    name: 'what tools keep beside the users',
    text: `{"ResponseMetadata":{"a":1},"$metadata":{"b":[]},"users":[${ADA}]}`,
    users: [ADA],
    pages: 1,
  },
  {
    name: 'what somebody noted beside the users',
    text: `{"savedBy":"me","messages":7,"x":true,"users":[${ADA}]}`,
    users: [ADA],
    pages: 1,
  },
  ...['next_token', 'Marker', 'pageCursor', 'isTruncated', 'hasMore', 'message', '__type'].flatMap((name) =>
    ['null', 'false', '""', 'null \n'].map((value) => ({
      name: `the member ${name} with nothing in it, ${JSON.stringify(value)},`,
      text: `{"users":[${ADA}],"${name}":${value}}`,
      users: [ADA],
      pages: 1,
    })),
  ),
  {
    name: 'a user with members of users',
    text: '{"userId":"ada","rest":{"userId":"eve"}}',
    users: ['{"userId":"ada","rest":{"userId":"eve"}}'],
  },
  { name: 'a user of whom the name alone is known', text: '{"lastName":"users"}', users: ['{"lastName":"users"}'] },
  { name: 'a record of nothing that is known', text: '[{"hello":1}]', users: ['{"hello":1}'] },
  {
    name: 'a page that is a token alone, in a list',
    text: `[${ADA},{"nextToken":"t"}]`,
    users: [ADA],
    pages: 1,
    hasToken: true,
  },
])('$name is read', async ({ name: _name, text, ...expected }) => {
  for (const size of [1, 7, 1000])
    expect({ size, ...(await read(text, size)) }).toStrictEqual({ size, ...NONE, ...expected, torn: undefined });
});

const NAME_TWICE = 'has an object with two members of one name';
const OF_OTHERS = 'has users as another operation lists them, of a permission group or of kdb: ListUsers is needed';
const TWO_LISTS = 'has two lists of users on one page';
const strange = (member: string): string => `has a page with a strange member ${member}`;

test.each<Case & { readonly torn: string }>([
  {
    name: 'two lists of users on a page of its own',
    text: `{"users":[${ADA}],"users":[${BOB}]}`,
    users: [ADA, BOB],
    pages: 1,
    torn: TWO_LISTS,
  },
  {
    name: 'two lists of users on a page of a list',
    text: `[{"users":[${ADA}],"users":[${BOB}]}]`,
    users: [ADA, BOB],
    pages: 1,
    torn: TWO_LISTS,
  },
  {
    name: 'two lists of users on a page a line',
    text: `{"users":[],"users":[${BOB}],"nextToken":"t"}\n{"users":[]}\n`,
    users: [BOB],
    pages: 2,
    torn: TWO_LISTS,
  },
  {
    name: 'two tokens on a page',
    text: `{"nextToken":"t","users":[${ADA}],"nextToken":null}`,
    users: [ADA],
    pages: 1,
    hasToken: true,
    torn: NAME_TWICE,
  },
  {
    name: 'two users between which the border is gone',
    text: '[{"userId":"ada","type":"APP_USER","userId":"bob"}]',
    users: ['{"userId":"bob","type":"APP_USER"}'],
    torn: NAME_TWICE,
  },
  {
    name: 'a type that hides another',
    text: '{"users":[{"userId":"ada","type":"SUPER_USER","type":"APP_USER"}]}',
    users: ['{"userId":"ada","type":"APP_USER"}'],
    pages: 1,
    torn: NAME_TWICE,
  },
  {
    name: 'a type that hides another, of which one has a space',
    text: '[{"userId":"ada","type" :"SUPER_USER","type":"APP_USER"}]',
    users: ['{"userId":"ada","type":"APP_USER"}'],
    torn: NAME_TWICE,
  },
  {
    name: 'a type on a line that hides another',
    text: `{"userId":"ada","type" : "SUPER_USER", "type" : "APP_USER"}\n${BOB}\n`,
    users: ['{"userId":"ada","type":"APP_USER"}', BOB],
    torn: NAME_TWICE,
  },
  {
    name: 'a member of a member that hides another',
    text: '[{"userId":"ada","rest":[{"a":1,"a":2}]}]',
    users: ['{"userId":"ada","rest":[{"a":2}]}'],
    torn: NAME_TWICE,
  },
  {
    name: 'a member of a member of a user alone',
    text: '{"userId":"ada","rest":{"a":1,"a":2}}',
    users: ['{"userId":"ada","rest":{"a":2}}'],
    torn: NAME_TWICE,
  },
  {
    name: 'members of a permission group',
    text: '{"users":[{"userId":"ada","membershipStatus":"ADDITION_SUCCESS"}]}',
    users: ['{"userId":"ada","membershipStatus":"ADDITION_SUCCESS"}'],
    pages: 1,
    torn: OF_OTHERS,
  },
  {
    name: 'members of a permission group on a line each',
    text: `{"userId":"ada","membershipStatus":"ADDITION_SUCCESS"}\n${BOB}\n`,
    users: ['{"userId":"ada","membershipStatus":"ADDITION_SUCCESS"}', BOB],
    torn: OF_OTHERS,
  },
  {
    name: 'users of kdb',
    text: '[{"userName":"ada","userArn":"arn"}]',
    users: ['{"userName":"ada","userArn":"arn"}'],
    torn: OF_OTHERS,
  },
  ...[
    ...['next_token', 'Marker', 'pageCursor', 'isTruncated', 'hasMore', 'message', '__type', 'Message'].flatMap(
      (name) => ['"x"', 'true', '0'].map((value) => ({ name, value })),
    ),
    { name: 'NextToken', value: 'null' },
    { name: 'userId', value: '"eve"' },
    { name: 'status', value: 'null' },
    { name: 'disabledUsers', value: '[]' },
    { name: 'responseMetadata', value: '{}' },
  ].map(({ name, value }) => ({
    name: `the member ${name}, ${value},`,
    text: `{"users":[${ADA}],"${name}":${value}}`,
    users: [ADA, `{"${name}":${value}}`],
    pages: 1,
    torn: strange(name),
  })),
  {
    name: 'users of a page in other letters',
    text: `{"users":[${ADA}],"Users":[${BOB}]}`,
    users: [ADA, `{"Users":[${BOB}]}`],
    pages: 1,
    torn: strange('Users'),
  },
  {
    name: 'the first of two members that are strange',
    text: `{"users":[${ADA}],"groups":[],"team":{}}`,
    users: [ADA, '{"groups":[],"team":{}}'],
    pages: 1,
    torn: strange('groups'),
  },
  {
    name: 'a page without users, but with something beside its token',
    text: '{"nextToken":"t","x":1}',
    users: ['{"nextToken":"t","x":1}'],
    pages: 1,
    hasToken: true,
    torn: strange('x'),
  },
  {
    name: 'users that are no list',
    text: `{"users":{"a":1},"nextToken":"t"}`,
    users: ['{"users":{"a":1},"nextToken":"t"}'],
    pages: 1,
    hasToken: true,
    torn: strange('users'),
  },
  {
    name: 'a user in a list who is a page as well',
    text: `[{"userId":"eve","users":[]},${ADA}]`,
    users: ['{"userId":"eve"}', ADA],
    pages: 1,
    torn: strange('userId'),
  },
  {
    name: 'a page within a page',
    text: `{"users":[{"users":[${ADA}]},${BOB}]}`,
    users: [`{"users":[${ADA}]}`, BOB],
    pages: 1,
    torn: 'has a page within a page',
  },
  {
    name: 'a page in other letters, in a list',
    text: `[{"USERS":[${ADA}]}]`,
    users: [`{"USERS":[${ADA}]}`],
    torn: 'has an object that is neither a page nor a user',
  },
  {
    name: 'a list within a list',
    text: `[${ADA},[${BOB}]]`,
    users: [ADA, `[${BOB}]`],
    torn: 'has a list where a user is needed',
  },
  {
    name: 'a list on a line',
    text: `${ADA}\n${BOB}\n[1]\n`,
    users: [ADA, BOB, '[1]'],
    torn: 'has a list where a user is needed',
  },
  {
    name: 'an object of something else',
    text: '{"groups":[]}',
    users: ['{"groups":[]}'],
    torn: 'has an object that is neither a page nor a user',
  },
  {
    name: 'an item that is no JSON',
    text: `[${ADA},{"userId" "bob"}]`,
    users: [ADA, '"{\\"userId\\" \\"bob\\"}"'],
    torn: 'is no JSON at item 2',
  },
  {
    name: 'an object that is no JSON',
    text: '{"userId":ada}',
    users: ['"{\\"userId\\":ada}"'],
    torn: 'is no JSON at an object',
  },
  {
    name: 'a token that is no JSON',
    text: '{"users":[],"nextToken":t}',
    users: [],
    pages: 1,
    hasToken: true,
    torn: 'is no JSON at nextToken',
  },
  {
    name: 'a token that is a number',
    text: '{"users":[],"nextToken":7}',
    users: [],
    pages: 1,
    torn: 'has a nextToken that is no text',
  },
  {
    name: 'a token that is false',
    text: '{"users":[],"nextToken":false}',
    users: [],
    pages: 1,
    torn: 'has a nextToken that is no text',
  },
  ...['', ',"nextToken":""'].map((end) => ({
    name: `a last page${end} that comes again`,
    text: `{"users":[${ADA}]${end}}{"users":[${ADA}]${end}}`,
    users: [ADA, ADA],
    pages: 2,
    torn: 'has a page after the one that ends the listing, out of order or of another listing',
  })),
  {
    name: 'a page after the last one',
    text: `{"users":[${ADA}]}{"users":[${BOB}],"nextToken":"t"}`,
    users: [ADA, BOB],
    pages: 2,
    hasToken: true,
    torn: 'has a page after the one that ends the listing, out of order or of another listing',
  },
])('$name is read, and told', async ({ name: _name, text, ...expected }) => {
  for (const size of [1, 7, 1000])
    expect({ size, ...(await read(text, size)) }).toStrictEqual({ size, ...NONE, ...expected });
});
