import { App, Stack } from 'aws-cdk-lib';
import { FinSpaceAuditor } from 'finspace-user-auditor';

const stack = new Stack(new App(), 'AccessAudit');
// What is audited, how, and who is told stands in audit.yaml beside this file.
new FinSpaceAuditor(stack, 'Auditor');
