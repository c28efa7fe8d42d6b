import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { temporaryFolders } from '../support/temporary-folder.ts';
import { ACCOUNT, command } from './command.ts';
import { invoke } from './in-process.ts';

const newFolder = temporaryFolders();

/** The words that a command must have besides where its archive is. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  run: ['--environment', 'abc', '--account', ACCOUNT],
  doctor: ['--environment', 'abc', '--account', ACCOUNT],
  reconstruct: ['--environment', 'abc', '--account', ACCOUNT, '--trail', 'events.json'],
  explain: ['01U'],
  diff: ['2026-11-01', 'latest'],
  export: ['ocsf', '--to', '/nowhere/export'],
  close: ['--reason', 'why'],
  reopen: ['--reason', 'why'],
  review: ['--from', '2026-11-01', '--to', '2026-11-30', '--pack', '/nowhere/pack'],
};

/** The commands whose help has --bucket. */
const readers = async (): Promise<readonly string[]> => {
  const { stdout } = await invoke(['help']);
  const all = [...stdout.slice(stdout.indexOf('\nCommands:\n')).matchAll(/^ {2}([a-z]+) /gm)].map(
    ([, name = '']) => name,
  );
  const helps = await Promise.all(all.map(async (name) => ({ name, text: (await invoke(['help', name])).stdout })));
  return helps.filter(({ text }) => text.includes('--bucket <')).map(({ name }) => name);
};

test('every command that takes --bucket takes --region, and exits 3 where nothing tells one', async () => {
  const names = await readers();
  expect(names).toEqual(expect.arrayContaining(['run', 'verify', 'history', 'explain']));
  const told = (region: readonly string[]) =>
    Promise.all(
      names.map(async (name) => {
        const words = [name, ...(WORDS[name] ?? []), '--bucket', 'my-bucket', ...region];
        const { code, stderr } = await (region.length === 0 ? command(words) : invoke(words));
        return { name, code, stderr };
      }),
    );
  const must = 'finspace-audit: --region must be a region such as us-east-1, got';
  expect(await told([])).toEqual(
    names.map((name) => ({
      name,
      code: 3,
      stderr: `${must} nothing: AWS_REGION and AWS_DEFAULT_REGION are not set, and the profile has none\n`,
    })),
  );
  expect(await told(['--region', 'here'])).toEqual(
    names.map((name) => ({ name, code: 3, stderr: `${must} "here"\n` })),
  );
});

describe('the region of a bucket comes from', () => {
  const asked = new Set<string | undefined>();
  const s3 = createServer(({ headers }, response) => {
    // The scope of a signature: KEY/DAY/REGION/s3/aws4_request.
    asked.add(headers.authorization?.split('/')[2]);
    response.writeHead(403).end('<Error><Code>AccessDenied</Code><Message>no</Message></Error>');
  });
  let profiles: string;
  beforeAll(async () => {
    await new Promise<void>((resolve) => {
      s3.listen(0, '127.0.0.1', resolve);
    });
    const keys = 'aws_access_key_id = key\naws_secret_access_key = secret\n';
    profiles = join(await newFolder(), 'config');
    await writeFile(profiles, `[default]\nregion = eu-west-3\n${keys}[profile other]\nregion = eu-west-4\n${keys}`);
  });
  afterAll(() => {
    s3.close();
  });

  test.each([
    ['the flag', ['--region', 'eu-north-1'], { AWS_REGION: 'eu-west-1' }, 'eu-north-1'],
    ['AWS_REGION', [], { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-2' }, 'eu-west-1'],
    ['AWS_DEFAULT_REGION', [], { AWS_DEFAULT_REGION: 'eu-west-2' }, 'eu-west-2'],
    ['the default profile', [], {}, 'eu-west-3'],
    ['the profile that is named', [], { AWS_PROFILE: 'other' }, 'eu-west-4'],
  ])('%s', async (_, words, env, region) => {
    asked.clear();
    const { code } = await command(['verify', '--bucket', 'evidence', ...words], {
      AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${(s3.address() as AddressInfo).port}`,
      AWS_CONFIG_FILE: profiles,
      ...env,
    });
    expect({ code, asked: [...asked] }).toEqual({ code: 2, asked: [region] });
  });
});
