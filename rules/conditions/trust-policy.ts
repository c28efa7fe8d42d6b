/** Somebody of no trusted account whom a trust policy lets assume a role. */
export interface Outsider {
  /** In words that name no user: "everybody", "account 999988887777". */
  readonly who: string;
  /** As the policy has it. */
  readonly principal: unknown;
  /** Nothing but a secret keeps others than the account that it names from being let in. */
  readonly hasExternalId: boolean;
  /** The policy names it: its account, or its provider. */
  readonly isNamed: boolean;
}

export interface TrustJudgement {
  readonly outsiders: readonly Outsider[];
  /** The part of the policy that nothing can be made of; undefined: there is none. */
  readonly unreadable: string | undefined;
  /** It denies somebody something, which is shown and never trusted to keep anybody out. */
  readonly hasDeny: boolean;
}

type IsTrusted = (account: string) => boolean;

type Members = Readonly<Record<string, unknown>>;

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** One text or a list of texts, as policies have them; undefined where it is neither, or has none. */
const textsOf = (value: unknown): readonly string[] | undefined => {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.length > 0 && list.every((one) => typeof one === 'string') ? list : undefined;
};

const ELEMENTS: ReadonlySet<string> = new Set([
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Condition',
]);

/** The actions by which somebody becomes the role; to tag a session, or name its source, takes one of them besides. */
const ASSUMING = ['sts:assumerole', 'sts:assumerolewithsaml', 'sts:assumerolewithwebidentity'] as const;

/** Tells whether an action pattern covers an action; `*` and `?` are wild, and case says nothing. */
const covers = (pattern: string, action: string): boolean => {
  const escaped = pattern.toLowerCase().replaceAll(/[.+^${}()|[\]\\]/g, '\\$&');
  // Wildcards in a row are one: to try all that several may stand for takes seconds.
  const wild = escaped.replaceAll(/[*?]+/g, (run) => {
    const least = run.replaceAll('*', '').length;
    return `.{${least}${run.includes('*') ? ',' : ''}}`;
  });
  return new RegExp(`^${wild}$`).test(action);
};

/** Tells whether a statement grants what makes somebody the role; undefined where its actions can't be read. */
const grantsRole = ({ Action, NotAction }: Members): boolean | undefined => {
  if ((Action === undefined) === (NotAction === undefined)) return undefined;
  const patterns = textsOf(Action ?? NotAction);
  if (patterns === undefined) return undefined;
  const isCovered = (action: string): boolean => patterns.some((pattern) => covers(pattern, action));
  return ASSUMING.some((action) => isCovered(action) === (Action !== undefined));
};

/** The operators that narrow; a prefix or an end such as `ForAllValues:` and `IfExists` lets those in who lack the key. */
const NARROWING = /^(?:ForAnyValue:)?(?:StringEquals|StringEqualsIgnoreCase|StringLike|ArnEquals|ArnLike)$/;

