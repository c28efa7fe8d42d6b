import type { Archive } from '../../core/archive/archive.ts';
import { audit } from '../../core/audit/audit.ts';
import { defaultConfig } from '../../core/config/config.ts';
import { stoppedClock } from '../../core/model/clock.ts';
import { digestChannel } from '../../core/notify/channels/digest.ts';
import { configureRules } from '../../rules/engine/configure.ts';
import type { Rule } from '../../rules/engine/rule.ts';
import type { Waiver } from '../../rules/engine/waiver.ts';
import { rules } from '../../rules/index.ts';
import type { PermissionGroup } from '../../simulator/groups.ts';
import type { Role } from '../../simulator/roles.ts';
import { anAuditRequest } from '../support/audit-request.ts';
import { knownFacts } from '../support/known-facts.ts';
import { listingOf } from '../support/listing.ts';

export interface AuditedNight {
  readonly environmentId: string;
  /** ISO 8601. */
  readonly asOf: string;
  readonly users: readonly unknown[];
  /** The roles and the groups that are read besides; none are where they are left out. */
  readonly roles?: readonly Role[];
  readonly groups?: readonly PermissionGroup[];
  /** The listing breaks off after these users. */
  readonly isCut?: boolean;
  readonly waivers?: readonly Waiver[];
  /** As an older version has it; that of today where it is left out. */
  readonly catalogue?: readonly Rule[];
  /** Besides the catalogue. */
  readonly own?: readonly Rule[];
}

const EVERYTHING = new Set(['iamRoles', 'permissionGroups'] as const);

/** Audits a night into an archive by the whole catalogue, as it is without a config. */
export const auditNight = async (
  archive: Archive,
  { environmentId, asOf, users, roles, groups, isCut = false, waivers = [], catalogue = rules, own = [] }: AuditedNight,
): Promise<void> => {
  const request = anAuditRequest({ environmentId, asOf: new Date(asOf) });
  const { report } = await audit(request, {
    listUsers: listingOf(
      [users],
      isCut ? { complete: false, reason: 'deadline', message: 'too slow' } : { complete: true },
    ),
    archive,
    channels: [digestChannel(async () => 'message')],
    rules: configureRules([...catalogue, ...own], {}, roles === undefined ? new Set() : EVERYTHING),
    ...(roles !== undefined && { enrich: EVERYTHING, enrichments: knownFacts(roles, groups) }),
    waivers,
    trustedAccounts: [],
    reminders: defaultConfig(rules).reminders,
    maxDropPercent: 20,
    lateAfterHours: 6,
    config: {},
    clock: stoppedClock(Date.parse(asOf)),
  });
  if (report.verdict !== (isCut ? 'INCOMPLETE' : 'COMPLETE'))
    throw new Error(`the audit of ${environmentId} at ${asOf} is ${report.verdict}: ${report.message}`);
};
