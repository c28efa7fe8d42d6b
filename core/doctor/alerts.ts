import type { SNSClient } from '@aws-sdk/client-sns';
import {
  type AlertRecipient,
  AUDIBLE_ALARMS,
  alarmListeners,
  audibleAlerts,
  audibleOverview,
  wantsAll,
} from '../config/recipient.ts';
import { listSubscriptions, readSubscription, type Subscription } from '../notify/audience.ts';
import { snsAlerts } from '../notify/channels/sns.ts';
import type { Audible } from '../notify/filter-policy.ts';
import { plural } from '../text/plain-text.ts';
import { type Check, type CheckAnswer, errorText, fail, isDenied, isNamed, notChecked, ok, warn } from './check.ts';
import { isOf } from './resubscribe.ts';

export interface AlertSettings {
  readonly sns: SNSClient;
  /** Undefined: alerts are for the terminal. */
  readonly topicArn: string | undefined;
  /** The topic of alarms: the auditor itself is ill, or silent. Undefined: not said. */
  readonly alarmTopicArn: string | undefined;
  /** The topic of the one mail about all environments. Undefined: not said. */
  readonly overviewTopicArn: string | undefined;
  /** Those that the config has; undefined: there is no config. */
  readonly recipients: readonly AlertRecipient[] | undefined;
  readonly environmentId: string;
  /** Of the function that audits. */
  readonly homeRegion: string;
  /** Publish a message that is marked as a test, which goes to every subscriber of alerts. */
  readonly sendTestMail: boolean;
}

const testAlert = (environmentId: string) => ({
  subject: `FinSpace auditor: TEST, no audit (environment ${environmentId})`,
  body: [
    'This is a test, sent by `doctor` of the FinSpace user auditor. No audit was made, and nothing is wrong.',
    `Digests of environment ${environmentId} will come from the same topic.`,
  ].join('\n'),
  // The filter policies of subscriptions let pass what is of no band and as severe as can be: everybody gets it.
  attributes: { environment: environmentId, verdict: 'TEST', maxSeverity: 'CRITICAL' },
});

/** The texts about one of the topics. */
interface TopicTexts {
  readonly flag: string;
  readonly name: string;
  readonly subscriptions: string;
  readonly output: string;
  readonly notGiven: string;
  readonly unheard: string;
}

const ALERTS: TopicTexts = {
  flag: '--topic',
  name: 'topic',
  subscriptions: 'subscriptions',
  output: 'TopicArn',
  notGiven: 'no topic was given: alerts are for the terminal',
  unheard: 'nobody is told',
};

const ALARMS: TopicTexts = {
  flag: '--alarm-topic',
  name: 'alarm-topic',
  subscriptions: 'alarm-subscriptions',
  output: 'AlarmTopicArn',
  notGiven: "no topic of alarms was given: --alarm-topic takes the stack's AlarmTopicArn",
  unheard: 'nobody is told when audits fail or stop',
};

const OVERVIEW: TopicTexts = {
  flag: '--overview-topic',
  name: 'overview-topic',
  subscriptions: 'overview-subscriptions',
  output: 'OverviewTopicArn',
  notGiven:
    "no topic of the mail about all environments was given: --overview-topic takes the OverviewTopicArn of the auditor's first stack",
  unheard: 'nobody gets the mail about all environments',
};

const isMissing = (error: unknown): boolean => isNamed(error, 'NotFoundException', 'NotFound');

const topicMissing = (error: unknown, { output }: TopicTexts): CheckAnswer =>
  fail(errorText(error), `correct the ARN of the topic; the stack tells it as ${output}`);

interface TopicSettings extends Pick<AlertSettings, 'sns' | 'homeRegion' | 'topicArn' | 'recipients'> {
  /** The messages that somebody should hear there. */
  readonly messages: readonly Audible[];
}

