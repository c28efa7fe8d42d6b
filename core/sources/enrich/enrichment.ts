import type { GroupRecord } from '../../model/groups.ts';
import type { RoleRecord, Roles } from '../../model/roles.ts';

/** The roles that are to be read once everybody is listed. */
export interface RolesRequest {
  /** The distinct ARNs of own and trusted accounts; gives them anew each time. */
  readonly arns: () => Iterable<string>;
  /** As the last complete run knew them; undefined where there is none, or it read none. */
  readonly before: Roles | undefined;
  /** Milliseconds since the epoch. */
  readonly deadline: number;
}

/**
 * Readers of facts about users and their principals that the directory does not hold. What a service does ends in a
 * record that says so, never in a throw.
 */
export interface Enrichments {
  /** Gives a record for each ARN. */
  readonly roles?: ((request: RolesRequest) => AsyncIterable<RoleRecord>) | undefined;
  /** Gives every group, and the members of risky ones. */
  readonly groups?: ((deadline: number) => AsyncIterable<GroupRecord>) | undefined;
}
