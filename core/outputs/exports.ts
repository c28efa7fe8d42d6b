import type { ByteSpool } from '../archive/staging.ts';
import { asffFinding } from '../notify/asff.ts';
import { accountLines, vantaLines } from './accounts.ts';
import { OPTIONAL_OUTPUTS } from './index.ts';
import type { OptionalOutput, StoredRun } from './output.ts';

/** A file of lines that is made of a run of an archive. */
type ExportedFile = Pick<OptionalOutput, 'file' | 'lines'>;

/** Findings for the Security Hub of the environment's own account and region. */
async function* asffLines({ manifest, rules, findings }: StoredRun): AsyncGenerator<string> {
  for await (const finding of findings()) {
    const asff = asffFinding(finding, rules.get(finding.ruleId), manifest, manifest);
    if (asff !== undefined) yield JSON.stringify(asff);
  }
}

/** The files of each export, by the name that it is asked for by. */
export const EXPORTS = {
  ocsf: Object.values(OPTIONAL_OUTPUTS.ocsf),
  oscal: Object.values(OPTIONAL_OUTPUTS.oscal),
  asff: [{ file: 'findings.asff.jsonl', lines: asffLines }],
  accounts: [{ file: 'accounts.csv', lines: accountLines }],
  vanta: [{ file: 'vanta-users.json', lines: vantaLines }],
} satisfies Record<string, readonly ExportedFile[]>;

export type ExportName = keyof typeof EXPORTS;

/** A file of a run, yet to be filled. */
export interface FileToWrite {
  /** Its path in the folder that it goes to. */
  readonly path: string;
  fill(spool: ByteSpool): Promise<void>;
}

/** Gives the files of an export. */
export const filesOf = (name: ExportName, run: StoredRun): readonly FileToWrite[] =>
  EXPORTS[name].map(({ file, lines }) => ({
    path: file,
    async fill(spool) {
      for await (const line of lines(run)) await spool.write(line);
    },
  }));

/** Gives the events of OCSF as files of Parquet, where Security Lake wants them. */
export const lakeFilesOf = async (run: StoredRun): Promise<readonly FileToWrite[]> => {
  const { LAKE_FILES, lakePath } = await import('./security-lake.ts');
  return LAKE_FILES.map(({ source, bytes }) => ({
    path: lakePath(source, run.manifest),
    async fill(spool) {
      for await (const part of bytes(run)) await spool.append(part);
    },
  }));
};
