import { describe, expect, test } from '@jest/globals';
import { folderArchive } from '../../../core/archive/folder.ts';
import { readBytes } from '../../../core/archive/lines.ts';
import { createSpoolFolder } from '../../../core/archive/staging.ts';
import { unguarded } from '../../../core/outputs/csv.ts';
import { openUserSheets } from '../../../core/review/user-sheets.ts';
import { checkWorksheets } from '../../../core/review/worksheet.ts';
import type { Context } from '../../../rules/engine/context.ts';
import { parseRecord } from '../../../rules/engine/record.ts';
import type { Severity } from '../../../rules/engine/severity.ts';
import { readUser } from '../../../rules/engine/user.ts';
import {
  aContext,
  anApiUser,
  aRoleArn,
  aUser,
  daysAgo,
  answered as roleAnswer,
  type UserRecord,
} from '../../support/builders.ts';
import { memberships } from '../../support/memberships.ts';
import { memoryArchive } from '../../support/memory-archive.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { answered, type Line, readSheet, type Spelling, writeSheet } from '../../support/worksheet.ts';

const newFolder = temporaryFolders();

type Users = readonly (readonly [user: UserRecord, worst?: Severity])[];

/** A file of the pack of these users, each with an open finding of this severity or none. */
const sheetOf = async (
  name: 'worksheet.csv' | 'privileged.csv' | 'roster.csv' | 'never-logged-in.csv',
  users: Users,
  facts: Partial<Context> = {},
): Promise<Uint8Array> => {
  const spools = await createSpoolFolder();
  const sheets = await openUserSheets(spools, aContext(facts));
  for (const [position, [user, worst]] of users.entries())
    await sheets.add({ user: readUser(user, position), record: user }, { count: worst === undefined ? 0 : 1, worst });
  const { [name]: evidence } = await sheets.finish();
  const folder = folderArchive(await newFolder());
  await folder.create(name, evidence.content, 'text/csv');
  await spools.remove();
  const stored = await folder.read(name);
  if (stored === undefined) throw new Error('it was not stored');
  return readBytes(stored);
};

/** The counts of the sheets of these users. */
const countsOf = async (users: Users, facts: Partial<Context> = {}) => {
  const spools = await createSpoolFolder();
  try {
    const sheets = await openUserSheets(spools, aContext(facts));
    for (const [position, [user, worst]] of users.entries())
      await sheets.add({ user: readUser(user, position), record: user }, { count: worst === undefined ? 0 : 1, worst });
    return sheets.counts();
  } finally {
    await spools.remove();
  }
};

const worksheetOf = (users: Users): Promise<Uint8Array> => sheetOf('worksheet.csv', users);

async function* bytes(content: string | Uint8Array) {
  yield Buffer.from(content);
}

const check = async (worksheet: Uint8Array, filled: string | Uint8Array) =>
  checkWorksheets(bytes(worksheet), [{ name: 'filled.csv', body: bytes(filled) }]);

/** Lines 2 to 5 of the worksheet: plain, a super user, one with a HIGH finding, one with a MEDIUM one. */
const USERS = [
  [aUser({ userId: 'u1' })],
  [aUser({ userId: 'u2', type: 'SUPER_USER' })],
  [anApiUser({ userId: 'u3' }), 'HIGH'],
  [aUser({ userId: 'u4', lastLoginTime: null }), 'MEDIUM'],
] as const;

type Edit = (lines: readonly Line[]) => readonly Line[];

/** Changes one line, the first being 2 as in the file. */
const inLine =
  (number: number, change: Line): Edit =>
  (lines) =>
    lines.map((line, position) => (position + 2 === number ? { ...line, ...change } : line));

const filledBy = async (edit: Edit, spelling?: Spelling) => {
  const worksheet = await worksheetOf(USERS);
  return check(worksheet, writeSheet(edit((await readSheet(worksheet)).map(answered)), spelling));
};

const asItIs: Edit = (lines) => lines;

