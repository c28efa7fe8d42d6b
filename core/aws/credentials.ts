import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { httpsAgent } from './connection.ts';
import { isServiceFault } from './errors.ts';

/** The caller's own credentials, by the SDK's chain; where it has to ask somebody, by the proxy that everything takes. */
export const callerCredentials = (): ReturnType<typeof defaultProvider> =>
  defaultProvider({ clientConfig: { requestHandler: { httpsAgent: httpsAgent() } } });

/** Why there are no credentials, and what to do about it: without paths and names of profiles, since it is archived. */
export interface NoCredentials {
  readonly problem: string;
  readonly remedy: string;
}

type Env = Readonly<Record<string, string | undefined>>;

const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

const isProfileThere = (profile: string, env: Env): boolean => {
  const folder = join(env.HOME ?? homedir(), '.aws');
  const files = [
    env.AWS_CONFIG_FILE ?? join(folder, 'config'),
    env.AWS_SHARED_CREDENTIALS_FILE ?? join(folder, 'credentials'),
  ];
  const headings = files.flatMap((path) => textOf(path).match(/^\s*\[[^\]\n]*\]/gm) ?? []);
  return headings.some((heading) => heading.replace(/^\s*\[\s*(?:profile\s+)?|\s*\]$/g, '') === profile);
};

/** Tells of credentials that could not be had without asking anybody; undefined where somebody was asked, and failed. */
export const noCredentials = (error: unknown, env: Env = process.env): NoCredentials | undefined => {
  const { name, message }: { name?: unknown; message?: unknown } = Object(error);
  if (name !== 'CredentialsProviderError' && name !== 'TokenProviderError') return undefined;
  // A profile may be named after what it is not.
  const said = String(message).replace(/\[[^\]]*\]/g, '');
  const { AWS_PROFILE: profile = '' } = env;
  if (said.includes('multi-factor'))
    return {
      problem: 'the AWS profile asks for a code of multi-factor authentication, which nobody is there to enter',
      remedy: 'get keys of a session with aws sts get-session-token, or use a profile without mfa_serial',
    };
  if (/sso/i.test(said))
    return {
      problem: 'the SSO session of the AWS profile is not logged in, or has expired',
      remedy: 'run aws sso login with the profile',
    };
  if (/login/i.test(said))
    return { problem: 'the AWS profile is not logged in, or its login has expired', remedy: 'run aws login' };
  if (profile !== '' && !isProfileThere(profile, env))
    return {
      problem: "AWS_PROFILE names a profile that is in neither of AWS's config files",
      remedy: 'correct AWS_PROFILE, or make the profile with aws configure',
    };
  if (profile !== '')
    return {
      problem: 'the profile that AWS_PROFILE names gives no credentials',
      remedy: 'mend the profile, or use another one',
    };
  return {
    problem: 'no AWS credentials were found',
    remedy: 'set AWS_PROFILE or the AWS_ACCESS_KEY_ID variables, or give the function a role',
  };
};

/** The same of whatever loads credentials, be it the operator's own: what nobody else did is its own fault. */
export const credentialsFault = (error: unknown): NoCredentials | undefined => {
  const missing = noCredentials(error);
  if (missing !== undefined || isServiceFault(error)) return missing;
  return {
    problem: "the caller's AWS credentials could not be loaded",
    remedy: 'set AWS_PROFILE or the AWS_ACCESS_KEY_ID variables, or give the function a role',
  };
};
