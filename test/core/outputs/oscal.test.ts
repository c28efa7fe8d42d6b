import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import type { Manifest } from '../../../core/archive/manifest.ts';
import { countFindings, type Report } from '../../../core/model/report.ts';
import { resultLines, uuidV5 } from '../../../core/outputs/oscal.ts';
import { controlsOf } from '../../../rules/engine/controls.ts';
import type { RuleOutcome } from '../../../rules/engine/evaluate.ts';
import type { Finding } from '../../../rules/engine/finding.ts';
import { rules } from '../../../rules/index.ts';
import { AS_OF, aFinding, aManifest, aWaiver, findingsOfAllKinds } from '../../support/findings.ts';

const ajv = new Ajv({ allErrors: true, strict: false });
formats.default(ajv);
const isResults = ajv.compile(
  JSON.parse(
    await readFile(join(import.meta.dirname, 'schemas/oscal_assessment-results-1.2.2.json'), { encoding: 'utf8' }),
  ),
);

interface Given {
  readonly findings?: readonly Finding[];
  /** The outcomes that differ from a pass of everybody, by rule id. */
  readonly outcomes?: Readonly<Record<string, Partial<RuleOutcome>>>;
  readonly manifest?: Partial<Manifest>;
  readonly report?: Partial<Report>;
  /** Of `stale-login`, in place of its own. */
  readonly controls?: readonly string[];
}

const textOf = async ({
  findings = [],
  outcomes = {},
  manifest: changed,
  report,
  controls,
}: Given): Promise<string> => {
  const manifest = aManifest({ ...changed });
  const passed = { state: 'ran', checked: 3, failed: 0, notAssessed: 0 } as const;
  const lines = resultLines({
    manifest,
    report: {
      ...manifest,
      rules: rules.map(({ id, severity }) => ({ id, severity, ...passed, ...outcomes[id] })),
      findings: countFindings().counts(),
      ...report,
    },
    rules: new Map(
      rules.map((rule) => [
        rule.id,
        rule.id === 'stale-login' && controls !== undefined ? { ...rule, controls } : rule,
      ]),
    ),
    findings: async function* all() {
      yield* findings;
    },
    async *users() {},
  });
  let text = '';
  for await (const line of lines) text += `${line}\n`;
  return text;
};

// biome-ignore lint/suspicious/noExplicitAny: the schema says what it is
const resultsOf = async (given: Given): Promise<any> => {
  const value = JSON.parse(await textOf(given));
  isResults(value);
  expect(isResults.errors ?? []).toStrictEqual([]);
  const [{ observations, findings, risks = [] }] = value['assessment-results'].results;
  const known = new Set(observations.map(({ uuid }: { readonly uuid: string }) => uuid));
  for (const { 'related-observations': related = [] } of [...findings, ...risks])
    for (const { 'observation-uuid': uuid } of related) expect(known).toContain(uuid);
  return value['assessment-results'];
};

/** The state of the control that `stale-login` and `never-logged-in`, among others, give evidence for. */
const standingOf = async (given: Given) => {
  const { results } = await resultsOf(given);
  const [finding] = results[0].findings.filter(
    (one: { readonly target: { readonly 'target-id': string } }) => one.target['target-id'] === 'ac-2.3_obj',
  );
  return { ...finding.target.status, why: finding.description };
};

test.each([
  // RFC 9562, A.4.
  { name: 'www.example.com', uuid: '2ed6657d-e927-568b-95e1-2665a8aea6a2' },
  { name: 'example.com', uuid: 'cfbff0d1-9375-5685-968c-48ce8b15ae17' },
])('a UUID is of version 5: that of $name', ({ name, uuid }) => {
  expect(uuidV5(name, '6ba7b810-9dad-11d1-80b4-00c04fd430c8')).toBe(uuid);
});

