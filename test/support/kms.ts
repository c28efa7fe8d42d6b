import {
  constants,
  createECDH,
  createHash,
  generateKeyPairSync,
  type KeyObject,
  privateEncrypt,
  randomBytes,
} from 'node:crypto';
import { createServer } from 'node:http';
import * as z from 'zod';

/** KMS signs digests, node only messages: what follows is the rest of each algorithm. */
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

const toInteger = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);

/** The inverse modulo a prime, by Fermat's little theorem. */
const inverse = (value: bigint): bigint => {
  let result = 1n;
  let base = value % P256_ORDER;
  for (let exponent = P256_ORDER - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % P256_ORDER;
    base = (base * base) % P256_ORDER;
  }
  return result;
};

/** A tag, the length (under 128), the content. */
const der = (tag: number, content: Uint8Array): Buffer => Buffer.from([tag, content.length, ...content]);

const derInteger = (value: bigint): Buffer => {
  const bytes = Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
  const start = bytes.findIndex((byte) => byte !== 0);
  const digits = bytes.subarray(start);
  // A first bit that is set would make it negative.
  return der(2, (digits[0] ?? 0) < 0x80 ? digits : Buffer.concat([Buffer.from([0]), digits]));
};

const signByCurve = (digest: Buffer, key: KeyObject): Buffer => {
  const secret = toInteger(Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url'));
  const once = createECDH('prime256v1');
  const point = once.generateKeys();
  const r = toInteger(point.subarray(1, 33)) % P256_ORDER;
  const s = (inverse(toInteger(once.getPrivateKey())) * (toInteger(digest) + r * secret)) % P256_ORDER;
  return der(0x30, Buffer.concat([derInteger(r), derInteger(s)]));
};

const sha256 = (...parts: readonly Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();

const mask = (seed: Buffer, length: number): Buffer =>
  Buffer.concat(
    Array.from({ length: Math.ceil(length / 32) }, (_, n) => sha256(seed, Buffer.from([0, 0, 0, n]))),
  ).subarray(0, length);

/** EMSA-PSS of RFC 8017, 9.1.1, for a modulus of 2048 bits. */
const signByPss = (digest: Buffer, key: KeyObject): Buffer => {
  const salt = randomBytes(32);
  const hash = sha256(Buffer.alloc(8), digest, salt);
  const block = Buffer.concat([Buffer.alloc(256 - 32 - 32 - 2), Buffer.from([1]), salt]);
  const masked = mask(hash, block.length).map((byte, index) => byte ^ (block[index] ?? 0));
  masked[0] = (masked[0] ?? 0) & 0x7f;
  return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, Buffer.concat([masked, hash, Buffer.from([0xbc])]));
};

/** The bytes that PKCS #1 puts before a SHA-256 digest. */
const DIGEST_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex');

const SIGN = {
  ECDSA_SHA_256: signByCurve,
  RSASSA_PSS_SHA_256: signByPss,
  RSASSA_PKCS1_V1_5_SHA_256: (digest: Buffer, key: KeyObject) =>
    privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.concat([DIGEST_INFO, digest])),
} as const;

const signRequest = z.strictObject({
  KeyId: z.string(),
  Message: z.base64().transform((text) => Buffer.from(text, 'base64')),
  MessageType: z.literal('DIGEST'),
  SigningAlgorithm: z.enum(['ECDSA_SHA_256', 'RSASSA_PSS_SHA_256', 'RSASSA_PKCS1_V1_5_SHA_256']),
});

/** The key that each algorithm signs with here. */
const KEYS = {
  ec: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
} as const;

const keysFor = (algorithm: string) => (algorithm.startsWith('EC') ? KEYS.ec : KEYS.rsa);

export const KMS_KEY_ARN = 'arn:aws:kms:us-east-1:111122223333:key/0e1f7b9c-2d54-4c51-9d39-5b1f4a0c8e12';

/** The public part of the key that signs by an algorithm. */
export const publicKeyFor = (algorithm: string): KeyObject => keysFor(algorithm).publicKey;

/** The answers of KMS in place of a signature; `cut`: half of it, `silence`: nothing at all, and `unsigned`: one without it. */
export type KmsFault = { readonly status: number; readonly code: string } | 'reset' | 'cut' | 'silence' | 'unsigned';

/** Every fault of KMS there is, with whether it passes, and what tells it. */
export const KMS_FAULTS: Readonly<
  Record<string, { readonly fault: KmsFault; readonly passes: boolean; readonly told: RegExp }>
