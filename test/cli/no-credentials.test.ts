import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Simulator, startSimulator } from '../../simulator/server.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';
import { ACCOUNT, command } from './command.ts';

const newFolder = temporaryFolders();

/** The lack of a profile, by its lines in AWS's config file; the sentence that tells it, and its remedy. */
const PROFILES = [
  {
    name: 'a profile with MFA',
    lines: [
      '[profile mine]',
      'role_arn = arn:aws:iam::111122223333:role/auditor',
      'source_profile = keys',
      'mfa_serial = arn:aws:iam::111122223333:mfa/jane',
      '[profile keys]',
      'aws_access_key_id = AKIAIOSFODNN7EXAMPLE',
      'aws_secret_access_key = secret',
    ],
    problem: 'the AWS profile asks for a code of multi-factor authentication, which nobody is there to enter',
    remedy: 'get keys of a session with aws sts get-session-token, or use a profile without mfa_serial',
  },
  {
    name: 'an SSO session that is not logged in',
    lines: [
      '[profile mine]',
      'sso_session = work',
      'sso_account_id = 111122223333',
      'sso_role_name = auditor',
      '[sso-session work]',
      'sso_region = us-east-1',
      'sso_start_url = https://example.awsapps.com/start',
    ],
    problem: 'the SSO session of the AWS profile is not logged in, or has expired',
    remedy: 'run aws sso login with the profile',
  },
  {
    name: 'SSO without a session',
    lines: [
      '[profile mine]',
      'sso_start_url = https://example.awsapps.com/start',
      'sso_region = us-east-1',
      'sso_account_id = 111122223333',
      'sso_role_name = auditor',
    ],
    problem: 'the SSO session of the AWS profile is not logged in, or has expired',
    remedy: 'run aws sso login with the profile',
  },
  {
    name: 'a profile that is not there',
    lines: ['[profile other]', 'region = us-east-1'],
    problem: "AWS_PROFILE names a profile that is in neither of AWS's config files",
    remedy: 'correct AWS_PROFILE, or make the profile with aws configure',
  },
  {
    name: 'a profile without keys',
    lines: ['[profile mine]', 'region = us-east-1'],
    problem: 'the profile that AWS_PROFILE names gives no credentials',
    remedy: 'mend the profile, or use another one',
  },
];

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ users: [{ userId: 'one' }] });
});
afterAll(() => simulator.close());

describe.each(PROFILES)('$name is told at once, with its remedy, and nobody is asked', ({ lines, problem, remedy }) => {
  const withProfile = async (...words: readonly string[]) => {
    const folder = await newFolder();
    const file = join(folder, 'config');
    await writeFile(file, `${lines.join('\n')}\n`);
    return command([...words, '--environment', simulator.environmentId, '--region', 'us-east-1'], {
      HOME: folder,
      AWS_PROFILE: 'mine',
      AWS_CONFIG_FILE: file,
      AWS_ENDPOINT_URL_FINSPACE_DATA: simulator.url,
      AWS_EC2_METADATA_DISABLED: 'true',
    });
  };

  test('run', async () => {
    const before = simulator.stats().requests;
    const out = await newFolder();
    const { code, stdout } = await withProfile('run', '--account', ACCOUNT, '--out', out, '--json');
    const { verdict, reason, message } = JSON.parse(stdout);
    expect({ code, verdict, reason }).toEqual({ code: 2, verdict: 'FAILED', reason: 'config' });
    expect(message).toContain(problem);
    expect(message).toContain(remedy);
    expect(message).not.toMatch(/mine|jane|Amazon ended/);
    expect(simulator.stats().requests).toBe(before);
  });

  test('run, which asks for the account', async () => {
    const { code, stderr } = await withProfile('run', '--out', await newFolder());
    expect(code).toBe(3);
    expect(stderr).toContain(`STS does not tell it: ${problem}: ${remedy}`);
  });

  test('doctor', async () => {
    const { code, stdout } = await withProfile('doctor', '--account', ACCOUNT, '--out', await newFolder(), '--json');
    expect(code).toBe(2);
    expect(JSON.parse(stdout).checks).toContainEqual({ name: 'credentials', outcome: 'fail', told: problem, remedy });
  });
});
