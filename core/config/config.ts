import * as z from 'zod';
import type { RuleSettings } from '../../rules/engine/configure.ts';
import type { Options } from '../../rules/engine/context.ts';
import type { Reminders } from '../../rules/engine/reminder.ts';
import type { Rule } from '../../rules/engine/rule.ts';
import { isAtLeast, SEVERITIES } from '../../rules/engine/severity.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../rules/engine/time.ts';
import type { Waiver } from '../../rules/engine/waiver.ts';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../archive/manifest-signature.ts';
import { readPublicKey } from '../archive/signature.ts';
import { isRegion } from '../aws/region.ts';
import { s3Prefix } from '../aws/s3-url.ts';
import { ENVIRONMENT_ID, isEnvironmentId } from '../model/environment-id.ts';
import { OPTIONAL_OUTPUT_NAMES, type OptionalOutputName } from '../model/optional-outputs.ts';
import { AFTERWARDS, type RetentionDuty } from '../model/retention.ts';
import { isDay, runInstant } from '../model/run-name.ts';
import { cronProblem } from '../schedule/cron.ts';
import { hoursBetweenRuns, shortestBetweenRuns } from '../schedule/hours-between-runs.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { isBlank, isSamePerson, namesId } from '../text/person.ts';
import { shown } from '../text/shown.ts';
import { ACCEPTED_KINDS, type Accepted } from './accepted.ts';
import { type AlertRecipient, PROTOCOLS, RHYTHMS, wantsAll } from './recipient.ts';
import { decimal, flag, list, must, oneOf, section, text, unique } from './schema.ts';

/** A FinSpace environment to be audited. */
export interface Environment {
  /** As in the host of the environment's web application: 1 to 26 letters and digits. */
  readonly id: string;
  /** The operators' name for it. */
  readonly name?: string;
  /** Given where it is another than the auditor's. */
  readonly region?: string;
  /** Whoever may read it, where that is not the auditor's own role. */
  readonly role?: {
    readonly arn: string;
    /** Of the role, and so of the environment: 12 digits. */
    readonly accountId: string;
    /** The id that the role's trust policy asks for. */
    readonly externalId: string;
  };
  /** Its account, where that is another than the auditor's and its users come from saved rosters: 12 digits. */
  readonly accountId?: string;
  /** The saved rosters that its users are read from, in place of FinSpace. */
  readonly source?: {
    /** `s3://bucket/prefix/`: the newest object there is the roster. */
    readonly roster: string;
    /** The ARN of the KMS key that encrypts what is there; undefined: one that needs no permission, or the archive's. */
    readonly key?: string;
  };
  /** The facts that are read beside the listing; what is left out is not. */
  readonly enrich?: {
    readonly iamRoles?: { readonly accounts: readonly AskedAccount[] };
    readonly permissionGroups?: true;
  };
}

/** A trusted account whose IAM may be asked for its roles, besides the environment's own. */
export interface AskedAccount {
  /** 12 digits. */
  readonly id: string;
  /** The role there that may read roles. */
  readonly roleArn: string;
  readonly externalId?: string;
}

/** An auditor of another account, which may archive what it sees of these environments. */
export interface ArchiveWriter {
  /** 12 digits. */
  readonly account: string;
  /** The name of its stack, which those of its roles begin with. */
  readonly auditor: string;
  /** By id. */
  readonly environments: readonly string[];
}

export const LOCKS = ['off', 'governance', 'compliance'] as const;

/** The years are those for which objects are locked too: 1 to 99, since S3 locks for less than 100. */
export interface Retention extends RetentionDuty {
  /**
   * S3 Object Lock: `governance` can be lifted by those who hold s3:BypassGovernanceRetention, `compliance` by
   * nobody, the account's root user included.
   */
  readonly lock: (typeof LOCKS)[number];
}

/** A bucket of another region or account, for a copy of the archive. */
export interface ReplicateTo {
  readonly bucket: string;
  /** Its owner's, 12 digits. @default - the auditor's own */
  readonly account?: string;
  /** The ARN of the KMS key that the copies are encrypted by; its region is the bucket's. */
  readonly key: string;
}

const CREDENTIAL_MODES = ['exchange', 'direct'] as const;

const HUB_ACCOUNTS = ['environment', 'auditor'] as const;