describe('a worksheet that is right', () => {
  test.each<{ name: string; edit?: Edit; spelling?: Spelling }>([
    { name: 'as it was given out' },
    { name: 'in another order', edit: (lines) => lines.toReversed() },
    { name: 'with a byte order mark', spelling: { before: '\ufeff' } },
    { name: 'with semicolons', spelling: { separator: ';' } },
    { name: 'with LF', spelling: { lineEnd: '\n' } },
    { name: 'with empty lines at its end', spelling: { after: '\r\n,,,,,,,,,,,,,\r\n\r\n' } },
    { name: 'with spaces around the answers', edit: inLine(2, { decision: ' keep ' }) },
    { name: 'with a decision in capitals', edit: inLine(2, { decision: 'KEEP' }) },
    { name: 'revoking without a reason', edit: inLine(3, { decision: 'revoke', justification: '' }) },
    { name: 'keeping a MEDIUM finding without a reason', edit: inLine(5, { justification: '' }) },
    { name: 'justifying', edit: inLine(2, { decision: 'justify', justification: 'on leave,\n"back" in May' }) },
    { name: 'reviewed by another user', edit: inLine(2, { reviewer: 'u2' }) },
    { name: 'reviewed by somebody whose address holds the user’s', edit: inLine(2, { reviewer: 'u1x' }) },
  ])('is taken $name', async ({ edit = asItIs, spelling }) => {
    const { problems, decided } = await filledBy(edit, spelling);
    expect(problems).toStrictEqual([]);
    expect(decided.map(({ userId }) => userId).toSorted()).toEqual(['u1', 'u2', 'u3', 'u4']);
  });
});

test('who may be privileged, for all that the record says, is among the privileged', async () => {
  const users: Users = [
    [aUser({ userId: 'plain' })],
    [aUser({ userId: 'root', type: 'ROOT' })],
    [anApiUser({ userId: 'bound', type: undefined })],
    [aUser({ userId: 'some', type: 'SUPER_USER', apiAccess: 'SOME' })],
    [aUser({ userId: 'bare', type: null, apiAccess: null })],
  ];
  const lines = await readSheet(await sheetOf('privileged.csv', users));
  expect(lines.map(({ userId, because }) => [userId, because])).toEqual([
    ['root', 'type not known'],
    ['bound', 'API access and type not known'],
    ['some', 'SUPER_USER and apiAccess not known'],
    ['bare', 'type not known and apiAccess not known'],
  ]);
});

test('who has never logged in, or of whom it can not be told, has a sheet of their own', async () => {
  const users: Users = [
    [aUser({ userId: 'plain' })],
    [aUser({ userId: 'never', lastLoginTime: null })],
    [anApiUser({ userId: 'odd', lastLoginTime: 'soon' }), 'HIGH'],
  ];
  const lines = await readSheet(await sheetOf('never-logged-in.csv', users));
  const none = { openFindings: '0', worstSeverity: '' };
  expect(lines).toMatchObject([
    { userId: 'never', lastLogin: 'never', apiAccess: 'DISABLED', apiAccessPrincipalArn: '', ...none },
    {
      userId: 'odd',
      lastLogin: 'unusable',
      apiAccess: 'ENABLED',
      apiAccessPrincipalArn: aRoleArn('role-of-odd'),
      openFindings: '1',
      worstSeverity: 'HIGH',
    },
  ]);
  const [, , odd] = await readSheet(await sheetOf('worksheet.csv', users));
  expect(odd).toMatchObject({ apiAccessPrincipalArn: aRoleArn('role-of-odd'), worstSeverity: 'HIGH' });
});

test('a justification is asked for by all that asks for one', async () => {
  const [line] = await readSheet(await worksheetOf([[aUser({ userId: 'a', type: 'SUPER_USER' }), 'CRITICAL']]));
  expect(line).toMatchObject({ justificationToKeep: 'required: SUPER_USER and open CRITICAL finding' });
});

