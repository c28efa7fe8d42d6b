import type { Manifest } from '../../core/archive/manifest.ts';
import { fullNameOf, groupsCell, memberText, timeCell } from '../../core/model/user-text.ts';
import { cellsLine } from '../../core/outputs/csv.ts';
import type { SelectedUser, Selection, Trait } from '../../core/review/selection.ts';
import { harmlessJson, numberText, oneLine, plainLine, plural, truncate } from '../../core/text/plain-text.ts';
import { severityCell } from '../terminal/audit-view.ts';
import { type Cell, table } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** The users of a run that were asked for. */
export interface UsersFound {
  readonly manifest: Manifest;
  readonly traits: readonly Trait[];
  readonly selection: Selection;
  readonly counts: { readonly selected: number; readonly unknown: number; readonly disabled: number };
  /** Sentences that whoever takes the answer has to know. */
  readonly notes: readonly string[];
}

const WORDS: Readonly<Record<Trait, string>> = {
  apiAccess: 'with API access',
  privileged: 'privileged',
  stale: 'without a recent login',
};

/** The rows that are aligned with one another: of a million none wait. */
const ROWS_AT_ONCE = 500;

const MAX_TEXT = 120;

const cellsOf = ({ user, findings, unknown }: SelectedUser, { context }: Selection) => ({
  userId: user.id,
  name: fullNameOf(user),
  emailAddress: memberText(user.emailAddress),
  type: memberText(user.type),
  status: memberText(user.status),
  apiAccess: memberText(user.apiAccess),
  apiAccessPrincipalArn: user.principalArn ?? '',
  permissionGroups: groupsCell(user, context),
  lastLogin: timeCell(user.lastLoginTime, context),
  openFindings: findings.count,
  worstSeverity: findings.worst ?? '',
  notKnown: unknown ?? '',
});

const COLUMNS = [
  'userId',
  'name',
  'emailAddress',
  'type',
  'status',
  'apiAccess',
  'apiAccessPrincipalArn',
  'permissionGroups',
  'lastLogin',
  'openFindings',
  'worstSeverity',
  'notKnown',
] as const satisfies readonly (keyof ReturnType<typeof cellsOf>)[];

/** `7 of 400 users with API access, 2 of them DISABLED, in run …`; names nobody. */
export const titleOf = ({ manifest, traits, counts }: UsersFound): string => {
  const { run, environmentId, asOf, verdict } = manifest;
  const { selected, unknown, disabled } = counts;
  const who = `${numberText(selected)} of ${plural(manifest.counts.users, 'user')}`;
  const among = [
    ...(disabled > 0 ? [`${numberText(disabled)} of them DISABLED`] : []),
    ...(unknown > 0 ? [`${numberText(unknown)} of whom it is not known`] : []),
  ];
  const [first, ...others] = traits.map((trait) => WORDS[trait]);
  const those = first === undefined ? who : `${who} ${first}`;
  return `${[those, ...others, ...among].join(', ')}, in run ${run} (${verdict}) of environment ${environmentId}, as of ${asOf}`;
};

/**
 * Names a user's access, and by what it reaches further; of a role of the environment's own account the name is
 * enough.
 */
const accessText = (user: ReturnType<typeof cellsOf>, { accountId }: Manifest): string =>
  [
    [user.name, user.emailAddress === '' ? '' : `<${user.emailAddress}>`].filter((text) => text !== '').join(' '),
    user.apiAccessPrincipalArn.replace(new RegExp(`^arn:aws[a-z-]*:iam::${accountId}:(?=role/)`), ''),
    /^(?:not read|$)/.test(user.permissionGroups) ? '' : user.permissionGroups,
    user.notKnown === '' ? '' : `NOT KNOWN: ${user.notKnown}`,
  ]
    .filter((text) => text !== '')
    .map((text) => truncate(oneLine(text), MAX_TEXT))
    .join('; ');

const HEADINGS = ['USER', 'TYPE', 'STATUS', 'API', 'LAST LOGIN', 'WORST', 'WHO'];

export const listAsTable = async (listing: UsersFound, out: Terminal): Promise<void> => {
  out.line(out.paint('bold', plainLine(titleOf(listing))));
  if (listing.counts.selected > 0) out.line();
  let rows: (readonly Cell[])[] = [];
  let headings: readonly string[] | undefined = HEADINGS;
  const show = (): void => {
    if (rows.length > 0) out.write(table(out, headings, rows));
    [rows, headings] = [[], undefined];
  };
  for await (const selected of listing.selection.users()) {
    const user = cellsOf(selected, listing.selection);
    const short = [user.userId, user.type, user.status, user.apiAccess].map((text) => truncate(oneLine(text), 32));
    const worst = selected.findings.worst;
    rows.push([
      ...short,
      user.lastLogin.slice(0, 10),
      worst === undefined ? '' : severityCell(worst),
      accessText(user, listing.manifest),
    ]);
    if (rows.length === ROWS_AT_ONCE) show();
  }
  show();
};

export const listAsCsv = async ({ selection }: UsersFound, out: Terminal): Promise<void> => {
  out.line(COLUMNS.join(','));
  for await (const selected of selection.users()) {
    const user = cellsOf(selected, selection);
    out.line(cellsLine(COLUMNS.map((column) => user[column])).trimEnd());
  }
};

/** Writes one JSON value, of which no user waits for another. */
export const listAsJson = async (
  { manifest, traits, selection, counts, notes }: UsersFound,
  out: Terminal,
): Promise<void> => {
  const { run, environmentId, asOf, verdict, reason } = manifest;
  const head = { schemaVersion: 1, environmentId, run, asOf, verdict, reason, traits, counts, notes };
  out.line(`${harmlessJson(JSON.stringify(head)).slice(0, -1)},"users":[`);
  let isFirst = true;
  for await (const selected of selection.users()) {
    out.line(`${isFirst ? '' : ','}${harmlessJson(JSON.stringify(cellsOf(selected, selection)))}`);
    isFirst = false;
  }
  out.line(']}');
};
