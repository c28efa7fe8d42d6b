import type { Manifest } from '../../core/archive/manifest.ts';
import { runName } from '../../core/model/run-name.ts';
import { FINDING_STATES, type Finding, RESOLUTION_CAUSES } from '../../rules/engine/finding.ts';
import { SEVERITIES } from '../../rules/engine/severity.ts';
import { rules } from '../../rules/index.ts';
import { ACCOUNT, ENVIRONMENT, NOW } from './builders.ts';

export const AS_OF = new Date(NOW).toISOString();

export const aFinding = (overrides: Partial<Finding> = {}): Finding => {
  const { ruleId = 'stale-login', subject = { kind: 'user', id: 'u1' } } = overrides;
  return {
    id: `${ENVIRONMENT}/${ruleId}/${subject.id}`,
    ruleId,
    severity: 'MEDIUM',
    state: 'open',
    subject,
    message: 'last login 91 days ago; at most 90 allowed',
    evidence: { emailAddress: 'zebulon.u1@quagmire.example', lastLoginTime: 1_787_000_000_000 },
    controls: rules.find(({ id }) => id === ruleId)?.controls ?? [],
    firstSeen: '2026-11-20T02:00:00.000Z',
    lastSeen: AS_OF,
    runs: 5,
    ...overrides,
  };
};

export const aWaiver = {
  reason: 'Zebulon Quagmire needs it until the move',
  ticket: 'SEC-1234',
  owner: 'owner@quagmire.example',
  approver: 'approver@quagmire.example',
  expires: '2027-03-31',
};

/** A finding of each rule, each state, each severity, each cause of an end, each kind of subject, and one carried. */
export const findingsOfAllKinds = (): readonly Finding[] => [
  ...rules.map(({ id }) => aFinding({ ruleId: id })),
  ...FINDING_STATES.map((state) => aFinding({ state, ...(state === 'waived' && { waiver: aWaiver }) })),
  ...SEVERITIES.map((severity) => aFinding({ severity })),
  ...RESOLUTION_CAUSES.map((cause) => aFinding({ state: 'resolved', cause, resolvedAt: AS_OF })),
  aFinding({ carried: true, carriedFor: 'lastLoginTime is missing' }),
  aFinding({ subject: { kind: 'environment', id: ENVIRONMENT } }),
  aFinding({ subject: { kind: 'principal', id: `arn:aws:iam::${ACCOUNT}:role/analyst` } }),
  aFinding({ subject: { kind: 'principal', id: 'Zebulon Quagmire' } }),
];

/** The manifest of a complete run, without objects. */
export const aManifest = (overrides: Partial<Manifest> = {}): Manifest => ({
  schemaVersion: 1,
  run: runName(new Date(NOW)),
  environmentId: ENVIRONMENT,
  accountId: ACCOUNT,
  region: 'us-east-1',
  partition: 'aws',
  asOf: AS_OF,
  verdict: 'COMPLETE',
  counts: { users: 1, duplicates: 0, pages: 1, requests: 2, throttled: 0, retries: 0 },
  objects: {},
  hashes: { ruleset: 'a', config: 'b', waivers: 'c' },
  rules: {},
  trustedAccounts: [ACCOUNT],
  ...overrides,
});
