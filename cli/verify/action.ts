import type { KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { readPublicKey } from '../../core/archive/signature.ts';
import type { Config } from '../../core/config/config.ts';
import { errorCode } from '../../core/text/error-code.ts';
import { environmentsIn, type Verification, verifyEnvironment } from '../../core/verify/verify.ts';
import { DAY_MS } from '../../rules/engine/time.ts';
import { openArchive } from '../arguments/archive-location.ts';
import { readConfigFiles } from '../arguments/config-files.ts';
import { EXIT, type ExitCode, UsageError } from '../terminal/exit-codes.ts';
import type { Io } from '../terminal/terminal.ts';
import { type StatusLine, statusLine } from '../terminal/terminal.ts';
import { readVerifyFlags, type VerifyFlags, type VerifyOptions } from './options.ts';
import { conclusionText, verificationText } from './view.ts';

/** How long after its time a night may still be completed, by retries or by hand, before it is missed. */
const GRACE_MS = DAY_MS;

const readKey = (file: string): KeyObject => {
  try {
    return readPublicKey(readFileSync(file));
  } catch (error) {
    throw new UsageError([
      `--public-key must be the file of an RSA or P-256 public key in PEM or DER, got ${JSON.stringify(file)} (${errorCode(error) ?? String(error)})`,
    ]);
  }
};

/** The environments to walk: those named, or all that the archive holds and all that should be there. */
const environmentsOf = async (
  { environmentIds }: VerifyOptions,
  config: Config | undefined,
  found: () => Promise<readonly string[]>,
): Promise<readonly string[]> => {
  if (environmentIds.length > 0) return environmentIds;
  const expected = config?.environments.map(({ id }) => id) ?? [];
  return [...new Set([...(await found()), ...expected])].toSorted();
};

const progressOn = (status: StatusLine, environmentId: string) => ({
  onProgress: ({ runs, objects }: { readonly runs: number; readonly objects: number }) =>
    status.show(`${environmentId}: ${objects} objects of ${runs} runs`),
});

/** `verify`: walks an archive's history. Throws UsageError and ConfigError before anything is read of it. */
export const verify = async (flags: VerifyFlags, io: Io): Promise<ExitCode> => {
  const now = Date.now();
  const options = readVerifyFlags(flags, io.env);
  const { location, region, configFile, publicKeyFiles, isJson } = options;
  if (location.kind === 'folder' && !existsSync(location.path)) {
    throw new UsageError([
      `--out must be the folder of an archive, got ${JSON.stringify(location.path)}: it is not there`,
    ]);
  }
  const config = configFile === undefined ? undefined : readConfigFiles(configFile, now).config;
  const publicKeys = publicKeyFiles.map(readKey);
  const archive = await openArchive(location, io.env, region === '' ? undefined : region);
  const status = statusLine(io.err);

  const verifications: Verification[] = [];
  for (const environmentId of await environmentsOf(options, config, () => environmentsIn(archive))) {
    // Of an environment that is audited no more, nights are asked for up to its last run.
    const isAudited = config?.environments.some(({ id }) => id === environmentId) ?? false;
    const verification = await verifyEnvironment(archive, environmentId, {
      ...progressOn(status, environmentId),
      publicKeys,
      ...(config !== undefined && {
        due: { schedule: config.schedule, until: isAudited ? now - GRACE_MS : Number.NEGATIVE_INFINITY },
      }),
    });
    status.clear();
    verifications.push(verification);
    if (isJson) continue;
    for (const line of verificationText(io.out, verification, config !== undefined)) io.out.line(line);
  }

  const nothing = `nothing to verify: no environment has anything in ${archive.location}`;
  const problems =
    verifications.length === 0 ? 1 : verifications.reduce((sum, { problems: { length } }) => sum + length, 0);
  if (isJson) {
    const message = verifications.length === 0 ? { message: nothing } : {};
    io.out.line(
      JSON.stringify({ schemaVersion: 1, environments: verifications, problems, ...message }, null, 2),
    );
  } else {
    io.out.line(verifications.length === 0 ? nothing : conclusionText(verifications));
  }
  return problems === 0 ? EXIT.ok : EXIT.problems;
};
