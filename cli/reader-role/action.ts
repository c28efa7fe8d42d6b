import { randomUUID } from 'node:crypto';
import { EXTERNAL_ID, EXTERNAL_ID_ALLOWED, ROLE_ARN } from '../../core/config/config.ts';
import { flagReader } from '../arguments/flags.ts';
import { EXIT, type ExitCode } from '../terminal/exit-codes.ts';
import { type Io, writeJson } from '../terminal/terminal.ts';
import { ROLE_NAME, readerRoleTemplate } from './template.ts';

/** The flags of `reader-role` as they were typed. */
export interface ReaderRoleFlags {
  readonly auditor?: readonly string[];
  readonly externalId?: string;
  readonly roleName?: string;
  readonly iamRoles?: true;
  readonly securityHub?: true;
}

/** `reader-role`: prints the template, and beside it what of it has to stand in audit.yaml. Throws UsageError. */
export const readerRole = async (flags: ReaderRoleFlags, io: Io): Promise<ExitCode> => {
  const read = flagReader();
  const { auditor: auditors = [], externalId = randomUUID(), roleName = 'FinSpaceAuditReader' } = flags;
  for (const arn of auditors) read.text('--auditor', arn, 'the ARN of a role', (value) => ROLE_ARN.test(value));
  read.text('--external-id', externalId, EXTERNAL_ID_ALLOWED, (value) => EXTERNAL_ID.test(value));
  read.text('--role-name', roleName, '1 to 64 letters, digits or characters of _+=,.@-', (value) =>
    ROLE_NAME.test(value),
  );
  read.done();

  const may = { readsRoles: flags.iamRoles === true, tellsSecurityHub: flags.securityHub === true };
  writeJson(io.out, readerRoleTemplate({ auditors, externalId, roleName, ...may }));
  io.err.line('in audit.yaml, for each environment, with its id, region and account:');
  io.err.line(
    `  - { id: ID, region: REGION, assumeRoleArn: "arn:aws:iam::ACCOUNT:role/${roleName}", externalId: "${externalId}" }`,
  );
  return EXIT.ok;
};