test('the schema refuses what is none: it is not the validator that takes everything', async () => {
  const value = JSON.parse(await textOf({}));
  value['assessment-results'].results[0].findings[0].uuid = '2ed6657d-e927-168b-95e1-2665a8aea6a2';
  expect(isResults(value)).toBe(false);
});

test('a run has one finding a control, and says that it covers a part', async () => {
  const { results } = await resultsOf({ findings: findingsOfAllKinds() });
  const [result] = results;
  const controls = new Set(rules.flatMap((rule) => controlsOf(rule, 'NIST-800-53-r5')));
  expect(result.findings).toHaveLength(controls.size);
  expect(result['reviewed-controls']['control-selections'][0]['include-controls']).toContainEqual({
    'control-id': 'ac-2.3',
  });
  for (const { remarks } of [result, ...result.findings]) expect(remarks).toContain('coverage=partial');
});

/** A listing of a week after the night that it stands for. */
const LATE: Given['report'] = {
  late: true,
  listing: { startedAt: '2026-12-01T02:10:00.000Z', endedAt: '2026-12-01T02:20:00.000Z' },
};

test('what an operator’s rule names that is no control of the catalogue has no finding, and spoils nothing', async () => {
  const named = ['AC-2', 'AC-2(3)', 'AC-2(a)', 'AC-2(3)(d)', '5.4', '(x)', 'ac-6'];
  const { results } = await resultsOf({
    controls: named.map((id) => `NIST-800-53-r5:${id}`),
    outcomes: { 'stale-login': { failed: 1 } },
  });
  const failing = results[0].findings
    .filter(({ description }: { readonly description: string }) => description.includes('stale-login'))
    .map((one: { readonly target: { readonly 'target-id': string } }) => one.target['target-id']);
  expect(failing).toEqual(['ac-2_obj', 'ac-2.3_obj']);
});

test.each<Given & { readonly name: string; readonly says: RegExp }>([
  {
    name: 'that saw everybody',
    says: /^Every user of FinSpace environment \w+, account \d+, judged by (\d+) of \1 rules\.$/,
  },
  {
    name: 'that was cut',
    report: { verdict: 'INCOMPLETE', reason: 'deadline' },
    says: /^The users of FinSpace environment \w+, account \d+, that were seen, judged by/,
  },
  {
    name: 'of a roster that is attested',
    report: {
      source: { kind: 'roster', attestedBy: { name: 'Somebody', statement: 'all', at: '2026-11-24T00:00:00Z' } },
    },
    says: /^The users of FinSpace environment \w+, account \d+, that were seen, judged by/,
  },
  {
    name: 'that was late',
    report: LATE,
    says: /^The users of FinSpace environment \w+, account \d+, that were seen, judged by/,
  },
  {
    name: 'with two rules that did not run',
    outcomes: { 'stale-login': { state: 'off' }, 'email-domain': { state: 'not-configured' } },
    says: new RegExp(`judged by ${rules.length - 2} of ${rules.length} rules\\.$`),
  },
])('a run $name speaks of no others', async ({ name: _name, says, ...given }) => {
  const { results } = await resultsOf(given);
  expect(results[0].description).toMatch(says);
});

const CUT: Given = { manifest: { verdict: 'INCOMPLETE' }, report: { reason: 'deadline' } };

