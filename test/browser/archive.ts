import { folderArchive } from '../../core/archive/folder.ts';
import type { Manifest } from '../../core/archive/manifest.ts';
import { audit } from '../../core/audit/audit.ts';
import { configuredSettings } from '../../core/audit/settings.ts';
import { defaultConfig } from '../../core/config/config.ts';
import { stoppedClock } from '../../core/model/clock.ts';
import { digestChannel } from '../../core/notify/channels/digest.ts';
import type { ListingEnd } from '../../core/sources/source.ts';
import { rules } from '../../rules/index.ts';
import { ACCOUNT, anApiUser, aUser, daysAgo, ENVIRONMENT, NOW, type UserRecord } from '../support/builders.ts';
import { listingOf } from '../support/listing.ts';

/** Texts that a page must show and never obey. */
export const NASTY = {
  tag: '<img src=x onerror=alert(1)>',
  script: '</script><script>alert(1)</script>',
  formula: "=cmd|'/c calc'!A1",
  override: 'gpj\u202egnp.exe',
  rightToLeft: 'שלום עולם',
  emoji: '👩‍💻🏳️‍🌈',
  wide: '漢'.repeat(50),
  surrogate: 'half\ud83d',
  separator: 'line\u2028separator',
} as const;

/** Users of every sort: stale, foreign, sharing, and some whose values are meant to harm. */
const directory = (count: number): readonly UserRecord[] => [
  ...Array.from({ length: count }, (_, n) => aUser({ userId: `sound${n}` })),
  ...Array.from({ length: 42 }, (_, n) => aUser({ userId: `stale${n}`, lastLoginTime: daysAgo(100 + n) })),
  anApiUser({ userId: 'super', type: 'SUPER_USER' }),
  anApiUser({ userId: 'waived', type: 'SUPER_USER' }),
  anApiUser({ userId: 'outsider', apiAccessPrincipalArn: 'arn:aws:iam::999988887777:role/vendor' }),
  ...Object.values(NASTY).map((text, n) =>
    anApiUser({ userId: `${n}${text}`, status: text, apiAccessPrincipalArn: `${text} ${n}`, emailAddress: text }),
  ),
];

/** So many that each fails severely. */
const outsiders = (count: number): readonly UserRecord[] =>
  Array.from({ length: count }, (_, n) =>
    anApiUser({ userId: `outsider${n}`, apiAccessPrincipalArn: `arn:aws:iam::999988887777:role/vendor-${n}` }),
  );

/** Paths of pages below the archive's root. */
export interface ReadersArchive {
  readonly complete: string;
  /** The findings of that run by user and by control, and further pages of both where there are many findings. */
  readonly users: string;
  readonly controls: string;
  readonly further: string;
  readonly furtherUsers: string;
  readonly incomplete: string;
  readonly index: string;
}

/** Three nights in a folder, of which the second is only seen in part at first. */
export const writeArchive = async (folder: string): Promise<ReadersArchive> => {
  const archive = folderArchive(folder);
  const config = { ...defaultConfig(rules), rules: { 'email-domain': { allowedDomains: ['quagmire.example'] } } };
  const waiver = {
    rule: 'super-user-api-access',
    user: 'waived',
    reason: `${NASTY.tag} ${NASTY.rightToLeft}`,
    owner: 'owner@example.com',
    approver: 'approver@example.com',
    expires: '2027-01-31',
  };
  const night = async (
    n: number,
    users: readonly UserRecord[],
    end?: ListingEnd,
    environmentId = ENVIRONMENT,
  ): Promise<Manifest['objects']> => {
    const { objects } = await audit(
      {
        environmentId,
        accountId: ACCOUNT,
        region: 'us-east-1',
        partition: 'aws',
        asOf: new Date(NOW + n * 86_400_000),
        attempt: 'try',
        deadline: Number.POSITIVE_INFINITY,
        acceptRosterDrop: false,
      },
      {
        ...configuredSettings(config, [waiver], environmentId),
        environmentName: `research ${NASTY.tag}`,
        listUsers: listingOf([users], end),
        archive,
        channels: [digestChannel(async () => 'receipt')],
        clock: stoppedClock(NOW + n * 86_400_000),
      },
    );
    return objects;
  };
  const keyOf = (name: string, objects: Manifest['objects']): string => {
    const object = objects[name];
    if (object === undefined) throw new Error(`no page ${name} among ${Object.keys(objects).join(', ')}`);
    return object.key;
  };

  const everybody = directory(30);
  await night(-2, directory(20));
  const incomplete = await night(-1, everybody.slice(0, 60), {
    complete: false,
    reason: 'deadline',
    message: `page 2: no answer ${NASTY.tag}`,
  });
  await night(-1, everybody);
  const complete = await night(0, everybody.slice(1));
  const crowd = await night(0, outsiders(2500), undefined, 'crowd');
  return {
    complete: keyOf('html', complete),
    users: keyOf('users', complete),
    controls: keyOf('controls', complete),
    further: keyOf('html-2', crowd),
    furtherUsers: keyOf('users-2', crowd),
    incomplete: keyOf('html', incomplete),
    index: `reports/environment=${ENVIRONMENT}/index.html`,
  };
};
