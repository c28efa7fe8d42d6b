import { ConfirmSubscriptionCommand, SNSClient } from '@aws-sdk/client-sns';
import { awsClient } from '../../core/aws/clients.ts';
import { alarmListeners, wantsAll } from '../../core/config/recipient.ts';
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
  const { configFile, confirmations, ...options } = readSubscribeFlags(flags);
  const given = configFile === undefined ? [] : readConfigFiles(configFile, Date.now()).config.alerts;

  for (const { topicArn: TopicArn, token: Token } of confirmations) {
    await snsOf(TopicArn).send(new ConfirmSubscriptionCommand({ TopicArn, Token, AuthenticateOnUnsubscribe: 'true' }));
    io.out.line(`confirmed, on ${TopicArn}: no link in a mail ends it`);
  }

  // Addresses stand in audit.yaml; that of a web hook may be all that guards it.
  const alerts = given.map((recipient, index) => ({ ...recipient, name: `alerts.${index} (${recipient.protocol})` }));
  for (const { arn, recipients, undelivered } of [
    { arn: options.topicArn, recipients: alerts.filter((one) => !wantsAll(one)), undelivered: options.undeliveredArn },
    { arn: options.alarmTopicArn, recipients: alarmListeners(alerts), undelivered: undefined },
    { arn: options.overviewTopicArn, recipients: alerts.filter(wantsAll), undelivered: options.overviewUndeliveredArn },
  ]) {
    if (arn === undefined) continue;
    const results = await resubscribe(snsOf(arn), arn, recipients, undelivered);
    io.out.line(`On ${arn}:`);
    io.out.write(
      table(
        io.out,
        undefined,
        recipients.map(({ name }, index) => [name, results[index] ?? '']),
      ),
    );
    if (results.includes('asked')) io.out.line('Whom SNS asked, confirm within 3 days: by --confirm LINK, best.');
  }
  return EXIT.ok;
};