/** Checks that there is such a topic, and somebody at its other end. Addresses are not shown, only their number. */
const topicChecks = (
  { sns, homeRegion, topicArn, recipients, messages }: TopicSettings,
  texts: TopicTexts,
): readonly [topic: Check, subscriptions: Check] => {
  let found: readonly Subscription[] = [];
  const wanted = recipients ?? [];
  const subscribe = `finspace-audit subscribe --config audit.yaml ${texts.flag} ${topicArn}`;

  const topic: Check = {
    name: texts.name,
    needs: ['credentials'],
    async check() {
      if (topicArn === undefined) return notChecked(texts.notGiven);
      const [, , , home] = topicArn.split(':');
      if (home !== homeRegion)
        return fail(`it is in ${home}, the audit in ${homeRegion}`, 'use a topic of the same region');
      try {
        found = await listSubscriptions(sns, topicArn);
        return ok(topicArn);
      } catch (error) {
        if (isMissing(error)) return topicMissing(error, texts);
        if (isDenied(error)) return notChecked(errorText(error), 'allow sns:ListSubscriptionsByTopic on the topic');
        return fail(errorText(error), 'let this machine reach SNS, and look again');
      }
    },
  };

  const subscriptions: Check = {
    name: texts.subscriptions,
    needs: [texts.name],
    async check() {
      const confirmed = found.flatMap(({ arn }) => arn ?? []);
      const counted = `${confirmed.length} confirmed, ${found.length - confirmed.length} waiting for it`;
      try {
        const read = found.map(async ({ arn, protocol }) => {
          const settings = arn === undefined ? undefined : await readSubscription(sns, arn);
          return settings === undefined ? [] : [{ ...settings, protocol }];
        });
        const settings = (await Promise.all(read)).flat();
        const unheard = messages.filter((audible) => !settings.some(({ hears }) => audible.messages.some(hears)));
        if (unheard.length > 0) {
          const what =
            unheard.length === messages.length
              ? texts.unheard
              : `nobody hears ${unheard.map((one) => one.what).join(', ')}`;
          return fail(
            `${counted}: ${what}`,
            recipients?.length === 0
              ? 'list people by email or https under alerts in audit.yaml, and deploy'
              : `${subscribe}, which puts filters back too; then confirm what waits: a deploy brings back none that SNS lost`,
          );
        }
        const missing = wanted.filter((recipient) => !found.some(isOf(recipient))).length;
        if (missing > 0)
          return warn(
            `${counted}; ${missing} of the ${plural(wanted.length, 'recipient')} of audit.yaml ${missing === 1 ? 'is' : 'are'} not subscribed`,
            `find out who unsubscribed; ${subscribe}, since a deploy brings back none that SNS lost`,
          );
        if (confirmed.length < found.length)
          return warn(
            counted,
            `have them confirmed within 3 days of the mail, by subscribe --confirm LINK; ${subscribe} asks them again`,
          );
        const byLink = settings.filter(
          ({ isAuthenticated, protocol }) => protocol === 'email' && !isAuthenticated,
        ).length;
        if (byLink === 0) return ok(counted);
        return warn(
          `${counted}; ${byLink} by a bare link, so that another one, which mail scanners may follow, ends it`,
          'take it off, subscribe it again, and confirm by subscribe --confirm LINK: the runbook\'s "Nobody would hear"',
        );
      } catch (error) {
        if (isDenied(error)) return notChecked(errorText(error), 'allow sns:GetSubscriptionAttributes on the topic');
        throw error;
      }
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

/** Checks that people would hear: of what audits find, that audits fail or stop, and of all environments together. */
export const alertChecks = (settings: AlertSettings): readonly Check[] => {
  const { alarmTopicArn, overviewTopicArn, recipients, environmentId } = settings;
  const messages = audibleAlerts(recipients ?? [], environmentId);
  // The one mail about all environments has a topic of its own.
  const ofEach = recipients?.filter((recipient) => !wantsAll(recipient));
  const [topic, subscriptions] = topicChecks({ ...settings, recipients: ofEach, messages }, ALERTS);
  const alarms = topicChecks(
    {
      ...settings,
      topicArn: alarmTopicArn,
      recipients: recipients && alarmListeners(recipients),
      messages: AUDIBLE_ALARMS,
    },
    ALARMS,
  );
  const ofAll = recipients?.filter(wantsAll);
  // Where nobody wants that mail there is no such topic.
  const overview =
    overviewTopicArn === undefined && (ofAll ?? []).length === 0
      ? []
      : topicChecks(
          { ...settings, topicArn: overviewTopicArn, recipients: ofAll, messages: audibleOverview(recipients ?? []) },
          OVERVIEW,
        );
  return [topic, publishCheck(settings), subscriptions, ...alarms, ...overview];
};