const LISTING_MODES = ['single', 'durable'] as const;

/** The KMS key that signs the manifests of complete runs. */
export interface Signing {
  /** The ARN of an asymmetric key for signing, or of an alias of one. */
  readonly key: string;
  readonly algorithm: SigningAlgorithm;
  /** In PEM, or DER in base64. Where there are some, only what they hold against counts as signed. */
  readonly publicKeys: readonly string[];
}

/** `audit.yaml`, checked, with the defaults of what it leaves out. */
export interface Config {
  /** Of the stack, and so of the auditor: a file with another name is another auditor. */
  readonly name: string;
  /** Each id once. Empty only in `defaultConfig`. */
  readonly environments: readonly Environment[];
  readonly schedule: Schedule;
  /** 12-digit account ids, beside the environment's own. */
  readonly trustedAccounts: readonly string[];
  /** The settings of rules, by rule id; the defaults are with the rules. */
  readonly rules: Readonly<Record<string, RuleSettings>>;
  /** The folder of the operators' own rules, beside this file. @default - custom-rules, where there is one */
  readonly customRules?: string;
  readonly alerts: readonly AlertRecipient[];
  /** Limits of what messages of findings may hold. @default - no names */
  readonly messages?: {
    /** Whether those of the operators' own rules may read names and e-mail addresses, and so put them into alerts. */
    readonly names: boolean;
  };
  /** The bus that events are published to; undefined: none. */
  readonly events?: {
    /** `default`, or the name or ARN of an event bus. */
    readonly bus: string;
  };
  /** The Security Hub that is told of the findings of complete runs; undefined: none. */
  readonly securityHub?: {
    /** `environment`: of each environment's account, by the role that reads it; `auditor`: of the auditor's own, for all. */
    readonly account: (typeof HUB_ACCOUNTS)[number];
  };
  /** The outputs that runs leave beside their own files. @default - nothing */
  readonly outputs?: readonly OptionalOutputName[];
  /** Settings of the pages about a run. */
  readonly report?: {
    /** Names and e-mail addresses of people; else users by their ids alone. @default true */
    readonly names: boolean;
  };
  readonly reminders: Reminders;
  readonly retention: Retention;
  /** An archive that is there already, as that of an earlier stack; undefined: the stack has its own. */
  readonly archive?: {
    /** The name of the bucket. */
    readonly bucket: string;
    /** The ARN of the key that encrypts it. */
    readonly key: string;
    /** Another auditor, which owns it, writes to it as well: the page of all environments is left to that. */
    readonly shared: boolean;
  };
  /** The auditors of other accounts that may write to the archive of this one. */
  readonly archiveWriters: readonly ArchiveWriter[];
  /** A bucket that S3 copies the archive to; undefined: there is no copy. */
  readonly replicateTo?: ReplicateTo;
  /** The ARNs of the roles and users who may read the archive as auditors. */
  readonly auditors: readonly string[];
  /** The role that alone may change how the evidence is kept; undefined: administrators may. */
  readonly breakGlassRoleArn?: string;
  /** `exchange`: the caller's credentials are exchanged for FinSpace's. `direct`: they are FinSpace's already. */
  readonly credentials: (typeof CREDENTIAL_MODES)[number];
  /**
   * `single`: a listing has to fit into one invocation. `durable`: it takes as many as it needs, where Lambda's durable
   * functions are.
   */
  readonly listing: { readonly mode: (typeof LISTING_MODES)[number] };
  /** The time that an audit may take where no Lambda function limits it, in seconds. */
  readonly deadlineSeconds: number;
  /** The largest drop of the roster since the last complete run that is still believed, in per cent. */
  readonly maxDropPercent: number;
  /** Undefined: manifests are not signed. */
  readonly signing?: Signing;
}

const severity = oneOf(SEVERITIES);

const oneLine = (most: number) =>
  text(`text on one line, of 1 to ${most} characters`, (value) => /^[^\p{Cc}]+$/u.test(value) && value.length <= most);

export const ACCOUNT_ID = /^\d{12}$/;

const accountId = text('12 digits', (value) => ACCOUNT_ID.test(value));