test('each user goes to its reviewer, on a page with the rules that it fails', async () => {
  const spools = await createSpoolFolder();
  const added: unknown[] = [];
  const pages = {
    add: async ({ userId }: { readonly userId: string }, failed: readonly string[], reviewer: string) => {
      added.push([userId, failed, reviewer]);
    },
  };
  const reviewers = { assign: ({ userId }: { readonly userId: string }) => `reviewer of ${userId}` };
  const sheets = await openUserSheets(spools, aContext(), pages, reviewers);
  const listed = (userId: string, position: number) => {
    const record = aUser({ userId });
    return { user: readUser(record, position), record };
  };
  await sheets.add(listed('a', 0), { count: 1, worst: 'LOW', rules: ['stale-login'] });
  await sheets.add(listed('b', 1), { count: 0, worst: undefined });
  const files = await sheets.finish();
  expect(added).toEqual([
    ['a', ['stale-login'], 'reviewer of a'],
    ['b', [], 'reviewer of b'],
  ]);
  const folder = memoryArchive();
  const sheet = files['reviewers.csv'];
  if (sheet === undefined) throw new Error('there is no sheet of reviewers');
  await folder.create('reviewers.csv', sheet.content, 'text/csv');
  await spools.remove();
  const stored = await folder.read('reviewers.csv');
  expect(stored && (await readSheet(await readBytes(stored)))).toEqual([
    { userId: 'a', reviewer: 'reviewer of a' },
    { userId: 'b', reviewer: 'reviewer of b' },
  ]);
});

test('where nobody is named there is no sheet of reviewers, and a page for whoever decides', async () => {
  const spools = await createSpoolFolder();
  const shownFor: string[] = [];
  const pages = {
    add: async (_user: unknown, _rules: unknown, reviewer: string) => {
      shownFor.push(reviewer);
    },
  };
  const sheets = await openUserSheets(spools, aContext(), pages);
  await sheets.add({ user: readUser(aUser(), 0), record: aUser() }, { count: 0, worst: undefined });
  expect(shownFor).toEqual(['']);
  expect(Object.keys(await sheets.finish())).toEqual([
    'roster.csv',
    'privileged.csv',
    'never-logged-in.csv',
    'worksheet.csv',
  ]);
  await spools.remove();
});

