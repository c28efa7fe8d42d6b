import { Readable } from 'node:stream';
import type { Archive } from '../archive/archive.ts';

import { digestOfBody, jsonText, type StagedContent, stagedContent } from '../archive/staging.ts';
import { unguarded } from '../outputs/csv.ts';
import { readCsv } from '../text/csv-reader.ts';
import { oneLine, plural } from '../text/plain-text.ts';
import { historyText } from './history-text.ts';
import {
  type FileDigest,
  PACK_MANIFEST,
  PackError,
  type PackManifest,
  REVIEWERS_FILE,
  readPack,
  type StoredPack,
} from './pack-manifest.ts';
import { section as titled } from './readme.ts';
import { asSpread, checkWorksheets, DECISIONS, type Decision, type ReviewDecision } from './worksheet.ts';

export const SIGNED_OFF = 'signed-off.json';
const SIGNED_OFF_TEXT = 'signed-off.txt';
/** `signed-off-worksheet.csv`, and with numbers those that were handed in besides. */
const worksheetFile = (index: number): string => `signed-off-worksheet${index === 0 ? '' : `-${index + 1}`}.csv`;

export const SIGN_OFF_MANIFEST = 'signed-off-manifest.json';

/** A user whose access is to be taken away. */
type Revocation = Pick<ReviewDecision, 'userId' | 'status' | 'apiAccess' | 'justification' | 'reviewer'>;

/**
 * A user who stays for a reason that was given; `justificationToKeep`, for which the pack asked one, is empty where the
 * reviewer gave it unasked.
 */
type Justified = Pick<ReviewDecision, 'userId' | 'justificationToKeep' | 'justification' | 'reviewer'>;

/** `signed-off.json`: the decisions of a review. */
export interface SignOff extends Pick<PackManifest, 'environmentId' | 'accountId' | 'period' | 'run' | 'gaps'> {
  readonly schemaVersion: 1;
  /** The person who answers for the review. */
  readonly reviewer: string;
  /** ISO 8601, UTC. */
  readonly signedOffAt: string;
  readonly decisions: Readonly<Record<Decision, number>>;
  readonly revocations: readonly Revocation[];
  /** Users with the decision `justify`. */
  readonly exceptions: readonly Justified[];
  /** Users with the decision `keep` and a reason. */
  readonly keptWithJustification: readonly Justified[];
  /** The filled worksheet, byte by byte as it was handed in; the first where there were several. */
  readonly worksheet: FileDigest;
  /** The others. */
  readonly furtherWorksheets?: readonly FileDigest[];
  /** `manifest.json` of the pack. */
  readonly packManifest: FileDigest;
}

