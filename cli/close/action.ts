import { type ChainDecision, decide } from '../../core/archive/close.ts';
import { kmsSigner } from '../../core/archive/kms.ts';
import { wholeSecond } from '../../core/audit/request.ts';
import { runName } from '../../core/model/run-name.ts';
import { plural } from '../../core/text/plain-text.ts';
import { openedArchive } from '../arguments/archive-options.ts';
import { readConfigFiles } from '../arguments/config-files.ts';
import { EXIT, type ExitCode } from '../terminal/exit-codes.ts';
import { type Io, writeJson } from '../terminal/terminal.ts';
import { type CloseFlags, readCloseFlags } from './options.ts';

const decided = async (kind: ChainDecision['kind'], flags: CloseFlags, io: Io): Promise<ExitCode> => {
  const now = Date.now();
  const options = readCloseFlags(flags, io.env);
  const { signing, retention } = readConfigFiles(options.configFile, now).config;
  const { archive, environmentId } = await openedArchive(options, io.env);
  const at = wholeSecond(now);
  const { entry, head } = await decide(archive, environmentId, {
    kind,
    reason: options.reason,
    at,
    name: runName(at),
    retentionYears: retention.years,
    sign: signing && kmsSigner(signing.key, signing.algorithm),
  });
  if (flags.json) {
    writeJson(io.out, { ...entry, headOfEntry: head });
    return EXIT.ok;
  }
  const { runs = 0, firstAsOf = '', lastAsOf = '', retentionUntil = '' } = entry;
  io.out.line(
    kind === 'closing'
      ? `environment ${environmentId} is closed: ${plural(runs, 'complete run')}, ${firstAsOf.slice(0, 10)} to ${lastAsOf.slice(0, 10)}; keep the archive until ${retentionUntil}`
      : `environment ${environmentId} is open again: the next audit goes on from the last complete run`,
  );
  io.out.line(`Head: ${head}`);
  return EXIT.ok;
};

/** `close`: ends the history of an environment. Throws UsageError, ConfigError and ArchiveError. */
export const close = (flags: CloseFlags, io: Io): Promise<ExitCode> => decided('closing', flags, io);

/** `reopen`: goes on with a history that was closed. Throws UsageError, ConfigError and ArchiveError. */
export const reopen = (flags: CloseFlags, io: Io): Promise<ExitCode> => decided('reopened', flags, io);
