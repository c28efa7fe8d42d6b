import type { Archive } from '../../core/archive/archive.ts';
import type { Manifest } from '../../core/archive/manifest.ts';
import { readFacts } from '../../core/archive/read-facts.ts';
import { findRecords, idsByAddress, lastRunWith, previousManifest } from '../../core/archive/read-users.ts';
import { enrichmentsOf } from '../../core/audit/settings.ts';
import { partitionOfRun } from '../../core/aws/partition.ts';
import { type ExplainCriteria, explain as explainSubject } from '../../core/explain/explain.ts';
import { momentsOf } from '../../core/model/listing.ts';
import { reservations } from '../../core/model/words.ts';
import { dayEnds } from '../../core/schedule/zoned-clock.ts';
import { plainLine } from '../../core/text/plain-text.ts';
import { type ConfiguredRule, configureRules } from '../../rules/engine/configure.ts';
import type { Context } from '../../rules/engine/context.ts';
import type { Rule, Subject } from '../../rules/engine/rule.ts';
import type { Waiver } from '../../rules/engine/waiver.ts';
import { openedArchive } from '../arguments/archive-options.ts';
import { rulesOfRun } from '../arguments/archived-rules.ts';
import { type ConfigFiles, readConfigFiles, readWaivers } from '../arguments/config-files.ts';
import { findRun } from '../arguments/run-name.ts';
import { EXIT, type ExitCode, UsageError } from '../terminal/exit-codes.ts';
import { type Io, writeJson } from '../terminal/terminal.ts';
import { type ExplainFlags, type ExplainOptions, readExplainFlags, readQuestion } from './options.ts';
import { explainedJson, explainedText, type ViewSetting } from './view.ts';

/** The rules as a run judged by them. */
const rulesOf = (manifest: Manifest, rules: readonly Rule[]): readonly ConfiguredRule[] =>
  rules.map((rule: Rule): ConfiguredRule => {
    const record = manifest.rules[rule.id];
    if (record === undefined) return { rule, state: 'off', reason: 'the run did not know the rule', options: {} };
    const reason = `${record.state} in that run`;
    return {
      rule,
      state: record.state,
      ...(record.state !== 'on' && { reason }),
      ...(record.severity !== undefined && { severity: record.severity }),
      options: { ...rule.options, ...record.options },
    };
  });

/** The waivers of today; undefined where no file of them was given. */
const waiversOf = (
  { configFile, waiversFile }: ExplainOptions,
  files: ConfigFiles,
  now: number,
): readonly Waiver[] | undefined => {
  if (waiversFile !== undefined) return readWaivers(waiversFile, now);
  return configFile === undefined ? undefined : files.waivers;
};

const waiverToday =
  (waivers: readonly Waiver[] | undefined, now: number, timeZone: string): ViewSetting['waiverToday'] =>
  (ruleId, subjectId) => {
    if (waivers === undefined) return undefined;
    const waiver = waivers.find(({ rule, user }) => rule === ruleId && user === subjectId);
    if (waiver === undefined) return 'waivers.yaml has none';
    return dayEnds(timeZone)(waiver.expires) > now
      ? `waivers.yaml has one until ${waiver.expires}`
      : `that of waivers.yaml expired on ${waiver.expires}`;
  };

const absentText = async (archive: Archive, manifest: Manifest, { kind, id }: Subject): Promise<string> => {
  const where = `run ${manifest.run} of environment ${manifest.environmentId}`;
  if (kind === 'principal') return `${where} has no active, API-bound user with the principal ${plainLine(id)}`;
  const last = await lastRunWith(archive, manifest, id);
  const before = last === undefined ? 'nor have the runs of a month before it' : `the last run that has it is ${last}`;
  return `${where} has no user ${plainLine(id)}; ${before}`;
};

/**
 * Finds the user whom an e-mail address stands for, in the run or in the one before; what is no address stays. Throws
 * UsageError where several users have it.
 */
const byAddress = async (
  archive: Archive,
  manifest: Manifest,
  previous: Manifest | undefined,
  subject: Subject,
): Promise<Subject> => {
  const { kind, id } = subject;
  if (kind !== 'user' || !id.includes('@') || (await findRecords(archive, manifest, id)) !== undefined) return subject;
  for (const run of [manifest, previous]) {
    const [only, ...others] = await idsByAddress(archive, run, id);
    if (only !== undefined && others.length === 0) return { kind, id: only };
    if (only !== undefined)
      throw new UsageError([
        `the e-mail address must be that of one user, got one that ${[only, ...others].map((one) => plainLine(one)).join(', ')} have in run ${run?.run}: name one of them`,
      ]);
  }
  return subject;
};

/** `explain`: why a run says what it says of a user or a finding. Throws UsageError, ConfigError and ArchiveError. */
export const explain = async (word: string, flags: ExplainFlags, { out, err, env }: Io): Promise<ExitCode> => {
  const now = Date.now();
  const options = readExplainFlags(flags, env);
  const files = readConfigFiles(options.configFile, now);
  const waivers = waiversOf(options, files, now);
  const opened = await openedArchive(options, env);
  const { archive, environmentId } = opened;
  const { manifest } = await findRun(opened, options.run);
  const rulesThen = await rulesOfRun(archive, manifest);
  const question = readQuestion(word, environmentId, rulesThen);
  const { ruleId } = question;
  const previous = await previousManifest(archive, manifest);
  const subject = await byAddress(archive, manifest, previous, question.subject);

  const facts = await readFacts(archive, manifest, previous);
  const trusting = (accounts: readonly string[]): Context => ({
    ...momentsOf(manifest),
    environmentId,
    partition: partitionOfRun(manifest),
    trustedAccounts: new Set([manifest.accountId, ...accounts]),
    ...facts,
  });
  const { config } = files;
  const then: ExplainCriteria = { rules: rulesOf(manifest, rulesThen), context: trusting(manifest.trustedAccounts) };
  const today =
    options.configFile === undefined
      ? undefined
      : {
          rules: configureRules(files.rules, config.rules, enrichmentsOf(config, environmentId)),
          context: trusting(config.trustedAccounts),
        };
  const notes = reservations(manifest);
  const request = { archive, manifest, ruleId, then, today };
  // What users have for an ARN may be any text, and is the subject of what is found of those who share it.
  const explained =
    (await explainSubject({ ...request, subject })) ??
    (subject.kind === 'user'
      ? await explainSubject({ ...request, subject: { kind: 'principal', id: question.subject.id } })
      : undefined);
  if (explained === undefined) {
    err.line(await absentText(archive, manifest, subject));
    for (const note of notes) err.line(plainLine(note));
    return EXIT.notComplete;
  }

  const setting: ViewSetting = {
    run: manifest.run,
    asOf: manifest.asOf,
    environmentId,
    context: then.context,
    notes,
    isNaming: options.isNaming,
    waiverToday: waiverToday(waivers, now, config.schedule.timezone),
  };
  if (options.isJson) writeJson(out, explainedJson(explained, setting));
  else out.write(explainedText(explained, ruleId !== undefined, setting, out));
  return EXIT.ok;
};
