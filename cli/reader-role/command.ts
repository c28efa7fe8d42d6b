import { another, type DeclareCommand, LAST_EXIT_CODES, NAME } from '../arguments/declaration.ts';
import type { ReaderRoleFlags } from './action.ts';

const NOTES = `
The template names no account: deployed as a StackSet, it makes the same role in each. Its parameters are the auditors'
roles (the output RoleArn of each of their stacks, and whoever runs \`${NAME} run --all\`), the external id, the
name of the role, and the region of the environments. The same external id goes into audit.yaml; a new one is made where
none is given.

Examples:
  $ ${NAME} reader-role --auditor arn:aws:iam::111122223333:role/auditor > reader-role.json
  $ aws cloudformation create-stack-set --stack-set-name finspace-audit-reader --template-body file://reader-role.json \\
      --capabilities CAPABILITY_NAMED_IAM

Exit codes:
  0  the template is printed
  3  the command line is wrong
${LAST_EXIT_CODES}`;

export const readerRoleCommand: DeclareCommand = (program, perform) =>
  program
    .command('reader-role')
    .description('print the CloudFormation template of the role that lets the auditor read in another account')
    .option(
      '--auditor <arn>',
      'a role that may assume it; repeatable (default: a parameter of the deployment)',
      another,
    )
    .option('--external-id <id>', 'what both accounts have agreed upon (default: a new one)')
    .option('--role-name <name>', 'of the role, the same in each account (default: FinSpaceAuditReader)')
    .option('--iam-roles', 'let it read roles too, as enrich.iamRoles has it (default: not)')
    .option('--security-hub', 'let it tell the Security Hub there, as securityHub has it (default: not)')
    .addHelpText('after', NOTES)
    .action((flags: ReaderRoleFlags) => perform(async (io) => (await import('./action.ts')).readerRole(flags, io)));
