import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { terminalAlerts } from '../lambda/alerts/terminal.ts';
import { folderArchive } from '../lambda/archive/folder.ts';
import { type AuditResult, audit } from '../lambda/audit.ts';
import { finspaceSource } from '../lambda/finspace/source.ts';
import { attemptName, configuredSettings } from '../lambda/invocation.ts';
import { DAY_MS } from '../rules/engine/time.ts';
import type { FaultPlan } from '../simulator/faults.ts';
import { makeNights } from '../simulator/nights.ts';
import { CALLER, startSimulator } from '../simulator/server.ts';
import { alertText, failingText, findingsTable, verdictText } from './audit-view.ts';
import { readConfigFiles } from './config-files.ts';
import { type DemoFlags, readDemoFlags } from './demo-options.ts';
import { EXIT, type ExitCode, UsageError } from './exit-codes.ts';
import { type Io, statusLine } from './terminal.ts';

const ACCOUNT = '111122223333';
const REGION = 'us-east-1';
const ENVIRONMENT = { id: 'simulatedfinspace000001', name: 'research' };

/** In the folder of a demo, so that the next demo knows that it may replace it. */
const MARK = '.finspace-audit-demo';

/** What the service does to each night's listing, and how it is told. */
const TROUBLES: readonly { readonly plan: FaultPlan; readonly told: string }[] = [
  { plan: [], told: '' },
  { plan: [{ fault: 'internal-error', page: 1 }], told: 'the service failed once with a 500' },
  { plan: [{ fault: 'torn-json', page: 0 }], told: 'an answer came torn' },
  { plan: [{ fault: 'reset', page: 1 }], told: 'the connection broke once' },
  { plan: [{ fault: 'duplicate-user', page: 1 }], told: 'a user came on two pages' },
];

/** Makes room for a new archive: what an earlier demo wrote goes, what anybody else wrote stays and stops the demo. */
const makeRoom = async (folder: string): Promise<void> => {
  if (existsSync(folder)) {
    const isOurs = existsSync(join(folder, MARK));
    if (!isOurs && (await readdir(folder)).length > 0) {
      throw new UsageError([
        `--out must be a folder that is new, empty or an earlier demo's, got ${JSON.stringify(folder)}`,
      ]);
    }
    if (isOurs) await rm(folder, { recursive: true });
  }
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, MARK), 'The demo of finspace-audit wrote this folder, and replaces it.\n');
};

/** Two in the morning, so many nights ago that the last one is the night before now. */
const firstNight = (now: number, nights: number): Date =>
  new Date(Math.floor(now / DAY_MS) * DAY_MS - nights * DAY_MS + DAY_MS / 12);

const counted = ({ report }: AuditResult): string => {
  const { new: fresh, reopened, resolved, open, event } = report.findings.byState;
  return `${fresh} new, ${reopened} reopened, ${resolved} resolved, ${event} changes, ${open} still open`;
};

/** `demo`: audits some nights of a simulated directory into a folder. */
export const demo = async (flags: DemoFlags, { out, err }: Io): Promise<ExitCode> => {
  const now = Date.now();
  const { nights: count, users, seed, out: folder, configFile } = readDemoFlags(flags);
  const { config, waivers } = readConfigFiles(configFile, now);
  await makeRoom(folder);
  const nights = makeNights({
    nights: count,
    users,
    seed,
    firstNight: firstNight(now, count),
    accountId: ACCOUNT,
  });
  const simulator = await startSimulator({
    environmentId: ENVIRONMENT.id,
    rate: { requestsPerSecond: 20, burst: 5 },
  });
  const archive = folderArchive(folder);
  const status = statusLine(err);
  const { bold, dim } = {
    bold: (text: string) => out.paint('bold', text),
    dim: (text: string) => out.paint('dim', text),
  };
  let last: AuditResult | undefined;

  out.line(bold(`FinSpace user auditor: ${count} nights of a directory of ${users} users`));
  out.line(
    dim(
      `A simulated FinSpace Data API at ${simulator.url}, limited to 20 requests a second, with some trouble every night.`,
    ),
  );

  try {
    for (const [index, night] of nights.entries()) {
      const { plan, told } = TROUBLES[index % TROUBLES.length] ?? { plan: [], told: '' };
      simulator.setUsers(night.users);
      simulator.setFaults(plan);
      const mails: string[] = [];
      const result = await audit(
        {
          environmentId: ENVIRONMENT.id,
          accountId: ACCOUNT,
          region: REGION,
          partition: 'aws',
          asOf: night.asOf,
          attempt: attemptName(now, 'demo'),
          deadline: Date.now() + config.deadlineSeconds * 1000,
          acceptRosterDrop: false,
        },
        {
          ...configuredSettings(config, waivers, ENVIRONMENT.id),
          environmentName: ENVIRONMENT.name,
          listUsers: finspaceSource({
            environmentId: ENVIRONMENT.id,
            region: REGION,
            endpoint: simulator.url,
            mode: 'exchange',
            loadCredentials: () => Promise.resolve(CALLER),
          }),
          archive,
          sendAlert: terminalAlerts((text) => mails.push(text)),
          onProgress: ({ users: seen, counts }) =>
            status.show(
              `night ${index + 1}: ${seen} users, ${counts.pages} pages, ${counts.throttled} throttled`,
            ),
        },
      );
      status.clear();
      last = result;
      const { counts } = result.report;
      out.line();
      out.line(
        `${bold(`Night ${index + 1}`)}  ${night.asOf.toISOString().slice(0, 16).replace('T', ' ')}  ${dim(night.story)}`,
      );
      const trouble = told === '' ? '' : `; ${told}`;
      out.line(
        `  ${verdictText(result.report, out.paint)}  ${counts.users} users, ${counts.pages} pages, ${counts.requests} requests${trouble}`,
      );
      out.line(`  ${counted(result)}; ${alertText(result)}`);
      if (index === 0 || index === nights.length - 1) {
        out.line();
        out.write(findingsTable(out, result.highlights));
      }
      for (const mail of mails.filter(() => index === nights.length - 1 || index === 1))
        out.write(`\n${mail}`);
    }
  } finally {
    status.clear();
    await simulator.close();
  }
  if (last === undefined) return EXIT.notComplete;

  out.line();
  out.line(`${bold('After the last night')}  ${failingText(last.report, out.paint)}`);
  out.line(`${bold('Report')}                ${join(folder, last.objects.report?.key ?? '')}`);
  out.line();
  out.line(bold('What next'));
  out.line('  npx finspace-audit rules                  what is audited, and why');
  out.line('  npx finspace-audit run --help             audit a real environment into a folder or a bucket');
  out.line('  edit audit.yaml, then npm run deploy      have it done every night');
  return last.report.verdict === 'COMPLETE' ? EXIT.ok : EXIT.notComplete;
};
