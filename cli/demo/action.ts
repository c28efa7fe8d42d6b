import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Archive } from '../../core/archive/archive.ts';
import { folderArchive } from '../../core/archive/folder.ts';
import { audit } from '../../core/audit/audit.ts';
import { attemptName } from '../../core/audit/request.ts';
import { configuredSettings, enrichmentSettings } from '../../core/audit/settings.ts';
import { type Config, defaultConfig } from '../../core/config/config.ts';
import { stoppedClock } from '../../core/model/clock.ts';
import type { Alert } from '../../core/notify/channel.ts';
import { digestChannel } from '../../core/notify/channels/digest.ts';
import { chooseEnrichments, chooseSource } from '../../core/sources/index.ts';
import { rules } from '../../rules/index.ts';
import type { FaultPlan } from '../../simulator/faults.ts';
import { type Iam, startIam } from '../../simulator/iam.ts';
import { makeNights, type Night } from '../../simulator/nights.ts';
import { type Simulator, startSimulator } from '../../simulator/server.ts';
import { type ConfigFiles, readConfigFiles, withoutSigning } from '../arguments/config-files.ts';
import { EXIT, type ExitCode } from '../terminal/exit-codes.ts';
import { progressLine } from '../terminal/progress.ts';
import { type Io, writeJson } from '../terminal/terminal.ts';
import { type DemoFlags, readDemoFlags } from './options.ts';
import { type DemoAttempt, nightJson, showEnd, showNight, showOpening } from './view.ts';

const ACCOUNT = '111122223333';
const REGION = 'us-east-1';

/** An environment of the demo's own: all that an archive has of it, a demo wrote. */
const ENVIRONMENT = { id: 'finspaceauditdemo', name: 'demo' };

/** The same nights whenever the demo runs, so that the same seed gives the same evidence. */
const FIRST_NIGHT = new Date('2026-11-16T07:00:00Z');

/** A rate at which even a listing of a few pages is throttled. */
const RATE = { requestsPerSecond: 4, burst: 3 };

/** The faults of the service during an attempt at a night's audit. */
interface Trouble {
  readonly faults: FaultPlan;
  /** In words, for people. */
  readonly text?: string;
}

/** The attempts at each night's audit, until one is complete. */
const TROUBLES: readonly (readonly Trouble[])[] = [
  [{ faults: [] }],
  [{ faults: [{ fault: 'internal-error', page: 1 }], text: 'one page failed with a 500' }],
  [
    { faults: [{ fault: 'denied', page: 1 }], text: 'one page was refused' },
    { faults: [{ fault: 'torn-json', page: 0 }], text: 'one answer came torn' },
  ],
  [{ faults: [{ fault: 'reset', page: 1 }], text: 'one connection broke' }],
  [{ faults: [{ fault: 'expired-credentials', page: 1 }], text: 'the credentials expired midway' }],
];

/**
 * `email-domain` judges nothing before it is given domains, and the demo knows its own; roles and groups are read, since
 * the demo has an IAM. A week is longer than the
 * demo: with daily reminders of what is CRITICAL it would have no quiet night to show.
 */
const demoConfig = (): Config => {
  const config = defaultConfig(rules);
  return {
    ...config,
    environments: [{ ...ENVIRONMENT, enrich: { iamRoles: { accounts: [] }, permissionGroups: true } }],
    rules: { 'email-domain': { allowedDomains: ['example.com', '*.example.com'] } },
    reminders: { ...config.reminders, CRITICAL: 7 },
  };
};

/** Removes from an archive the demo's environment, and nothing else. */
const removeFormerDemos = async (folder: string): Promise<void> => {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const partition = `environment=${ENVIRONMENT.id}`;
  for (const { name } of entries.filter((entry) => entry.isDirectory())) {
    await rm(join(folder, name, partition), { recursive: true, force: true });
    await rm(join(folder, name, `${partition}.json`), { force: true });
  }
};

/** The simulator, archive and settings that the nights share. */
interface Stage {
  readonly simulator: Simulator;
  readonly iam: Iam;
  readonly archive: Archive;
  readonly files: ConfigFiles;
  readonly io: Io;
}

