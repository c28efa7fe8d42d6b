import type { Finding } from '../../rules/engine/finding.ts';
import type { Severity } from '../../rules/engine/severity.ts';
import type { Judged } from './judge.ts';

/** Under which of two configs a finding is there; `both`: not with the same severity or acceptance. */
export type Side = 'config' | 'against' | 'both';

/** A finding that two configs do not agree on. */
export interface Disagreement {
  readonly side: Side;
  readonly ruleId: string;
  readonly subject: Finding['subject'];
  readonly severity: Severity;
  /** There where the side is `both`: what it is under the other config. */
  readonly againstSeverity?: Severity;
  readonly isWaived: boolean;
  /** Names of runs. */
  readonly firstNight: string;
  readonly lastNight: string;
  readonly nights: number;
}

/** What two configs make of the same rule. */
export interface RuleComparison {
  readonly ruleId: string;
  /** Findings that only this config has, on whatever nights. */
  readonly onlyConfig: number;
  readonly onlyAgainst: number;
  /** Digests that tell of the rule. */
  readonly alertsConfig: number;
  readonly alertsAgainst: number;
}

export interface Comparison {
  readonly findings: readonly Disagreement[];
  readonly rules: readonly RuleComparison[];
}

type Brief = Pick<Finding, 'ruleId' | 'subject' | 'severity'> & { readonly isWaived: boolean };

const briefOf = ({ ruleId, subject, severity, state }: Finding): Brief => ({
  ruleId,
  subject,
  severity,
  isWaived: state === 'waived',
});

const add = (counts: Map<string, number>, key: string): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1);
};

/** Compares what two configs find, night by night; as much is kept as one night has findings. */
export const compareNights = () => {
  const disagreements = new Map<string, Disagreement>();
  const alerts = { config: new Map<string, number>(), against: new Map<string, number>() };

  const note = (run: string, id: string, side: Side, brief: Brief, other?: Brief): void => {
    const key = `${side}/${id}`;
    const earlier = disagreements.get(key);
    disagreements.set(key, {
      side,
      ...brief,
      ...(other !== undefined && { againstSeverity: other.severity }),
      firstNight: earlier?.firstNight ?? run,
      lastNight: run,
      nights: (earlier?.nights ?? 0) + 1,
    });
  };

  return {
    async add(run: string, config: Judged, against: Judged): Promise<void> {
      for (const ruleId of config.toldRules) add(alerts.config, ruleId);
      for (const ruleId of against.toldRules) add(alerts.against, ruleId);

      const found = new Map<string, Brief>();
      for await (const finding of config.findings())
        if (finding.state !== 'resolved') found.set(finding.id, briefOf(finding));
      for await (const finding of against.findings()) {
        if (finding.state === 'resolved') continue;
        const brief = briefOf(finding);
        const other = found.get(finding.id);
        found.delete(finding.id);
        if (other === undefined) note(run, finding.id, 'against', brief);
        else if (other.severity !== brief.severity || other.isWaived !== brief.isWaived)
          note(run, finding.id, 'both', other, brief);
      }
      for (const [id, brief] of found) note(run, id, 'config', brief);
    },

    result(): Comparison {
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
