import type { AwsEmulatorOptions, AwsFault, AwsRequest } from '../support/aws-emulator.ts';

/** The requests that a fault is played on: reads, writes, or the alert. */
type Action = 'read' | 'write' | 'publish';

/** `before`: the request takes no effect. `after`: it does, and its answer does not arrive. */
type Effect =
  | { readonly before: AwsFault | 'reset' | Readonly<Record<'publish' | 'other', AwsFault>> }
  | { readonly after: 'reset' | 'silence' | 'cut' };

interface AwsFaultTraits {
  /** Describes what goes over the wire. */
  readonly does: string;
  readonly on: readonly Action[];
  readonly effect: Effect;
  /** A careful client gets over it, where it comes once. */
  readonly passes?: boolean;
}

const EVERYWHERE: readonly Action[] = ['read', 'write', 'publish'];

/** Every fault of S3 and SNS there is, as data. */
export const AWS_FAULTS = {
  'slow-down': {
    does: '503 SlowDown; of SNS 400 Throttling',
    on: EVERYWHERE,
    effect: { before: { publish: { status: 400, code: 'Throttling' }, other: { status: 503, code: 'SlowDown' } } },
  },
  'server-error': {
    does: '500 InternalError',
    on: EVERYWHERE,
    effect: { before: { status: 500, code: 'InternalError' } },
  },
  'connection-reset': {
    does: 'the connection is reset before the request takes effect',
    on: EVERYWHERE,
    effect: { before: 'reset' },
  },
  refused: {
    does: '403 AccessDenied; of SNS 403 AuthorizationError',
    on: EVERYWHERE,
    effect: {
      before: { publish: { status: 403, code: 'AuthorizationError' }, other: { status: 403, code: 'AccessDenied' } },
    },
  },
  'conflict-under-way': {
    does: '409 ConditionalRequestConflict: another write to the key is under way',
    on: ['write'],
    effect: { before: { status: 409, code: 'ConditionalRequestConflict' } },
  },
  'precondition-failed': {
    does: '412 PreconditionFailed, though nobody has written',
    on: ['write'],
    effect: { before: { status: 412, code: 'PreconditionFailed' } },
  },
  'answer-lost': {
    does: 'the request takes effect, and the connection is reset before its answer',
    on: ['write', 'publish'],
    effect: { after: 'reset' },
  },
  'stream-timed-out': {
    does: '400 RequestTimeout: the body did not come in time',
    on: ['write'],
    effect: { before: { status: 400, code: 'RequestTimeout' } },
    passes: true,
  },
  'clock-off': {
    does: '403 RequestTimeTooSkewed',
    on: ['read', 'write'],
    effect: { before: { status: 403, code: 'RequestTimeTooSkewed' } },
    passes: true,
  },
  'token-expired': {
    does: '400 ExpiredToken; of SNS 403',
    on: EVERYWHERE,
    effect: {
      before: { publish: { status: 403, code: 'ExpiredToken' }, other: { status: 400, code: 'ExpiredToken' } },
    },
    passes: true,
  },
  'body-cut': {
    does: 'the connection is reset halfway through the body that is read',
    on: ['read'],
    effect: { after: 'cut' },
    passes: true,
  },
  'answer-late': {
    does: 'the request takes effect, and the client times out before its answer',
    on: EVERYWHERE,
    effect: { after: 'silence' },
  },
} as const satisfies Record<string, AwsFaultTraits>;

export type AwsFaultKind = keyof typeof AWS_FAULTS;

export const AWS_FAULT_KINDS = Object.keys(AWS_FAULTS) as readonly AwsFaultKind[];

interface Spot {
  readonly action: Action;
  /** Tries `METHOD /BUCKET/KEY`. */
  readonly matches: RegExp;
}

