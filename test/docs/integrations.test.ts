import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { folderArchive } from '../../core/archive/folder.ts';
import { walkRuns } from '../../core/archive/runs.ts';
import { CODE_VERSION } from '../../core/model/version.ts';
import { type AuditEvent, findingEvents, runEvent } from '../../core/notify/channels/events.ts';
import { storedNotification } from '../../core/notify/undelivered.ts';
import { EXPORTS } from '../../core/outputs/exports.ts';
import { rules } from '../../rules/index.ts';
import { invoke } from '../cli/in-process.ts';
import { isReleased } from '../rules/contract.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';

const newFolder = temporaryFolders();

const page = await readFile(join(import.meta.dirname, '../../docs/integrations.md'), 'utf8');

/** The sample of a file that stands on the page. */
const sampleOf = (file: string): string | undefined =>
  page.split(`<!-- sample: ${file} -->`)[1]?.match(/```\w+\n([\s\S]*?)\n```/)?.[1];

/** The part of a file that the page shows. */
const shownOf = (file: string, text: string): string => {
  if (file.endsWith('.csv')) return text.split('\r\n').slice(0, 2).join('\n');
  if (file.endsWith('.jsonl')) return JSON.stringify(JSON.parse(text.split('\n')[0] ?? ''), null, 2);
  const { resources, 'assessment-results': assessment } = JSON.parse(text);
  const findings: readonly { readonly target: Record<string, unknown> }[] = assessment?.results[0].findings ?? [];
  return JSON.stringify(resources?.[0] ?? findings.find(({ target }) => target['target-id'] === 'sa-22_obj'), null, 2);
};

/** Gives the demo's config, without the rules that no release has brought yet: the page tells of those that are out. */
const configOfReleased = (): string => {
  const unreleased = rules.filter(({ id }) => !isReleased(id));
  return JSON.stringify({
    environments: [{ id: 'finspaceauditdemo', enrich: { iamRoles: true, permissionGroups: true } }],
    rules: {
      'email-domain': { allowedDomains: ['example.com', '*.example.com'] },
      ...Object.fromEntries(unreleased.map(({ id }) => [id, { enabled: false }])),
    },
    reminders: { CRITICAL: 7 },
  });
};

let folder = '';
beforeAll(async () => {
  folder = await newFolder();
  const config = join(folder, 'audit.yaml');
  await writeFile(config, configOfReleased());
  await invoke(['demo', '--nights', '2', '--users', '150', '--out', join(folder, 'archive'), '--config', config]);
}, 600_000);

/** Leaves out what each change of the code and each release makes another. */
const withoutCode = (text: string): string =>
  text.replaceAll(/[\da-f]{64}/g, '<SHA-256>').replaceAll(`"version": "${CODE_VERSION}"`, '"version": "<VERSION>"');

/** Leaves out what depends on how busy the machine is: the port, and how often the service refused. */
const withoutPace = (text = ''): string =>
  text
    .replaceAll(/127\.0\.0\.1:\w+/g, '127.0.0.1:PORT')
    .replaceAll(/"(retries|requests|throttled)": \d+/g, '"$1": <N>');

test.each(Object.entries(EXPORTS))('the page shows what %s gives', async (name, files) => {
  const to = join(folder, name);
  expect((await invoke(['export', name, '--out', join(folder, 'archive'), '--to', to])).code).toBe(0);
  for (const { file } of files) {
    const shown = shownOf(file, await readFile(join(to, file), 'utf8'));
    expect(withoutCode(shown)).toBe(sampleOf(file));
  }
});

test('the page shows the first event of a run that tells all, and the last', async () => {
  const archive = folderArchive(join(folder, 'archive'));
  let ends: readonly (string | undefined)[] = [];
  for await (const { stored } of walkRuns(archive, 'finspaceauditdemo')) {
    if (stored === undefined) continue;
    const notification = await storedNotification(archive, stored);
    const events: AuditEvent[] = [];
    for await (const event of findingEvents(notification, 'all')) events.push(event);
    const last = runEvent(notification, { scope: 'all', findingEvents: events.length });
    ends = [events[0], last].map((event) => {
      const sent = { source: 'finspace-user-auditor', 'detail-type': event?.type, detail: event?.detail };
      return withoutCode(JSON.stringify(sent, null, 2));
    });
  }
  expect(ends.map(withoutPace)).toEqual([sampleOf('event'), sampleOf('event of a run')].map(withoutPace));
});
