import { paginateListSubscriptionsByTopic, type SNSClient } from '@aws-sdk/client-sns';
import { type AlertRecipient, hearsAlarms } from '../config/recipient.ts';
import { snsAlerts } from '../notify/channels/sns.ts';
import { plural } from '../text/plain-text.ts';
import { type Check, type CheckAnswer, errorText, fail, isDenied, isNamed, notChecked, ok, warn } from './check.ts';

export interface AlertSettings {
  readonly sns: SNSClient;
  /** Undefined: alerts are for the terminal. */
  readonly topicArn: string | undefined;
  /** The topic of alarms: the auditor itself is ill, or silent. Undefined: not said. */
  readonly alarmTopicArn: string | undefined;
  /** Those that the config has; undefined: there is no config. */
  readonly recipients: readonly AlertRecipient[] | undefined;
  readonly environmentId: string;
  /** Of the function that audits. */
  readonly homeRegion: string;
  /** Publish a message that is marked as a test, which goes to every subscriber of alerts. */
  readonly sendTestMail: boolean;
}

/** Stands in the place of an ARN that SNS does not give yet, https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html */
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

/** The texts about one of the two topics. */
interface TopicTexts {
  readonly name: string;
  readonly subscriptions: string;
  readonly output: string;
  readonly notGiven: string;
  readonly unheard: string;
}

const ALERTS: TopicTexts = {
  name: 'topic',
  subscriptions: 'subscriptions',
  output: 'TopicArn',
  notGiven: 'no topic was given: alerts are for the terminal',
  unheard: 'nobody is told',
};

const ALARMS: TopicTexts = {
  name: 'alarm-topic',
  subscriptions: 'alarm-subscriptions',
  output: 'AlarmTopicArn',
  notGiven: "no topic of alarms was given: --alarm-topic takes the stack's AlarmTopicArn",
  unheard: 'nobody is told when audits fail or stop',
};

const isMissing = (error: unknown): boolean => isNamed(error, 'NotFoundException', 'NotFound');

const topicMissing = (error: unknown, { output }: TopicTexts): CheckAnswer =>
  fail(errorText(error), `correct the ARN of the topic; the stack tells it as ${output}`);

/** Checks that there is such a topic, and somebody at its other end. Addresses are not shown, only their number. */
const topicChecks = (
  { sns, homeRegion, topicArn, recipients }: Pick<AlertSettings, 'sns' | 'homeRegion' | 'topicArn' | 'recipients'>,
  texts: TopicTexts,
): readonly [topic: Check, subscriptions: Check] => {
  let confirmed = 0;
  let pending = 0;

  const topic: Check = {
    name: texts.name,
    needs: ['credentials'],
    async check() {
      if (topicArn === undefined) return notChecked(texts.notGiven);
      const [, , , home] = topicArn.split(':');
      if (home !== homeRegion)
        return fail(`it is in ${home}, the audit in ${homeRegion}`, 'use a topic of the same region');
      try {
        const pages = paginateListSubscriptionsByTopic({ client: sns }, { TopicArn: topicArn });
        for await (const { Subscriptions = [] } of pages) {
          confirmed += Subscriptions.filter(({ SubscriptionArn = '' }) => SubscriptionArn.startsWith('arn:')).length;
          pending += Subscriptions.filter(({ SubscriptionArn }) => SubscriptionArn === PENDING).length;
        }
        return ok(topicArn);
      } catch (error) {
        if (isMissing(error)) return topicMissing(error, texts);
        if (isDenied(error))
          return notChecked(
            errorText(error),
            'allow sns:ListSubscriptionsByTopic on the topic, which an audit does not need',
          );
        return fail(errorText(error), 'let this machine reach SNS, and look again');
      }
    },
  };

  const subscriptions: Check = {
    name: texts.subscriptions,
    needs: [texts.name],
    async check() {
      const found = `${confirmed} confirmed, ${pending} waiting for it`;
      if (confirmed === 0)
        return fail(
          `${found}: ${texts.unheard}`,
          pending === 0
            ? 'subscribe people: list them by email or https under alerts in audit.yaml, and deploy'
            : 'confirm the subscription by the link in the mail that SNS sent',
        );
      if (pending > 0)
        return warn(found, 'have them confirmed by the link in the mail that SNS sent; after 3 days deploy anew');
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
  async check() {
    if (topicArn === undefined) return notChecked('no topic was given');
    // SNS does not say whether it checks a message before it checks permissions: a wrong one would prove nothing.
    if (!sendTestMail)
      return notChecked('only a message proves it: --send-test-mail sends one, marked as a test, to all subscribers');
    try {
      await snsAlerts(sns, topicArn)(testAlert(environmentId));
      return ok('a message marked as a test was accepted');
    } catch (error) {
      if (isMissing(error)) return topicMissing(error, ALERTS);
      return fail(
        errorText(error),
        'allow sns:Publish on the topic, and kms:GenerateDataKey and kms:Decrypt on its key',
      );
    }
  },
});

/** Checks that people would hear: of what audits find, and that audits fail or stop. */
export const alertChecks = (settings: AlertSettings): readonly Check[] => {
  const { alarmTopicArn, recipients } = settings;
  const [topic, subscriptions] = topicChecks(settings, ALERTS);
  const alarms = topicChecks(
    { ...settings, topicArn: alarmTopicArn, recipients: recipients?.filter(hearsAlarms) },
    ALARMS,
  );
  return [topic, publishCheck(settings), subscriptions, ...alarms];
};
