import { another, type DeclareCommand, LAST_EXIT_CODES, NAME } from '../arguments/declaration.ts';
import type { SubscribeFlags } from './options.ts';

const NOTES = `
SNS ends a subscription when anybody follows the link for that in one of its mails, a mail scanner too, and a deploy
does not bring it back. Those who confirmed by --confirm are safe from it: copy the address of the link in the mail that
asks to confirm, and do not follow it.

Examples:
  $ ${NAME} subscribe --config audit.yaml --topic arn:aws:sns:us-east-1:123456789012:my-audits
  $ ${NAME} subscribe --confirm 'https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&...'

Exit codes:
  0  everybody is subscribed, or asked to confirm
  2  SNS refused something
  3  the command line or a config file is wrong: nothing was done
${LAST_EXIT_CODES}`;

export const subscribeCommand: DeclareCommand = (program, perform) =>
  program
    .command('subscribe')
    .description('subscribe again whom SNS lost, or confirm so that no link in a mail ends it')
    .option('--config <file>', 'an audit.yaml: those whom its alerts name are subscribed, with their filters')
    .option('--topic <arn>', "the stack's TopicArn")
    .option('--alarm-topic <arn>', "the stack's AlarmTopicArn")
    .option('--overview-topic <arn>', "the stack's OverviewTopicArn: those of `digest: all`")
    .option('--undelivered <arn>', "the stack's UndeliveredQueueArn: what a URL, a queue or a function does not take")
    .option('--overview-undelivered <arn>', "the stack's OverviewUndeliveredQueueArn: the same of the overview's topic")
    .option('--confirm <link>', 'the address of the link in a mail that asks to confirm, more than once', another)
    .addHelpText('after', NOTES)
    .action((flags: SubscribeFlags) => perform(async (io) => (await import('./action.ts')).subscribe(flags, io)));