const keyArn = text('the ARN of a KMS key', (value) =>
  /^arn:aws[a-z-]*:kms:[a-z\d-]+:\d{12}:key\/(?:mrk-)?[\da-f-]{32,36}$/.test(value),
);

export const QUEUE_ARN = /^arn:aws[a-z-]*:sqs:[a-z\d-]+:\d{12}:[\w-]{1,80}$/;

export const ROLE_ARN = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/;

/** As STS has it: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
export const EXTERNAL_ID = /^[\w+=,.@:/-]{2,1224}$/;

export const EXTERNAL_ID_ALLOWED = '2 to 1224 letters, digits or characters of +=,.@:/-_';

const sharedId = text(EXTERNAL_ID_ALLOWED, (value) => EXTERNAL_ID.test(value));

const askedAccount = section({
  id: accountId,
  roleArn: text('the ARN of a role', (value) => ROLE_ARN.test(value)),
  externalId: sharedId.exactOptional(),
}).check(({ value: { id, roleArn }, issues }) => {
  const [, , , , account] = roleArn.split(':');
  // What is no role's is told of already.
  if (account === id || !ROLE_ARN.test(roleArn)) return;
  issues.push({
    code: 'custom',
    input: roleArn,
    path: ['roleArn'],
    message: `must be a role of account ${id}, got one of ${account}`,
  });
});

/** `true` is a mapping without more; `false` is as if it were left out. */
const switched = (value: unknown): unknown => {
  if (value === 'true') return {};
  return value === 'false' ? undefined : value;
};

const enrich = section({
  iamRoles: z.preprocess(
    switched,
    section(
      {
        accounts: list(askedAccount, 'a list of {id, roleArn, externalId}')
          .check(
            unique(
              () => 'id',
              ({ id }) => id,
            ),
          )
          .default([]),
      },
      undefined,
      'true, false or a mapping with accounts',
    ).optional(),
  ),
  permissionGroups: flag.exactOptional(),
}).transform(
  ({ iamRoles, permissionGroups }): NonNullable<Environment['enrich']> => ({
    ...(iamRoles !== undefined && { iamRoles }),
    ...(permissionGroups && { permissionGroups }),
  }),
);

const source = section({
  roster: text(
    's3://BUCKET/PREFIX/, with the / at its end: the newest object there is the roster',
    (value) => s3Prefix(value) !== undefined && !/[*?$\p{Cc}]/u.test(value),
  ),
  key: keyArn.exactOptional(),
});

const environment = section({
  id: text(`${ENVIRONMENT_ID}, as in the address of the web application`, isEnvironmentId),
  name: oneLine(64).exactOptional(),
  account: accountId.exactOptional(),
  region: text('a region such as us-east-1', isRegion).exactOptional(),
  assumeRoleArn: text('the ARN of a role', (value) => ROLE_ARN.test(value)).exactOptional(),
  externalId: sharedId.exactOptional(),
  enrich: enrich.exactOptional(),
  source: source.exactOptional(),
}).transform(({ account, assumeRoleArn, externalId, ...own }, { issues }): Environment => {
  const complain = (member: string, message: string) => {
    issues.push({ code: 'custom', input: undefined, path: [member], message });
    return z.NEVER;
  };
  if (issues.length > 0) return z.NEVER;
  if (own.source !== undefined) {
    const other = Object.entries({ assumeRoleArn, externalId }).find(([, value]) => value !== undefined)?.[0];
    if (other !== undefined) return complain(other, 'must not be set where source is: FinSpace is not asked');
    if (own.enrich?.permissionGroups)
      return complain(
        'enrich',
        'must not have permissionGroups where source is: only FinSpace tells them, and it is not asked',
      );
    return { ...own, ...(account !== undefined && { accountId: account }) };
  }
  if (assumeRoleArn === undefined) {
    const other = Object.entries({ account, externalId }).find(([, value]) => value !== undefined)?.[0];
    return other === undefined ? own : complain('assumeRoleArn', `must be set where ${other} is, got nothing`);
  }
  if (externalId === undefined) return complain('externalId', 'must be set where assumeRoleArn is, got nothing');
  const [, , , , roleAccount = ''] = assumeRoleArn.split(':');
  if (account !== undefined && account !== roleAccount)
    return complain('account', `must be that of assumeRoleArn, ${roleAccount}, got ${shown(account)}`);
  return { ...own, role: { arn: assumeRoleArn, accountId: roleAccount, externalId } };
});

