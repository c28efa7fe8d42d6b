import { runName } from '../model/run-name.ts';
import type { Archive } from './archive.ts';

/** Where things stand in an archive: the same keys in a bucket and in a folder. */

/** The objects of a run, by the name that the manifest gives them. */
const OBJECTS = {
  snapshot: (partition: string, run: string) => `snapshots/${partition}/${run}.jsonl.gz`,
  findings: (partition: string, run: string) => `findings/${partition}/${run}.jsonl.gz`,
  resolved: (partition: string, run: string) => `resolved/${partition}/${run}.jsonl.gz`,
  report: (partition: string, run: string) => `reports/${partition}/${run}/report.json`,
  html: (partition: string, run: string) => `reports/${partition}/${run}/report.html`,
  csv: (partition: string, run: string) => `reports/${partition}/${run}/findings.csv`,
  digest: (partition: string, run: string) => `reports/${partition}/${run}/digest.json`,
} as const;

/** The first parts of their keys. */
const OBJECT_KINDS = ['snapshots', 'findings', 'resolved', 'reports'] as const;

export type ObjectName = keyof typeof OBJECTS;

const fileNames: Readonly<Record<ObjectName, string>> = {
  snapshot: 'snapshot.jsonl.gz',
  findings: 'findings.jsonl.gz',
  resolved: 'resolved.jsonl.gz',
  report: 'report.json',
  html: 'report.html',
  csv: 'findings.csv',
  digest: 'digest.json',
};

export interface RunKeys {
  object(name: ObjectName): string;
  readonly manifest: string;
  /** Written after the alert was accepted. */
  readonly alert: string;
  /** Written after all events were accepted. */
  readonly events: string;
}

/** What tells an attempt at a run from all others. */
export interface AttemptName {
  readonly environmentId: string;
  readonly asOf: Date;
  readonly attempt: string;
}

const partitionOf = (environmentId: string, asOf: Date): string =>
  `environment=${environmentId}/dt=${asOf.toISOString().slice(0, 10)}`;

/** The keys of a complete run. */
export const runKeys = (environmentId: string, asOf: Date): RunKeys => {
  const partition = partitionOf(environmentId, asOf);
  const run = runName(asOf);
  return {
    object: (name) => OBJECTS[name](partition, run),
    manifest: `manifests/${partition}/${run}.json`,
    alert: `alerts/${partition}/${run}.json`,
    events: `events/${partition}/${run}.json`,
  };
};

/** The keys of an attempt that did not end complete: apart from the runs, so that it is never taken for one. */
export const attemptKeys = (environmentId: string, asOf: Date, attempt: string): RunKeys => {
  const partition = partitionOf(environmentId, asOf);
  const folder = `${runName(asOf)}-${attempt}`;
  return {
    object: (name) => `incomplete/${partition}/${folder}/${fileNames[name]}`,
    manifest: `incomplete/${partition}/${folder}/manifest.json`,
    alert: `alerts/${partition}/${folder}.json`,
    events: `events/${partition}/${folder}.json`,
  };
};

/**
 * A part of an attempt's listing, where it takes more than one invocation. It is of no run: what is judged goes into
 * the snapshot.
 * @param pass counts how often the listing began, from 1
 */
export const listingPartKey = (
  { environmentId, asOf, attempt }: AttemptName,
  pass: number,
  number: number,
): string =>
  `listings/${partitionOf(environmentId, asOf)}/${runName(asOf)}-${attempt}/${pass}-${String(number).padStart(4, '0')}.jsonl.gz`;

/** The marker of whatever was told of unfinished attempts at this run begins so. */
export const attemptMarkersPrefix = (area: 'alerts' | 'events', environmentId: string, asOf: Date): string =>
  `${area}/${partitionOf(environmentId, asOf)}/${runName(asOf)}-`;

export type Area = 'manifests' | 'alerts' | 'incomplete' | (typeof OBJECT_KINDS)[number];

/** Whatever an area of the archive holds of an environment begins so. */
export const areaPrefix = (area: Area, environmentId: string): string =>
  `${area}/environment=${environmentId}/`;

/** Before whatever an area holds of an environment from this day on. */
export const dayPrefix = (area: Area, environmentId: string, day: Date): string =>
  `${area}/${partitionOf(environmentId, day)}`;

/** The keys under a prefix, in ascending order, those after `after` only. */
export const keysUnder = async (
  archive: Pick<Archive, 'list'>,
  prefix: string,
  after?: string,
): Promise<readonly string[]> => {
  const keys: string[] = [];
  for await (const key of archive.list(prefix, after)) keys.push(key);
  return keys;
};

/** The pointer to the last complete run. */
export const latestKey = (environmentId: string): string => `latest/environment=${environmentId}.json`;

/** Whether a key is that of an object of this run, whatever the object. */
export const isObjectOf = (environmentId: string, asOf: Date, key: string): boolean => {
  const [kind = '', ...rest] = key.split('/');
  const place = `${partitionOf(environmentId, asOf)}/${runName(asOf)}`;
  const tail = rest.join('/');
  return (
    OBJECT_KINDS.some((known) => known === kind) &&
    tail.startsWith(place) &&
    /^(?:\.|\/)[\w.-]+$/.test(tail.slice(place.length))
  );
};

/** The run that an object or a marker belongs to by its key; undefined where it is of none, or of an attempt. */
export const runOfKey = (key: string): string | undefined => /\/(\d{8}T\d{6}Z)[./]/.exec(key)?.[1];

/** What an object that an unfinished attempt left is of, by its key. */
export interface AttemptOfKey {
  readonly run: string;
  readonly attempt: string;
  readonly folder: string;
}

export const attemptOfKey = (key: string): AttemptOfKey | undefined => {
  const [, folder, run, attempt] = /^(incomplete\/.*\/(\d{8}T\d{6}Z)-([^/]+))\//.exec(key) ?? [];
  return folder === undefined || run === undefined || attempt === undefined
    ? undefined
    : { run, attempt, folder };
};

/** Where an attempt says how it ended. */
export const attemptReport = (folder: string): string => `${folder}/${fileNames.report}`;

/** The prefixes of what complete runs leave besides their manifests. */
export const objectPrefixes = (environmentId: string): readonly string[] =>
  OBJECT_KINDS.map((kind) => areaPrefix(kind, environmentId));

/** Where an environment can be seen to have been audited, or that somebody tried. */
export const ENVIRONMENT_PREFIXES = ['manifests', 'latest', 'incomplete', 'alerts', ...OBJECT_KINDS].map(
  (kind) => `${kind}/environment=`,
);

export const environmentOfKey = (key: string): string | undefined =>
  /^\w+\/environment=([A-Za-z0-9]+)(?:\/|\.json$)/.exec(key)?.[1];

/** The page of all runs. */
export const historyPageKey = (environmentId: string): string =>
  `reports/environment=${environmentId}/index.html`;
