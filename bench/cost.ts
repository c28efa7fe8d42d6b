import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { parseConfig } from '../core/config/read-config.ts';
import { REPORTING_MARGIN_MS } from '../lambda/invocation.ts';
import { AuditorStack } from '../lib/auditor-stack.ts';
import { rules } from '../rules/index.ts';
import { lazyDirectory } from '../simulator/directory.ts';
import { startSimulator } from '../simulator/server.ts';
import type { StackCounts } from './cost-model.ts';
import { costPage } from './cost-page.ts';
import type { MeasuredRun } from './measured-run.ts';
import { ASOF } from './pages.ts';
import { measureRuns } from './processes.ts';

const PROJECT = resolve(import.meta.dirname, '..');
const SIZES = [50, 10_000, 1_000_000] as const;

/** Makes two runs, and measures the second: the first one has nothing to compare with. */
const measureDirectory = async (users: number): Promise<MeasuredRun> => {
  const directory = lazyDirectory({ users, seed: 1, asOf: ASOF, accountId: '111122223333' });
  const { url, environmentId, close } = await startSimulator({ users: directory });
  try {
    return await measureRuns(url, 2, environmentId);
  } finally {
    await close();
  }
};

/** CloudWatch counts an alarm by the metrics that it looks at. */
const alarmMetricsOf = (alarm: Readonly<Record<string, unknown>>): number =>
  Array.isArray(alarm.Metrics)
    ? alarm.Metrics.filter((query: Readonly<Record<string, unknown>>) => 'MetricStat' in query).length
    : 1;

const countStack = (): StackCounts => {
  const configFile = join(PROJECT, 'audit.yaml');
  const config = parseConfig(readFileSync(configFile, 'utf8'), configFile, rules);
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] }, builtinCloudFormationValidation: false });
  const template = Template.fromStack(new AuditorStack(app, 'Cost', { config, configFile }));
  const all = (type: string) => Object.values(template.findResources(type)).map(({ Properties }) => Properties);
  const [{ MemorySize, Timeout }] = all('AWS::Lambda::Function');
  return {
    memoryMb: MemorySize,
    deadlineSeconds: Timeout - REPORTING_MARGIN_MS / 1000,
    keys: all('AWS::KMS::Key').length,
    alarmMetrics: all('AWS::CloudWatch::Alarm').reduce((sum, alarm) => sum + alarmMetricsOf(alarm), 0),
    dashboards: all('AWS::CloudWatch::Dashboard').length,
    mailSubscriptions: all('AWS::SNS::Subscription').length,
  };
};

const measured: MeasuredRun[] = [];
for (const users of SIZES) {
  process.stderr.write(`measuring a directory of ${users} users\n`);
  measured.push(await measureDirectory(users));
}
const bench = `${cpus().length} cores of ${cpus()[0]?.model.trim() ?? 'an unknown processor'}, Node ${process.version}`;
await writeFile(join(PROJECT, 'docs/cost.md'), costPage(measured, countStack(), bench));