const isTimeZone = (name: string): boolean => {
  try {
    // Intl takes `+01:00` and any case as well; the scheduler takes neither.
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions();
    return /^[A-Z]/.test(name) && (timeZone === name || timeZone.toLowerCase() !== name.toLowerCase());
  } catch {
    return false;
  }
};

/** No zone of the world puts its clocks forward or back over it. */
const DEFAULT_CRON = '30 4 * * *';

const schedule = section({
  cron: z
    .string(must('a cron expression'))
    .prefault(DEFAULT_CRON)
    .check(({ value, issues }) => {
      const message = cronProblem(value);
      if (message !== undefined) issues.push({ code: 'custom', input: value, message });
    }),
  timezone: text('an IANA time zone, such as America/New_York', isTimeZone).default('America/New_York'),
  lateAfterHours: decimal('a number over 0, up to 168', (value) => value > 0 && value <= 168).exactOptional(),
});

/** A web hook's address may be all that guards it: no message repeats one. */
const isHook = (value: string): boolean => {
  const url = URL.parse(value);
  return url?.protocol === 'https:' && url.username === '' && url.password === '' && url.hash === '';
};

const endpoints = {
  email: text('an e-mail address', (value) => /^[^\s@,;<>]+@[^\s@,;<>]+\.[^\s@,;<>]+$/.test(value)),
  https: z
    .string(must('an https URL'))
    .refine(isHook, 'must be an https URL without user name, password and fragment, got another text (not shown)'),
  sqs: text('the ARN of a queue (no FIFO one: SNS delivers nothing from this topic to it)', (value) =>
    QUEUE_ARN.test(value),
  ),
  lambda: text('the ARN of a function, with or without an alias', (value) =>
    /^arn:aws[a-z-]*:lambda:[a-z\d-]+:\d{12}:function:[\w-]{1,64}(?::[\w-]{1,128})?$/.test(value),
  ),
} satisfies Record<AlertRecipient['protocol'], z.ZodType<string>>;

/** SNS takes no policy in which the numbers of values multiply to over 150; with each id go a band, and up to 4 severities. */
const MOST_FILTER_IDS = 150 / SEVERITIES.length;

/** Words what keys of a recipient contradict; undefined where none do. */
const contradiction = ({
  minSeverity = 'INFORMATIONAL',
  maxSeverity,
  environments,
  digest,
  every,
}: Omit<AlertRecipient, 'protocol' | 'endpoint'>): readonly [key: string, message: string] | undefined => {
  if (!isAtLeast(maxSeverity ?? 'CRITICAL', minSeverity))
    return ['maxSeverity', `must be ${minSeverity}, as minSeverity, or worse, got "${maxSeverity}"`];
  if (every === 'week') return undefined;
  const key = maxSeverity === undefined ? 'environments' : 'maxSeverity';
  if (digest === 'all' && (maxSeverity ?? environments) !== undefined)
    return [key, 'must be left out with digest: all of each night, which is about all; give it with every: week'];
  if ((environments?.length ?? 0) > MOST_FILTER_IDS)
    return [
      'environments',
      `must be a list of 1 to ${MOST_FILTER_IDS} ids, which SNS filters by, got ${environments?.length}`,
    ];
  return undefined;
};

const recipient = section({
  email: endpoints.email.exactOptional(),
  https: endpoints.https.exactOptional(),
  sqs: endpoints.sqs.exactOptional(),
  lambda: endpoints.lambda.exactOptional(),
  minSeverity: severity.exactOptional(),
  maxSeverity: severity.exactOptional(),
  environments: list(text(ENVIRONMENT_ID, isEnvironmentId), 'a list of ids')
    .refine((ids) => ids.length > 0, must('a list of 1 or more ids'))
    .exactOptional(),
  every: oneOf(RHYTHMS).exactOptional(),
  digest: z.literal('all', must('all')).exactOptional(),
}).transform(({ email, https, sqs, lambda, every, ...wanted }, { issues }): AlertRecipient => {
  const given = { email, https, sqs, lambda };
  const [first, ...others] = PROTOCOLS.flatMap((protocol) => {
    const endpoint = given[protocol];
    return endpoint === undefined ? [] : [{ protocol, endpoint }];
  });
  const asked = { ...wanted, ...(every === 'week' && { every }) };
  const [key, message] = contradiction(asked) ?? [];
  if (key !== undefined && message !== undefined) {
    issues.push({ code: 'custom', input: undefined, path: [key], message });
    return z.NEVER;
  }
  if (first !== undefined && others.length === 0) return { ...first, ...asked };
  // A misspelt protocol is told of already.
  if (issues.length > 0) return z.NEVER;
  const got = first === undefined ? 'none' : [first, ...others].map(({ protocol }) => protocol).join(' and ');
  issues.push({
    code: 'custom',
    input: undefined,
    message: `must have exactly one of ${PROTOCOLS.join(', ')}, got ${got}`,
  });
  return z.NEVER;
});

