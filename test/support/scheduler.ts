import { createServer } from 'node:http';

/** A schedule as EventBridge Scheduler gives it: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_GetSchedule.html */
export interface StoredSchedule {
  readonly State: string;
  readonly ScheduleExpression: string;
  readonly ScheduleExpressionTimezone?: string;
  /** Seconds since the epoch. */
  readonly StartDate?: number;
  readonly EndDate?: number;
  readonly CreationDate?: number;
  readonly Target?: { readonly Arn: string; readonly Input?: string };
}

export interface Scheduler {
  readonly env: Readonly<Record<string, string>>;
  /** Replaces what there is, by name; `denied` is given to nobody. */
  readonly set: (schedules: Readonly<Record<string, StoredSchedule | 'denied'>>) => void;
  readonly close: () => Promise<void>;
}

/** EventBridge Scheduler on loopback, as far as one schedule can be looked at. It takes any credentials. */
export const startScheduler = async (): Promise<Scheduler> => {
  let schedules: Readonly<Record<string, StoredSchedule | 'denied'>> = {};
  const server = createServer(({ method, url = '' }, response) => {
    const answer = (status: number, body: object, error?: string) =>
      response
        .writeHead(status, { 'content-type': 'application/json', ...(error && { 'x-amzn-errortype': error }) })
        .end(JSON.stringify(body));
    const [, name = ''] = /^\/schedules\/([\w.-]+)$/.exec(url) ?? [];
    const found = schedules[name];
    if (method !== 'GET') return answer(405, {});
    if (found === undefined)
      return answer(404, { Message: `Schedule ${name} does not exist.` }, 'ResourceNotFoundException');
    if (found === 'denied') return answer(403, { Message: 'not authorized' }, 'AccessDeniedException');
    return answer(200, { Name: name, ...found });
  });
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening);
  });
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    env: { AWS_ENDPOINT_URL_SCHEDULER: `http://127.0.0.1:${port}` },
    set: (next) => {
      schedules = next;
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
};
