import { serialiseRecord } from '../../rules/engine/record.ts';
import { jsonText } from '../archive/staging.ts';
import type { OptionalOutputName } from '../model/optional-outputs.ts';
import { csvOutput } from './csv.ts';
import { digestOutput } from './digest.ts';
import { controlsOutput } from './html/controls.ts';
import { htmlOutput } from './html/html.ts';
import { usersOutput } from './html/users.ts';
import type { FindingOutput, OptionalOutput, Output, RunOutput, StoredRun } from './output.ts';

/** Written while users are judged, a line a finding. */
export const FINDING_OUTPUTS = {
  findings: {
    area: 'findings',
    file: 'findings.jsonl.gz',
    label: 'Findings, one a line',
    line: (finding) => serialiseRecord(finding),
  },
  csv: csvOutput,
} satisfies Record<string, FindingOutput>;

/** Files of what was read beside the listing; only of a run that was to read it. */
export const FACT_OUTPUTS = {
  principals: {
    area: 'principals',
    file: 'principals.jsonl.gz',
    label: 'Roles of API principals, as IAM told of them',
  },
  groups: {
    area: 'groups',
    file: 'groups.jsonl.gz',
    label: 'Permission groups, and the members of those that reach further',
  },
} satisfies Record<string, Output>;

/** Gives the lines that a module writes, which is loaded where it is asked for: few nights do. */
const loaded = (load: (run: StoredRun) => Promise<AsyncIterable<string>>) =>
  async function* lines(run: StoredRun): AsyncGenerator<string> {
    yield* await load(run);
  };

/** Written where the config names them, once everybody is judged. */
export const OPTIONAL_OUTPUTS = {
  ocsf: {
    ocsfFindings: {
      area: 'reports',
      file: 'findings.ocsf.jsonl',
      label: 'Findings as OCSF events',
      lines: loaded(async (run) => (await import('./ocsf.ts')).findingLines(run)),
    },
    ocsfRoster: {
      area: 'reports',
      file: 'roster.ocsf.jsonl',
      label: 'Users as OCSF events',
      lines: loaded(async (run) => (await import('./ocsf.ts')).userLines(run)),
    },
  },
  oscal: {
    oscalResults: {
      area: 'reports',
      file: 'assessment-results.oscal.json',
      label: 'Assessment results by OSCAL',
      lines: loaded(async (run) => (await import('./oscal.ts')).resultLines(run)),
    },
  },
} satisfies Record<OptionalOutputName, Readonly<Record<string, OptionalOutput>>>;

/** Written once the run is judged, in this order: the page lists what was stored before it. */
export const RUN_OUTPUTS = {
  report: {
    area: 'reports',
    file: 'report.json',
    label: 'Report for machines',
    write: ({ report }) => jsonText(report),
  },
  digest: digestOutput,
} satisfies Record<string, RunOutput>;

/** The pages about a run. Where one is not enough, further ones stand beside it, and have its name and a number. */
export const PAGE_OUTPUTS = { users: usersOutput, controls: controlsOutput, html: htmlOutput } satisfies Record<
  string,
  Output
>;

/** The objects of a run by the names that its manifest gives them, in the order in which the page lists them. */
export const OUTPUTS = {
  snapshot: {
    area: 'snapshots',
    file: 'snapshot.jsonl.gz',
    label: 'Snapshot: every user record as the service gave it',
  },
  ...FACT_OUTPUTS,
  ...FINDING_OUTPUTS,
  ...OPTIONAL_OUTPUTS.ocsf,
  ...OPTIONAL_OUTPUTS.oscal,
  resolved: { area: 'resolved', file: 'resolved.jsonl.gz', label: 'What resolved within 30 days' },
  ...RUN_OUTPUTS,
  ...PAGE_OUTPUTS,
} satisfies Record<string, Output>;

export type OutputName = keyof typeof OUTPUTS;