const events = section({
  bus: text(
    'default, or the name or the ARN of an event bus',
    (value) =>
      /^[\w./-]{1,256}$/.test(value) ||
      /^arn:aws[a-z-]*:events:[a-z\d-]+:\d{12}:event-bus\/[\w./-]{1,256}$/.test(value),
  ),
});

/** Of `messages`. */
/** The name of a folder that stands where the config does. */
export const besideThis = text(
  'a folder beside this file',
  (value) => /^[\w.-]+$/.test(value) && !value.startsWith('.'),
);

export const messages = section({ names: flag.default(false) });

const reminder = text(
  'a whole number of days of 1 to 365, or off',
  (value) => value === 'off' || (/^\d{1,3}$/.test(value) && Number(value) >= 1 && Number(value) <= 365),
).transform((value) => (value === 'off' ? value : Number(value)));

const reminders = section({
  CRITICAL: reminder.prefault('1'),
  HIGH: reminder.prefault('7'),
  MEDIUM: reminder.prefault('30'),
  LOW: reminder.prefault('off'),
  INFORMATIONAL: reminder.prefault('off'),
});

/** From here on a lock that nobody can lift is for longer than most duties to keep records, and more than one career. */
const LONG_YEARS = 10;

const retention = section({
  years: decimal('a whole number of 1 to 99', (value) => Number.isInteger(value) && value >= 1 && value <= 99).default(
    7,
  ),
  lock: oneOf(LOCKS).default('governance'),
  afterRetention: oneOf(AFTERWARDS).default('keep'),
  acknowledgedYears: decimal('the same number as years', Number.isInteger).exactOptional(),
}).transform(({ acknowledgedYears, ...kept }, { issues }): Retention => {
  if (issues.length > 0) return z.NEVER;
  const isAsked = kept.lock === 'compliance' && kept.years > LONG_YEARS;
  if (acknowledgedYears === (isAsked ? kept.years : undefined)) return kept;
  const message = isAsked
    ? `must be ${kept.years}, as years, since for that long nobody can delete a record or close the account without losing it, got ${shown(acknowledgedYears?.toString())}`
    : `must be left out unless lock is compliance for over ${LONG_YEARS} years, got "${acknowledgedYears}"`;
  issues.push({ code: 'custom', input: undefined, path: ['acknowledgedYears'], message });
  return z.NEVER;
});

const bucketName = text('the name of a bucket', (value) => /^[a-z\d][a-z\d.-]{1,61}[a-z\d]$/.test(value));

const archive = section({ bucket: bucketName, key: keyArn, shared: flag.default(false) });

const archiveWriter = section({
  account: accountId,
  auditor: text('the name of its stack: 1 to 60 letters, digits and hyphens, a letter first', (value) =>
    /^[A-Za-z][A-Za-z0-9-]{0,59}$/.test(value),
  ),
  environments: list(text(ENVIRONMENT_ID, isEnvironmentId), 'a list of environment ids').refine(
    (ids) => ids.length > 0,
    must('a list of 1 or more environment ids'),
  ),
});

const replicateTo = section({ bucket: bucketName, account: accountId.exactOptional(), key: keyArn });

const auditor = text('the ARN of a role or a user', (value) =>
  /^arn:aws[a-z-]*:iam::\d{12}:(?:role|user)\/[\w+=,.@/-]{1,512}$/.test(value),
);