/** A wildcard or a policy variable: it stands for whatever whoever asks is. */
const isOpen = (text: string): boolean => /[*?]|\$\{/.test(text);

const accountOfArn = (arn: string): string => arn.split(':')[4] ?? '';

/** A wildcard in a text goes over colons, so that all before the account must be said. */
const isTrustedPrincipal = (arn: string, isTrusted: IsTrusted): boolean => {
  const [prefix = '', partition = '', service = '', region, account = ''] = arn.split(':');
  return region === '' && ![prefix, partition, service].some(isOpen) && !arn.includes('${') && isTrusted(account);
};

const isTrustedSource = (arn: string, isTrusted: IsTrusted): boolean => {
  const [prefix = '', partition = '', service = '', region = '', account = '', resource = ''] = arn.split(':');
  if ([prefix, partition, service].some(isOpen) || arn.includes('${')) return false;
  // Some services have no accounts in their ARNs, as S3 has none.
  return account === '' ? !isOpen(region) && !/^(?:$|[*?])/.test(resource) : isTrusted(account);
};

/** The keys that narrow, in lower case, and what a value must be like: none is whoever asks, nor an outsider's own. */
const KEYS: Readonly<Record<string, (value: string, isTrusted: IsTrusted) => boolean>> = {
  'aws:principalorgid': (value) => !isOpen(value),
  'aws:sourceorgid': (value) => !isOpen(value),
  // Below the organisation it may be any unit.
  'aws:principalorgpaths': (value) => /^o-[a-z0-9]+\//.test(value) && !value.includes('${'),
  'aws:principalaccount': (value, isTrusted) => isTrusted(value),
  'aws:sourceaccount': (value, isTrusted) => isTrusted(value),
  'aws:principalarn': isTrustedPrincipal,
  'aws:sourcearn': isTrustedSource,
};

interface ConditionEntry {
  readonly operator: string;
  /** In lower case. */
  readonly key: string;
  readonly values: readonly string[];
}

/** The entries of a condition block, all of which must hold; undefined where it can't be read. */
const entriesOf = (condition: unknown): readonly ConditionEntry[] | undefined => {
  if (condition === undefined) return [];
  if (!isMembers(condition)) return undefined;
  const entries: ConditionEntry[] = [];
  for (const [operator, keys] of Object.entries(condition)) {
    if (!isMembers(keys)) return undefined;
    for (const [key, value] of Object.entries(keys)) {
      const list: readonly unknown[] = Array.isArray(value) ? value : [value];
      if (list.some((one) => typeof one === 'object')) return undefined;
      entries.push({ operator, key: key.toLowerCase(), values: list.map(String) });
    }
  }
  return entries;
};

/** Tells whether a condition keeps outsiders out: one of its entries does, by each of its values. */
const isNarrowed = (entries: readonly ConditionEntry[], isTrusted: IsTrusted): boolean =>
  entries.some(
    ({ operator, key, values }) =>
      NARROWING.test(operator) &&
      Object.hasOwn(KEYS, key) &&
      values.length > 0 &&
      values.every((value) => KEYS[key]?.(value, isTrusted)),
  );

const asksForExternalId = (entries: readonly ConditionEntry[]): boolean =>
  entries.some(
    ({ operator, key, values }) =>
      key === 'sts:externalid' && NARROWING.test(operator) && values.every((value) => !isOpen(value)),
  );

/** Tells whether a condition asks for one of these claims of a federated login, by such values alone. */
const asksFor = (
  entries: readonly ConditionEntry[],
  claims: readonly string[],
  narrows: (value: string) => boolean,
): boolean =>
  entries.some(
    ({ operator, key, values }) =>
      NARROWING.test(operator) &&
      // A tag of the session may be named like a claim.
      !/^(?:aws|sts):/.test(key) &&
      claims.some((claim) => key.endsWith(claim)) &&
      values.length > 0 &&
      values.every((value) => !value.includes('${') && narrows(value)),
  );

const isNotAllWild = (value: string): boolean => !/^[*?]*$/.test(value);

/**
 * Tells whether a subject at a public issuer is of one owner: what comes before its first wildcard names the owner to the
 * end, as `repo:acme/` does. Anybody may be what `repo:acme` begins, and anybody is what `repo:` begins.
 */
const namesOwner = (subject: string): boolean => {
  const [said = ''] = subject.split(/[*?]/);
  return said !== '' && (said === subject || /^(?:[^:/{]+[:/][^:/]+|\{[^:/]+\})[:/]/.test(said));
};

/** Providers at which anybody has an account, built into IAM: they tell applications apart by the audience. */
const PUBLIC_PROVIDERS: ReadonlySet<string> = new Set([
  'accounts.google.com',
  'cognito-identity.amazonaws.com',
  'graph.facebook.com',
  'www.amazon.com',
]);

/** Issuers at which anybody has an account, and all with one audience: who it is only the subject tells. */
const PUBLIC_ISSUERS =
  /:oidc-provider\/(?:token\.actions\.githubusercontent\.com|gitlab\.com|app\.terraform\.io|oidc\.circleci\.com|agent\.buildkite\.com|api\.bitbucket\.org)(?:\/|$)/i;

const AUDIENCE_OR_SUBJECT = [':aud', ':sub', ':app_id', ':user_id', ':oaud', ':id'] as const;

/** The class of a principal of a statement: an outsider, nobody of interest, or something nothing can be made of. */
type Judged = Pick<Outsider, 'who' | 'isNamed'> | 'insider' | 'unreadable';

const EVERYBODY = { who: 'everybody', isNamed: false } as const;

const judgeAws = (principal: string, partition: string, isTrusted: IsTrusted): Judged => {
  if (principal === '*') return EVERYBODY;
  // What is left of a role or a user that was deleted: nobody can be it again.
  if (/^A[A-Z0-9]{15,}$/.test(principal)) return 'insider';
  const account = /^\d{12}$/.test(principal) ? principal : accountOfArn(principal);
  if (isOpen(account)) return EVERYBODY;
  if (!/^\d{12}$/.test(account)) return 'unreadable';
  const isOwnPartition = !principal.startsWith('arn:') || principal.split(':')[1] === partition;
  return isOwnPartition && isTrusted(account) ? 'insider' : { who: `account ${account}`, isNamed: true };
};

const judgeFederated = (
  provider: string,
  entries: readonly ConditionEntry[],
  partition: string,
  isTrusted: IsTrusted,
): Judged => {
  if (provider === '*') return EVERYBODY;
  const judgeOpen = (name: string): Judged =>
    asksFor(entries, AUDIENCE_OR_SUBJECT, isNotAllWild) ? 'insider' : { who: `everybody at ${name}`, isNamed: false };
  if (PUBLIC_PROVIDERS.has(provider)) return judgeOpen(provider);
  const [, providerPartition, account, kind, name = ''] =
    /^arn:([a-z-]+):iam::(\d{12}):(saml|oidc)-provider\/(.+)/.exec(provider) ?? [];
  if (account === undefined) return 'unreadable';
  if (providerPartition !== partition || !isTrusted(account))
    return { who: `a provider of account ${account}`, isNamed: true };
  // Whoever makes a provider of what is built in lets in the same everybody.
  if (kind === 'oidc' && PUBLIC_PROVIDERS.has(name.toLowerCase())) return judgeOpen(name);
  return !PUBLIC_ISSUERS.test(provider) || asksFor(entries, [':sub'], namesOwner)
    ? 'insider'
    : { who: `everybody at ${name}`, isNamed: false };
};

/** The principals of a statement, each with what it comes to. */
const principalsOf = (
  { Principal, NotPrincipal }: Members,
  entries: readonly ConditionEntry[],
  partition: string,
  isTrusted: IsTrusted,
): readonly (readonly [principal: unknown, judged: Judged])[] => {
  if (NotPrincipal !== undefined) return [[{ NotPrincipal }, { who: 'everybody but those it names', isNamed: false }]];
  if (Principal === '*') return [['*', EVERYBODY]];
  if (!isMembers(Principal)) return [[Principal, 'unreadable']];
  const kinds = Object.entries(Principal);
  if (kinds.length === 0) return [[Principal, 'unreadable']];
  return kinds.flatMap(([kind, value]) => {
    const texts = textsOf(value);
    if (texts === undefined) return [[value, 'unreadable'] as const];
    return texts.map((text): readonly [unknown, Judged] => {
      if (kind === 'AWS') return [text, judgeAws(text, partition, isTrusted)];
      if (kind === 'Federated') return [text, judgeFederated(text, entries, partition, isTrusted)];
      return [text, kind === 'Service' && !isOpen(text) ? 'insider' : 'unreadable'];
    });
  });
};

/**
 * Judges whom a trust policy lets assume a role of a partition. What nothing can be made of is said to be so: it may let
 * anybody in. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 * @param isTrusted tells the own account and trusted ones
 */
export const judgeTrust = (policy: unknown, partition: string, isTrusted: IsTrusted): TrustJudgement => {
  const outsiders: Outsider[] = [];
  let unreadable: string | undefined;
  let hasDeny = false;
  const { Statement } = isMembers(policy) ? policy : {};
  const statements: readonly unknown[] = Array.isArray(Statement) ? Statement : [Statement];
  if (statements.length === 0 || Statement === undefined)
    return { outsiders, hasDeny, unreadable: 'the trust policy has no statements' };

  for (const [index, statement] of statements.entries()) {
    const isUnread = (what: string): void => {
      unreadable ??= `${what} of statement ${index + 1} of the trust policy can't be judged`;
    };
    if (!isMembers(statement)) {
      isUnread('the form');
      continue;
    }
    if (statement.Effect === 'Deny') {
      hasDeny = true;
      continue;
    }
    const isStrange = Object.keys(statement).some((element) => !ELEMENTS.has(element));
    const grants = grantsRole(statement);
    const entries = entriesOf(statement.Condition);
    if (statement.Effect !== 'Allow') isUnread('the effect');
    else if (isStrange) isUnread('an element');
    else if (grants === undefined) isUnread('the action');
    else if (entries === undefined) isUnread('the condition');
    else if (grants && !isNarrowed(entries, isTrusted)) {
      for (const [principal, judged] of principalsOf(statement, entries, partition, isTrusted)) {
        if (judged === 'unreadable') isUnread('a principal');
        else if (judged !== 'insider')
          outsiders.push({ ...judged, principal, hasExternalId: asksForExternalId(entries) });
      }
    }
  }
  return { outsiders, unreadable, hasDeny };
};
