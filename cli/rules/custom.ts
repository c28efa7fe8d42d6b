import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CUSTOM_RULES,
  type CustomRule,
  customRulesFolder,
  isCustomRuleId,
  isFolder,
  mayMessagesName,
  readConfigWithRules,
  readCustomRule,
  readCustomRules,
} from '../../core/config/custom-rules.ts';
import { readText } from '../../core/config/read-text.ts';
import { plural } from '../../core/text/plain-text.ts';
import { rules } from '../../rules/index.ts';
import { EXIT, type ExitCode, UsageError } from '../terminal/exit-codes.ts';
import type { Io } from '../terminal/terminal.ts';

/** Far more than a name needs, and less than any disk takes. */
const MOST_ID = 100;

/** Stands beside the rules. */
const CONFIG = 'audit.yaml';

const rulesAsked = (files: readonly string[], configFile: string | undefined): readonly CustomRule[] => {
  const beside = existsSync(CONFIG) ? CONFIG : undefined;
  const file = configFile ?? beside;
  const config = file === undefined ? '' : readText(file);
  if (files.length > 0) return files.map((one) => readCustomRule(one, mayMessagesName(config, file ?? CONFIG)));
  return file === undefined ? readCustomRules(CUSTOM_RULES) : readConfigWithRules(config, file, rules).custom;
};

/**
 * `rules test`: checks rules that operators wrote, and runs their tests. Throws ConfigError, which tells all that is wrong.
 * @param configFile says what they may; where undefined that of the working directory, if there is one
 */
export const testRules = async (
  files: readonly string[],
  configFile: string | undefined,
  { out }: Io,
): Promise<ExitCode> => {
  const found = rulesAsked(files, configFile);
  if (found.length === 0)
    throw new UsageError([`FILE must be a rule, or ${CUSTOM_RULES} a folder of some, got nothing`]);
  for (const { rule, tests } of found) {
    out.line(`${out.paint('bold', rule.id)}: ${plural(tests.length, 'test')} passed`);
    for (const name of tests) out.line(`  ${name}`);
  }
  return EXIT.ok;
};

const scaffold = (id: string): string => `id: ${id}
kind: user                             # user: each user; change: what became of one since the last run; directory: counts of users
title: Contractors have no API access
severity: MEDIUM                       # INFORMATIONAL, LOW, MEDIUM, HIGH or CRITICAL
rationale: Why the requirement exists, the risk of ignoring it.
remediation: What the owner of a finding does about it.
controls: { NIST-800-53-r5: [AC-6] }
options: { domain: contractor.example.com, graceDays: 7 }   # audit.yaml may set others, under rules
failsWhen:                             # a user fails of whom all of this is true
  - user.active && user.apiBound
  - user.emailAddress.domain() == options.domain
  - age(user.createTime) > days(options.graceDays)
message: '"API access of a contractor, " + string(daysOld(user.createTime)) + " days old"'
evidence: [emailAddress, apiAccess, createTime]
tests:
  - name: older than the days of grace
    user: { emailAddress: a@contractor.example.com, apiAccess: ENABLED, createTime: 8 days ago }
    fails: API access of a contractor, 8 days old
  - name: at the days of grace
    user: { emailAddress: a@contractor.example.com, apiAccess: ENABLED, createTime: 7 days ago }
    passes: true
  - name: no address
    user: { apiAccess: ENABLED, createTime: 8 days ago }
    notAssessed: emailAddress
`;

/** `rules new`: writes a rule that is right and passes its tests, to be changed into another. Throws UsageError. */
export const newRule = async (id: string, { out }: Io): Promise<ExitCode> => {
  if (!isCustomRuleId(id) || id.length > MOST_ID)
    throw new UsageError([
      `ID must be x- and words in small letters with hyphens, as x-contractors, of ${MOST_ID} characters at most, got ${JSON.stringify(id)}`,
    ]);
  const folder = existsSync(CONFIG) ? customRulesFolder(readText(CONFIG), CONFIG).folder : CUSTOM_RULES;
  const file = join(folder, `${id}.yaml`);
  if (existsSync(file)) throw new UsageError([`ID must be new, got ${id}, which ${file} has`]);
  if (existsSync(folder) && !isFolder(folder))
    throw new UsageError([`${folder} must be a folder of rules, got a file`]);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, scaffold(id));
  out.line(`${file}: a rule that passes its tests. Change it, then: finspace-audit rules test ${file}`);
  return EXIT.ok;
};
