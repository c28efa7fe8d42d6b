import { type GroupRecord, isRisky } from '../../model/groups.ts';
import type { Enrichments } from '../enrich/enrichment.ts';
import { openListing } from './listing.ts';
import type { PagedList } from './page.ts';
import { openSession, type ReaderSettings, readerSettings, type Session } from './reader.ts';
import type { FinspaceSettings } from './settings.ts';
import { encode } from './signing.ts';

/** https://docs.aws.amazon.com/finspace/latest/data-api/API_ListPermissionGroups.html */
export const PERMISSION_GROUPS: PagedList = {
  operation: 'ListPermissionGroups',
  path: '/permission-group',
  member: 'permissionGroups',
};

/** https://docs.aws.amazon.com/finspace/latest/data-api/API_ListUsersByPermissionGroup.html */
const membersOf = (groupId: string): PagedList => ({
  operation: 'ListUsersByPermissionGroup',
  path: `/permission-group/${encode(groupId)}/users`,
  member: 'users',
});

type Members = Readonly<Record<string, unknown>>;

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** A list that did not come to its end, or has a record that nothing can be made of: who is a member is then unknown. */
class Unread extends Error {
  override readonly name = 'Unread';
}

async function* recordsOf(settings: ReaderSettings, session: Session, list: PagedList): AsyncGenerator<Members> {
  const { pages, end } = openListing(settings, undefined, { list, session });
  for await (const page of pages) for (const record of page) yield Object(record);
  const ended = end();
  if (!ended.complete) throw new Unread(`permission groups were not read in full: ${list.operation}: ${ended.message}`);
}

const groupOf = ({ permissionGroupId, name, applicationPermissions }: Members) => {
  if (!isText(permissionGroupId)) throw new Unread('a permission group has no permissionGroupId');
  if (!Array.isArray(applicationPermissions) || !applicationPermissions.every(isText))
    throw new Unread('applicationPermissions of a permission group are missing or no list of texts');
  return { permissionGroupId, ...(name !== undefined && { name }), applicationPermissions };
};

/** Reads the permission groups of an environment, and then who is in those by which a user reaches more than it shows. */
export const permissionGroups = (settings: FinspaceSettings): NonNullable<Enrichments['groups']> =>
  async function* read(deadline): AsyncGenerator<GroupRecord> {
    // Its pages are none of the listing's.
    const reader: ReaderSettings = { ...readerSettings(settings), deadline, onEvent: () => undefined };
    const session = openSession(reader);
    const risky = new Set<string>();
    try {
      for await (const record of recordsOf(reader, session, PERMISSION_GROUPS)) {
        const group = groupOf(record);
        if (isRisky(group.applicationPermissions)) risky.add(group.permissionGroupId);
        yield group;
      }
      for (const permissionGroupId of risky) {
        for await (const { userId, membershipStatus } of recordsOf(reader, session, membersOf(permissionGroupId))) {
          if (!isText(userId)) throw new Unread('a member of a permission group has no userId');
          yield { permissionGroupId, userId, ...(membershipStatus !== undefined && { membershipStatus }) };
        }
      }
    } catch (error) {
      if (!(error instanceof Unread)) throw error;
      yield { unread: error.message };
    }
  };
