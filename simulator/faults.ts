/** The operations that give a list page by page: the users, the permission groups, and the members of one. */
export const LISTS = ['page', 'groups', 'members'] as const;

export type ListOperation = (typeof LISTS)[number];

export type Operation = 'exchange' | ListOperation;

/**
 * The consequence of a fault for a careful client, once it has been played as often as planned. `recoverable`: the
 * client has every user in the end. `fatal`: it can't have them, or must not believe that it has.
 */
export type Consequence = 'recoverable' | 'fatal';

interface FaultTraits {
  /** Describes what goes over the wire. */
  readonly does: string;
  /** The operations that can play it, and its consequence there: every list as the pages of users. */
  readonly on: Readonly<Partial<Record<'exchange' | 'page', Consequence>>>;
}

const everywhere = (consequence: Consequence) => ({ exchange: consequence, page: consequence });

/** Every fault there is, as data: a fault matrix enumerates it. */
export const FAULTS = {
  throttle: { does: '429 ThrottlingException without a body', on: everywhere('recoverable') },
  'throttle-retry-after': {
    does: '429 ThrottlingException with Retry-After: `seconds`',
    on: everywhere('recoverable'),
  },
  'internal-error': { does: '500 InternalServerException, named in the body only', on: everywhere('recoverable') },
  'unavailable-html': { does: '503 with a body of HTML', on: everywhere('recoverable') },
  reset: { does: 'the connection is reset before any answer', on: everywhere('recoverable') },
  'truncated-body': {
    does: '200 that closes before its content-length; what was sent reads like a last page with half of the users',
    on: everywhere('recoverable'),
  },
  hang: { does: 'no answer at all', on: everywhere('recoverable') },
  'empty-200': { does: '200 without a body', on: everywhere('recoverable') },
  'torn-json': { does: '200 with the first half of the JSON as its whole body', on: everywhere('recoverable') },
  'partial-206': {
    does: '206 with a body that reads like a last page with half of the users',
    on: everywhere('recoverable'),
  },
  'accepted-202': { does: '202 with an empty object', on: everywhere('recoverable') },
  'empty-object': { does: '200 with an empty object', on: everywhere('recoverable') },
  'error-as-200': { does: '200 with the name of an error in its header', on: everywhere('recoverable') },
  'message-as-200': {
    does: '200 with the message of an error beside an empty list of users',
    on: everywhere('recoverable'),
  },
  'protocol-change': { does: '101 Switching Protocols', on: everywhere('recoverable') },
  'renamed-token': { does: 'the page has its token as `NextToken`', on: { page: 'recoverable' } },
  'second-token': {
    does: 'the page has another `nextToken` behind its own, which is null',
    on: { page: 'recoverable' },
  },
  denied: { does: '403 AccessDeniedException', on: everywhere('fatal') },
  'expired-credentials': {
    does: '403 ExpiredTokenException for keys that have not expired',
    on: { exchange: 'fatal', page: 'recoverable' },
  },
  gone: { does: '410 without a body', on: everywhere('fatal') },
  'repeated-token': {
    does: 'the page gives the token that it was asked with; the first page gives one that leads to itself',
    on: { page: 'fatal' },
  },
  'token-cycle': { does: 'the token of the page leads to a page that leads back', on: { page: 'fatal' } },
  'repeated-page': {
    does: 'the page gives a token of its own that leads to the same users once more',
    on: { page: 'fatal' },
  },
  'duplicate-user': {
    does: 'the page also carries the last user of the page before; the first page carries one of its own twice',
    on: { page: 'recoverable' },
  },
  'empty-page-with-token': {
    does: 'a page without users, whose token leads to the page asked for',
    on: { page: 'recoverable' },
  },
  'missing-users': {
    does: 'a page that lacks the member `users`, whose token leads to the page asked for',
    on: { page: 'recoverable' },
  },
} as const satisfies Record<string, FaultTraits>;

export type FaultKind = keyof typeof FAULTS;

const isFaultKind = (text: string): text is FaultKind => Object.hasOwn(FAULTS, text);

export const FAULT_KINDS: readonly FaultKind[] = Object.keys(FAULTS).filter(isFaultKind);

/** The consequence of a fault for an operation; undefined where it can't be played on it. */
export const consequenceOf = (fault: FaultKind, operation: Operation): Consequence | undefined => {
  const { on }: FaultTraits = FAULTS[fault];
  return on[operation === 'exchange' ? operation : 'page'];
};

/** One fault of a plan. */
export interface Fault {
  readonly fault: FaultKind;
  /** Default: `page`. */
  readonly operation?: Operation;
  /** The zero-based page of any listing; without it, every page. */
  readonly page?: number;
  /** The number of requests that it befalls; default 1, and Infinity is for ever. */
  readonly times?: number;
  /** The whole seconds of `throttle-retry-after`; default 1. */
  readonly seconds?: number;
}

/** Faults in the order in which they are tried: the first that fits a request and isn't used up befalls it. */
export type FaultPlan = readonly Fault[];

const isWhole = (value: number): boolean => Number.isInteger(value) && value >= 0;

const planError = ({ fault, operation = 'page', page, times = 1, seconds = 1 }: Fault): string | undefined => {
  if (!isFaultKind(fault)) return `fault must be one of ${FAULT_KINDS.join(', ')}, got ${JSON.stringify(fault)}`;
  if (operation !== 'exchange' && !LISTS.includes(operation))
    return `operation must be one of exchange, ${LISTS.join(', ')}, got ${JSON.stringify(operation)}`;
  if (consequenceOf(fault, operation) === undefined) return `${fault} can befall a page only, got ${operation}`;
  if (page !== undefined && operation === 'exchange') return `an exchange has no page, got ${page}`;
  if (page !== undefined && !isWhole(page)) return `page must be a whole number from 0, got ${page}`;
  if (times !== Infinity && !isWhole(times)) return `times must be a whole number from 0, or Infinity, got ${times}`;
  if (!isWhole(seconds)) return `seconds must be a whole number from 0, got ${seconds}`;
  return undefined;
};

/** Gives the fault that befalls the next request, and counts it as played. */
export type FaultPlayer = (operation: Operation, page: number | undefined) => Fault | undefined;

/** Throws RangeError where the plan makes no sense. */
export const faultPlayer = (plan: FaultPlan): FaultPlayer => {
  const problem = plan.map(planError).find((error) => error !== undefined);
  if (problem !== undefined) throw new RangeError(problem);
  const entries = plan.map((fault) => ({ fault, left: fault.times ?? 1 }));

  return (operation, page) => {
    const entry = entries.find(
      ({ fault, left }) =>
        left > 0 && (fault.operation ?? 'page') === operation && (fault.page === undefined || fault.page === page),
    );
    if (entry === undefined) return undefined;
    entry.left -= 1;
    return entry.fault;
  };
};
