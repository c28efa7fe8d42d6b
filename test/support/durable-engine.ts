import {
  type DurableExecutionClient,
  type DurableExecutionHandler,
  InvocationStatus,
  withDurableExecution,
} from '@aws/durable-execution-sdk-js';

type Update = NonNullable<Parameters<DurableExecutionClient['checkpoint']>[0]['Updates']>[number];
type State = NonNullable<Awaited<ReturnType<DurableExecutionClient['checkpoint']>>['NewExecutionState']>;
type Operation = NonNullable<State['Operations']>[number];

/** Applies an update to an operation, as Lambda keeps it. */
const updated = (before: Operation | undefined, update: Update): Operation => {
  const { Id, ParentId, Name, Type, SubType, Action, Payload, Error: error } = update;
  const { Attempt = 0 } = before?.StepDetails ?? {};
  const Status = {
    START: 'STARTED',
    SUCCEED: 'SUCCEEDED',
    FAIL: 'FAILED',
    RETRY: 'PENDING',
    CANCEL: 'CANCELLED',
  } as const;
  return {
    Id,
    ParentId,
    Name,
    Type,
    SubType,
    StartTimestamp: new Date(),
    Status: Status[Action ?? 'START'],
    StepDetails: {
      Attempt: Action === 'RETRY' ? Attempt + 1 : Attempt,
      Result: Payload,
      Error: error,
      ...(Action === 'RETRY' && { NextAttemptTimestamp: new Date(Date.now() + 3_600_000) }),
    },
    ...(Type === 'WAIT' && { WaitDetails: { ScheduledEndTimestamp: new Date(Date.now() + 3_600_000) } }),
  };
};

/** Applies the time that passes between two invocations to an operation. */
const matured = (operation: Operation): Operation => {
  if (operation.Status === 'PENDING') return { ...operation, Status: 'READY' };
  const isWaiting = operation.Type === 'WAIT' && operation.Status === 'STARTED';
  return isWaiting ? { ...operation, Status: 'SUCCEEDED' } : operation;
};

/** Far more than any of the tests needs. */
const MOST_INVOCATIONS = 50;

export interface Execution {
  readonly status: unknown;
  readonly error: string | undefined;
}

/**
 * Executes a durable function as Lambda does, but that no time passes where it waits, and kills invocations, which the
 * SDK's own runner can't: once `kill` is called, the one in progress is not waited for any longer, and the next begins
 * with what is in the journal.
 */
export const executeDurably = async (
  handler: DurableExecutionHandler,
  event: object,
  onInvocation: (kill: () => void) => void = () => {},
): Promise<Execution> => {
  const journal = new Map<string | undefined, Operation>();
  const execution: Operation = {
    Id: 'execution',
    Type: 'EXECUTION',
    Status: 'STARTED',
    StartTimestamp: new Date(),
    ExecutionDetails: { InputPayload: JSON.stringify(event) },
  };
  journal.set(execution.Id, execution);

  for (let invocations = 1; invocations <= MOST_INVOCATIONS; invocations += 1) {
    for (const operation of journal.values()) journal.set(operation.Id, matured(operation));
    const { promise: killed, resolve: kill } = Promise.withResolvers<undefined>();
    onInvocation(() => kill(undefined));
    let isDead = false;
    const client: DurableExecutionClient = {
      getExecutionState: async () => ({ Operations: [...journal.values()] }),
      async checkpoint({ Updates = [] }) {
        if (isDead) return new Promise(() => {});
        for (const update of Updates) journal.set(update.Id, updated(journal.get(update.Id), update));
        return {
          CheckpointToken: 'next',
          NewExecutionState: { Operations: Updates.flatMap(({ Id }) => journal.get(Id) ?? []) },
        };
      },
    };
    const answer = await Promise.race([
      killed,
      withDurableExecution(handler, { durableExecutionClient: client })(
        {
          DurableExecutionArn: 'arn:aws:lambda:us-east-2:123456789012:function:auditor:1/durable-execution/a/b',
          CheckpointToken: 'first',
          InitialExecutionState: { Operations: [...journal.values()], NextMarker: '' },
        },
        {
          invokedFunctionArn: 'arn:aws:lambda:us-east-2:123456789012:function:auditor:live',
          getRemainingTimeInMillis: () => 900_000,
        },
      ),
    ]);
    isDead = true;
    if (answer === undefined || answer.Status === InvocationStatus.PENDING) continue;
    const { Status, ...rest } = answer;
    return { status: Status, error: 'Error' in rest ? rest.Error?.ErrorMessage : undefined };
  }
  throw new Error(`the execution does not end: ${MOST_INVOCATIONS} invocations`);
};