> = {
  throttled: { fault: { status: 400, code: 'ThrottlingException' }, passes: true, told: /ThrottlingException/ },
  'server-error': { fault: { status: 500, code: 'KMSInternalException' }, passes: true, told: /KMSInternalException/ },
  'dependency-late': {
    fault: { status: 503, code: 'DependencyTimeoutException' },
    passes: true,
    told: /DependencyTimeoutException/,
  },
  'connection-reset': { fault: 'reset', passes: true, told: /ECONNRESET|socket hang up/ },
  'answer-cut': { fault: 'cut', passes: true, told: /aborted|ECONNRESET/ },
  'no-answer': { fault: 'silence', passes: true, told: /TimeoutError/ },
  refused: {
    fault: { status: 400, code: 'AccessDeniedException' },
    passes: false,
    told: /AccessDeniedException: AccessDeniedException, says KMS$/,
  },
  disabled: {
    fault: { status: 400, code: 'DisabledException' },
    passes: false,
    told: /DisabledException: DisabledException, says KMS$/,
  },
  'wrong-state': {
    fault: { status: 400, code: 'KMSInvalidStateException' },
    passes: false,
    told: /KMSInvalidStateException: KMSInvalidStateException, says KMS$/,
  },
};

export interface Kms {
  readonly url: string;
  /** The environment that leads the clients of the AWS SDK here. */
  readonly env: Readonly<Record<string, string>>;
  /** The bodies of the requests to sign, in order. */
  readonly requests: readonly unknown[];
  /** Refuses every request by this error, until undefined is given. */
  refuse(code: string | undefined): void;
  /** Lets so many of the next requests to sign fail. */
  fail(fault: KmsFault, times: number): void;
  /** Lets an alias lead to these keys, one signature after the other, and then to the own one. */
  leadTo(...keyIds: readonly string[]): void;
  /** The requests to sign so far, those that failed too. */
  asked(): number;
  close(): Promise<void>;
}

/** A KMS on loopback that truly signs digests, and gives the public part of its P-256 key. */
export const startKms = async (): Promise<Kms> => {
  const requests: unknown[] = [];
  let refusal: string | undefined;
  let failing: { readonly fault: KmsFault; left: number } | undefined;
  let ledTo: readonly string[] = [];
  let asked = 0;

  const nextFault = (target: unknown): KmsFault | undefined => {
    if (target !== 'TrentService.Sign') return undefined;
    asked += 1;
    if (failing === undefined || failing.left === 0) return undefined;
    failing.left -= 1;
    return failing.fault;
  };

  const answer = (target: unknown, body: string): { status: number; content: object } => {
    const refused = (code: string) => ({ status: 400, content: { __type: code, message: `${code}, says KMS` } });
    if (refusal !== undefined) return refused(refusal);
    if (target === 'TrentService.GetPublicKey') {
      const spki = KEYS.ec.publicKey.export({ type: 'spki', format: 'der' });
      return { status: 200, content: { KeyId: KMS_KEY_ARN, PublicKey: spki.toString('base64') } };
    }
    if (target !== 'TrentService.Sign') return refused('UnknownOperationException');
    const json: unknown = JSON.parse(body);
    requests.push(json);
    const { success, data } = signRequest.safeParse(json);
    if (!success || data.Message.length !== 32) return refused('ValidationException');
    const { SigningAlgorithm, Message } = data;
    const value = SIGN[SigningAlgorithm](Message, keysFor(SigningAlgorithm).privateKey);
    const [KeyId = KMS_KEY_ARN, ...others] = ledTo;
    ledTo = others;
    return { status: 200, content: { KeyId, Signature: value.toString('base64'), SigningAlgorithm } };
  };

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const target = request.headers['x-amz-target'];
      const fault = nextFault(target);
      if (fault === 'silence') return;
      if (fault === 'reset') {
        request.socket.destroy();
        return;
      }
      const { status, content } =
        typeof fault === 'object'
          ? { status: fault.status, content: { __type: fault.code, message: `${fault.code}, says KMS` } }
          : answer(target, Buffer.concat(chunks).toString());
      const text = JSON.stringify(fault === 'unsigned' ? { ...content, Signature: undefined } : content);
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', 'content-length': text.length });
      if (fault === 'cut') response.write(text.slice(0, text.length / 2), () => request.socket.destroy());
      else response.end(text);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');

  const url = `http://127.0.0.1:${address.port}`;
  return {
    url,
    env: { AWS_ENDPOINT_URL_KMS: url, AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' },
    requests,
    refuse: (code) => {
      refusal = code;
    },
    fail: (fault, times) => {
      failing = { fault, left: times };
    },
    leadTo: (...keyIds) => {
      ledTo = keyIds;
    },
    asked: () => asked,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};
