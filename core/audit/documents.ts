import type { RunKeys } from '../archive/keys.ts';
import type { Manifest, StoredManifest } from '../archive/manifest.ts';
import { type Evidence, evidenceOf, hashOf } from '../archive/staging.ts';
import type { Highlight } from '../model/highlights.ts';
import type { Counts, Report } from '../model/report.ts';
import { continueTrend, type TrendPoint, trendPoint } from '../model/trend.ts';
import { CODE_VERSION } from '../model/version.ts';
import type { Alert } from '../notify/channel.ts';
import { ARCHIVE_PLACE } from '../notify/deliver.ts';
import { composeDigest } from '../notify/digest/digest.ts';
import type { DigestFacts } from '../notify/digest/facts.ts';
import { reportPage } from '../outputs/html/html.ts';
import type { Judgement } from './judging.ts';
import type { AuditSettings, Run } from './run.ts';
import type { Shortfall } from './verdict.ts';

/** `report.json`. */
export const reportOf = (
  { request, name, criteria }: Run,
  last: Manifest | undefined,
  shortfall: Shortfall | undefined,
  counts: Counts,
  { outcomes, findings, waiverTroubles }: Pick<Judgement, 'outcomes' | 'findings' | 'waiverTroubles'>,
  trend: readonly TrendPoint[] = [],
): Report => ({
  schemaVersion: 1,
  run: name,
  environmentId: request.environmentId,
  accountId: request.accountId,
  ...(request.auditorAccountId !== undefined && { auditorAccountId: request.auditorAccountId }),
  region: request.region,
  asOf: criteria.asOf,
  verdict: shortfall?.verdict ?? 'COMPLETE',
  ...(shortfall !== undefined && { reason: shortfall.reason, message: shortfall.message }),
  counts,
  rules: outcomes,
  findings,
  ...(waiverTroubles !== undefined && { waiverTroubles }),
  ...(last !== undefined && { previousRun: last.run }),
  trend: continueTrend(trend, shortfall === undefined ? trendPoint(name, findings.bySeverity) : undefined),
});

const hashesOf = ({ rules, waivers, config }: AuditSettings): Manifest['hashes'] => ({
  ruleset: hashOf(rules),
  config: hashOf(config),
  waivers: hashOf(waivers),
});

/** The manifest, unsigned. */
export const manifestOf = (
  run: Run,
  last: StoredManifest | undefined,
  report: Report,
  objects: Manifest['objects'],
): Manifest => {
  const { rules } = run.settings;
  return {
    schemaVersion: 1,
    run: report.run,
    environmentId: report.environmentId,
    accountId: report.accountId,
    region: report.region,
    asOf: report.asOf,
    verdict: report.verdict,
    ...(report.reason !== undefined && { reason: report.reason }),
    counts: report.counts,
    objects,
    hashes: hashesOf(run.settings),
    rules: Object.fromEntries(
      rules.map(({ rule, state, severity, options }) => [
        rule.id,
        { state, options, ...(severity !== undefined && { severity }) },
      ]),
    ),
    trustedAccounts: [...run.criteria.context.trustedAccounts],
    codeVersion: CODE_VERSION,
    ...(last !== undefined && { previous: { run: last.manifest.run, key: last.key, sha256: last.sha256 } }),
  };
};

export const jsonEvidence = (value: unknown): Evidence => evidenceOf(`${JSON.stringify(value, null, 2)}\n`);

/** The run as people read it. `manifestKey` names what will vouch for it. */
export const pageOf = (
  { settings }: Run,
  last: StoredManifest | undefined,
  report: Report,
  highlights: readonly Highlight[],
  objects: Manifest['objects'],
  manifestKey?: string,
): Evidence => {
  const { environmentName, timeZone, rules } = settings;
  return evidenceOf(
    reportPage({
      report,
      rules,
      highlights,
      objects,
      hashes: hashesOf(settings),
      codeVersion: CODE_VERSION,
      ...(environmentName !== undefined && { environmentName }),
      ...(timeZone !== undefined && { timeZone }),
      ...(last !== undefined && { last }),
      ...(manifestKey !== undefined && { manifestKey }),
    }),
  );
};

/** The mail; undefined where there is nothing to tell. */
export const digestOf = (
  run: Run,
  keys: RunKeys,
  report: Report,
  highlights: readonly Highlight[],
  earlier: Report | undefined,
): Alert | undefined => {
  const { environmentName } = run.settings;
  const facts: DigestFacts = {
    report,
    highlights,
    earlierTroubles: earlier?.waiverTroubles ?? [],
    rules: run.criteria.catalogue,
    reportLocation: `${ARCHIVE_PLACE}/${keys.object('html')}`,
    ...(environmentName !== undefined && { environmentName }),
  };
  return composeDigest(facts);
};