describe('of several worksheets', () => {
  /** Two files, each with the lines of the four users as a test has them. */
  const checkBoth = async (one: Edit, other: Edit) => {
    const worksheet = await worksheetOf(USERS);
    const lines = (await readSheet(worksheet)).map(answered);
    return checkWorksheets(bytes(worksheet), [
      { name: 'a.csv', body: bytes(writeSheet(one(lines))) },
      { name: 'b.csv', body: bytes(writeSheet(other(lines))) },
    ]);
  };
  const blank =
    (...numbers: readonly number[]): Edit =>
    (lines) =>
      lines.map((line, index) =>
        numbers.includes(index + 2) ? { ...line, decision: '', justification: '', reviewer: '' } : line,
      );
  const sliced =
    (from: number, to: number): Edit =>
    (lines) =>
      lines.slice(from, to);

  test.each<[name: string, one: Edit, other: Edit]>([
    ['each has some', sliced(0, 2), sliced(2, 4)],
    ['each leaves to the other what it does not decide', blank(2, 4), blank(3, 5)],
    ['one decides all, and the other nothing', blank(), blank(2, 3, 4, 5)],
    ['the second decides all', blank(2, 3, 4, 5), blank()],
  ])('every user is decided once, where %s', async (_, one, other) => {
    const { problems, decided } = await checkBoth(one, other);
    expect(problems).toStrictEqual([]);
    expect(decided.map(({ userId }) => userId).toSorted()).toEqual(['u1', 'u2', 'u3', 'u4']);
  });

  test.each<[name: string, one: Edit, other: Edit, problems: readonly string[]]>([
    [
      'a user that both decide',
      sliced(0, 3),
      sliced(2, 4),
      ['b.csv: line 2, userId: must be there once (a.csv: line 4 has it), got "u3"'],
    ],
    [
      'users whom neither decides, in the first file that has them',
      blank(2, 3, 5),
      blank(2, 3, 4, 5),
      ['a.csv: line 2 to 3, 5: must have a decision (keep, revoke, justify) and a reviewer, got nothing'],
    ],
    [
      'stretches by their files',
      (lines) => blank(2, 3)(lines).slice(0, 2),
      (lines) => blank(4, 5)(lines).slice(2),
      [
        'a.csv: line 2 to 3: must have a decision (keep, revoke, justify) and a reviewer, got nothing',
        'b.csv: line 2 to 3: must have a decision (keep, revoke, justify) and a reviewer, got nothing',
      ],
    ],
    [
      'a user that one file has twice, at first left open',
      (lines) => [...blank(2)(lines), ...lines.slice(0, 1)],
      blank(2, 3, 4, 5),
      [
        'a.csv: line 6, userId: must be there once (line 2 has it), got "u1"',
        'a.csv: line 2: must have a decision (keep, revoke, justify) and a reviewer, got nothing',
      ],
    ],
    [
      'a user that one file leaves open twice',
      (lines) => [...blank(2)(lines), ...blank(2)(lines).slice(0, 1)],
      sliced(0, 1),
      ['a.csv: line 6, userId: must be there once (line 2 has it), got "u1"'],
    ],
    [
      'a user that one file decides, and leaves open besides',
      (lines) => [...lines, ...blank(2)(lines).slice(0, 1)],
      blank(2, 3, 4, 5),
      ['a.csv: line 6, userId: must be there once (line 2 has it), got "u1"'],
    ],
    [
      'what is wrong, with the file that has it',
      inLine(2, { decision: 'stay' }),
      blank(2, 3, 4, 5),
      ['a.csv: line 2, decision: must be one of keep, revoke, justify, got "stay"'],
    ],
    [
      'a user that is in neither',
      sliced(0, 2),
      sliced(2, 3),
      [`user "u4", line 5 of the pack's worksheet.csv: must be there, got no line of it`],
    ],
  ])('is told %s', async (_, one, other, problems) => {
    expect((await checkBoth(one, other)).problems).toEqual(problems);
  });

  test('the file is named that is no CSV, or has another header, and nobody is said to be missing', async () => {
    const worksheet = await worksheetOf(USERS);
    const lines = (await readSheet(worksheet)).map(answered);
    const text = writeSheet(lines.slice(0, 1));
    const told = async (other: string) => {
      const filled = [text, other].map((one, index) => ({ name: `${'ab'[index]}.csv`, body: bytes(one) }));
      return (await checkWorksheets(bytes(worksheet), filled)).problems;
    };
    expect(await told('')).toEqual([
      expect.stringMatching(/^b\.csv: line 1: must be the header .*, got an empty file$/),
    ]);
    expect(await told('id,name\r\n')).toEqual([
      expect.stringMatching(/^b\.csv: line 1: must be the header .*"id,name"$/),
    ]);
    expect(await told('"id"x')).toEqual([expect.stringMatching(/^b\.csv: line 1: cell 1 must end/)]);
  });

  test('a file that can not be read is an error', async () => {
    const worksheet = await worksheetOf(USERS);
    const broken = async function* read(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('userId');
      throw new Error('the disk is gone');
    };
    const checking = checkWorksheets(bytes(worksheet), [{ name: 'a.csv', body: broken() }]);
    await expect(checking).rejects.toThrow('the disk is gone');
  });

  test('a decision that is none is not among those that are', async () => {
    const { decided } = await filledBy(inLine(2, { decision: 'stay' }));
    expect(decided.map(({ userId }) => userId)).toEqual(['u2', 'u3', 'u4']);
  });
});

test('users are counted by what a reviewer has to know of them', async () => {
  const users: Users = [
    [aUser({ userId: 'plain' })],
    [aUser({ userId: 'super', type: 'SUPER_USER' }), 'CRITICAL'],
    [anApiUser({ userId: 'api' }), 'HIGH'],
    [anApiUser({ userId: 'manager', lastLoginTime: null }), 'MEDIUM'],
    [aUser({ userId: 'never', lastLoginTime: null })],
    [aUser({ userId: 'odd', lastLoginTime: 'soon', type: 'ROOT', apiAccess: undefined })],
    [aUser({ userId: 'bare', apiAccess: 'SOME' })],
  ];
  const counts = { users: 7, superUsers: 1, apiBound: 2, privilegeUnknown: 2, neverLoggedIn: 2, lastLoginUnknown: 1 };
  expect(await countsOf(users)).toEqual({ ...counts, justificationRequired: 2 });
  const groups = { memberships: memberships({ manager: { g1: 'ManageUsersAndGroups' } }) };
  expect(await countsOf(users, groups)).toEqual({ ...counts, justificationRequired: 3, effectiveSuperUsers: 1 });
});

