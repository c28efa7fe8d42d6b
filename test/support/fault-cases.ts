import { FAULT_KINDS, type Fault, type FaultKind, type Outlook, outlookOf } from '../../simulator/faults.ts';

/** The exchange, and the pages of a listing of three. */
const PLACES: readonly (readonly [string, Pick<Fault, 'operation' | 'page'>])[] = [
  ['the exchange', { operation: 'exchange' }],
  ['the first page', { page: 0 }],
  ['a middle page', { page: 1 }],
  ['the last page', { page: 2 }],
];

/** Every fault with this outlook, wherever it can be played: its kind, the place in words, and where that is. */
export const faultCases = (
  outlook: Outlook,
): readonly (readonly [FaultKind, string, Pick<Fault, 'operation' | 'page'>])[] =>
  FAULT_KINDS.flatMap((fault) =>
    PLACES.filter(([, { operation = 'page' }]) => outlookOf(fault, operation) === outlook).map(
      ([place, where]) => [fault, place, where] as const,
    ),
  );
