import { describe, expect, test } from '@jest/globals';
import { diagnosticClients } from '../../../core/doctor/clients.ts';

describe('what tells how the archive is kept', () => {
  test.each([
    { name: 'the region of the audit', given: {}, region: 'eu-west-1' },
    { name: 'a region of its own', given: { region: 'eu-central-1' }, region: 'eu-central-1' },
  ])('is asked in $name', async ({ given, region }) => {
    const { keepers } = await diagnosticClients({ region: 'eu-west-1' });
    for (const client of Object.values(keepers(false, given))) expect(await client.config.region()).toBe(region);
  });

  test.each([true, false])('has a bucket in its path only where it stands in for S3: %s', async (isStandIn) => {
    const { keepers } = await diagnosticClients({ region: 'eu-west-1' });
    expect(keepers(isStandIn).s3.config.forcePathStyle).toBe(isStandIn);
  });

  test('is asked twice at most', async () => {
    const { keepers } = await diagnosticClients({ region: 'eu-west-1' });
    for (const client of Object.values(keepers(true))) expect(await client.config.maxAttempts()).toBe(2);
  });
});

test('everybody else is asked in the region of the audit', async () => {
  const { keepers: _, ...clients } = await diagnosticClients({ region: 'eu-west-1' });
  expect(Object.keys(clients)).toStrictEqual(['sts', 'sns', 'scheduler']);
  for (const client of Object.values(clients)) expect(await client.config.region()).toBe('eu-west-1');
});
