import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Archive } from '../../core/archive/archive.ts';
import { chainKey, runKeys } from '../../core/archive/keys.ts';
import type { Manifest } from '../../core/archive/manifest.ts';
import { entryText } from '../../core/archive/signature.ts';
import { sha256Of } from '../../core/archive/staging.ts';
import { audit } from '../../core/audit/audit.ts';
import type { AuditResult } from '../../core/audit/result.ts';
import type { AuditSettings } from '../../core/audit/settings.ts';
import { defaultConfig } from '../../core/config/config.ts';
import { stoppedClock } from '../../core/model/clock.ts';
import { runName } from '../../core/model/run-name.ts';
import { digestChannel } from '../../core/notify/channels/digest.ts';
import type { OutputName } from '../../core/outputs/index.ts';
import { configureRules } from '../../rules/engine/configure.ts';
import { DAY_MS } from '../../rules/engine/time.ts';
import { rules } from '../../rules/index.ts';
import { ALWAYS_WRITTEN } from './always-written.ts';
import { ACCOUNT, aUser, ENVIRONMENT } from './builders.ts';
import { listingOf } from './listing.ts';

/** 02:00 in New York, which is 07:00 UTC in winter. */
export const SCHEDULE = { ...defaultConfig(rules).schedule, cron: '0 2 * * *' };

/** The first is 1. */
export const night = (number: number): Date =>
  new Date(Date.parse('2026-11-20T07:00:00Z') + Math.round((number - 1) * DAY_MS));

export const runOf = (number: number): string => runName(night(number));

/** Another user fails a rule each night, so that each has a digest. */
export const usersOf = (number: number) =>
  Array.from({ length: 10 }, (_, n) => aUser({ userId: `u${n}`, ...(n < number && { apiAccess: 'ENABLED' }) }));

/** Audits one night of a small directory. */
export const auditNight = (
  archive: Archive,
  number: number,
  settings: Partial<AuditSettings> = {},
  environmentId = ENVIRONMENT,
): Promise<AuditResult> =>
  audit(
    {
      environmentId,
      accountId: ACCOUNT,
      region: 'us-east-1',
      partition: 'aws',
      asOf: night(number),
      attempt: `attempt-${crypto.randomUUID().slice(0, 8)}`,
      deadline: Number.POSITIVE_INFINITY,
      acceptRosterDrop: false,
    },
    {
      listUsers: listingOf([usersOf(number)]),
      archive,
      channels: [digestChannel(() => Promise.resolve('sent'))],
      rules: configureRules(rules),
      waivers: [],
      trustedAccounts: [],
      reminders: defaultConfig(rules).reminders,
      maxDropPercent: 20,
      lateAfterHours: 6,
      config: {},
      notifyWaitMs: 0,
      clock: stoppedClock(night(number).getTime()),
      ...settings,
    },
  );

/** The keys of a night's run; its manifest is the entry of the chain, and tables read the copy. */
export const keysOf = (number: number) => {
  const keys = runKeys(ENVIRONMENT, night(number));
  return { ...keys, manifest: chainKey(ENVIRONMENT, number), copy: keys.manifest };
};

/** Hands that reach into an archive. */
export interface Tamperer {
  bytes(key: string, change: (bytes: Buffer) => Uint8Array): Promise<void>;
  text(key: string, change: (text: string) => string): Promise<void>;
  /** Changes the text of a manifest, and that of its copy. */
  entry(number: number, change: (text: string) => string): Promise<void>;
  manifest(number: number, change: (manifest: Manifest) => object): Promise<void>;
  /** Makes the chain fit again, from the manifest after this night's to `latest`, up to the last night. */
  rechain(number: number, last: number): Promise<void>;
  /** Puts a text where nothing is yet. */
  put(key: string, text: string): Promise<void>;
  remove(key: string): Promise<unknown>;
  copy(from: string, to: string): Promise<void>;
  /** Swaps two objects. */
  swap(one: string, other: string): Promise<void>;
}

export const LATEST = `latest/environment=${ENVIRONMENT}.json`;

/** Everything that a run leaves, by the name that its manifest gives it. */
export const OBJECT_NAMES = Object.keys(ALWAYS_WRITTEN) as readonly OutputName[];

/** The way to the objects of an archive, past all that it promises. */
export interface Reach {
  read(key: string): Promise<Buffer>;
  write(key: string, bytes: Uint8Array): Promise<unknown>;
  remove(key: string): Promise<unknown>;
}

export const folderReach = (folder: string): Reach => {
  const path = (key: string): string => join(folder, key);
  return {
    read: (key) => readFile(path(key)),
    async write(key, bytes) {
      await mkdir(dirname(path(key)), { recursive: true });
      await writeFile(path(key), bytes);
    },
    remove: (key) => rm(path(key)),
  };
};

export const tamperer = (folder: string): Tamperer => handsOn(folderReach(folder));

export const handsOn = ({ read, write, remove }: Reach): Tamperer => {
  const bytes: Tamperer['bytes'] = async (key, change) => {
    await write(key, change(await read(key)));
  };
  const text: Tamperer['text'] = (key, change) => bytes(key, (old) => Buffer.from(change(old.toString('utf8'))));
  const entry: Tamperer['entry'] = async (number, change) => {
    const { manifest: key, copy } = keysOf(number);
    await text(key, change);
    await write(copy, await read(key));
  };
  const manifest: Tamperer['manifest'] = (number, change) =>
    entry(number, (old) => entryText(change(JSON.parse(old)) as Manifest));
  const hashOf = async (number: number) => sha256Of(await read(keysOf(number).manifest));
  return {
    bytes,
    text,
    entry,
    manifest,
    async rechain(number, last) {
      const sha256 = await hashOf(number);
      const link = { run: runOf(number), key: keysOf(number).manifest };
      if (number === last) {
        const pointer = { run: link.run, manifest: keysOf(number).copy, sha256, sequence: number };
        await write(LATEST, Buffer.from(JSON.stringify(pointer)));
        return;
      }
      await manifest(number + 1, (next) => ({ ...next, previous: { ...link, sha256 } }));
      await this.rechain(number + 1, last);
    },
    async put(key, content) {
      await write(key, Buffer.from(content));
    },
    remove,
    async copy(from, to) {
      await write(to, await read(from));
    },
    async swap(one, other) {
      const [first, second] = await Promise.all([read(one), read(other)]);
      await write(one, second);
      await write(other, first);
    },
  };
};
