import {
  GetSubscriptionAttributesCommand,
  NotFoundException,
  paginateListSubscriptionsByTopic,
  type SNSClient,
} from '@aws-sdk/client-sns';
import { parsedJson } from '../archive/lines.ts';
import { nameAndMessageOf } from '../text/error-message.ts';
import { plainLine } from '../text/plain-text.ts';
import { type Audible, letsThrough, type MessageAttributes } from './filter-policy.ts';

/** Somebody who is subscribed to a topic, or is asked to confirm that. */
export interface Subscription {
  readonly protocol: string;
  readonly endpoint: string;
  /** Undefined until it is confirmed. */
  readonly arn: string | undefined;
}

const MOST_CHARACTERS = 400;

/** The answer of SNS where ARNs of those stand that are confirmed: https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html */
const PENDING = 'PendingConfirmation';

/** Lists who is subscribed to a topic, without those who left it. */
export const listSubscriptions = async (sns: SNSClient, topicArn: string): Promise<readonly Subscription[]> => {
  const found: Subscription[] = [];
  for await (const { Subscriptions = [] } of paginateListSubscriptionsByTopic({ client: sns }, { TopicArn: topicArn }))
    for (const { SubscriptionArn = '', Protocol: protocol = '', Endpoint: endpoint = '' } of Subscriptions) {
      const isConfirmed = SubscriptionArn.startsWith('arn:');
      if (isConfirmed || SubscriptionArn === PENDING)
        found.push({ protocol, endpoint, arn: isConfirmed ? SubscriptionArn : undefined });
    }
  return found;
};

/** The settings of a confirmed subscription. */
export interface SubscriptionSettings {
  /** Undefined: it gets everything. */
  readonly filterPolicy: unknown;
  /** The filter is on bodies, of which it lets nothing through: what is published is no JSON. */
  readonly isOfBodies: boolean;
  /** Whoever confirmed it signed the request: a link in a mail can't end it. */
  readonly isAuthenticated: boolean;
  hears(message: MessageAttributes): boolean;
}

/** Reads what a subscription is like; undefined where it has gone since it was listed. */
export const readSubscription = async (sns: SNSClient, arn: string): Promise<SubscriptionSettings | undefined> => {
  try {
    const { Attributes = {} } = await sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn: arn }));
    const { FilterPolicy, FilterPolicyScope, ConfirmationWasAuthenticated } = Attributes;
    const filterPolicy = FilterPolicy === undefined ? undefined : (parsedJson(FilterPolicy) ?? FilterPolicy);
    const isOfBodies = FilterPolicyScope === 'MessageBody';
    return {
      filterPolicy,
      isOfBodies,
      isAuthenticated: ConfirmationWasAuthenticated === 'true',
      hears: (message) => filterPolicy === undefined || (!isOfBodies && letsThrough(filterPolicy, message)),
    };
  } catch (error) {
    if (error instanceof NotFoundException) return undefined;
    throw error;
  }
};

/**
 * Finds the messages of which no confirmed subscriber of a topic would hear.
 * @throws where it depends on a subscription that can't be looked at, such as one that another account owns
 */
export const unheardOn = async (
  sns: SNSClient,
  topicArn: string,
  messages: readonly Audible[],
): Promise<readonly Audible[]> => {
  let unheard = messages;
  const unseen: unknown[] = [];
  for (const { arn } of await listSubscriptions(sns, topicArn)) {
    if (unheard.length === 0) return [];
    if (arn === undefined) continue;
    try {
      const settings = await readSubscription(sns, arn);
      if (settings !== undefined) unheard = unheard.filter((audible) => !audible.messages.some(settings.hears));
    } catch (error) {
      unseen.push(error);
    }
  }
  if (unheard.length > 0 && unseen.length > 0) throw unseen[0];
  return unheard;
};

/** A topic, and what people should hear on it. */
export interface Hearing {
  readonly topicArn: string;
  readonly messages: readonly Audible[];
}

/** Tells, in a sentence a topic, what nobody would hear of; also where it can't be seen who would. */
export const describeUnheard = async (sns: SNSClient, hearings: readonly Hearing[]): Promise<readonly string[]> => {
  const sentences = hearings.map(async ({ topicArn, messages }) => {
    try {
      const unheard = await unheardOn(sns, topicArn, messages);
      if (unheard.length === 0) return [];
      const what = unheard.map((message) => message.what).join(', ');
      return [`nobody hears ${what}: no confirmed subscription of ${topicArn} takes it; doctor tells what to do`];
    } catch (error) {
      const why = plainLine(nameAndMessageOf(error), MOST_CHARACTERS);
      return [
        `nobody knows who hears of ${topicArn}, which takes sns:ListSubscriptionsByTopic and sns:GetSubscriptionAttributes: ${why}`,
      ];
    }
  });
  return (await Promise.all(sentences)).flat();
};
