import type { Finding } from '../../rules/engine/finding.ts';
import type { RecentlyResolved } from '../../rules/engine/lifecycle.ts';
import type { Rule } from '../../rules/engine/rule.ts';
import { sortedSpool } from '../archive/sorted-spool.ts';
import type { Spool, SpoolFolder, StagedContent } from '../archive/staging.ts';
import { FINDING_OUTPUTS, OUTPUTS } from '../outputs/index.ts';
import type { FindingOutput } from '../outputs/output.ts';

/** Takes the findings of a judgement as they are made. */
export interface FindingsKeeper<Kept> {
  /** Writes a finding as it is to be kept; throws where it is no JSON. */
  textsOf(finding: Finding, rule: Rule | undefined): readonly string[];
  /** Keeps a finding by its texts. Await what it returns, it holds the writer back to the disk's pace. */
  keep(finding: Finding, texts: readonly string[]): Promise<unknown> | undefined;
  finish(resolved: readonly RecentlyResolved[]): Promise<Kept>;
}

/** The files that every run leaves of its findings. */
export type FindingEvidence = Readonly<Record<keyof typeof FINDING_OUTPUTS, StagedContent>>;

/** The same, and what resolved within the last 30 days. */
export type JudgedEvidence = FindingEvidence & { readonly resolved: StagedContent };

interface FindingFiles extends FindingsKeeper<JudgedEvidence> {
  /** Ends the files of findings alone. */
  finishFindings(): Promise<FindingEvidence>;
}

/** Opens the files that take a line a finding. */
export const openFindingFiles = (spools: SpoolFolder): FindingFiles => {
  const outputs: readonly { readonly name: string; readonly output: FindingOutput; readonly spool: Spool }[] =
    Object.entries(FINDING_OUTPUTS).map(([name, output]: [string, FindingOutput]) => ({
      name,
      output,
      spool: output.keyOf === undefined ? spools.open(output.file) : sortedSpool(spools, output.file),
    }));
  // It comes before every line, which waits for it.
  const headers = outputs.flatMap(({ output: { header }, spool }) =>
    header === undefined ? [] : (spool.write(header) ?? []),
  );
  let begun: Promise<unknown> | undefined = headers.length === 0 ? undefined : Promise.all(headers);

  const finishFindings = async (): Promise<FindingEvidence> => {
    const evidence: [string, StagedContent][] = [];
    for (const { name, spool } of outputs) evidence.push([name, await spool.finish()]);
    return Object.fromEntries(evidence) as FindingEvidence;
  };

  return {
    textsOf: (finding, rule) => outputs.map(({ output }) => output.line(finding, rule)),
    keep(finding, texts) {
      let waiting = begun;
      begun = undefined;
      for (const [index, { output, spool }] of outputs.entries()) {
        const written = spool.write(texts[index] ?? '', output.keyOf?.(finding));
        if (written !== undefined) waiting = waiting === undefined ? written : Promise.all([waiting, written]);
      }
      return waiting;
    },
    finishFindings,
    async finish(resolved) {
      const evidence = await finishFindings();
      const spool = spools.open(OUTPUTS.resolved.file);
      for (const line of resolved) await spool.write(JSON.stringify(line));
      return { ...evidence, resolved: await spool.finish() };
    },
  };
};
