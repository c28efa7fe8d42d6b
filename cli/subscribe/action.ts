import { ConfirmSubscriptionCommand, SNSClient } from '@aws-sdk/client-sns';
import { awsClient } from '../../core/aws/clients.ts';
import { type AlertRecipient, hearsAlarms } from '../../core/config/recipient.ts';
import { resubscribe } from '../../core/doctor/resubscribe.ts';
import { readConfigFiles } from '../arguments/config-files.ts';
import { EXIT, type ExitCode } from '../terminal/exit-codes.ts';
import { table } from '../terminal/table.ts';
import type { Io } from '../terminal/terminal.ts';
import { readSubscribeFlags, type SubscribeFlags } from './options.ts';

/** A topic is in the region that its ARN says. */
const snsOf = (topicArn: string): SNSClient => awsClient(SNSClient, { region: topicArn.split(':')[3] ?? '' });

/** `subscribe`: brings back whom SNS lost. Throws UsageError and ConfigError before anything is done. */
export const subscribe = async (flags: SubscribeFlags, io: Io): Promise<ExitCode> => {
  const { configFile, topicArn, alarmTopicArn, undeliveredArn, confirmations } = readSubscribeFlags(flags);
  const alerts = configFile === undefined ? [] : readConfigFiles(configFile, Date.now()).config.alerts;

  for (const { topicArn: TopicArn, token: Token } of confirmations) {
    await snsOf(TopicArn).send(new ConfirmSubscriptionCommand({ TopicArn, Token, AuthenticateOnUnsubscribe: 'true' }));
    io.out.line(`confirmed, on ${TopicArn}: no link in a mail ends it`);
  }

  // Everybody hears every alarm.
  const ofAlarms = alerts.map(({ minSeverity: _minSeverity, ...recipient }): AlertRecipient => recipient);
  for (const { arn, recipients, undelivered } of [
    { arn: topicArn, recipients: alerts, undelivered: undeliveredArn },
    { arn: alarmTopicArn, recipients: ofAlarms.filter(hearsAlarms), undelivered: undefined },
  ]) {
    if (arn === undefined) continue;
    const results = await resubscribe(snsOf(arn), arn, recipients, undelivered);
    io.out.line(`On ${arn}:`);
    // Addresses stand in audit.yaml; that of a web hook may be all that guards it.
    const name = ({ protocol, endpoint }: AlertRecipient) =>
      `alerts.${alerts.findIndex((one) => one.protocol === protocol && one.endpoint === endpoint)} (${protocol})`;
    io.out.write(
      table(
        io.out,
        undefined,
        recipients.map((one, index) => [name(one), results[index] ?? '']),
      ),
    );
    if (results.includes('asked')) io.out.line('Whom SNS asked, confirm within 3 days: by --confirm LINK, best.');
  }
  return EXIT.ok;
};
