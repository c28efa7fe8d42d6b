import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { parseConfig } from '../core/config/read-config.ts';
import { assignStacks } from '../core/config/stacks.ts';
import { OPTIONAL_OUTPUT_NAMES, type OptionalOutputName } from '../core/model/optional-outputs.ts';
import { reportingMs } from '../lambda/invocation.ts';
import { NAMESPACE } from '../lib/audit-metrics.ts';
import { addAuditorStacks } from '../lib/auditor-stack.ts';
import { ENVIRONMENTS_PER_STACK } from '../lib/audits.ts';
import { rules } from '../rules/index.ts';
import { lazyDirectory } from '../simulator/directory.ts';
import { startSimulator } from '../simulator/server.ts';
import type { Asked } from './complete-audit.ts';
import type { StackCounts, WithOutput } from './cost-model.ts';
import { costPage } from './cost-page.ts';
import type { MeasuredRun } from './measured-run.ts';
import { ASOF } from './pages.ts';
import { measureRuns } from './processes.ts';

/** The disk of a function that asks for none. */
const LEAST_DISK_MB = 512;

const PROJECT = resolve(import.meta.dirname, '..');
const SIZES = [50, 10_000, 1_000_000] as const;
/** The size of which is measured what an operator may ask for besides. */
const ENRICHED = SIZES[1];

/** Makes two runs, and measures the second: the first one has nothing to compare with. */
const measureDirectory = async (users: number, asked: Asked = {}): Promise<MeasuredRun> => {
  const directory = lazyDirectory({ users, seed: 1, asOf: ASOF, accountId: '111122223333' });
  const { url, environmentId, close } = await startSimulator({ users: directory });
  try {
    return await measureRuns(url, 2, environmentId, asked);
  } finally {
    await close();
  }
};

/** CloudWatch counts an alarm by the metrics that it looks at. */
const alarmMetricsOf = (alarm: Readonly<Record<string, unknown>>): number =>
  Array.isArray(alarm.Metrics)
    ? alarm.Metrics.filter((query: Readonly<Record<string, unknown>>) => 'MetricStat' in query).length
    : 1;

/** The part of an alarm that says what it looks at. */
interface Watching {
  readonly Namespace?: string;
  readonly Dimensions?: readonly { readonly Name: string }[];
}

/** A measurement of a stack's own, and of no environment. */
const isStackMetric = ({ Namespace, Dimensions = [] }: Watching): boolean =>
  Namespace === NAMESPACE && Dimensions.every((dimension) => dimension.Name !== 'environment');

/** Counts what costs money in the stacks of so many environments, with the settings of audit.yaml and these outputs. */
const countStacks = (count: number, outputs: readonly OptionalOutputName[] = []): StackCounts => {
  const configFile = join(PROJECT, 'audit.yaml');
  const given = parseConfig(readFileSync(configFile, 'utf8'), configFile, rules);
  const config = {
    ...given,
    outputs,
    environments: Array.from({ length: count }, (_, index) => ({ id: `e${index}` })),
  };
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] }, builtinCloudFormationValidation: false });
  const file = assignStacks(config, {}, ENVIRONMENTS_PER_STACK);
  addAuditorStacks(app, { config, configFile }, file[config.name]?.stacks ?? {});
  const templates = app.node.children.filter((child) => Stack.isStack(child)).map((stack) => Template.fromStack(stack));
  const all = (type: string) =>
    templates.flatMap((template) => Object.values(template.findResources(type)).map(({ Properties }) => Properties));
  const alarms = all('AWS::CloudWatch::Alarm');
  const { MemorySize, Timeout, EphemeralStorage } = all('AWS::Lambda::Function').find(({ Description }) =>
    Description.startsWith('Audits'),
  );
  return {
    environments: count,
    stacks: templates.length,
    memoryMb: MemorySize,
    diskMb: EphemeralStorage?.Size ?? LEAST_DISK_MB,
    deadlineSeconds: Timeout - reportingMs({}) / 1000,
    keys: all('AWS::KMS::Key').length,
    alarmMetrics: alarms.reduce((sum, alarm) => sum + alarmMetricsOf(alarm), 0),
    stackMetrics: alarms.filter(isStackMetric).length,
    functions: all('AWS::Lambda::Function').length,
    schedules: all('AWS::Scheduler::Schedule').length,
    rules: all('AWS::Events::Rule').length,
    dashboards: all('AWS::CloudWatch::Dashboard').length,
    mailSubscriptions: all('AWS::SNS::Subscription').length,
  };
};

const stacks = [countStacks(1), countStacks(30), countStacks(400)] as const;
const measured: MeasuredRun[] = [];
for (const users of SIZES) {
  process.stderr.write(`measuring a directory of ${users} users\n`);
  measured.push(await measureDirectory(users));
}
process.stderr.write(`measuring one of ${ENRICHED} users with roles and permission groups\n`);
const plain = measured[SIZES.indexOf(ENRICHED)] ?? (await measureDirectory(ENRICHED));
const beside = [plain, await measureDirectory(ENRICHED, { isEnriched: true })] as const;
const withOutputs: Record<string, WithOutput> = {};
for (const name of OPTIONAL_OUTPUT_NAMES) {
  process.stderr.write(`measuring one of ${ENRICHED} users that leaves ${name}\n`);
  withOutputs[name] = { run: await measureDirectory(ENRICHED, { outputs: [name] }), stack: countStacks(1, [name]) };
}
const bench = `${cpus().length} cores of ${cpus()[0]?.model.trim() ?? 'an unknown processor'}, Node ${process.version}`;
await writeFile(join(PROJECT, 'docs/cost.md'), costPage(measured, beside, withOutputs, stacks, bench));
