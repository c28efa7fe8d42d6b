import type { ReplayedRun } from '../../core/audit/replay.ts';
import { isNews } from '../../core/model/highlights.ts';
import type { Finding } from '../../rules/engine/finding.ts';
import type { Severity } from '../../rules/engine/severity.ts';

/** The config that a finding is there under; `both`: not with the same severity or acceptance. */
export type Side = 'config' | 'against' | 'both';

type FindingBrief = Pick<Finding, 'ruleId' | 'subject' | 'severity'> & { readonly isWaived: boolean };

/** A finding that two configs do not agree on. */
export interface Disagreement extends FindingBrief {
  readonly side: Side;
  /** The severity under the other config, where the side is `both`. */
  readonly againstSeverity: Severity | undefined;
  /** Names of runs. */
  readonly firstNight: string;
  readonly lastNight: string;
  readonly nights: number;
}

/** A rule under two configs. */
export interface RuleComparison {
  readonly ruleId: string;
  /** Findings that only this config has, in whatever runs. */
  readonly onlyConfig: number;
  readonly onlyAgainst: number;
  /** Digests with news of the rule. */
  readonly alertsConfig: number;
  readonly alertsAgainst: number;
}

export interface ConfigComparison {
  readonly findings: readonly Disagreement[];
  readonly rules: readonly RuleComparison[];
}

const briefOf = ({ ruleId, subject, severity, state }: Finding): FindingBrief => ({
  ruleId,
  subject,
  severity,
  isWaived: state === 'waived',
});

const countOne = (counts: Map<string, number>, key: string): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1);
};

/** The rules that the mail of a run has news of. */
const notifiedRules = ({ alert, highlights }: ReplayedRun): ReadonlySet<string> =>
  new Set(alert === undefined ? [] : highlights.flatMap(({ kind, ruleId }) => (isNews(kind) ? [ruleId] : [])));

/** Compares the findings of two configs, run by run; as much is kept as one run has findings. */
export const compareRuns = () => {
  const disagreements = new Map<string, Disagreement>();
  const alerts = { config: new Map<string, number>(), against: new Map<string, number>() };

  const addDisagreement = (run: string, id: string, side: Side, brief: FindingBrief, other?: FindingBrief): void => {
    const key = `${side}/${id}`;
    const known = disagreements.get(key);
    disagreements.set(key, {
      side,
      ...brief,
      againstSeverity: other?.severity,
      firstNight: known?.firstNight ?? run,
      lastNight: run,
      nights: (known?.nights ?? 0) + 1,
    });
  };

  return {
    add(run: string, config: ReplayedRun, against: ReplayedRun): void {
      for (const ruleId of notifiedRules(config)) countOne(alerts.config, ruleId);
      for (const ruleId of notifiedRules(against)) countOne(alerts.against, ruleId);

      const found = new Map<string, FindingBrief>();
      for (const finding of config.findings) if (finding.state !== 'resolved') found.set(finding.id, briefOf(finding));
      for (const finding of against.findings) {
        if (finding.state === 'resolved') continue;
        const brief = briefOf(finding);
        const other = found.get(finding.id);
        found.delete(finding.id);
        if (other === undefined) addDisagreement(run, finding.id, 'against', brief);
        else if (other.severity !== brief.severity || other.isWaived !== brief.isWaived)
          addDisagreement(run, finding.id, 'both', other, brief);
      }
      for (const [id, brief] of found) addDisagreement(run, id, 'config', brief);
    },

    result(): ConfigComparison {
      const findings = [...disagreements.values()];
      const count = (ruleId: string, side: Side): number =>
        findings.filter((finding) => finding.ruleId === ruleId && finding.side === side).length;
      const ruleIds = new Set([
        ...findings.map(({ ruleId }) => ruleId),
        ...alerts.config.keys(),
        ...alerts.against.keys(),
      ]);
      const rules = [...ruleIds].map((ruleId) => ({
        ruleId,
        onlyConfig: count(ruleId, 'config'),
        onlyAgainst: count(ruleId, 'against'),
        alertsConfig: alerts.config.get(ruleId) ?? 0,
        alertsAgainst: alerts.against.get(ruleId) ?? 0,
      }));
      return {
        findings,
        rules: rules.filter(
          ({ onlyConfig, onlyAgainst, alertsConfig, alertsAgainst }) =>
            onlyConfig + onlyAgainst > 0 || alertsConfig !== alertsAgainst,
        ),
      };
    },
  };
};
