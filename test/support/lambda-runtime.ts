import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { json } from 'node:stream/consumers';
import * as z from 'zod';

export interface LambdaOptions {
  /** The folder of the unpacked code. */
  readonly assetDir: string;
  /** `FILE.EXPORT` */
  readonly handler: string;
  /** The environment of the function, beside what Lambda itself sets. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

const errorSchema = z.object({ errorType: z.string(), errorMessage: z.string() });

export type InvocationOutcome = { readonly result: unknown } | { readonly error: z.output<typeof errorSchema> };

export interface Lambda {
  /** Invokes the function, one event at a time; starts a process where none is warm. */
  readonly invoke: (event: unknown) => Promise<InvocationOutcome>;
  /** All that the function's processes wrote so far. */
  readonly logs: () => string;
  readonly close: () => Promise<void>;
}

interface Invocation {
  readonly id: string;
  readonly event: unknown;
  readonly settle: (outcome: InvocationOutcome) => void;
}

export const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:123456789012:function:function-under-test';

const RUNTIME_CLIENT = createRequire(import.meta.url).resolve('aws-lambda-ric');
const HTTP_CLIENT = resolve(import.meta.dirname, 'lambda-runtime-client.cjs');

/** The variables that Lambda sets: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
const reservedVariables = (runtimeApi: string, assetDir: string, handler: string) => ({
  AWS_LAMBDA_RUNTIME_API: runtimeApi,
  _HANDLER: handler,
  LAMBDA_TASK_ROOT: assetDir,
  AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
  AWS_REGION: 'us-east-1',
  AWS_LAMBDA_FUNCTION_NAME: 'function-under-test',
  AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
  AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/function-under-test',
  AWS_LAMBDA_LOG_STREAM_NAME: '2026/11/24/[$LATEST]0',
  TZ: ':UTC',
});

const failure = (errorType: string, errorMessage: string): InvocationOutcome => ({
  error: { errorType, errorMessage },
});

/**
 * Runs the code of a Lambda function as Lambda does: the real runtime client, in a process of its own, asks a Runtime
 * API on loopback for events. After a time-out or a crash the next event starts a new process.
 */
export const startLambda = async ({ assetDir, handler, env, timeoutMs }: LambdaOptions): Promise<Lambda> => {
  // A file, which a process writes synchronously: what it logged is there when it answers.
  const logDir = mkdtempSync(join(tmpdir(), 'lambda-'));
  const logFile = join(logDir, 'log');
  const log = openSync(logFile, 'a');
  let sandbox: ChildProcess | undefined;
  /** The runtime's request for the next event, unanswered. */
  let poll: ServerResponse | undefined;
  let current: Invocation | undefined;
  /** The reason why the process is about to end, where that is known. */
  let cause: InvocationOutcome | undefined;

  /** Hands the event to the process once both are there; the time-out counts from then, as Lambda's does. */
  const deliver = () => {
    if (poll === undefined || current === undefined) return;
    const { id, event } = current;
    poll.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': id,
      'lambda-runtime-deadline-ms': String(Date.now() + timeoutMs),
      'lambda-runtime-invoked-function-arn': FUNCTION_ARN,
    });
    poll.end(JSON.stringify(event));
    poll = undefined;

    const timedOut = () => {
      if (current?.id !== id) return;
      cause = failure('Sandbox.Timedout', `Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`);
      sandbox?.kill('SIGKILL');
    };
    setTimeout(timedOut, timeoutMs).unref();
  };

  const server = createServer(async (request, response) => {
    if (request.method === 'GET') {
      poll = response;
      deliver();
      return;
    }
    const body = await json(request);
    response.writeHead(202).end('{}');
    if (request.url?.endsWith('/response')) return current?.settle({ result: body });

    const failed = { error: errorSchema.parse(body) };
    if (request.url?.endsWith('/init/error')) {
      cause = failed;
      return;
    }
    return current?.settle(failed);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the runtime api has no port');

  const start = (): ChildProcess => {
    poll = undefined;
    cause = undefined;
    const child = spawn(process.execPath, ['--require', HTTP_CLIENT, RUNTIME_CLIENT], {
      cwd: assetDir,
      env: { ...env, ...reservedVariables(`127.0.0.1:${address.port}`, assetDir, handler) },
      stdio: ['ignore', log, log],
    });
    child.once('close', (code, signal) => {
      sandbox = undefined;
      current?.settle(cause ?? failure('Runtime.ExitError', `the process ended with ${code ?? signal}`));
    });
    return child;
  };

  return {
    invoke: (event) =>
      new Promise((done, refuse) => {
        if (current !== undefined) return refuse(new Error('invoked before the last invocation was answered'));
        const settle = (outcome: InvocationOutcome) => {
          current = undefined;
          done(outcome);
        };
        current = { id: randomUUID(), event, settle };
        sandbox ??= start();
        return deliver();
      }),
    logs: () => readFileSync(logFile, 'utf8'),
    close: async () => {
      if (sandbox !== undefined) {
        sandbox.kill('SIGKILL');
        await once(sandbox, 'close');
      }
      closeSync(log);
      rmSync(logDir, { recursive: true });
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
