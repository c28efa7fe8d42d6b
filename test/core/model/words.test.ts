import { describe, expect, test } from '@jest/globals';
import type { EnrichedCounts } from '../../../core/model/report.ts';
import { besideTexts } from '../../../core/model/words.ts';

describe('how facts beside the listing were read', () => {
  const none = { principals: 0, read: 0, standIns: 0, unread: 0 };
  test.each<{ name: string; enriched?: EnrichedCounts; texts: readonly (readonly [string, string])[] }>([
    { name: 'nobody asked', texts: [] },
    {
      name: 'there was nothing to read',
      enriched: { iamRoles: none, permissionGroups: { groups: 0, risky: 0, members: 0 } },
      texts: [
        ['Roles', 'no role of an own or trusted account stands on anybody'],
        ['Groups', '0 groups, 0 that manage users or give credentials, with 0 memberships'],
      ],
    },
    {
      name: 'all were read',
      enriched: {
        iamRoles: { ...none, principals: 1, read: 1 },
        permissionGroups: { groups: 12, risky: 1, members: 1500 },
      },
      texts: [
        ['Roles', '1 of 1 role read'],
        ['Groups', '12 groups, 1 that manage users or give credentials, with 1,500 memberships'],
      ],
    },
    {
      name: 'some stood in, and some were not read',
      enriched: {
        iamRoles: {
          principals: 10,
          read: 4,
          standIns: 2,
          standInsFrom: '2026-11-20T02:00:00.000Z',
          unread: 4,
          reason: 'iam:GetRole failed: AccessDenied (403)',
          otherReasons: 1,
        },
        permissionGroups: { groups: 3, risky: 1, members: 7, unread: 'ListPermissionGroups was cut' },
      },
      texts: [
        [
          'Roles',
          '4 of 10 roles read; 2 judged by an earlier answer, the oldest of 2026-11-20; 4 NOT READ and not judged (iam:GetRole failed: AccessDenied (403), 1 of them for another reason)',
        ],
        ['Groups', 'NOT READ IN FULL, so that nobody is judged by them (ListPermissionGroups was cut)'],
      ],
    },
    {
      name: 'an older version did not count reasons',
      enriched: { iamRoles: { principals: 2, read: 0, standIns: 0, unread: 2 } },
      texts: [['Roles', '0 of 2 roles read; 2 NOT READ and not judged']],
    },
  ])('is told where $name', ({ enriched, texts }) => {
    expect(besideTexts(enriched === undefined ? {} : { enriched })).toEqual(texts);
  });
});