describe('a control is satisfied', () => {
  test('where every rule of it judged everybody and nothing fails', async () => {
    expect(await standingOf({})).toMatchObject({ state: 'satisfied', reason: 'pass' });
  });

  const notSatisfied: readonly (Given & { readonly name: string; readonly reason: string; readonly why: string })[] = [
    {
      name: 'a user fails',
      findings: [aFinding()],
      outcomes: { 'stale-login': { failed: 1 } },
      reason: 'fail',
      why: 'fails: stale-login',
    },
    {
      name: 'a finding is waived',
      findings: [aFinding({ state: 'waived', waiver: aWaiver })],
      outcomes: { 'stale-login': { failed: 1 } },
      reason: 'other',
      why: 'waived: stale-login',
    },
    {
      name: 'a finding stands that could not be judged',
      findings: [aFinding({ carried: true })],
      reason: 'fail',
      why: 'fails: stale-login',
    },
    {
      name: 'a rule failed, whatever its findings say',
      outcomes: { 'stale-login': { failed: 1 } },
      reason: 'fail',
      why: 'fails: stale-login',
    },
    {
      name: 'somebody was not assessed',
      outcomes: { 'never-logged-in': { notAssessed: 1 } },
      reason: 'other',
      why: 'not judged of everybody: never-logged-in',
    },
    ...(['off', 'not-configured', 'not-assessed'] as const).map((state) => ({
      name: `a rule is ${state}`,
      outcomes: { 'stale-login': { state } },
      reason: 'other',
      why: 'not judged of everybody: stale-login',
    })),
    {
      name: 'the listing was cut',
      manifest: { verdict: 'INCOMPLETE' },
      report: { reason: 'deadline' },
      reason: 'other',
      why: 'not seen: the users that the rest of the listing would have given',
    },
    {
      name: 'the roster is attested, not seen',
      report: {
        source: { kind: 'roster', attestedBy: { name: 'Somebody', statement: 'all', at: '2026-11-24T00:00:00Z' } },
      },
      reason: 'other',
      why: 'not seen: whether the saved roster is the whole directory',
    },
    {
      name: 'the run was late',
      report: LATE,
      reason: 'other',
      why: 'not seen: the users as they were that night: they were listed 7 days after the night it stands for',
    },
  ];
  test.each(notSatisfied)('not where $name', async ({ name: _name, reason, why, ...given }) => {
    expect(await standingOf(given)).toMatchObject({
      state: 'not-satisfied',
      reason,
      why: expect.stringContaining(why),
    });
  });

  test('not where rules fail, are accepted or did not judge, each of which is named', async () => {
    const accepted = { state: 'waived', waiver: aWaiver } as const;
    const { why } = await standingOf({
      findings: [
        aFinding(),
        aFinding({ ruleId: 'never-logged-in' }),
        aFinding({ ...accepted, ruleId: 'disabled-user-api-access' }),
        aFinding({ ...accepted, ruleId: 'principal-missing' }),
      ],
      outcomes: { 'idle-principal': { state: 'off' }, 'recreated-principal': { state: 'off' } },
      ...CUT,
    });
    expect(why).toBe(
      'fails: stale-login, never-logged-in; waived: disabled-user-api-access, principal-missing; not judged of everybody: idle-principal, recreated-principal; not seen: the users that the rest of the listing would have given; how many is unknown',
    );
  });

  test('by rules that are all named', async () => {
    const own = rules.filter((rule) => controlsOf(rule, 'NIST-800-53-r5').includes('AC-2(3)')).map(({ id }) => id);
    expect((await standingOf({})).why).toBe(`every rule passes: ${own.join(', ')}`);
  });

  test('where a finding of it has resolved', async () => {
    expect(await standingOf({ findings: [aFinding({ state: 'resolved', cause: 'fixed' })] })).toMatchObject({
      state: 'satisfied',
    });
  });
});

const ATTESTED: Given['report'] = {
  source: { kind: 'roster', attestedBy: { name: 'Somebody', statement: 'all', at: '2026-11-24T00:00:00Z' } },
};

test.each<Given & { readonly name: string; readonly says: string }>([
  { name: 'that saw everybody', says: '' },
  {
    name: 'of a roster that is attested',
    report: ATTESTED,
    says: ' ATTESTED, NOT SEEN: that the saved roster is the whole directory is the word of Somebody, given on 2026-11-24: "all". Not seen: whether the saved roster is the whole directory.',
  },
  {
    name: 'that was cut',
    ...CUT,
    says: ' Not seen: the users that the rest of the listing would have given; how many is unknown.',
  },
])('the remarks of a run $name tell what was not seen, and no more', async ({ name: _name, says, ...given }) => {
  const { results } = await resultsOf(given);
  const [{ remarks: coverage }] = results[0].findings;
  expect(results[0].remarks).toBe(`${coverage}${says}`);
});

