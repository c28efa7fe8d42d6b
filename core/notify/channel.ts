/** One digest, ready to be sent. */
export interface Alert {
  /** ASCII, under 100 characters. */
  readonly subject: string;
  /** Plain text, under 256 KiB. */
  readonly body: string;
  /** Plain strings, none empty. */
  readonly attributes: {
    readonly environment: string;
    readonly verdict: string;
    readonly maxSeverity: string;
  };
}

/** Tells people; resolves with the receipt once the alert is accepted. */
export type SendAlert = (alert: Alert) => Promise<string>;

/** One event for those who automate. */
export interface AuditEvent {
  readonly type: 'FinSpace Audit Finding' | 'FinSpace Audit Run';
  /** What JSON can say; names nobody. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Publishes events; resolves with their number once every one of them is accepted. */
export type PublishEvents = (events: AsyncIterable<AuditEvent>) => Promise<number>;
