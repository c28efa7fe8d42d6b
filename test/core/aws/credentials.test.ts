import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { credentialsFault, noCredentials } from '../../../core/aws/credentials.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const newFolder = temporaryFolders();

const failed = (message: string, name = 'CredentialsProviderError'): Error =>
  Object.assign(new Error(message), { name });

let home: string;
let elsewhere: string;
beforeAll(async () => {
  home = await newFolder();
  await mkdir(join(home, '.aws'));
  await writeFile(join(home, '.aws/config'), '[default]\nregion = us-east-1\n[profile mine]\n');
  await writeFile(join(home, '.aws/credentials'), '[ keys ]\n');
  elsewhere = join(await newFolder(), 'config');
  await writeFile(elsewhere, '[profile far]\n');
});

const NONE_FOUND = 'no AWS credentials were found';
const GIVES_NONE = 'the profile that AWS_PROFILE names gives no credentials';
const NOT_THERE = "AWS_PROFILE names a profile that is in neither of AWS's config files";

describe('why there are no credentials', () => {
  test.each([
    {
      said: 'Profile mine requires multi-factor authentication',
      problem: 'asks for a code of multi-factor',
      remedy: 'aws sts get-session-token',
    },
    { said: 'The SSO session has expired', problem: 'the SSO session of the AWS profile', remedy: 'run aws sso login' },
    { said: 'Token is expired', name: 'TokenProviderError', problem: NONE_FOUND, remedy: 'set AWS_PROFILE' },
    { said: 'Your login has ended', problem: 'the AWS profile is not logged in', remedy: 'run aws login' },
    { said: 'Could not load credentials from any providers', problem: NONE_FOUND, remedy: 'set AWS_PROFILE' },
  ])('is read from "$said"', ({ said, name, problem, remedy }) => {
    expect(noCredentials(failed(said, name), {})).toEqual({
      problem: expect.stringContaining(problem),
      remedy: expect.stringContaining(remedy),
    });
  });

  test('is not asked of an error that somebody was asked for', () => {
    expect(noCredentials(failed('no', 'AccessDenied'), {})).toBeUndefined();
    expect(noCredentials(undefined, {})).toBeUndefined();
  });

  test.each([
    { profile: 'mine', problem: GIVES_NONE },
    { profile: 'keys', problem: GIVES_NONE },
    { profile: 'default', problem: GIVES_NONE },
    { profile: 'other', problem: NOT_THERE },
    { profile: 'far', problem: NOT_THERE },
    { profile: 'far', isConfigElsewhere: true, problem: GIVES_NONE },
    { profile: 'mine', isConfigElsewhere: true, problem: NOT_THERE },
    { profile: 'keys', isKeysElsewhere: true, problem: NOT_THERE },
  ])('is the profile, where one is named: $profile', ({ profile, isConfigElsewhere, isKeysElsewhere, problem }) => {
    const env = {
      HOME: home,
      AWS_PROFILE: profile,
      ...(isConfigElsewhere && { AWS_CONFIG_FILE: elsewhere }),
      ...(isKeysElsewhere && { AWS_SHARED_CREDENTIALS_FILE: join(home, 'nowhere') }),
    };
    const remedy = problem === NOT_THERE ? 'correct AWS_PROFILE' : 'mend the profile';
    expect(noCredentials(failed('no'), env)).toEqual({ problem, remedy: expect.stringContaining(remedy) });
  });

  test.each(['acme-sso', 'acme-login', 'multi-factor'])('is not read from the name of a profile: %s', (profile) => {
    const said = `Could not resolve credentials using profile: [${profile}] in configuration/credentials file(s).`;
    expect(noCredentials(failed(said), { HOME: home, AWS_PROFILE: profile })?.problem).toBe(NOT_THERE);
  });

  test('is looked for where the system keeps what is mine, where no HOME says it', () => {
    expect(noCredentials(failed('no'), { AWS_PROFILE: 'in no file of anybody' })?.problem).toBe(NOT_THERE);
  });
});

test.each([
  { error: failed('SSO'), problem: 'the SSO session' },
  { error: new Error('no'), problem: "the caller's AWS credentials could not be loaded" },
  { error: Object.assign(new Error('no'), { $metadata: { httpStatusCode: 503 } }), problem: undefined },
])('whatever loads credentials is at fault, unless a service is: $problem', ({ error, problem }) => {
  const fault = credentialsFault(error);
  if (problem === undefined) expect(fault).toBeUndefined();
  else
    expect(fault).toEqual({
      problem: expect.stringContaining(problem),
      remedy: expect.stringMatching(/^(?:run aws sso login|set AWS_PROFILE)/),
    });
});
