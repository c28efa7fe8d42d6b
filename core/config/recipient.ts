import type { Severity } from '../../rules/engine/severity.ts';

export const PROTOCOLS = ['email', 'https', 'sqs', 'lambda'] as const;

/** Somebody who gets alerts, in the words of SNS. */
export interface AlertRecipient {
  readonly protocol: (typeof PROTOCOLS)[number];
  /** An e-mail address, a URL, or the ARN of a queue or a function. */
  readonly endpoint: string;
  /** Undefined: every alert, as for INFORMATIONAL. Everybody gets those of runs that are not COMPLETE. */
  readonly minSeverity?: Severity;
}

/** Tells recipients who get alarms too: behind a queue or a function is a program that was written to read alerts. */
export const hearsAlarms = ({ protocol }: AlertRecipient): boolean => protocol === 'email' || protocol === 'https';