describe('what was read beside the listing', () => {
  const READ_AT = '2026-11-24T02:00:00.000Z';
  const [both, manager, api] = [
    anApiUser({ userId: 'both' }),
    aUser({ userId: 'manager' }),
    anApiUser({ userId: 'api', apiAccessPrincipalArn: aRoleArn('api') }),
  ];
  const rows: Users = [[both], [manager], [api], [aUser({ userId: 'plain' })]];
  const groups = {
    both: { g1: 'ManageUsersAndGroups', g2: 'GetTemporaryCredentials' },
    manager: { g1: 'ManageUsersAndGroups' },
  } as const;
  const cells = (lines: readonly Line[], ...columns: readonly string[]) =>
    lines.map((line) => ['userId', ...columns].map((column) => line[column]));

  test('stands in the worksheet and in privileged.csv, and asks for a justification', async () => {
    const facts = {
      memberships: memberships(groups),
      roles: (arn: string) => roleAnswer(arn === aRoleArn('api') ? null : { lastUsedAt: daysAgo(3) }),
    };
    const reach = [
      [
        'both',
        'g1: ManageUsersAndGroups; g2: GetTemporaryCredentials',
        `last used 2026-11-21T02:00:00.000Z, as of ${READ_AT}`,
      ],
      ['manager', 'g1: ManageUsersAndGroups', ''],
      ['api', '', `does not exist, as of ${READ_AT}`],
    ];
    const worksheet = await readSheet(await sheetOf('worksheet.csv', rows, facts));
    expect(cells(worksheet, 'permissionGroups', 'role')).toEqual([...reach, ['plain', '', '']]);
    expect(cells(worksheet, 'justificationToKeep')).toEqual([
      ['both', 'required: ManageUsersAndGroups by a permission group'],
      ['manager', 'required: ManageUsersAndGroups by a permission group'],
      ['api', ''],
      ['plain', ''],
    ]);
    const privileged = await readSheet(await sheetOf('privileged.csv', rows, facts));
    expect(cells(privileged, 'permissionGroups', 'role')).toEqual(reach);
    expect(cells(privileged, 'because')).toEqual([
      ['both', 'ManageUsersAndGroups by a permission group and API access'],
      ['manager', 'ManageUsersAndGroups by a permission group'],
      ['api', 'API access'],
    ]);
  });

  test.each<{ name: string; facts: Partial<Context>; groups: string; role: string }>([
    { name: 'nothing', facts: {}, groups: 'not read', role: 'not read' },
    {
      name: 'what was cut or refused',
      facts: {
        memberships: memberships({}, 'ListPermissionGroups was cut'),
        roles: () => ({ unread: 'AccessDenied' }),
      },
      groups: 'not read: ListPermissionGroups was cut',
      role: 'not read: AccessDenied',
    },
    {
      name: 'a role that was not used',
      facts: { memberships: memberships({}), roles: () => roleAnswer({ lastUsedAt: null }) },
      groups: '',
      role: `not used within 400 days, as of ${READ_AT}`,
    },
    {
      name: 'a role from a list, which tells no use',
      facts: { memberships: memberships({}), roles: () => roleAnswer({ lastUsedAt: undefined }) },
      groups: '',
      role: `exists, as of ${READ_AT}`,
    },
  ])('is $name where it is so, and never nothing instead', async ({ facts, groups: inGroups, role }) => {
    const [line] = await readSheet(await sheetOf('worksheet.csv', [[api]], facts));
    expect(line).toMatchObject({ permissionGroups: inGroups, role });
  });

  test('is no part of a pack of the former format, which is taken as it was', async () => {
    const former = (lines: readonly Line[]): readonly Line[] =>
      lines.map(({ permissionGroups: _groups, role: _role, ...line }) => line);
    const worksheet = Buffer.from(writeSheet(former(await readSheet(await worksheetOf(USERS)))));
    const filled = former((await readSheet(await worksheetOf(USERS))).map(answered));
    expect(await check(worksheet, writeSheet(filled))).toMatchObject({ problems: [], decided: { length: 4 } });
    const { problems } = await check(worksheet, writeSheet((await readSheet(await worksheetOf(USERS))).map(answered)));
    expect(problems).toEqual([expect.stringContaining('apiAccessPrincipalArn,lastLogin,openFindings')]);
    const edited = filled.map((line) => ({ ...line, status: 'DISABLED' }));
    expect((await check(worksheet, writeSheet(edited))).problems).toContain(
      'line 2, status: must be "ENABLED" as in the pack, got "DISABLED"',
    );
  });
});

