import { describe, expect, test } from '@jest/globals';
import { readReviewers } from '../../../core/review/reviewers.ts';

const ann = { userId: 'u1', name: 'Ann One', emailAddress: 'ann@x.example' };
const bob = { userId: 'u2', name: 'Bob Two', emailAddress: 'bob@x.example' };

async function* bytes(content: string) {
  yield Buffer.from(content);
}

/** Gives each user a reviewer, and looks back over all of it. */
const assigned = async (content: string, users: readonly (typeof ann)[] = [ann, bob]) => {
  const { assign, done, reviewers } = await readReviewers(bytes(content));
  const found = users.map(assign);
  done();
  return { found, reviewers };
};

describe('a file of reviewers', () => {
  test.each<{
    name: string;
    content: string;
    users?: readonly (typeof ann)[];
    found: readonly string[];
    reviewers: readonly string[];
  }>([
    {
      name: 'by ids and names in any case, with spaces and blank lines',
      content: 'user , reviewer\r\n\r\n U1 , Rita \r\nBOB TWO,Rob\r\n,\r\n',
      found: ['Rita', 'Rob'],
      reviewers: ['Rita', 'Rob'],
    },
    {
      name: 'of the rest, whom other lines do not name',
      content: 'user,reviewer\n*,Rob\nu1,Rita\n',
      found: ['Rita', 'Rob'],
      reviewers: ['Rob', 'Rita'],
    },
    {
      name: 'that names somebody twice, for the same reviewer',
      content: 'user,reviewer\nu1,Rita\nann@x.example,Rita\n*,Rita\n',
      found: ['Rita', 'Rita'],
      reviewers: ['Rita'],
    },
    {
      name: 'of the rest, of whom one is called so',
      content: 'user,reviewer\n*,Rob\nu3,Rita\n',
      users: [
        { ...ann, userId: 'u3', name: '*' },
        { ...bob, userId: '*' },
      ],
      found: ['Rita', 'Rob'],
      reviewers: ['Rob', 'Rita'],
    },
  ])('$name gives everybody one', async ({ content, users, found, reviewers }) => {
    expect(await assigned(content, users)).toEqual({ found, reviewers });
  });

  test.each<{ name: string; content: string; problem: string }>([
    { name: 'is empty', content: '', problem: 'line 1: must be the header user,reviewer, got nothing' },
    {
      name: 'has another header',
      content: '\nwho,reviewer\n',
      problem: 'line 2: must be the header user,reviewer, got "who,reviewer"',
    },
    {
      name: 'has a line of three cells',
      content: 'user,reviewer\nu1,Rita,x\n',
      problem: 'line 2: must have 2 cells, got 3',
    },
    {
      name: 'has a line of nobody',
      content: 'user,reviewer\n ,Rita\n',
      problem: 'line 2, user: must be an id, an e-mail address, a name or *, got nothing',
    },
    ...['', ' '].map((reviewer) => ({
      name: `has a line with ${JSON.stringify(reviewer)} for a reviewer`,
      content: `user,reviewer\nu1,${reviewer}\n*,Rita\n`,
      problem: 'line 2, reviewer: must be who reviews "u1", got nothing',
    })),
    {
      name: 'gives the rest twice',
      content: 'user,reviewer\n*,Rita\n*,Rob\n',
      problem: 'line 3, user: must stand there once (line 2 has it), got "*"',
    },
    { name: 'breaks off in quotes', content: 'user,reviewer\n"u1', problem: 'line 2' },
  ])('that $name is refused', async ({ content, problem }) => {
    await expect(assigned(content)).rejects.toMatchObject({
      name: 'ReviewersError',
      message: expect.stringContaining(problem),
    });
  });

  test.each<{ readonly name: string; readonly content: string; readonly problems: readonly string[] }>([
    {
      name: 'gives somebody two',
      content: 'user,reviewer\nu1,Rita\nann@x.example,Rob\n*,Rita\n',
      problems: ['line 3: must give user "u1" the reviewer of line 2, got another'],
    },
    {
      name: 'has people review themselves, and nobody whom there is not',
      content: 'user,reviewer\nu1,U1\nu2,"Bob Two <bob@x.example>"\nu3,Rita\n',
      problems: [
        'line 2, reviewer: must be somebody else than user "u1", got "U1"',
        'line 3, reviewer: must be somebody else than user "u2", got "Bob Two <bob@x.example>"',
        'line 4, user: must be one user of the run, got "u3", which none have',
      ],
    },
    {
      name: 'has people review themselves by the address alone, and by the name alone',
      content: 'user,reviewer\nu1,ANN@x.example\nu2,"Two, Bob"\n',
      problems: [
        'line 2, reviewer: must be somebody else than user "u1", got "ANN@x.example"',
        'line 3, reviewer: must be somebody else than user "u2", got "Two, Bob"',
      ],
    },
    {
      name: 'leaves one out',
      content: 'user,reviewer\nu1,Rita\n',
      problems: ['every user must have a reviewer, got none for 1, such as "u2"; a line *,NAME is for the rest'],
    },
    {
      name: 'leaves people out',
      content: 'user,reviewer\n',
      problems: ['every user must have a reviewer, got none for 2, such as "u1", "u2"; a line *,NAME is for the rest'],
    },
  ])('that $name is refused once all were asked for, with all that is wrong', async ({ content, problems }) => {
    await expect(assigned(content)).rejects.toMatchObject({ name: 'ReviewersError', message: problems.join('\n') });
  });

  test('that can not be read to its end fails as it did', async () => {
    const broken = new Error('EIO: i/o error, read');
    const file = async function* () {
      yield Buffer.from('user,reviewer\nu1,Rita\n');
      throw broken;
    };
    await expect(readReviewers(file())).rejects.toBe(broken);
  });

  test('that names two people at once is refused', async () => {
    const twins = [ann, { ...bob, name: 'Ann One' }];
    await expect(assigned('user,reviewer\nAnn One,Rita\n', twins)).rejects.toThrow(
      /^line 2, user: must be one user of the run, got "Ann One", which 2 have$/,
    );
  });

  test.each([
    { length: 80, shown: 'x'.repeat(80) },
    { length: 81, shown: `${'x'.repeat(77)}...` },
  ])('that can not be gone by shows 80 characters: $length', async ({ length, shown }) => {
    await expect(assigned(`${'x'.repeat(length)}\n`)).rejects.toThrow(
      new Error(`line 1: must be the header user,reviewer, got "${shown}"`),
    );
  });

  test('that names somebody whom two users may be is refused', async () => {
    const other = { ...bob, name: ann.name };
    await expect(assigned('user,reviewer\nAnn One,Rita\n', [ann, other])).rejects.toThrow(
      'line 2, user: must be one user of the run, got "Ann One", which 2 have',
    );
  });

  test('that leaves many out names ten of them, and how many there are', async () => {
    const users = Array.from({ length: 11 }, (_, index) => ({ ...ann, userId: `x${index}` }));
    const named = Array.from({ length: 10 }, (_, index) => `"x${index}"`).join(', ');
    await expect(assigned('user,reviewer\n', users)).rejects.toThrow(
      `every user must have a reviewer, got none for 11, such as ${named}; a line *,NAME is for the rest`,
    );
  });
});
