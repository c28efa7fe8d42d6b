import { paginateListSubscriptionsByTopic, type SNSClient } from '@aws-sdk/client-sns';
import { plural } from '../alerts/plain-text.ts';
import { snsAlerts } from '../alerts/sns.ts';
import { type Check, fail, isDenied, isNamed, notChecked, ok, problemOf, warn } from './check.ts';

export interface AlertSettings {
  readonly sns: SNSClient;
  /** Undefined: alerts are for the terminal. */
  readonly topicArn: string | undefined;
  readonly environmentId: string;
  /** Where the audit runs. */
  readonly homeRegion: string;
  /** Publish a message that is marked as a test, which goes to every subscriber. */
  readonly sendTestMail: boolean;
  /** How many recipients the config has; undefined: there is no config. */
  readonly recipients: number | undefined;
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

const MISSING = 'correct the ARN of the topic; the stack tells it as TopicArn';

/** Whether people would be told. Their addresses are not: only how many there are. */
export const alertChecks = (settings: AlertSettings): readonly Check[] => {
  const { sns, topicArn, environmentId, homeRegion, sendTestMail, recipients } = settings;
  let confirmed = 0;
  let pending = 0;

  return [
    {
      name: 'topic',
      needs: ['credentials'],
      async look() {
        if (topicArn === undefined) return notChecked('no topic was given: alerts are for the terminal');
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
          if (isNamed(error, 'NotFoundException', 'NotFound')) return fail(problemOf(error), MISSING);
          if (isDenied(error))
            return notChecked(
              problemOf(error),
              'allow sns:ListSubscriptionsByTopic on the topic, which an audit does not need',
            );
          return fail(problemOf(error), 'let this machine reach SNS, and look again');
        }
      },
    },
    {
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
          if (isNamed(error, 'NotFoundException', 'NotFound')) return fail(problemOf(error), MISSING);
          return fail(
            problemOf(error),
            'allow sns:Publish on the topic, and kms:GenerateDataKey and kms:Decrypt on its key',
          );
        }
      },
    },
    {
      name: 'subscriptions',
      needs: ['topic'],
      async look() {
        const found = `${confirmed} confirmed, ${pending} waiting for it`;
        if (confirmed === 0)
          return fail(
            `${found}: nobody is told`,
            pending === 0
              ? 'subscribe people: list them under alerts in audit.yaml, and deploy'
              : 'confirm the subscription by the link in the mail that SNS sent',
          );
        if (pending > 0)
          return warn(
            found,
            'have them confirmed by the link in the mail that SNS sent; after 3 days deploy anew',
          );
        if (recipients !== undefined && confirmed < recipients)
          return warn(
            `${found}, where audit.yaml has ${plural(recipients, 'recipient')}`,
            'deploy, or find out who unsubscribed',
          );
        return ok(found);
      },
    },
  ];
};