test.each<Given & { readonly name: string; readonly says: object }>([
  { name: 'that is complete', says: { coverage: 'partial', verdict: 'COMPLETE' } },
  { name: 'that was cut', ...CUT, says: { coverage: 'partial', verdict: 'INCOMPLETE', reason: 'deadline' } },
  {
    name: 'that was late',
    manifest: { late: true },
    report: LATE,
    says: { coverage: 'partial', verdict: 'COMPLETE', late: 'true' },
  },
])('a run $name has it among its properties', async ({ name: _name, says, ...given }) => {
  const { results } = await resultsOf(given);
  const props: readonly { readonly name: string; readonly value: string }[] = results[0].props;
  expect(Object.fromEntries(props.map(({ name, value }) => [name, value]))).toEqual(says);
});

test('a run was when its users were listed; one that listed none, at its instant', async () => {
  const { results } = await resultsOf({ report: LATE });
  expect(results[0]).toMatchObject({ start: LATE.listing?.startedAt, end: LATE.listing?.endedAt });
  expect(results[0].observations[0]).toMatchObject({ collected: LATE.listing?.endedAt });
  const [atItsInstant] = (await resultsOf({})).results;
  expect(atItsInstant).toMatchObject({ start: AS_OF, end: AS_OF });
});

test('a control whose rules are all newer than the run has no finding', async () => {
  const only = { id: 'stale-login', severity: 'MEDIUM', state: 'ran', checked: 3, failed: 0, notAssessed: 0 } as const;
  const { results } = await resultsOf({ report: { rules: [only] } });
  const judged = controlsOf(rules.find(({ id }) => id === only.id) ?? { controls: [] }, 'NIST-800-53-r5');
  expect(results[0].findings).toHaveLength(judged.length);
});

test('a finding counts for the controls that it names, and for those that its rule has today', async () => {
  const findings = [aFinding({ controls: ['NIST-800-53-r5:PL-4'] })];
  expect(await standingOf({ findings })).toMatchObject({ state: 'not-satisfied', why: 'fails: stale-login' });
  const { results } = await resultsOf({ findings });
  const [own] = results[0].findings.filter((one: { readonly title: string }) => one.title.endsWith(' PL-4'));
  expect(own.description).toBe('fails: stale-login');
});

describe('a rule that has left the catalogue', () => {
  const ofOld = { ruleId: 'of-old', controls: ['NIST-800-53-r5:AC-2(3)', 'NIST-800-53-r5:PL-4'] } as const;
  const outcome = { id: 'of-old', severity: 'LOW', state: 'ran', checked: 3, failed: 1, notAssessed: 0 } as const;
  const others = rules.map(({ id, severity }): RuleOutcome => ({ ...outcome, id, severity, failed: 0 }));
  const given: Given = { findings: [aFinding(ofOld)], report: { rules: [...others, outcome] } };

  test('still has its controls fail by what stands of it, and those of which it was the only rule', async () => {
    expect(await standingOf(given)).toMatchObject({ state: 'not-satisfied', reason: 'fail', why: 'fails: of-old' });
    const { results } = await resultsOf(given);
    const [own] = results[0].findings.filter((one: { readonly title: string }) => one.title.endsWith(' PL-4'));
    expect(own).toMatchObject({ title: 'NIST SP 800-53 r5 PL-4', description: 'fails: of-old' });
    const [observation] = results[0].observations.filter(({ title }: { readonly title: string }) => title === 'of-old');
    expect(observation.description).toBe('of-old (ran): 3 judged, 1 failed, 0 not assessed');
    expect(own['related-observations'][0]).toEqual({ 'observation-uuid': observation.uuid });
  });

  test('of which the run has findings and no outcome judged nobody', async () => {
    const only = { findings: [aFinding({ ...ofOld, state: 'waived', waiver: aWaiver })] };
    expect(await standingOf(only)).toMatchObject({
      reason: 'other',
      why: 'waived: of-old; not judged of everybody: of-old',
    });
  });

  test('is named in the remarks, since its other controls are unknown', async () => {
    expect((await resultsOf(given)).results[0].remarks).toContain(
      'Only their findings tell the controls of rules that have left the catalogue: of-old.',
    );
    const older = { ...outcome, id: 'older' };
    expect((await resultsOf({ report: { rules: [...others, outcome, older] } })).results[0].remarks).toContain(
      'rules that have left the catalogue: of-old, older.',
    );
    expect((await resultsOf({})).results[0].remarks).not.toContain('left the catalogue');
  });
});

