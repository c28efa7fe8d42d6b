import { isDeepStrictEqual } from 'node:util';
import { SetSubscriptionAttributesCommand, type SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { type AlertRecipient, filterPolicyOf, haveBands } from '../config/recipient.ts';
import { listSubscriptions, readSubscription, type Subscription } from '../notify/audience.ts';

/** The fate of a recipient: `asked` has a mail or a request to confirm. */
export type Resubscription = 'kept' | 'filter put back' | 'asked' | 'subscribed';

/** Tells whether a subscription is a recipient's; addresses have no case. */
export const isOf =
  ({ protocol, endpoint }: AlertRecipient) =>
  (subscription: Subscription): boolean =>
    subscription.protocol === protocol && subscription.endpoint.toLowerCase() === endpoint.toLowerCase();

/**
 * Subscribes those recipients whom a topic has not, or who did not confirm, as the stack does, and puts their filters
 * back. CloudFormation does not: a subscription that is gone changes nothing of its template.
 * @param undeliveredArn of the queue of what subscribers other than mailboxes do not take
 */
export const resubscribe = async (
  sns: SNSClient,
  topicArn: string,
  recipients: readonly AlertRecipient[],
  undeliveredArn?: string,
): Promise<readonly Resubscription[]> => {
  const subscriptions = await listSubscriptions(sns, topicArn);
  const results: Resubscription[] = [];
  for (const recipient of recipients) {
    const { protocol, endpoint } = recipient;
    const policy = filterPolicyOf(recipient, haveBands(recipients));
    // Who wrote an address in another case at first may have a subscription of each, of which one was confirmed.
    const [arn] = subscriptions.filter(isOf(recipient)).flatMap((subscription) => subscription.arn ?? []);
    const settings = arn === undefined ? undefined : await readSubscription(sns, arn);
    if (settings === undefined) {
      const RedrivePolicy =
        undeliveredArn === undefined || protocol === 'email'
          ? undefined
          : JSON.stringify({ deadLetterTargetArn: undeliveredArn });
      const Attributes = {
        ...(policy && { FilterPolicy: JSON.stringify(policy) }),
        ...(RedrivePolicy !== undefined && { RedrivePolicy }),
      };
      await sns.send(new SubscribeCommand({ TopicArn: topicArn, Protocol: protocol, Endpoint: endpoint, Attributes }));
      results.push(protocol === 'email' || protocol === 'https' ? 'asked' : 'subscribed');
    } else if (!settings.isOfBodies && isDeepStrictEqual(settings.filterPolicy ?? {}, policy ?? {})) {
      results.push('kept');
    } else {
      const set = (AttributeName: string, AttributeValue: string) =>
        sns.send(new SetSubscriptionAttributesCommand({ SubscriptionArn: arn, AttributeName, AttributeValue }));
      await set('FilterPolicy', JSON.stringify(policy ?? {}));
      // SNS takes no scope that the filter is not fit for: that of bodies may be deeper.
      if (settings.isOfBodies) await set('FilterPolicyScope', 'MessageAttributes');
      results.push('filter put back');
    }
  }
  return results;
};