/** The requests of a run that faults can be played on, in about the order in which it makes them. */
export const AWS_SPOTS = {
  'read latest': { action: 'read', matches: /^GET \/[^/]+\/latest\// },
  'list keys': { action: 'read', matches: /^GET \/[^/]+\/?$/ },
  'read entry': { action: 'read', matches: /^GET \/[^/]+\/chain\// },
  'read findings': { action: 'read', matches: /^GET \/[^/]+\/findings\// },
  'read snapshot': { action: 'read', matches: /^GET \/[^/]+\/snapshots\// },
  'write snapshot': { action: 'write', matches: /^PUT \/[^/]+\/snapshots\// },
  'write findings': { action: 'write', matches: /^PUT \/[^/]+\/findings\// },
  'write report': { action: 'write', matches: /^PUT .*\/report\.json$/ },
  'write page': { action: 'write', matches: /^PUT .*\/report\.html$/ },
  'write digest': { action: 'write', matches: /^PUT .*\/digest\.json$/ },
  'write entry': { action: 'write', matches: /^PUT \/[^/]+\/chain\// },
  'copy manifest': { action: 'write', matches: /^PUT \/[^/]+\/manifests\// },
  'move latest': { action: 'write', matches: /^PUT \/[^/]+\/latest\// },
  'look for marker': { action: 'read', matches: /^HEAD \/[^/]+\/alerts\// },
  'write marker': { action: 'write', matches: /^PUT \/[^/]+\/alerts\// },
  'write history': { action: 'write', matches: /^PUT .*\/index\.html$/ },
  'keep attempt': { action: 'write', matches: /^PUT \/[^/]+\/incomplete\// },
  'any read': { action: 'read', matches: /^(?:GET|HEAD) / },
  'any write': { action: 'write', matches: /^PUT / },
  publish: { action: 'publish', matches: /^Publish$/ },
} as const satisfies Record<string, Spot>;

export type AwsSpot = keyof typeof AWS_SPOTS;

export const canBefall = (kind: AwsFaultKind, spot: AwsSpot): boolean => {
  const { on }: AwsFaultTraits = AWS_FAULTS[kind];
  return on.includes(AWS_SPOTS[spot].action);
};

/** Tells whether a careful client gets over a fault that comes once. */
export const passesOnce = (kind: AwsFaultKind): boolean => {
  const { passes }: AwsFaultTraits = AWS_FAULTS[kind];
  return passes === true;
};

/** One fault of a plan. */
export interface PlannedAwsFault {
  readonly kind: AwsFaultKind;
  readonly spot: AwsSpot;
  /** The number of requests that it befalls. */
  readonly times: number;
}

const MARKER = AWS_SPOTS['write marker'].matches;

const wordsOf = ({ method, path, action }: AwsRequest): string => (action === undefined ? `${method} ${path}` : action);

/** Plays a plan on an emulator, and counts what it did. */
export const awsFaultPlayer = () => {
  let entries: { readonly planned: PlannedAwsFault; left: number }[] = [];
  let isPaused = false;
  let played = 0;
  let lostReceipts = 0;
  let failedMarkers = 0;

  const next = (request: AwsRequest, when: 'before' | 'after'): Effect | undefined => {
    if (isPaused) return undefined;
    const words = wordsOf(request);
    const entry = entries.find(
      ({ planned: { kind, spot }, left }) =>
        left > 0 && when in AWS_FAULTS[kind].effect && AWS_SPOTS[spot].matches.test(words),
    );
    if (entry === undefined) return undefined;
    entry.left -= 1;
    played += 1;
    return AWS_FAULTS[entry.planned.kind].effect;
  };

  const fault: AwsEmulatorOptions['fault'] = (request) => {
    const effect = next(request, 'before');
    if (effect === undefined || !('before' in effect)) return undefined;
    if (MARKER.test(wordsOf(request))) failedMarkers += 1;
    const { before } = effect;
    if (before === 'reset' || 'status' in before) return before;
    return before[request.action === 'Publish' ? 'publish' : 'other'];
  };

  const onAnswer: AwsEmulatorOptions['onAnswer'] = (request) => {
    const effect = next(request, 'after');
    if (effect === undefined || !('after' in effect)) return undefined;
    if (request.action === 'Publish') lostReceipts += 1;
    return effect.after;
  };

  return {
    fault,
    onAnswer,
    setPlan(plan: readonly PlannedAwsFault[]) {
      entries = plan.map((planned) => ({ planned, left: planned.times }));
    },
    /** Does something that no fault befalls. */
    async undisturbed<T>(work: () => Promise<T>): Promise<T> {
      isPaused = true;
      try {
        return await work();
      } finally {
        isPaused = false;
      }
    },
    /** Faults played so far. */
    played: () => played,
    /** Alerts that were accepted without an answer. */
    lostReceipts: () => lostReceipts,
    /** Writes refused that would have said that an alert was sent. */
    failedMarkers: () => failedMarkers,
  };
};