test('a control points to the findings and the risks of its own rules, and a risk to its finding', async () => {
  const waived = { state: 'waived', waiver: aWaiver } as const;
  const findings = [
    aFinding(waived),
    aFinding({ ...waived, ruleId: 'email-domain' }),
    aFinding({ ...waived, ruleId: 'of-old', message: '', subject: { kind: 'environment', id: '' } }),
  ];
  const { results } = await resultsOf({ findings });
  const { observations, risks, findings: controls } = results[0];
  const [ofLogin, ofDomain, ofOld] = observations.slice(rules.length);
  expect(ofOld).toMatchObject({ title: 'of-old', description: 'of-old', subjects: [{ title: 'environment' }] });
  expect(risks[2]).toMatchObject({ title: 'of-old', description: 'of-old', statement: 'of-old' });
  const stale = rules.find(({ id }) => id === 'stale-login');
  expect(ofLogin).toMatchObject({ title: stale?.title, description: findings[0]?.message });
  expect(risks[0]).toMatchObject({ title: stale?.title, statement: stale?.rationale });
  expect(risks.map((risk: { readonly [key: string]: unknown }) => risk['related-observations'])).toEqual(
    [ofLogin, ofDomain, ofOld].map(({ uuid }) => [{ 'observation-uuid': uuid }]),
  );

  const [control] = controls.filter(
    (one: { readonly target: { readonly 'target-id': string } }) => one.target['target-id'] === 'ac-2.3_obj',
  );
  expect(control['related-observations']).toContainEqual({ 'observation-uuid': ofLogin.uuid });
  expect(control['related-observations']).not.toContainEqual({ 'observation-uuid': ofDomain.uuid });
  expect(control['related-risks']).toEqual([{ 'risk-uuid': risks[0].uuid }]);
});

test('the first 500 waivers stand as risks, those of findings that do not stand here without them', async () => {
  const waived = Array.from({ length: 501 }, (_, n) =>
    aFinding({ state: 'waived', waiver: aWaiver, subject: { kind: 'user', id: `u${n}` } }),
  );
  const { results } = await resultsOf({ findings: [aFinding(), ...waived] });
  const { risks } = results[0];
  expect(risks).toHaveLength(500);
  expect(risks[498]).toHaveProperty('related-observations');
  expect(risks[499]).not.toHaveProperty('related-observations');
});

test('the observation of a rule says how it fared, and why it had no answer for somebody', async () => {
  const { results } = await resultsOf({ outcomes: { 'stale-login': { notAssessed: 2, reason: 'no\nusable time' } } });
  const described = (id: string) =>
    results[0].observations.find(({ props }: { readonly props: readonly { readonly value: string }[] }) =>
      props.some(({ value }) => value === id),
    );
  const stale = rules.find(({ id }) => id === 'stale-login');
  expect(described('stale-login')).toMatchObject({
    title: stale?.title,
    description: 'stale-login (ran): 3 judged, 0 failed, 2 not assessed; no usable time',
    props: expect.arrayContaining([expect.objectContaining({ name: 'controls', value: stale?.controls.join(' ') })]),
  });
  expect(described('never-logged-in').description).toBe('never-logged-in (ran): 3 judged, 0 failed, 0 not assessed');
});

