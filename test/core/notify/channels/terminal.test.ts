import { expect, test } from '@jest/globals';
import { terminalAlerts } from '../../../../core/notify/channels/terminal.ts';

test('prints the digest as it would be mailed', async () => {
  const written: string[] = [];
  const send = terminalAlerts((text) => written.push(text));

  const receipt = await send({
    subject: 'FinSpace research: first audit, no findings',
    body: 'First line\n\nLast line\n',
    attributes: { environment: 'e', verdict: 'COMPLETE', maxSeverity: 'INFORMATIONAL' },
  });

  const bar = '─'.repeat(79);
  expect(receipt).toBe('terminal');
  expect(written.join('')).toBe(
    `┌${bar}\n│ Subject: FinSpace research: first audit, no findings\n│\n│ First line\n│\n│ Last line\n└${bar}\n`,
  );
});