/** Thrown where a filled worksheet can't be signed off; each problem names the line. */
export class WorksheetError extends Error {
  override readonly name = 'WorksheetError';

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

const justifiedBy = (decided: readonly ReviewDecision[], wanted: Decision): readonly Justified[] =>
  decided
    .filter(({ decision, justification }) => decision === wanted && justification !== '')
    .map(({ userId, justificationToKeep, justification, reviewer }) => ({
      userId,
      justificationToKeep,
      justification,
      reviewer,
    }));

const signOffOf = (
  { manifest, sha256, size }: StoredPack,
  [worksheet, ...further]: readonly [FileDigest, ...FileDigest[]],
  decided: readonly ReviewDecision[],
  { reviewer, signedOffAt }: SignOffRequest,
): SignOff => {
  const { environmentId, accountId, period, run, gaps } = manifest;
  const count = (wanted: Decision): number => decided.filter(({ decision }) => decision === wanted).length;
  return {
    schemaVersion: 1,
    environmentId,
    accountId,
    period,
    run,
    reviewer,
    signedOffAt: signedOffAt.toISOString(),
    decisions: Object.fromEntries(DECISIONS.map((decision) => [decision, count(decision)])) as Record<Decision, number>,
    revocations: decided
      .filter(({ decision }) => decision === 'revoke')
      .map(({ userId, status, apiAccess, justification, reviewer: by }) => ({
        userId,
        status,
        apiAccess,
        justification,
        reviewer: by,
      })),
    exceptions: justifiedBy(decided, 'justify'),
    keptWithJustification: justifiedBy(decided, 'keep'),
    gaps,
    worksheet,
    ...(further.length > 0 && { furtherWorksheets: further }),
    packManifest: { sha256, size },
  };
};

const section = (title: string, lines: readonly string[]): string => titled(title, lines.map(oneLine), 'none');

const revocationText = ({ userId, status, apiAccess, justification, reviewer }: Revocation): string =>
  `${userId} (status ${status || 'not given'}, API access ${apiAccess || 'not given'}), by ${reviewer}${justification === '' ? '' : `: ${justification}`}`;

const justifiedText = ({ userId, justificationToKeep, justification, reviewer }: Justified): string =>
  `${userId}${justificationToKeep === '' ? '' : ` (${justificationToKeep})`}, by ${reviewer}: ${justification}`;

const signOffText = (signOff: SignOff, manifest: PackManifest): string => {
  const { environmentId, accountId, period, reviewer, signedOffAt, decisions, revocations } = signOff;
  return [
    `ACCESS REVIEW SIGNED OFF: FinSpace environment ${environmentId}, account ${accountId}`,
    `Period ${period.from} to ${period.to}`,
    `By ${oneLine(reviewer)}, ${signedOffAt}`,
    '',
    `${plural(manifest.counts.users, 'user')}: keep ${decisions.keep}, revoke ${decisions.revoke}, justify ${decisions.justify}\n`,
    section('What it speaks for', historyText(manifest)),
    section('Revocations to carry out (FinSpace has no deletion: disable)', revocations.map(revocationText)),
    section('Justified exceptions', signOff.exceptions.map(justifiedText)),
    section('Kept with a justification', signOff.keptWithJustification.map(justifiedText)),
    section('Evidence', [
      ...[signOff.worksheet, ...(signOff.furtherWorksheets ?? [])].map(
        ({ sha256 }, index) => `worksheet as handed in: ${worksheetFile(index)}, SHA-256 ${sha256}`,
      ),
      `pack: ${PACK_MANIFEST}, SHA-256 ${signOff.packManifest.sha256}`,
    ]),
  ].join('\n');
};

export interface FilledFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface SignOffRequest {
  /** The filled worksheets as they were handed in. */
  readonly filled: readonly [FilledFile, ...FilledFile[]];
  readonly reviewer: string;
  readonly signedOffAt: Date;
}

/** Stores a file, over one that a sign-off left which broke off before its manifest. */
const store = async (pack: Archive, name: string, { content }: StagedContent): Promise<void> => {
  const leftover = await pack.read(name);
  // To its end, so that no file or connection is left open.
  if (leftover !== undefined) await digestOfBody(leftover.body);
  if ((await pack.replace(name, content, 'application/octet-stream', leftover?.version)) === 'conflict')
    throw new PackError([`${name} must be written by one sign-off alone, got another at the same time`]);
};

/** Stores the files of a sign-off, and last its manifest, by which the pack is signed off. */
const storeSignOff = async (
  pack: Archive,
  { environmentId, run, reviewer, signedOffAt, packManifest }: SignOff,
  files: Readonly<Record<string, StagedContent>>,
): Promise<void> => {
  for (const [name, evidence] of Object.entries(files)) await store(pack, name, evidence);
  const { content } = stagedContent(
    jsonText({
      schemaVersion: 1,
      environmentId,
      run,
      reviewer,
      signedOffAt,
      previous: { key: PACK_MANIFEST, ...packManifest },
      files: Object.fromEntries(Object.entries(files).map(([name, { sha256, size }]) => [name, { sha256, size }])),
    }),
  );
  if ((await pack.create(SIGN_OFF_MANIFEST, content, 'application/json')) === 'exists')
    throw new PackError([`${SIGN_OFF_MANIFEST} must be written once, got another sign-off at the same time`]);
};

/** Reads who was to decide on whom. */
const readAssigned = async (pack: Archive): Promise<ReadonlyMap<string, string>> => {
  const stored = await pack.read(REVIEWERS_FILE);
  if (stored === undefined) throw new PackError([`${REVIEWERS_FILE} is missing`]);
  const assigned = new Map<string, string>();
  for await (const { cells } of readCsv(stored.body)) {
    const [userId = '', reviewer = ''] = cells.map(unguarded);
    assigned.set(asSpread(userId), reviewer);
  }
  return assigned;
};

/**
 * Checks filled worksheets and signs the review off: once a pack, and all or nothing.
 * @throws {PackError} where the pack is altered or was signed off already, or the sign-off is earlier than its run;
 * {WorksheetError} with everything that is wrong with the worksheet
 */
export const signOff = async (pack: Archive, request: SignOffRequest): Promise<SignOff> => {
  const stored = await readPack(pack);
  if (await pack.has(SIGN_OFF_MANIFEST))
    throw new PackError([
      `${pack.location} must be a pack that was not signed off, got ${SIGN_OFF_MANIFEST} there; a new review needs a new pack`,
    ]);
  const { asOf } = stored.manifest;
  if (request.signedOffAt.getTime() < Date.parse(asOf))
    throw new PackError([
      `--signed-off-at must not be before the reviewed run (${asOf}), got ${request.signedOffAt.toISOString()}`,
    ]);
  const worksheet = await pack.read('worksheet.csv');
  if (worksheet === undefined) throw new PackError(['worksheet.csv is missing']);
  const { problems, decided } = await checkWorksheets(
    worksheet.body,
    request.filled.map(({ name, bytes }) => ({ name, body: Readable.from([bytes]) })),
    REVIEWERS_FILE in stored.manifest.files ? await readAssigned(pack) : undefined,
  );
  if (problems.length > 0) throw new WorksheetError(problems);

  const [first, ...others] = request.filled;
  const handedIn = stagedContent(first.bytes);
  const further = others.map(({ bytes }) => stagedContent(bytes));
  const digestOf = ({ sha256, size }: StagedContent): FileDigest => ({ sha256, size });
  const result = signOffOf(stored, [digestOf(handedIn), ...further.map(digestOf)], decided, request);
  await storeSignOff(pack, result, {
    [SIGNED_OFF]: stagedContent(jsonText(result)),
    [SIGNED_OFF_TEXT]: stagedContent(signOffText(result, stored.manifest)),
    ...Object.fromEntries([handedIn, ...further].map((evidence, index) => [worksheetFile(index), evidence])),
  });
  return result;
};
