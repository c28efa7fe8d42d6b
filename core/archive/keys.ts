import { runInstant, runName } from '../model/run-name.ts';
import type { Archive } from './archive.ts';

// The layout of an archive: the same keys in a bucket and in a folder.

/** The areas that hold the objects of runs. */
export const OBJECT_AREAS = ['snapshots', 'principals', 'groups', 'findings', 'resolved', 'reports'] as const;

/** The location of one of a run's objects: `reports` holds a folder a run, the other areas one file a run. */
export interface ObjectFile {
  readonly area: (typeof OBJECT_AREAS)[number];
  /** Its name in the folder of an unfinished attempt; in `reports`, the folder of a complete run has the same. */
  readonly file: string;
}

export interface RunKeys {
  object(file: ObjectFile): string;
  readonly manifest: string;
  /** Written once a channel took the run's notification. */
  marker(channel: string): string;
}

/** Channels whose markers have an area of their own; those of others stand among the alerts' and bear their name. */
const MARKER_AREAS = { alert: 'alerts', events: 'events', 'security-hub': 'securityhub' } as const;

const hasMarkerArea = (channel: string): channel is keyof typeof MARKER_AREAS => Object.hasOwn(MARKER_AREAS, channel);

/** The area that holds a channel's markers. */
export const markerArea = (channel: string): (typeof MARKER_AREAS)[keyof typeof MARKER_AREAS] =>
  hasMarkerArea(channel) ? MARKER_AREAS[channel] : 'alerts';

const markerEnding = (channel: string): string => (hasMarkerArea(channel) ? '.json' : `.${channel}.json`);

/** The run of which, complete or attempted, a key is this channel's marker; undefined where it is no such marker. */
export const runMarkedBy = (channel: string, key: string): string | undefined => {
  const [, run, ending] = /\/(\d{8}T\d{6}Z)(?:-[\w-]+)?(\.[\w.-]+)$/.exec(key) ?? [];
  return ending === markerEnding(channel) ? run : undefined;
};

/** The name of an attempt at a run, which no other attempt has. */
export interface AttemptName {
  readonly environmentId: string;
  readonly asOf: Date;
  readonly attempt: string;
}

/** The folders of an environment and a day, as Hive's partitions are named. */
const partitionPath = (environmentId: string, asOf: Date): string =>
  `environment=${environmentId}/dt=${asOf.toISOString().slice(0, 10)}`;

const markerKey = (channel: string, partition: string, name: string): string =>
  `${markerArea(channel)}/${partition}/${name}${markerEnding(channel)}`;

/**
 * The keys of a complete run.
 * @param attempt stands in the name of an object whose key another attempt has taken
 */
export const runKeys = (environmentId: string, asOf: Date, attempt?: string): RunKeys => {
  const partition = partitionPath(environmentId, asOf);
  const run = runName(asOf);
  const name = attempt === undefined ? run : `${run}-${attempt}`;
  return {
    object: ({ area, file }) =>
      `${area}/${partition}/${name}${area === 'reports' ? `/${file}` : file.slice(file.indexOf('.'))}`,
    manifest: `manifests/${partition}/${run}.json`,
    marker: (channel) => markerKey(channel, partition, run),
  };
};

/** The keys of an attempt that did not end complete: apart from the runs, so that it is never taken for one. */
export const attemptKeys = (environmentId: string, asOf: Date, attempt: string): RunKeys => {
  const partition = partitionPath(environmentId, asOf);
  const name = `${runName(asOf)}-${attempt}`;
  return {
    object: ({ file }) => `incomplete/${partition}/${name}/${file}`,
    manifest: `incomplete/${partition}/${name}/manifest.json`,
    marker: (channel) => markerKey(channel, partition, name),
  };
};

/**
 * A channel's markers of unfinished attempts at a run.
 * @param since leaves out the attempts that began before
 */