test('what the run judged by, and where all findings are, stands at the end and is pointed to', async () => {
  const { results, 'back-matter': back, 'import-ap': plan } = await resultsOf({ findings: [aFinding()] });
  const [judgedBy, csv] = back.resources;
  expect(judgedBy).toMatchObject({
    title: 'What the run judged by',
    description: 'Rules, config and waivers, by the SHA-256 that the manifest of the run states.',
  });
  expect(plan).toEqual({ href: `#${judgedBy.uuid}` });
  for (const { 'relevant-evidence': evidence } of results[0].observations)
    expect(evidence).toEqual([{ href: `#${csv.uuid}`, description: 'every finding of the run, one a line' }]);
});

test('an observation says that a finding could not be judged anew', async () => {
  const { results } = await resultsOf({ findings: [aFinding({ carried: true })] });
  expect(results[0].observations.at(-1).props).toContainEqual(
    expect.objectContaining({ name: 'not-assessed', value: 'true' }),
  );
});

test('the remarks say how roles were read, by earlier answers too', async () => {
  const iamRoles = { principals: 2, read: 0, standIns: 2, standInsFrom: '2026-11-20T02:00:00.000Z', unread: 0 };
  const { results } = await resultsOf({ report: { enriched: { iamRoles } } });
  expect(results[0].remarks).toContain(
    'Roles: 0 of 2 roles read; 2 judged by an earlier answer, the oldest of 2026-11-20.',
  );
});

test('a waiver is a risk whose deviation was approved, and has nobody’s address', async () => {
  const finding = aFinding({ state: 'waived', waiver: aWaiver });
  const { results } = await resultsOf({ findings: [finding], outcomes: { 'stale-login': { failed: 1 } } });
  const [risk, ...others] = results[0].risks;
  expect(others).toStrictEqual([]);
  expect(risk).toMatchObject({ status: 'deviation-approved', description: finding.message });
  expect(JSON.stringify(risk)).not.toMatch(/@/);
  expect(JSON.stringify(results[0].findings)).toContain(risk.uuid);
});

test.each([
  { findings: 500, says: false },
  { findings: 501, says: true },
])('of $findings findings the first 500 stand by themselves, the others in the CSV by its hash', async (given) => {
  const findings = Array.from({ length: given.findings }, (_, n) =>
    aFinding({ subject: { kind: 'user', id: `u${n}` } }),
  );
  const csv = { key: 'reports/findings.csv', sha256: 'a'.repeat(64), size: 3 };
  const { results, 'back-matter': back } = await resultsOf({ findings, manifest: { objects: { csv } } });
  expect(results[0].observations).toHaveLength(rules.length + 500);
  expect(results[0].remarks.includes('The first ')).toBe(given.says);
  expect(results[0].remarks.includes('The first 500 of 501 findings stand here')).toBe(given.says);
  expect(back.resources[1].rlinks).toEqual([{ href: csv.key, hashes: [{ algorithm: 'SHA-256', value: csv.sha256 }] }]);
});

test('a subject has the same UUID in every run of every version', async () => {
  const findings = [aFinding({ subject: { kind: 'user', id: 'u1' } })];
  const { results } = await resultsOf({ findings, manifest: { environmentId: 'e' } });
  expect(results[0].observations.at(-1).subjects).toMatchObject([
    { 'subject-uuid': '0c644d4b-97b9-55bd-aee3-034a11e59065', type: 'user', title: 'u1' },
  ]);
});

test('the same run has the same bytes, and another run other UUIDs', async () => {
  const given = { findings: findingsOfAllKinds() };
  expect(await textOf(given)).toBe(await textOf(given));
  const { uuid } = await resultsOf(given);
  expect((await resultsOf({ ...given, manifest: { run: '20261125T020000Z' } })).uuid).not.toBe(uuid);
});
