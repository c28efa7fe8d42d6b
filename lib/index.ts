// For teams that deploy the auditor from a CDK app of their own.
export { AlarmTopic, type AlarmTopicProps } from './alarm-topic.ts';
export { AlertTopic, type AlertTopicProps } from './alert-topic.ts';
export { AuditorStack, addAuditorStacks } from './auditor-stack.ts';
export { EvidenceKey } from './evidence-key.ts';
export { FinSpaceAuditor, type FinSpaceAuditorProps } from './finspace-auditor.ts';
export { QuotaChecks } from './quotas.ts';
export { ReportArchive, type ReportArchiveProps } from './report-archive.ts';
export { ScheduledAudit, type ScheduledAuditProps } from './scheduled-audit.ts';
