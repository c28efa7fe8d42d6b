/**
 * Preloaded into the process that runs a function: the client of the Runtime API that `aws-lambda-ric` would build
 * from C++ on installation, over node:http. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
const { Agent, request } = require('node:http');
const { registerHooks } = require('node:module');
const { pathToFileURL } = require('node:url');

registerHooks({
  resolve: (specifier, context, nextResolve) =>
    specifier === './rapid-client.node'
      ? { url: pathToFileURL(__filename).href, format: 'commonjs', shortCircuit: true }
      : nextResolve(specifier, context),
});

const [hostname, port] = (process.env.AWS_LAMBDA_RUNTIME_API ?? '').split(':');
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

const send = (method, path, body = '', headers = {}) =>
  new Promise((resolve, reject) => {
    const options = { agent, hostname, port, method, path: `/2018-06-01/runtime/invocation/${path}`, headers };
    request(options, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ bodyJson: Buffer.concat(chunks).toString(), headers: response.headers }));
    })
      .on('error', reject)
      .end(body);
  });

// The native client posts before it returns; here the next request waits for what is under way.
let posted = Promise.resolve();
const post = (path, body, headers) => {
  posted = posted.then(() => send('POST', path, body, headers));
};

module.exports = {
  next: () => posted.then(() => send('GET', 'next')),
  done: (id, body) => post(`${id}/response`, body),
  error: (id, body, xrayCause) => post(`${id}/error`, body, { 'lambda-runtime-function-xray-error-cause': xrayCause }),
};
