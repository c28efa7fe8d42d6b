import { type Consequence, consequenceOf, FAULT_KINDS, type Fault, type FaultKind } from '../../simulator/faults.ts';

type Request = Pick<Fault, 'operation' | 'page'>;

/** The requests of a listing of three pages: the exchange, and each page. */
export const REQUESTS: readonly (readonly [inWords: string, Request])[] = [
  ['the exchange', { operation: 'exchange' }],
  ['the first page', { page: 0 }],
  ['a middle page', { page: 1 }],
  ['the last page', { page: 2 }],
];

/** Every fault with this consequence, on each request that can be hit by it. */
export const listingFaults = (consequence: Consequence): readonly (readonly [FaultKind, inWords: string, Request])[] =>
  FAULT_KINDS.flatMap((fault) =>
    REQUESTS.filter(([, { operation = 'page' }]) => consequenceOf(fault, operation) === consequence).map(
      ([inWords, request]) => [fault, inWords, request] as const,
    ),
  );