/** AWS keeps `alias/aws/` for its own keys, none of which signs. */
const KMS_KEY =
  /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:(?:key\/(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})|alias\/(?!aws\/)[A-Za-z0-9/_-]{1,250})$/;

/** Of the kinds that sign here. A private key gives a public one too, and has no place in a file that is under review. */
const isPublicKey = (value: string): boolean => {
  if (value.includes('PRIVATE KEY')) return false;
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = readPublicKey(Buffer.from(value));
    return asymmetricKeyType === 'rsa' || asymmetricKeyDetails?.namedCurve === 'prime256v1';
  } catch {
    return false;
  }
};

const signing = section({
  key: text('the ARN of a KMS key or of its alias', (value) => KMS_KEY.test(value)),
  algorithm: oneOf(SIGNING_ALGORITHMS).default('ECDSA_SHA_256'),
  publicKeys: list(
    z
      .string(must('a public key'))
      .refine(isPublicKey, 'must be an RSA or P-256 public key in PEM, or DER in base64, got another text (not shown)'),
    'a list of public keys',
  ).default([]),
});

const optionSchema = (byDefault: Options[string]): z.ZodType<Options[string]> => {
  const word = text('text', (value) => value.trim() !== '');
  if (typeof byDefault === 'number') return decimal('a number of 0 or more', () => true);
  if (typeof byDefault === 'boolean') return flag;
  return typeof byDefault === 'string' ? word : list(word, 'a list of texts');
};

/** The settings that are options of a rule, of the types of its defaults. */
const optionsAmong = (settings: RuleSettings, defaults: Options): Options =>
  Object.fromEntries(
    Object.entries(settings).filter(
      (entry): entry is [string, Options[string]] =>
        Object.hasOwn(defaults, entry[0]) && typeof entry[1] === typeof defaults[entry[0]],
    ),
  );

const ruleSchema = (rule: Rule): z.ZodType<RuleSettings> => {
  const optionSchemas = Object.entries(rule.options).map(([name, byDefault]) => [
    name,
    optionSchema(byDefault).optional(),
  ]);
  return section({
    enabled: flag.exactOptional(),
    severity: severity.exactOptional(),
    ...Object.fromEntries(optionSchemas),
  }).check(({ value, issues }) => {
    const message = rule.optionsError?.({ ...rule.options, ...optionsAmong(value, rule.options) });
    if (message !== undefined) issues.push({ code: 'custom', input: value, message });
  });
};

/** CloudFormation's own rule, short enough for what is named after the stack; a number at its end is a further stack's. */
const isStackName = (value: string): boolean => /^[A-Za-z][A-Za-z0-9-]{0,59}$/.test(value) && !/-\d*$/.test(value);

const settingsShape = (rules: readonly Rule[]) => ({
  name: text(
    'a name of 1 to 60 letters, digits and hyphens, a letter first, without a hyphen or -NUMBER at its end',
    isStackName,
  ).default('FinSpaceUserAuditor'),
  schedule: schedule.prefault({}),
  trustedAccounts: list(accountId, 'a list of account ids').default([]),
  rules: section(
    Object.fromEntries(rules.map((rule) => [rule.id, ruleSchema(rule).exactOptional()])),
    'the rules are listed in rules/README.md',
  ).default({}),
  customRules: besideThis.exactOptional(),
  alerts: list(
    recipient,
    'a list of {email, https, sqs or lambda, minSeverity, maxSeverity, environments, every, and digest}',
  )
    .check(
      unique(
        ({ protocol }) => protocol,
        // Somebody may want each digest of what is severe, and one mail about all besides: those have a topic each.
        ({ protocol, endpoint, ...asked }) =>
          `${protocol === 'email' ? endpoint.toLowerCase() : endpoint} ${wantsAll(asked) ? 'all' : 'each'}`,
      ),
    )
    .default([]),
  messages: messages.exactOptional(),
  events: events.exactOptional(),
  securityHub: section({ account: oneOf(HUB_ACCOUNTS).default('environment') }).exactOptional(),
  outputs: list(oneOf(OPTIONAL_OUTPUT_NAMES), `a list of ${OPTIONAL_OUTPUT_NAMES.join(', ')}`)
    .refine((names) => new Set(names).size === names.length, must('a list of different names'))
    .exactOptional(),
  report: section({ names: flag.default(true) }).exactOptional(),
  reminders: reminders.prefault({}),
  retention: retention.prefault({}),
  archive: archive.exactOptional(),
  archiveWriters: list(archiveWriter, 'a list of {account, auditor, environments}').default([]),
  replicateTo: replicateTo.exactOptional(),
  auditors: list(auditor, 'a list of ARNs').default([]),
  breakGlassRoleArn: text('the ARN of a role', (value) => ROLE_ARN.test(value)).exactOptional(),
  credentials: oneOf(CREDENTIAL_MODES).default('exchange'),
  listing: section({ mode: oneOf(LISTING_MODES).default('single') }).prefault({}),
  deadlineSeconds: decimal('a number of 10 or more', (value) => value >= 10).default(840),
  maxDropPercent: decimal('a number of 0 to 100', (value) => value <= 100).default(20),
  signing: signing.exactOptional(),
});

