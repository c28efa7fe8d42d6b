import { asffFinding } from '../notify/asff.ts';
import { accountLines, vantaLines } from './accounts.ts';
import { OPTIONAL_OUTPUTS } from './index.ts';
import type { OptionalOutput, StoredRun } from './output.ts';

/** A file that is made of a run of an archive. */
export type ExportedFile = Pick<OptionalOutput, 'file' | 'lines'>;

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
