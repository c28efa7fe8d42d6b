import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { configuredSettings, enrichmentSettings, enrichmentsOf } from '../../../core/audit/settings.ts';
import { type Config, defaultConfig } from '../../../core/config/config.ts';
import idlePrincipal from '../../../rules/idle-principal.ts';
import { rules } from '../../../rules/index.ts';
import { ACCOUNT } from '../../support/builders.ts';

const iamRoles = { accounts: [] };
const CONFIG: Config = {
  ...defaultConfig(rules),
  environments: [{ id: 'plain' }, { id: 'research', name: 'Research', enrich: { iamRoles } }],
};

describe('the settings of an environment', () => {
  test.each([
    { environmentId: 'plain', name: undefined, enrich: undefined, read: [] },
    { environmentId: 'research', name: 'Research', enrich: { iamRoles }, read: ['iamRoles'] },
    { environmentId: 'unnamed', name: undefined, enrich: undefined, read: [] },
  ])('are those that the config has for it: $environmentId', ({ environmentId, name, enrich, read }) => {
    const settings = configuredSettings(CONFIG, [], environmentId);
    expect([...enrichmentsOf(CONFIG, environmentId)]).toEqual(read);
    expect([...(settings.enrich ?? [])]).toEqual(read);
    expect(settings.environmentName).toBe(name);
    expect(enrichmentSettings(CONFIG, { environmentId, accountId: ACCOUNT }).enrich).toEqual(enrich);
  });

  test('has of what the config leaves open nothing of its own', () => {
    const { outputs: _outputs, report: _report, signing: _signing, ...config } = CONFIG;
    const settings = configuredSettings(config, [], 'plain');
    for (const member of ['outputs', 'areNamesShown', 'environmentName', 'signManifestDigest', 'publicKeys'])
      expect(settings).not.toHaveProperty(member);
  });

  test('has what the config says of outputs, names and signatures', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = String(publicKey.export({ format: 'pem', type: 'spki' }));
    const key = `arn:aws:kms:us-east-1:${ACCOUNT}:alias/audit`;
    const signing = { key, algorithm: 'ECDSA_SHA_256', publicKeys: [pem] } as const;
    const settings = configuredSettings(
      { ...CONFIG, outputs: ['ocsf'], report: { names: false }, signing },
      [],
      'plain',
    );
    expect(settings).toMatchObject({ outputs: ['ocsf'], areNamesShown: false });
    expect(settings.publicKeys?.map((one) => one.equals(publicKey))).toEqual([true]);
    expect([typeof settings.signManifestDigest, typeof settings.loadPublicKey]).toEqual(['function', 'function']);
  });

  test.each([
    { rule: 'is judged by default', enabled: undefined, mayListRoles: false },
    { rule: 'is on', enabled: true, mayListRoles: false },
    { rule: 'is off', enabled: false, mayListRoles: true },
  ])('let roles be listed only where nothing asks when each was used: the rule $rule', ({ enabled, mayListRoles }) => {
    const { [idlePrincipal.id]: _configured, ...others } = CONFIG.rules;
    const config = {
      ...CONFIG,
      rules: enabled === undefined ? others : { ...others, [idlePrincipal.id]: { enabled } },
    };
    const asked = { environmentId: 'research', accountId: ACCOUNT };
    expect(enrichmentSettings(config, asked).mayListRoles).toBe(mayListRoles);
  });
});