/** The config where there is no file: no environment, and the default of everything else. */
export const defaultConfig = (rules: readonly Rule[]): Config => ({
  environments: [],
  ...section(settingsShape(rules)).parse({}),
});

/** The longest that a run may take, from its listing to its place in the chain. */
const LONGEST_LISTINGS = {
  single: { ms: 15 * MINUTE_MS, text: '15 minutes' },
  durable: { ms: 13 * HOUR_MS, text: '13 hours' },
} as const;

/** Of `audit.yaml`. */
export const configSchema = (rules: readonly Rule[]): z.ZodType<Config> => {
  const environments = list(environment, 'a list of {id, name}')
    .refine((entries) => entries.length > 0, must('a list of 1 or more environments'))
    .check(
      unique(
        () => 'id',
        ({ id }) => id,
      ),
    );
  return section({ environments, ...settingsShape(rules) }).check(({ value, issues }) => {
    const known = value.environments.map(({ id }) => id);
    for (const [index, { environments: asked = [] }] of value.alerts.entries())
      for (const [place, id] of asked.entries())
        if (!known.includes(id))
          issues.push({
            code: 'custom',
            input: id,
            path: ['alerts', index, 'environments', place],
            message: `must be one of ${known.join(', ')}, got "${id}"`,
          });
    const { cron } = value.schedule;
    const { ms: longest, text: allowed } = LONGEST_LISTINGS[value.listing.mode];
    if (shortestBetweenRuns(cron) < longest) {
      const message = `must leave ${allowed} or more between two runs where listing.mode is ${value.listing.mode}, got ${JSON.stringify(cron)}: a listing may take as long, and the next one would overtake it`;
      issues.push({ code: 'custom', input: cron, path: ['schedule', 'cron'], message });
    }
    for (const [index, { accountId: own, enrich: { iamRoles } = {} }] of value.environments.entries()) {
      for (const [position, { id }] of (iamRoles?.accounts ?? []).entries()) {
        if (id === own || value.trustedAccounts.includes(id)) continue;
        const path = ['environments', index, 'enrich', 'iamRoles', 'accounts', position, 'id'];
        const message = `must be one of trustedAccounts, since rules on roles judge no others, got ${shown(id)}`;
        issues.push({ code: 'custom', input: id, path, message });
      }
    }
    for (const { id, needs } of rules) {
      if (needs === undefined || value.rules[id]?.enabled !== true) continue;
      if (value.environments.some(({ enrich: asked = {} }) => asked[needs] !== undefined)) continue;
      const message = `must be false, since its data is not read: enrich.${needs} is set for no environment, got "true"`;
      issues.push({ code: 'custom', input: undefined, path: ['rules', id, 'enabled'], message });
    }
    const complainOfWriters = (input: string | undefined, path: readonly PropertyKey[], message: string) =>
      issues.push({ code: 'custom', input, path: ['archiveWriters', ...path], message });
    if (value.archive !== undefined && value.archiveWriters.length > 0)
      complainOfWriters(
        undefined,
        [],
        "must be left out where archive is set: the policy of that bucket is its owner's",
      );
    const taken = new Set(value.environments.map(({ id }) => id));
    for (const [writer, { environments: ids }] of value.archiveWriters.entries()) {
      for (const [index, id] of ids.entries()) {
        const message = `must be an environment that nobody else archives here, got ${shown(id)}`;
        if (taken.has(id)) complainOfWriters(id, [writer, 'environments', index], message);
        taken.add(id);
      }
    }
    const { years, afterRetention } = value.retention;
    if (afterRetention === 'delete' && hoursBetweenRuns(cron) * HOUR_MS * 2 > years * 365 * DAY_MS) {
      const message = `must be keep where two runs may lie over half of retention.years apart, got "delete": the run that the next one goes on from could be gone`;
      issues.push({ code: 'custom', input: afterRetention, path: ['retention', 'afterRetention'], message });
    }
    if (value.replicateTo !== undefined && value.archive !== undefined)
      issues.push({
        code: 'custom',
        input: undefined,
        path: ['replicateTo'],
        message: 'must be left out where archive is set: that bucket is configured by whoever owns it',
      });
    if (value.credentials !== 'direct') return;
    for (const [index, { role }] of value.environments.entries()) {
      if (role === undefined) continue;
      const path = ['environments', index, 'assumeRoleArn'];
      const message = "must not be set where credentials is direct: the keys are FinSpace's already";
      issues.push({ code: 'custom', input: undefined, path, message });
    }
  });
};

