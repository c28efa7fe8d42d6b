import * as z from 'zod';
import { isEnvironmentId } from '../model/environment-id.ts';
import { type Config, LOCKS, type Retention } from './config.ts';
import { ConfigError } from './errors.ts';
import { list, must, oneOf, section, text } from './schema.ts';

/** The stacks of one auditor, as the last synthesis left them. */
export interface DeployedStacks {
  /** Of the archive's bucket. */
  readonly lock: Retention['lock'];
  /** The ids of the environments of each stack, by its name: the auditor's own, and then NAME-2, NAME-3 … */
  readonly stacks: Readonly<Record<string, readonly string[]>>;
}

/** `stacks.json`: the stacks of each auditor, by its name. */
export type StacksFile = Readonly<Record<string, DeployedStacks>>;

export const STACKS_FILE = 'stacks.json';

/**
 * The most audits that a function makes at once. An account has 1 000 invocations in all of its functions, of which it
 * keeps 100 unreserved: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export const MOST_AT_ONCE = 40;

/** Gives the executions that the auditing function of a stack reserves, for one audit at a time of each environment. */
export const reservedBy = (environments: number): number => Math.max(1, Math.min(environments, MOST_AT_ONCE));

const environmentIds = list(text('an environment id', isEnvironmentId), 'a list of environment ids');

/** Of `stacks.json`. */
export const stacksSchema: z.ZodType<StacksFile> = z.record(
  z.string(),
  section({
    lock: oneOf(LOCKS),
    stacks: z.record(z.string(), environmentIds, must('the lists of environment ids by the names of stacks')),
  }),
  must('a mapping of the names of auditors'),
);

/** Lists the environments that stand in a stack and not in the config: whose audits a deploy would end. */
export const droppedEnvironments = (
  { name, environments }: Pick<Config, 'name' | 'environments'>,
  file: StacksFile,
): readonly { readonly stack: string; readonly environmentId: string }[] =>
  Object.entries(file[name]?.stacks ?? {}).flatMap(([stack, ids]) =>
    ids
      .filter((id) => environments.every((environment) => environment.id !== id))
      .map((environmentId) => ({ stack, environmentId })),
  );

/**
 * Assigns each environment to a stack: those of the file stay where they are, others go to the first with room.
 * @param most the environments that one stack takes
 * @returns the whole file, with this auditor's stacks as they are now
 * @throws {ConfigError} where what is deployed would be lost by it
 */
export const assignStacks = (
  config: Pick<Config, 'name' | 'environments' | 'retention'>,
  file: StacksFile,
  most: number,
): StacksFile => {
  const { name, environments, retention } = config;
  const deployed = file[name];
  const problems = droppedEnvironments(config, file).map(
    ({ stack, environmentId }) =>
      `${STACKS_FILE}: ${name}.stacks.${stack}: environment ${environmentId} is not in the config: a deploy would end its audits; list it there, give the config a name of its own where it is another auditor's, or take the id out of ${STACKS_FILE} if its audits shall end`,
  );
  if (retention.lock === 'off' && deployed !== undefined && deployed.lock !== 'off')
    problems.push(
      `retention.lock: must be governance or compliance, got "off": ${STACKS_FILE} says that the archive is locked by ${deployed.lock}, which S3 never takes off a bucket; set it back, or correct lock in ${STACKS_FILE} if that was never deployed`,
    );
  const others = new Map(
    Object.entries(file).flatMap(([auditor, other]) =>
      auditor === name ? [] : Object.keys(other.stacks).map((stack) => [stack, auditor] as const),
    ),
  );
  const owner = others.get(name);
  if (owner !== undefined)
    problems.push(
      `name: must be none of the stacks of another auditor, got ${JSON.stringify(name)}, which ${STACKS_FILE} has as a further one of ${owner}: a deploy would put this auditor in its place`,
    );
  if (problems.length > 0) throw new ConfigError(problems);

  // The auditor's own comes first, and is there whatever it audits: it holds the archive.
  const stacks = new Map(Object.entries({ [name]: [], ...deployed?.stacks }).map(([stack, ids]) => [stack, [...ids]]));
  const assigned = new Set([...stacks.values()].flat());
  for (const { id } of environments) {
    if (assigned.has(id)) continue;
    let number = 1;
    const stack = () => (number === 1 ? name : `${name}-${number}`);
    while ((stacks.get(stack())?.length ?? 0) >= most || others.has(stack())) number += 1;
    stacks.set(stack(), [...(stacks.get(stack()) ?? []), id]);
  }
  return { ...file, [name]: { lock: retention.lock, stacks: Object.fromEntries(stacks) } };
};
