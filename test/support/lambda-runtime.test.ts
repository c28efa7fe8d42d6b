import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { FUNCTION_ARN, type Lambda, startLambda } from './lambda-runtime.ts';

const CODE = `
let invocations = 0;
export const handler = async (event, context) => {
  invocations += 1;
  console.log('invocation', invocations);
  if (event.fail) throw new RangeError(event.fail);
  if (event.exit) process.exit(event.exit);
  if (event.hang) await new Promise((resolve) => setTimeout(resolve, 60_000));
  return {
    event,
    invocations,
    arn: context.invokedFunctionArn,
    remaining: context.getRemainingTimeInMillis(),
    setting: process.env.SETTING,
    home: process.env.HOME,
  };
};
`;

let assetDir: string;
let lambda: Lambda;

const start = async (timeoutMs: number, handler = 'index.handler') => {
  lambda = await startLambda({ assetDir, handler, env: { SETTING: 'set' }, timeoutMs });
  return lambda;
};

beforeAll(async () => {
  assetDir = await mkdtemp(join(tmpdir(), 'asset-'));
  await writeFile(join(assetDir, 'index.mjs'), CODE);
  await writeFile(join(assetDir, 'broken.mjs'), 'throw new TypeError("no settings");');
});

afterEach(() => lambda.close());
afterAll(() => rm(assetDir, { recursive: true }));

describe('a function run as Lambda runs it', () => {
  it('answers in a warm process, with its own environment and what Lambda tells it', async () => {
    const { invoke } = await start(5_000);

    expect(await invoke({ text: 'ünïcode' })).toEqual({
      result: {
        event: { text: 'ünïcode' },
        invocations: 1,
        arn: FUNCTION_ARN,
        remaining: expect.any(Number),
        setting: 'set',
      },
    });
    expect(await invoke({})).toMatchObject({ result: { invocations: 2 } });
    expect(lambda.logs()).toContain('invocation 2');
  });

  it('passes on what the handler throws, and stays warm', async () => {
    const { invoke } = await start(5_000);

    expect(await invoke({ fail: 'too far' })).toEqual({ error: { errorType: 'RangeError', errorMessage: 'too far' } });
    expect(await invoke({})).toMatchObject({ result: { invocations: 2 } });
  });

  it('stops what takes too long, and starts anew', async () => {
    const { invoke } = await start(400);

    expect(await invoke({ hang: true })).toEqual({
      error: { errorType: 'Sandbox.Timedout', errorMessage: 'Task timed out after 0.40 seconds' },
    });
    expect(await invoke({})).toMatchObject({ result: { invocations: 1 } });
  });

  it('tells of a process that ended', async () => {
    const { invoke } = await start(5_000);

    expect(await invoke({ exit: 3 })).toEqual({
      error: { errorType: 'Runtime.ExitError', errorMessage: 'the process ended with 3' },
    });
    expect(await invoke({})).toMatchObject({ result: { invocations: 1 } });
  });

  it('tells of code that does not load', async () => {
    const { invoke } = await start(5_000, 'broken.handler');

    expect(await invoke({})).toEqual({ error: { errorType: 'TypeError', errorMessage: 'no settings' } });
  });
});