/** The longest life of a waiver: every acceptance is thought over once a year. */
const LONGEST_WAIVER_DAYS = 365;

const words = text('text', (value) => !isBlank(value));

const DAY = 'a day as YYYY-MM-DD';

/** Says which day somebody means by `30d`: counted anew each night it would never come. */
const dayMeant = (value: string, now: number): string => {
  const days = Number(/^(\d{1,3}) ?d(?:ays?)?$/.exec(value)?.[1]);
  if (!(days <= LONGEST_WAIVER_DAYS)) return '';
  return `; ${days} days from today is ${new Date(now + days * DAY_MS).toISOString().slice(0, 10)}`;
};

/** Each waiver accepts one finding: what looks as if it stood for several is refused and not taken for an id. */
const isPattern = (value: string): boolean => /[*?[\]{}|^$\\]/.test(value) || /^\/.*\/[a-z]*$/.test(value);

const waiver = (now: number): z.ZodType<Waiver> =>
  section({
    rule: text('the id of one rule', (value) => value.trim() !== '' && !isPattern(value)),
    user: text(
      'a user id, an ARN or the environment id (a place in the listing, as #3, is another user tomorrow; a pattern is nobody)',
      (value) => /^[^#\s]/.test(value) && !isPattern(value) && (value.startsWith('arn:') || !value.includes('@')),
    ),
    reason: words,
    ticket: words.exactOptional(),
    owner: words,
    approver: words,
    expires: z
      .string(must(DAY))
      .refine(isDay, { error: ({ input }) => `must be ${DAY}, got ${shown(input)}${dayMeant(String(input), now)}` })
      .refine(
        (value) => !(Date.parse(value) > now + LONGEST_WAIVER_DAYS * DAY_MS),
        must(`at most ${LONGEST_WAIVER_DAYS} days ahead`),
      ),
  }).check(({ value: { user, owner, approver }, issues }) => {
    const complain = (message: string) => issues.push({ code: 'custom', input: approver, path: ['approver'], message });
    if (isSamePerson(approver, owner)) complain('must not be the owner');
    if (namesId(approver, user)) complain('must not be the user');
  });

/**
 * Of `waivers.yaml`.
 * @param now the moment of reading (not of the audit), in milliseconds since the epoch
 */
export const waiversSchema = (now: number): z.ZodType<readonly Waiver[]> =>
  list(waiver(now), 'a list of waivers').check(
    unique(
      () => 'user',
      ({ rule, user }) => `${rule}/${user}`,
    ),
  );

/** Of `accepted.yaml`. */
export const acceptedSchema: z.ZodType<readonly Accepted[]> = list(
  section({
    kind: oneOf(Object.keys(ACCEPTED_KINDS) as readonly Accepted['kind'][]),
    run: text('a run as 20261124T020000Z', (value) => runInstant(value) !== undefined),
    reason: words,
    approver: words,
  }),
  'a list of {kind, run, reason, approver}',
).check(
  unique(
    () => 'run',
    ({ kind, run }) => `${kind}/${run}`,
  ),
);
