import { type AuditFlags, readAuditFlags, readTopic } from '../arguments/audit-flags.ts';
import { flagReader } from '../arguments/flags.ts';
import type { Io } from '../terminal/terminal.ts';

/** The flags of `doctor` as they were typed. */
export interface DoctorFlags extends AuditFlags {
  /** Default: no topic of alarms is checked. */
  readonly alarmTopic?: string;
  /** Default: that the topic of the mail about all environments was not checked is told where the config has one. */
  readonly overviewTopic?: string;
  /** Default: no schedule is checked. */
  readonly schedule?: string;
  readonly sendTestMail?: true;
  readonly json?: true;
}

/** Reads the flags of `doctor`. Throws UsageError, which lists everything that is wrong. */
export const readDoctorFlags = (flags: DoctorFlags, env: Io['env']) => {
  const read = flagReader();
  const audited = readAuditFlags(read, flags, env);
  const alarmTopicArn = readTopic(read, '--alarm-topic', flags.alarmTopic);
  const overviewTopicArn = readTopic(read, '--overview-topic', flags.overviewTopic);
  const scheduleName = read.text(
    '--schedule',
    flags.schedule,
    'the name of a schedule: 1 to 64 letters, digits and .-_',
    (value) => /^[\w.-]{1,64}$/.test(value),
  );
  if (flags.sendTestMail && flags.topic === undefined) {
    read.refuse('--send-test-mail is allowed with --topic only: there is nobody to mail to');
  }
  read.done();
  return { ...audited, alarmTopicArn, overviewTopicArn, scheduleName, sendTestMail: flags.sendTestMail ?? false };
};
