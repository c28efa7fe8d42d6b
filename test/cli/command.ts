import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { CALLER, type Simulator } from '../../simulator/server.ts';

/** The account that the tests say their simulated environment is in. */
export const ACCOUNT = '111122223333';

export const BIN = resolve(import.meta.dirname, '../../bin/finspace-audit.js');

/** The exit code and the output of a process. */
export interface ProcessResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

type Env = Readonly<Record<string, string>>;

// Nothing of the machine's own AWS settings, colours or proxies.
const cleanEnv = (env: Env): NodeJS.ProcessEnv => ({ PATH: process.env.PATH, HOME: '/nowhere', ...env });

/** Runs `finspace-audit` to its end; `input` is what comes in. */
export const command = (
  words: readonly string[],
  env: Env = {},
  cwd?: string,
  input: string | Uint8Array = '',
): Promise<ProcessResult> =>
  new Promise((done) => {
    const child = execFile(
      process.execPath,
      [BIN, ...words],
      { env: cleanEnv(env), maxBuffer: 1e8, cwd },
      (_error, stdout, stderr) => done({ code: child.exitCode ?? -1, stdout, stderr }),
    );
    // Whoever reads none of it may be gone by now.
    child.stdin?.on('error', () => {}).end(input);
  });

/** A `finspace-audit` that goes on until it is ended. */
export interface Running {
  /** Resolves with the whole of stdout so far, once it holds this text. */
  until(text: string): Promise<string>;
  end(signal: NodeJS.Signals): Promise<ProcessResult>;
}

const exitOf = (child: ChildProcess): Promise<number> =>
  new Promise((done) => {
    child.once('close', (code) => done(code ?? -1));
  });

export const start = (words: readonly string[], env: Env = {}): Running => {
  const child = spawn(process.execPath, [BIN, ...words], { env: cleanEnv(env) });
  const exited = exitOf(child);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });

  return {
    until: (text) =>
      new Promise((done, fail) => {
        const check = (): void => {
          if (stdout.includes(text)) done(stdout);
        };
        child.stdout.on('data', check);
        void exited.then((code) => fail(new Error(`exit ${code} before ${JSON.stringify(text)}: ${stderr}`)));
        check();
      }),
    end: async (signal) => {
      child.kill(signal);
      return { code: await exited, stdout, stderr };
    },
  };
};

/** The words of `run` against a simulator, all but where the evidence goes. */
export const runWords = ({ environmentId }: Simulator): readonly string[] => [
  'run',
  '--environment',
  environmentId,
  '--account',
  ACCOUNT,
  '--region',
  'us-east-1',
];

/** The environment that leads `run` to a simulator. */
export const runEnv = ({ url }: Simulator): Env => ({
  AWS_ENDPOINT_URL_FINSPACE_DATA: url,
  AWS_ACCESS_KEY_ID: CALLER.accessKeyId,
  AWS_SECRET_ACCESS_KEY: CALLER.secretAccessKey,
});