const auditNight = async (
  { simulator, iam, archive, files, io }: Stage,
  { asOf, users, roles, groups }: Night,
  { faults, text }: Trouble,
  prefix: string,
): Promise<DemoAttempt> => {
  const now = Date.now();
  const progress = progressLine(io.err, now, prefix);
  const mails: Alert[] = [];
  simulator.setUsers(users);
  simulator.setGroups(groups);
  iam.setRoles(roles);
  simulator.setFaults(faults);

  // Each night is audited in its own time, and the same seed gives the same evidence.
  const clock = stoppedClock(asOf.getTime());
  const request = {
    environmentId: ENVIRONMENT.id,
    accountId: ACCOUNT,
    region: REGION,
    partition: 'aws',
    asOf,
    attempt: attemptName(now, 'demo'),
    deadline: now + files.config.deadlineSeconds * 1000,
    acceptRosterDrop: false,
  };
  const live = {
    config: { credentials: 'exchange' },
    environmentId: ENVIRONMENT.id,
    region: REGION,
    endpoint: simulator.url,
    loadCredentials: () => Promise.resolve(simulator.callerCredentials),
    ...enrichmentSettings(files.config, request),
  } as const;
  // Nobody else asks the demo's IAM, so that nobody has to be spared.
  const [sts, hurried] = [{ endpoint: iam.url }, { ...clock, sleep: async () => {} }];
  const { groups: readGroups } = chooseEnrichments(live);
  const { roles: readRoles } = chooseEnrichments({ ...live, clock: hurried, iam: sts, sts });

  const result = await audit(request, {
    ...configuredSettings(files.config, files.waivers, ENVIRONMENT.id, files.rules),
    environmentName: ENVIRONMENT.name,
    listUsers: chooseSource({ ...live, onEvent: progress.onEvent }),
    enrichments: { roles: readRoles, groups: readGroups },
    archive,
    clock,
    channels: [
      digestChannel((alert) => {
        mails.push(alert);
        return Promise.resolve('demo');
      }),
    ],
    onProgress: progress.onProgress,
  });
  progress.clear();
  return { result, mail: mails.at(-1), trouble: text };
};

/** Audits a night until an attempt is complete. */
const auditUntilComplete = async (stage: Stage, night: Night, index: number): Promise<readonly DemoAttempt[]> => {
  const attempts: DemoAttempt[] = [];
  for (const trouble of TROUBLES[index] ?? [{ faults: [] }]) {
    const attempt = await auditNight(stage, night, trouble, `night ${index + 1}: `);
    attempts.push(attempt);
    if (attempt.result.report.verdict === 'COMPLETE') break;
  }
  return attempts;
};

/** `demo`: audits some nights of a simulated directory into a folder. Throws UsageError and ConfigError. */
export const demo = async (flags: DemoFlags, io: Io): Promise<ExitCode> => {
  const { out: folder, ...options } = readDemoFlags(flags);
  const files =
    flags.config === undefined
      ? { config: demoConfig(), waivers: [], rules }
      : withoutSigning(readConfigFiles(flags.config, Date.now()));
  await removeFormerDemos(folder);
  const nights = makeNights({ ...options, firstNight: FIRST_NIGHT, accountId: ACCOUNT });
  const simulator = await startSimulator({ environmentId: ENVIRONMENT.id, region: REGION, rate: RATE });
  const iam = await startIam({ accountId: ACCOUNT });
  const stage: Stage = { simulator, iam, archive: folderArchive(folder), files, io };

  try {
    if (!flags.json) showOpening(io.out, { ...options, ...RATE }, simulator.url);
    const all: DemoAttempt[] = [];
    const summaries: object[] = [];
    for (const [index, night] of nights.entries()) {
      const attempts = await auditUntilComplete(stage, night, index);
      if (!flags.json) showNight(io.out, index, night, attempts);
      summaries.push(nightJson(night, attempts));
      all.push(...attempts);
    }
    if (flags.json) writeJson(io.out, { schemaVersion: 1, folder, nights: summaries });
    else await showEnd(io.out, folder, all);
    return all.at(-1)?.result.report.verdict === 'COMPLETE' ? EXIT.ok : EXIT.notComplete;
  } finally {
    await iam.close();
    await simulator.close();
  }
};
