import type { RunKeys } from '../archive/keys.ts';
import type { Manifest, ManifestObject } from '../archive/manifest.ts';
import { type Evidence, evidenceOf } from '../archive/staging.ts';
import { OUTPUTS, type OutputName, RUN_OUTPUTS } from '../outputs/index.ts';
import type { LabelledObject, Output, RunFacts, RunOutput } from '../outputs/output.ts';
import type { Criteria } from './criteria.ts';
import type { AuditSettings } from './settings.ts';

const nameOrder = Object.keys(OUTPUTS) as readonly OutputName[];

const labelled = (objects: Manifest['objects']): readonly LabelledObject[] =>
  nameOrder.flatMap((name) => {
    const { label }: Output = OUTPUTS[name];
    const object = objects[name];
    return label === undefined || object === undefined ? [] : [{ name, label, object }];
  });

/** Stores one of a run's objects under its key. */
export type StoreObject = (output: Output, evidence: Evidence) => Promise<ManifestObject>;

/** Stores what was gathered while users were judged, by the names of `OUTPUTS`. */
export const storeEvidence = async (
  evidence: Readonly<Partial<Record<OutputName, Evidence>>>,
  store: StoreObject,
): Promise<Manifest['objects']> => {
  const objects: Record<string, ManifestObject> = {};
  for (const name of nameOrder) {
    const content = evidence[name];
    if (content !== undefined) objects[name] = await store(OUTPUTS[name], content);
  }
  return objects;
};

/** Writes and stores the objects about the whole run, but those that are among `stored`; gives all of them. */
export const storeRunOutputs = async (
  facts: Omit<RunFacts, 'evidence'>,
  stored: Manifest['objects'],
  store: StoreObject,
): Promise<Manifest['objects']> => {
  const objects = { ...stored };
  for (const [name, output] of Object.entries<RunOutput>(RUN_OUTPUTS)) {
    if (objects[name] !== undefined) continue;
    const text = output.write({ ...facts, evidence: labelled(objects) });
    if (text !== undefined) objects[name] = await store(output, evidenceOf(text));
  }
  return objects;
};

/** The facts about a run that are the same for all of its outputs. */
export const factsOf = (
  { environmentName, timeZone }: AuditSettings,
  { rules, hashes }: Criteria,
  keys: RunKeys,
  last: RunFacts['last'],
): Omit<RunFacts, 'report' | 'highlights' | 'evidence'> => ({ rules, hashes, keys, environmentName, timeZone, last });
