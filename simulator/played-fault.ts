import { type Answer, answered, denied, expired, type Reply, throttled } from './answers.ts';
import type { Fault } from './faults.ts';

const INTERNAL_ERROR: Answer = {
  status: 500,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ __type: 'com.amazonaws.finspacedata#InternalServerException', message: 'simulated' }),
};

const UNAVAILABLE: Answer = {
  status: 503,
  headers: { 'content-type': 'text/html' },
  body: '<html><body><h1>503 Service Unavailable</h1></body></html>',
};

const GONE: Answer = { status: 410, headers: {}, body: '' };

/** More than any body falls short of by accident. */
const MISSING_BYTES = 100;

/**
 * Gives what comes over the wire when a fault befalls an answer. Faults that bend the listing have done so before:
 * their answer goes out as it is.
 * @param part what is sent of a body that breaks off
 */
export const playedFault = ({ fault, seconds = 1 }: Fault, answer: Answer, part: string): Reply => {
  switch (fault) {
    case 'throttle':
      return answered(throttled());
    case 'throttle-retry-after':
      return answered(throttled(seconds));
    case 'internal-error':
      return answered(INTERNAL_ERROR);
    case 'unavailable-html':
      return answered(UNAVAILABLE);
    case 'reset':
      return { kind: 'reset' };
    case 'truncated-body':
      return { kind: 'truncated', answer: { ...answer, body: part }, missingBytes: MISSING_BYTES };
    case 'hang':
      return { kind: 'silence' };
    case 'empty-200':
      return answered({ ...answer, body: '' });
    case 'torn-json':
      return answered({ ...answer, body: answer.body.slice(0, answer.body.length / 2) });
    case 'partial-206':
      return answered({ ...answer, status: 206, body: part });
    case 'accepted-202':
      return answered({ ...answer, status: 202, body: '{}' });
    case 'empty-object':
      return answered({ ...answer, body: '{}' });
    case 'error-as-200':
      return answered({ ...throttled(), status: 200, body: '{"users":[]}' });
    case 'message-as-200':
      return answered({ ...answer, body: '{"message":"Rate exceeded","users":[]}' });
    case 'second-token':
      return answered({ ...answer, body: answer.body.replace(/\}$/, ',"nextToken":null}') });
    case 'protocol-change':
      return { kind: 'protocol-change' };
    case 'denied':
      return answered(denied('User is not authorized to perform this operation.'));
    case 'expired-credentials':
      return answered(expired());
    case 'gone':
      return answered(GONE);
    default:
      return answered(answer);
  }
};
