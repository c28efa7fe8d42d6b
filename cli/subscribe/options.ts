import { QUEUE_ARN } from '../../core/config/config.ts';
import { readTopic } from '../arguments/audit-flags.ts';
import { flagReader } from '../arguments/flags.ts';

/** The flags of `subscribe` as they were typed. */
export interface SubscribeFlags {
  readonly config?: string;
  readonly topic?: string;
  readonly alarmTopic?: string;
  readonly overviewTopic?: string;
  readonly undelivered?: string;
  readonly overviewUndelivered?: string;
  readonly confirm?: readonly string[];
}

/** The request that the link in a mail of SNS makes. */
export interface Confirmation {
  readonly topicArn: string;
  readonly token: string;
}

/** Reads the link of a mail; undefined where it is none of SNS that confirms a subscription. */
const confirmationOf = (link: string): Confirmation | undefined => {
  const url = URL.parse(link);
  const { Action, TopicArn: topicArn, Token: token } = Object.fromEntries(url?.searchParams ?? []);
  const isOfSns =
    url?.protocol === 'https:' && /^sns(?:-fips)?\.[a-z\d-]+\.amazonaws\.com(?:\.cn)?$/.test(url.hostname);
  return isOfSns && Action === 'ConfirmSubscription' && topicArn !== undefined && token !== undefined
    ? { topicArn, token }
    : undefined;
};

/** Reads the flags of `subscribe`. Throws UsageError, which lists everything that is wrong. */
export const readSubscribeFlags = (flags: SubscribeFlags) => {
  const read = flagReader();
  const configFile = read.path('--config', flags.config, 'file');
  const topicArn = readTopic(read, '--topic', flags.topic);
  const alarmTopicArn = readTopic(read, '--alarm-topic', flags.alarmTopic);
  const overviewTopicArn = readTopic(read, '--overview-topic', flags.overviewTopic);
  const readQueue = (name: string, given: string | undefined) =>
    read.text(name, given, 'the ARN of a queue', (value) => QUEUE_ARN.test(value));
  const undeliveredArn = readQueue('--undelivered', flags.undelivered);
  const overviewUndeliveredArn = readQueue('--overview-undelivered', flags.overviewUndelivered);
  const confirmations: Confirmation[] = [];
  for (const link of flags.confirm ?? []) {
    const confirmation = confirmationOf(link);
    // A token is a key: it is not shown.
    if (confirmation === undefined)
      read.refuse(
        '--confirm must be a link of SNS, https://sns.REGION.amazonaws.com/?Action=ConfirmSubscription&TopicArn=…&Token=…, got another text (not shown)',
      );
    else confirmations.push(confirmation);
  }
  const hasTopic = [flags.topic, flags.alarmTopic, flags.overviewTopic].some((topic) => topic !== undefined);
  if ((flags.config !== undefined) !== hasTopic)
    read.refuse(
      '--config and one of --topic, --alarm-topic and --overview-topic must be given together: who, and to what',
    );
  if (flags.config === undefined && flags.confirm === undefined)
    read.refuse('one of --config FILE and --confirm LINK must be given, got neither');
  read.done();
  return {
    configFile,
    topicArn,
    alarmTopicArn,
    overviewTopicArn,
    undeliveredArn,
    overviewUndeliveredArn,
    confirmations,
  };
};