test.each([
  [21, '2, 4, 6, 8, 10, 12, 14, 16, 18, 20 and 1 stretch more'],
  [23, '2, 4, 6, 8, 10, 12, 14, 16, 18, 20 and 2 stretches more'],
  [19, '2, 4, 6, 8, 10, 12, 14, 16, 18, 20'],
])('of %s lines of which every other is empty ten are named', async (count, named) => {
  const users: Users = Array.from({ length: count }, (_, index) => [aUser({ userId: `u${index}` })]);
  const worksheet = await worksheetOf(users);
  const filled = (await readSheet(worksheet)).map((line, index) => (index % 2 === 0 ? line : answered(line)));
  const { problems } = await check(worksheet, writeSheet(filled));
  expect(problems).toEqual([`line ${named}: must have a decision (keep, revoke, justify) and a reviewer, got nothing`]);
});

describe('a worksheet that is wrong is refused', () => {
  const email = 'zebulon.u1@quagmire.example';

  test.each<{ name: string; edit: Edit; problems: readonly string[] }>([
    {
      name: 'a user is missing',
      edit: (lines) => lines.toSpliced(2, 1),
      problems: [`user "u3", line 4 of the pack's worksheet.csv: must be there, got no line of it`],
    },
    {
      name: 'a user was added',
      edit: (lines) => [...lines, ...lines.slice(0, 1).map((line) => ({ ...line, userId: 'u9' }))],
      problems: ['line 6, userId: must be a user of the pack, got "u9"'],
    },
    {
      name: 'a user stands twice',
      edit: (lines) => [...lines, ...lines.slice(1, 2)],
      problems: ['line 6, userId: must be there once (line 3 has it), got "u2"'],
    },
    {
      name: 'an id was edited',
      edit: inLine(2, { userId: 'U1' }),
      problems: [
        'line 2, userId: must be a user of the pack, got "U1"',
        `user "u1", line 2 of the pack's worksheet.csv: must be there, got no line of it`,
      ],
    },
    {
      name: 'other cells were edited',
      edit: inLine(4, { name: '', emailAddress: 'a@b.example', justificationToKeep: '', lastLogin: '23/11/2026' }),
      problems: [
        'line 4, name: must be "Zebulon Quagmire u3" as in the pack, got nothing',
        'line 4, emailAddress: must be "zebulon.u3@quagmire.example" as in the pack, got "a@b.example"',
        'line 4, lastLogin: must be "2026-11-23T02:00:00.000Z" as in the pack, got "23/11/2026"',
        'line 4, justificationToKeep: must be "required: open HIGH finding" as in the pack, got nothing',
      ],
    },
    {
      name: 'an invisible character came into a name',
      edit: inLine(2, { name: 'Zebulon\u202e Quagmire u1' }),
      problems: ['line 2, name: must be "Zebulon Quagmire u1" as in the pack, got "Zebulon\\u{202e} Quagmire u1"'],
    },
    {
      name: 'a decision is missing',
      edit: inLine(2, { decision: '' }),
      problems: ['line 2, decision: must be one of keep, revoke, justify, got nothing'],
    },
    {
      name: 'a decision is another word',
      edit: inLine(3, { decision: 'Kept' }),
      problems: ['line 3, decision: must be one of keep, revoke, justify, got "Kept"'],
    },
    {
      name: 'nothing is filled in',
      edit: (lines) => lines.map((line) => ({ ...line, decision: '', justification: ' ', reviewer: '' })),
      problems: ['line 2 to 5: must have a decision (keep, revoke, justify) and a reviewer, got nothing'],
    },
    {
      name: 'some lines are not filled in, and another is filled in wrong',
      edit: (lines) =>
        lines.map((line, index) =>
          index === 1 ? { ...line, decision: 'stay' } : { ...line, decision: '', justification: '', reviewer: '' },
        ),
      problems: [
        'line 3, decision: must be one of keep, revoke, justify, got "stay"',
        'line 2, 4 to 5: must have a decision (keep, revoke, justify) and a reviewer, got nothing',
      ],
    },
    {
      name: 'an exception has no reason',
      edit: inLine(2, { decision: 'justify', justification: ' \n' }),
      problems: ['line 2, justification: must be why, for whom you justify, got nothing'],
    },
    {
      name: 'a super user is kept without a reason',
      edit: inLine(3, { justification: '' }),
      problems: ['line 3, justification: must be why the user is kept (required: SUPER_USER), got nothing'],
    },
    {
      name: 'a user with a HIGH finding is kept without a reason, the cell that asks for one emptied',
      edit: inLine(4, { justification: '', justificationToKeep: '' }),
      problems: [
        'line 4, justificationToKeep: must be "required: open HIGH finding" as in the pack, got nothing',
        'line 4, justification: must be why the user is kept (required: open HIGH finding), got nothing',
      ],
    },
    {
      name: 'nobody reviewed',
      edit: inLine(5, { reviewer: '  ' }),
      problems: ['line 5, reviewer: must be who decided, got nothing'],
    },
    {
      name: 'nobody whom anybody can see reviewed',
      edit: inLine(5, { reviewer: '\u200b' }),
      problems: ['line 5, reviewer: must be who decided, got nothing'],
    },
    ...['Zebulon Quagmire u1', 'quagmire u1, ZEBULON', 'Zebulon  Quagmire u1 <z@else.example>'].map((reviewer) => ({
      name: `the reviewer is the user by name: ${reviewer}`,
      edit: inLine(2, { reviewer }),
      problems: [`line 2, reviewer: must be somebody else than the user, got ${JSON.stringify(reviewer)}`],
    })),
    ...['u1', ' U1 ', email, email.toUpperCase(), `Zeb <${email}>`, 'zeb\u200b (u1)'].map((reviewer) => ({
      name: `the reviewer is the user: ${JSON.stringify(reviewer)}`,
      edit: inLine(2, { reviewer }),
      problems: [
        `line 2, reviewer: must be somebody else than the user, got ${JSON.stringify(reviewer.trim()).replace('\u200b', '\\u{200b}')}`,
      ],
    })),
    {
      name: 'a line after quoted line ends',
      edit: (lines) =>
        inLine(3, { reviewer: '' })(inLine(2, { decision: 'justify', justification: 'a\nb\r\nc' })(lines)),
      problems: ['line 5, reviewer: must be who decided, got nothing'],
    },
    {
      name: 'many things are wrong at once',
      edit: (lines) =>
        inLine(2, { decision: 'maybe', reviewer: 'u1' })(inLine(3, { justification: '' })(lines)).slice(0, 3),
      problems: [
        'line 2, decision: must be one of keep, revoke, justify, got "maybe"',
        'line 2, reviewer: must be somebody else than the user, got "u1"',
        'line 3, justification: must be why the user is kept (required: SUPER_USER), got nothing',
        `user "u4", line 5 of the pack's worksheet.csv: must be there, got no line of it`,
      ],
    },
  ])('$name', async ({ edit, problems }) => {
    expect((await filledBy(edit)).problems).toEqual(problems);
  });

  const header =
    'line 1: must be the header userId,name,emailAddress,type,status,apiAccess,apiAccessPrincipalArn,permissionGroups,role,lastLogin,openFindings,worstSeverity,justificationToKeep,decision,justification,reviewer';

  test.each<{ name: string; filled: (text: string) => string | Uint8Array; problems: readonly string[] }>([
    { name: 'an empty file', filled: () => '', problems: [`${header}, got an empty file`] },
    {
      name: 'another header',
      filled: (text) => text.replace('userId', 'id'),
      problems: [expect.stringContaining(`${header}, with "," or ";" between its names, got "id,name,`) as never],
    },
    {
      name: 'a header with a column more',
      filled: (text) => text.replace('reviewer', 'reviewer,remark'),
      problems: [expect.stringContaining(header) as never],
    },
    {
      name: 'tabs',
      filled: (text) => text.replaceAll(',', '\t'),
      problems: [expect.stringContaining(header) as never],
    },
    {
      name: 'a line too short and one too long',
      filled: (text) => text.replace('rita@reviewers.example', 'rita,').replace(/,[^,]*\r\n$/, '\r\n'),
      problems: [
        'line 2: must have 16 cells, got 17',
        'line 5: must have 16 cells, got 15',
        'line 5, reviewer: must be who decided, got nothing',
      ],
    },
    {
      name: 'no CSV from some line on, after what was wrong before',
      filled: (text) => text.replace('keep', 'stay').replace(/\r\nu3,/, '\r\n"u3"x,'),
      problems: [
        'line 2, decision: must be one of keep, revoke, justify, got "stay"',
        'line 4: cell 1 must end with its closing quote, got text after it',
      ],
    },
    {
      name: 'another encoding',
      filled: (text) => Buffer.from(text.replace('runs', 'fährt'), 'latin1'),
      problems: ['line 1: must be UTF-8 from here on; save the file as "CSV UTF-8"'],
    },
  ])('$name', async ({ filled, problems }) => {
    const worksheet = await worksheetOf(USERS);
    const text = writeSheet((await readSheet(worksheet)).map(answered));
    expect((await check(worksheet, filled(text))).problems).toEqual(problems);
  });
});

