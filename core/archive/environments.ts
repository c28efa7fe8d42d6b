import type { Archive } from './archive.ts';
import { ENVIRONMENT_PREFIXES, environmentOfKey, firstKey } from './keys.ts';

/** Lists the first key of each environment under a prefix: from one to the next, not past every object of each. */
const firstKeys = async (archive: Archive, prefix: string): Promise<readonly string[]> => {
  const keys: string[] = [];
  let key = await firstKey(archive, prefix);
  while (key !== undefined) {
    keys.push(key);
    const [environment = ''] = key.slice(prefix.length).split('/');
    // `0` is what follows `/`.
    key = await firstKey(archive, prefix, `${prefix}${environment}0`);
  }
  return keys;
};

/** Lists the environments that an archive holds anything of, ascending. */
export const archivedEnvironments = async (archive: Archive): Promise<readonly string[]> => {
  const keys = await Promise.all(ENVIRONMENT_PREFIXES.map((prefix) => firstKeys(archive, prefix)));
  return [...new Set(keys.flat().flatMap((key) => environmentOfKey(key) ?? []))].toSorted();
};
