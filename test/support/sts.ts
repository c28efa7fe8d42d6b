import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { AwsCredentials } from '../../core/sources/finspace/signing.ts';

/** An error, or any other body. */
export type StsFault = { readonly status: number } & ({ readonly code: string } | { readonly body: string });

/** A role that may be assumed, by whoever knows its external id. */
export interface StsOptions {
  readonly roleArn: string;
  readonly externalId: string;
  readonly keys: () => AwsCredentials;
  readonly expiration: () => Date;
  /** Answered instead of what the service would answer. */
  readonly fault?: () => StsFault | undefined;
}

export interface Sts {
  readonly url: string;
  /** The parameters of every request to assume a role. */
  readonly requests: Readonly<Record<string, string>>[];
  readonly close: () => Promise<void>;
}

const errorXml = (code: string): string =>
  `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>no</Message></Error></ErrorResponse>`;

/** STS on loopback, as far as AssumeRole goes. */
export const startSts = async ({ roleArn, externalId, keys, expiration, fault }: StsOptions): Promise<Sts> => {
  const requests: Readonly<Record<string, string>>[] = [];
  const server = createServer(async (request, response) => {
    const form = Object.fromEntries(new URLSearchParams(await text(request)));
    requests.push(form);
    const reply = (status: number, body: string) => {
      response.writeHead(status, { 'content-type': 'text/xml' });
      response.end(body);
    };
    const played = fault?.();
    if (played !== undefined) return reply(played.status, 'body' in played ? played.body : errorXml(played.code));
    const isLetIn = form.Action === 'AssumeRole' && form.RoleArn === roleArn && form.ExternalId === externalId;
    if (!isLetIn) return reply(403, errorXml('AccessDenied'));
    const { accessKeyId, secretAccessKey, sessionToken = '' } = keys();
    return reply(
      200,
      `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>${accessKeyId}</AccessKeyId>` +
        `<SecretAccessKey>${secretAccessKey}</SecretAccessKey><SessionToken>${sessionToken}</SessionToken>` +
        `<Expiration>${expiration().toISOString()}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