export async function* attemptMarkers(
  archive: Pick<Archive, 'list'>,
  channel: string,
  environmentId: string,
  asOf: Date,
  since?: Date,
): AsyncGenerator<string> {
  const prefix = `${markerArea(channel)}/${partitionPath(environmentId, asOf)}/${runName(asOf)}-`;
  // The name of an attempt begins with its time.
  for await (const key of archive.list(prefix, since && prefix + runName(since)))
    if (runMarkedBy(channel, key) !== undefined) yield key;
}

/**
 * A part of an attempt's listing, where it takes more than one invocation. It is of no run: what is judged goes into
 * the snapshot.
 * @param pass counts how often the listing began, from 1
 */
export const listingPartKey = ({ environmentId, asOf, attempt }: AttemptName, pass: number, number: number): string =>
  `listings/${partitionPath(environmentId, asOf)}/${runName(asOf)}-${attempt}/${pass}-${String(number).padStart(4, '0')}.jsonl.gz`;

/** All areas of which each object is of one run, attempt or verification: what has an end of its retention. */
export const DATED_AREAS = [
  ...OBJECT_AREAS,
  'manifests',
  'chain',
  'listings',
  'alerts',
  'events',
  'securityhub',
  'incomplete',
  'verifications',
] as const;

export type Area = (typeof DATED_AREAS)[number];

/** Whatever an area of the archive holds of an environment begins so. */
export const areaPrefix = (area: Area, environmentId: string): string => `${area}/environment=${environmentId}/`;

/** Before whatever an area holds of an environment from this day on. */
export const dayPrefix = (area: Area, environmentId: string, day: Date): string =>
  `${area}/${partitionPath(environmentId, day)}`;

/** The first key under a prefix, of those after `after` only; undefined where there is none. */
export const firstKey = async (
  archive: Pick<Archive, 'list'>,
  prefix: string,
  after?: string,
): Promise<string | undefined> => {
  for await (const key of archive.list(prefix, after)) return key;
  return undefined;
};

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

/** The prefix of the chains of all environments. */
export const CHAINS = 'chain/';

/** The place of an entry in an environment's chain, from 1. */
export const chainKey = (environmentId: string, sequence: number): string =>
  `${areaPrefix('chain', environmentId)}${String(sequence).padStart(12, '0')}.json`;

/** The place that a key of the chain names; undefined where it is none. */
export const sequenceOfKey = (key: string): number | undefined => {
  const [, digits] = /^chain\/environment=[^/]+\/(\d{12})\.json$/.exec(key) ?? [];
  return digits === undefined || Number(digits) === 0 ? undefined : Number(digits);
};

/** The keys of an environment's manifests, in order; what stands among them without a run's name is none. */
export const manifestKeys = async (archive: Pick<Archive, 'list'>, environmentId: string): Promise<readonly string[]> =>
  (await keysUnder(archive, areaPrefix('manifests', environmentId))).filter((key) => {
    const instant = runInstant(runOfKey(key) ?? '');
    return instant !== undefined && runKeys(environmentId, instant).manifest === key;
  });

/** The prefix of the public parts of the keys that signed here. */
export const RECORDED_KEYS = 'keys/';

/** The key of the public part of a signing key, by the id that signatures name it by: an ARN, as a rule. */
export const publicKeyKey = (keyId: string): string => `${RECORDED_KEYS}${keyId.replaceAll(/[^A-Za-z0-9-]/g, '_')}.pem`;

/** The prefix of the texts of rules that operators wrote, one object a version. */
export const RULESETS = 'rulesets/';

/** The key of the rules that runs were judged by, whose hash manifests state: it is that of the object. */
export const rulesetKey = (sha256: string): string => `${RULESETS}${sha256}.json`;

/** The pointer to the last complete run. */
export const latestKey = (environmentId: string): string => `latest/environment=${environmentId}.json`;

/** Matches what follows the name of a run in the key of one of its objects. */
const OBJECT_ENDING = /^(?:-[\w-]+)?[./][\w.-]+$/;

