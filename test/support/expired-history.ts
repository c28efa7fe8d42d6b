import { folderArchive } from '../../core/archive/folder.ts';
import { chainKey } from '../../core/archive/keys.ts';
import type { RetentionDuty } from '../../core/model/retention.ts';
import { ENVIRONMENT } from './builders.ts';
import { auditNight, night, tamperer } from './history.ts';

/** Nights of years ago, by number. */
export const OLD_NIGHTS = [-800, -799, -798, -797] as const;

/** Takes away so many nights at the start, as a lifecycle deletes them. */
export const deleteStart = async (folder: string, gone: number): Promise<void> => {
  const archive = folderArchive(folder);
  for (const [index, number] of OLD_NIGHTS.slice(0, gone).entries()) {
    await tamperer(folder).remove(chainKey(ENVIRONMENT, index + 1));
    const day = night(number).toISOString().slice(0, 10);
    for await (const key of archive.list('')) if (key.includes(`/dt=${day}/`)) await tamperer(folder).remove(key);
  }
};

/** A history of years ago, of which so many nights at the start are gone. */
export const expiredHistory = async (folder: string, retention: RetentionDuty, gone: number): Promise<void> => {
  const archive = folderArchive(folder);
  for (const number of OLD_NIGHTS) await auditNight(archive, number, { retention });
  await deleteStart(folder, gone);
};
