import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { FinSpaceAuditor } from 'finspace-user-auditor';

const stack = new Stack(new App(), 'AccessAudit', { env: { region: 'us-east-1' } });
const auditor = new FinSpaceAuditor(stack, 'Auditor');

// The accounts of the other environments let this role in: give it to `npx finspace-audit reader-role --auditor ARN`, whose
// template makes the roles that audit.yaml names.
new CfnOutput(stack, 'RoleArn', { value: auditor.role.roleArn });