/** Makes what tells whether a key is that of an object of a run, whatever the object. */
export const objectsOf = (environmentId: string, asOf: Date): ((key: string) => boolean) => {
  const start = `${partitionPath(environmentId, asOf)}/${runName(asOf)}`;
  return (key) => {
    const slash = key.indexOf('/');
    const area = key.slice(0, slash);
    const tail = key.slice(slash + 1);
    return (
      OBJECT_AREAS.some((known) => known === area) &&
      tail.startsWith(start) &&
      OBJECT_ENDING.test(tail.slice(start.length))
    );
  };
};

/** The run that one of its objects belongs to by its key, whatever attempt stored it. */
export const runOfObject = (key: string): string | undefined => /\/(\d{8}T\d{6}Z)(?:-[\w-]+)?[./]/.exec(key)?.[1];

/** The run that a manifest or a marker belongs to by its key; undefined where it is of none, or of an attempt. */
export const runOfKey = (key: string): string | undefined => /\/(\d{8}T\d{6}Z)[./]/.exec(key)?.[1];

/** The attempt that left an object, as its key names it. */
export interface AttemptOfKey {
  readonly run: string;
  readonly attempt: string;
  readonly folder: string;
}

/** The attempt that left an object no run names by itself: one that did not end complete, or one that listed in parts. */
export const unfinishedOfKey = (key: string): AttemptOfKey | undefined => {
  const found = /^((?:incomplete|listings)\/.*\/(\d{8}T\d{6}Z)-([^/]+))\//.exec(key);
  if (found === null) return undefined;
  const [, folder = '', run = '', attempt = ''] = found;
  return { run, attempt, folder };
};

/** The attempt that did not end complete which left an object; undefined where that is none of one. */
export const attemptOfKey = (key: string): AttemptOfKey | undefined =>
  key.startsWith('incomplete/') ? unfinishedOfKey(key) : undefined;

/** The key of an attempt's report. */
export const attemptReport = (folder: string): string => `${folder}/report.json`;

/** The prefixes of what complete runs leave besides their manifests. */
export const objectPrefixes = (environmentId: string): readonly string[] =>
  OBJECT_AREAS.map((area) => areaPrefix(area, environmentId));

/** The beginnings of keys that show that an environment was audited, or that somebody tried. */
export const ENVIRONMENT_PREFIXES = [
  'manifests',
  'chain',
  'latest',
  'incomplete',
  'alerts',
  'verifications',
  ...OBJECT_AREAS,
].map((area) => `${area}/environment=`);

export const environmentOfKey = (key: string): string | undefined =>
  /^\w+\/environment=([A-Za-z0-9]+)(?:\/|\.json$)/.exec(key)?.[1];

/** The report of a verification, named as runs are, by the instant that it was asked for. */
export const verificationKey = (environmentId: string, at: Date): string =>
  `verifications/${partitionPath(environmentId, at)}/${runName(at)}.json`;

/** The page of all runs. */
export const historyPageKey = (environmentId: string): string => `reports/environment=${environmentId}/index.html`;

/** The prefix of the pages of years. */
export const yearPages = (environmentId: string): string => `reports/environment=${environmentId}/year=`;

/** The page of a year's runs that the page of all runs has no room for. Policies name pages by how their keys end. */
export const yearPageKey = (environmentId: string, year: string): string =>
  `${yearPages(environmentId)}${year}/index.html`;

/** The page of all environments. */
export const OVERVIEW_PAGE = 'reports/index.html';

const auditorPrefix = (auditor: string): string => `alerts/auditor=${auditor}/`;

/** Written once the one mail about a night of all environments of an auditor was taken. */
export const overviewMarker = (auditor: string, night: Date): string =>
  `${auditorPrefix(auditor)}dt=${night.toISOString().slice(0, 10)}/${runName(night)}.json`;

/** The prefix of those markers, and the key that those from a day on come after. */
export const overviewMarkers = (auditor: string, day: Date): [prefix: string, after: string] => [
  auditorPrefix(auditor),
  `${auditorPrefix(auditor)}dt=${day.toISOString().slice(0, 10)}`,
];
