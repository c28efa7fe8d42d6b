import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { SendAlert } from './digest.ts';

/** Publishes digests to a topic. The client retries by itself; the receipt is SNS's message id. */
export const snsAlerts =
  (client: SNSClient, topicArn: string): SendAlert =>
  async ({ subject, body, attributes }) => {
    const { MessageId } = await client.send(
      new PublishCommand({
        TopicArn: topicArn,
        Subject: subject,
        Message: body,
        MessageAttributes: Object.fromEntries(
          Object.entries(attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
        ),
      }),
    );
    if (MessageId === undefined) throw new Error(`SNS answered without a message id for ${topicArn}`);
    return MessageId;
  };
