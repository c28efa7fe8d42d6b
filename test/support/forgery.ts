import { generateKeyPairSync, sign } from 'node:crypto';
import type { Manifest } from '../../core/archive/manifest.ts';
import { jsonText } from '../../core/archive/staging.ts';

const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** The public key of somebody who has no part in the auditor's. */
export const STRANGER = stranger.publicKey;

export const STRANGER_PEM = String(STRANGER.export({ type: 'spki', format: 'pem' }));

/** Signs a manifest as the stranger would, in the name of the key that it names. */
export const forged = ({ signature, ...manifest }: Manifest): object => {
  if (signature === undefined) return manifest;
  const { value: _value, ...by } = signature;
  const value = sign('sha256', Buffer.from(jsonText({ ...manifest, signature: by })), stranger.privateKey);
  return { ...manifest, signature: { ...by, value: value.toString('base64') } };
};

export const unsigned = ({ signature: _signature, ...manifest }: Manifest): object => manifest;
