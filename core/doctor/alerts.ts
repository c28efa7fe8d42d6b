import { paginateListSubscriptionsByTopic, type SNSClient } from '@aws-sdk/client-sns';
import { type AlertRecipient, hearsAlarms } from '../config/recipient.ts';
import { snsAlerts } from '../notify/channels/sns.ts';
import { plural } from '../text/plain-text.ts';
import {
  type Answer,
  type Check,
  fail,
  isDenied,
  isNamed,
  notChecked,
  ok,
  problemOf,
  warn,
} from './check.ts';

export interface AlertSettings {
  readonly sns: SNSClient;
  /** Undefined: alerts are for the terminal. */
  readonly topicArn: string | undefined;
  /** Where it is told that the auditor itself is ill, or silent; undefined: not said. */
  readonly alarmTopicArn: string | undefined;
  /** Those that the config has; undefined: there is no config. */
  readonly recipients: readonly AlertRecipient[] | undefined;
  readonly environmentId: string;
  /** Where the audit runs. */
  readonly homeRegion: string;
  /** Publish a message that is marked as a test, which goes to every subscriber of alerts. */
  readonly sendTestMail: boolean;
}

/** Where SNS gives no ARN yet: https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html */
const PENDING = 'PendingConfirmation';

const testAlert = (environmentId: string) => ({
  subject: `FinSpace auditor: TEST, no audit (environment ${environmentId})`,
  body: [
    'This is a test, sent by `doctor` of the FinSpace user auditor. No audit was made, and nothing is wrong.',
    `Digests of environment ${environmentId} will come from the same topic.`,
  ].join('\n'),
  // The filter policies of subscriptions let pass whatever is not COMPLETE: everybody gets it.
  attributes: { environment: environmentId, verdict: 'TEST', maxSeverity: 'INFORMATIONAL' },
});

/** What is told of one topic and not of the other. */
interface Words {
  readonly name: string;
  readonly subscriptions: string;
  readonly output: string;
  readonly notGiven: string;
  readonly unheard: string;
}

const ALERTS: Words = {
  name: 'topic',
  subscriptions: 'subscriptions',
  output: 'TopicArn',
  notGiven: 'no topic was given: alerts are for the terminal',
  unheard: 'nobody is told',
};

const ALARMS: Words = {
  name: 'alarm-topic',
  subscriptions: 'alarm-subscriptions',
  output: 'AlarmTopicArn',
  notGiven: "no topic of alarms was given: --alarm-topic takes the stack's AlarmTopicArn",
  unheard: 'nobody is told when audits fail or stop',
};

const isMissing = (error: unknown): boolean => isNamed(error, 'NotFoundException', 'NotFound');

const missing = (error: unknown, { output }: Words): Answer =>
  fail(problemOf(error), `correct the ARN of the topic; the stack tells it as ${output}`);

/** Whether there is such a topic, and somebody at its other end. Addresses are not told, only how many there are. */
const topicChecks = (
  { sns, homeRegion }: AlertSettings,
  topicArn: string | undefined,
  recipients: readonly AlertRecipient[] | undefined,
  words: Words,
): readonly [topic: Check, subscriptions: Check] => {
  let confirmed = 0;
  let pending = 0;

  const topic: Check = {
    name: words.name,
    needs: ['credentials'],
    async look() {
      if (topicArn === undefined) return notChecked(words.notGiven);
      const [, , , home] = topicArn.split(':');
      if (home !== homeRegion)
        return fail(`it is in ${home}, the audit in ${homeRegion}`, 'use a topic of the same region');
      try {
        const pages = paginateListSubscriptionsByTopic({ client: sns }, { TopicArn: topicArn });
        for await (const { Subscriptions = [] } of pages) {
          confirmed += Subscriptions.filter(({ SubscriptionArn = '' }) =>
            SubscriptionArn.startsWith('arn:'),
          ).length;
          pending += Subscriptions.filter(({ SubscriptionArn }) => SubscriptionArn === PENDING).length;
        }
        return ok(topicArn);
      } catch (error) {
        if (isMissing(error)) return missing(error, words);
        if (isDenied(error))
          return notChecked(
            problemOf(error),
            'allow sns:ListSubscriptionsByTopic on the topic, which an audit does not need',
          );
        return fail(problemOf(error), 'let this machine reach SNS, and look again');
      }
    },
  };

  const subscriptions: Check = {
    name: words.subscriptions,
    needs: [words.name],
    async look() {
      const found = `${confirmed} confirmed, ${pending} waiting for it`;
      if (confirmed === 0)
        return fail(
          `${found}: ${words.unheard}`,
          pending === 0
            ? 'subscribe people: list them by email or https under alerts in audit.yaml, and deploy'
            : 'confirm the subscription by the link in the mail that SNS sent',
        );
      if (pending > 0)
        return warn(
          found,
          'have them confirmed by the link in the mail that SNS sent; after 3 days deploy anew',
        );
      if (recipients !== undefined && confirmed < recipients.length)
        return warn(
          `${found}, where audit.yaml has ${plural(recipients.length, 'recipient')}`,
          'deploy, or find out who unsubscribed',
        );
      return ok(found);
    },
  };
  return [topic, subscriptions];
};

const publishCheck = ({ sns, topicArn, environmentId, sendTestMail }: AlertSettings): Check => ({
  name: 'publish',
  needs: ['credentials'],
  async look() {
    if (topicArn === undefined) return notChecked('no topic was given');
    // Nothing says whether SNS looks at a message before it looks at permissions: a wrong one would prove nothing.
    if (!sendTestMail)
      return notChecked(
        'only a message proves it: --send-test-mail sends one, marked as a test, to all subscribers',
      );
    try {
      await snsAlerts(sns, topicArn)(testAlert(environmentId));
      return ok('a message marked as a test was accepted');
    } catch (error) {
      if (isMissing(error)) return missing(error, ALERTS);
      return fail(
        problemOf(error),
        'allow sns:Publish on the topic, and kms:GenerateDataKey and kms:Decrypt on its key',
      );
    }
  },
});

/** Whether people would be told: of what audits find, and that audits fail or stop. */
export const alertChecks = (settings: AlertSettings): readonly Check[] => {
  const { topicArn, alarmTopicArn, recipients } = settings;
  const [topic, subscriptions] = topicChecks(settings, topicArn, recipients, ALERTS);
  const alarms = topicChecks(settings, alarmTopicArn, recipients?.filter(hearsAlarms), ALARMS);
  return [topic, publishCheck(settings), subscriptions, ...alarms];
};
