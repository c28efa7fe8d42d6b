import { App, Stack } from 'aws-cdk-lib';
import { FinSpaceAuditor } from 'finspace-user-auditor';

const stack = new Stack(new App(), 'AccessAudit');
// The rules in custom-rules/ are checked here, and their tests run: a wrong one never deploys.
new FinSpaceAuditor(stack, 'Auditor', { configFile: 'audit.yaml' });