describe('hostile texts', () => {
  const NAMES = [
    "=cmd|' /C calc'!A0",
    "'=1",
    "''=1",
    "'tis",
    '+1',
    '@SUM(A1)',
    '"quoted", and; more',
    'two\nlines',
    'lines that\r\nend in CR LF',
    '\u202eevil',
    '🙂'.repeat(25),
    ' spaces ',
    '<script>alert(1)</script>',
    '__proto__',
    'ד"ר לוי',
  ];
  const users = NAMES.map((name): readonly [UserRecord] => [
    aUser({ userId: name, firstName: name, lastName: name, emailAddress: name }),
  ]);

  test.each<{ name: string; spoil: (text: string) => string }>([
    { name: 'as they were written', spoil: (text) => text },
    { name: 'with the guard taken off', spoil: (text) => text.replaceAll(/(^|,)'=cmd/gm, '$1=cmd') },
    { name: 'with other line ends', spoil: (text) => text.replaceAll('\r\n', '\n') },
  ])('survive the way through a spreadsheet, $name', async ({ spoil }) => {
    const worksheet = await worksheetOf(users);
    const filled = spoil(writeSheet((await readSheet(worksheet)).map(answered)));
    const { problems, decided } = await check(worksheet, filled);
    expect(problems).toStrictEqual([]);
    expect(decided.map(({ userId }) => userId)).toEqual(NAMES.map((name) => name.replaceAll('\r\n', '\n')));
  });
});

test('the roster has times as the service gave them, digit by digit', async () => {
  const given = ['1795399200123456789', '1e999', '-0', '1.50e12', '1790000000000'];
  const rows = given.map((time, index): readonly [UserRecord] => {
    const text = JSON.stringify(aUser({ userId: `u${index}`, createTime: 'TIME' })).replace('"TIME"', time);
    return [parseRecord(text) as UserRecord];
  });
  const lines = await readSheet(await sheetOf('roster.csv', rows));
  expect(lines.map(({ createTimeRaw }) => unguarded(createTimeRaw ?? ''))).toEqual(given);
});
