import { createHash } from 'node:crypto';
import { FRAMEWORKS, rulesByControl } from '../../rules/engine/controls.ts';
import type { RuleOutcome } from '../../rules/engine/evaluate.ts';
import type { Finding } from '../../rules/engine/finding.ts';
import type { Rule, Subject } from '../../rules/engine/rule.ts';
import { isFullyJudged } from '../model/report.ts';
import { attestedText, besideTexts, unseenText } from '../model/words.ts';
import { plainLine, plural } from '../text/plain-text.ts';
import type { StoredRun } from './output.ts';

/** Of whatever OSCAL has no name for. */
const NS = 'https://finspace-user-auditor.invalid/ns/oscal';

/** The namespace of all UUIDs of ours. */
const NAMESPACE = 'c0a5d2f4-7c0e-5b5e-9d0c-5a1f6e3b8d27';

/** The most subjects, and the most risks, that stand here by themselves. */
const MOST = 500;

/** A UUID of version 5 (RFC 9562): the same name has the same. */
export const uuidV5 = (name: string, namespace = NAMESPACE): string => {
  const bytes = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name)
    .digest()
    .subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
};

/**
 * `AC-2(3)` as NIST's catalogue names it in OSCAL: `ac-2.3`. Undefined of what is no control or enhancement there, such as a
 * part of one, which an operator's rule may name.
 */
const controlId = (control: string): string | undefined =>
  /^[A-Z]{2}-\d+(?:\(\d+\))?$/.test(control) ? control.toLowerCase().replace(/\((\d+)\)/, '.$1') : undefined;

/** Properties of ours; those without a value are left out. */
const propsOf = (values: Readonly<Record<string, string | undefined>>) =>
  Object.entries(values).flatMap(([name, value = '']) => {
    const text = plainLine(value);
    return text === '' ? [] : [{ name, ns: NS, value: text }];
  });

const SUBJECT_TYPES: Readonly<Record<Subject['kind'], string>> = {
  user: 'user',
  principal: 'component',
  environment: 'component',
};

/** A control's state, and why, as far as the rules that give evidence for it tell. */
interface ControlStanding {
  readonly status: { readonly state: 'satisfied' | 'not-satisfied'; readonly reason: 'pass' | 'fail' | 'other' };
  readonly why: string;
}

interface Counted {
  failing: number;
  waived: number;
}

/** A control is satisfied only where everybody was seen at the time, every rule of it judged everybody, and nothing fails or is waived. */
const standingOf = (
  ruleIds: readonly string[],
  outcomes: ReadonlyMap<string, RuleOutcome>,
  countedOf: (ruleId: string) => Counted,
  unseen: string | undefined,
): ControlStanding => {
  const failing = ruleIds.filter((id) => {
    const { failing: standing, waived: accepted } = countedOf(id);
    return standing > 0 || (outcomes.get(id)?.failed ?? 0) > accepted;
  });
  const waived = ruleIds.filter((id) => countedOf(id).waived > 0);
  const unjudged = ruleIds.filter((id) => {
    const outcome = outcomes.get(id);
    return outcome === undefined || !isFullyJudged(outcome);
  });
  const why = [
    ...(failing.length > 0 ? [`fails: ${failing.join(', ')}`] : []),
    ...(waived.length > 0 ? [`waived: ${waived.join(', ')}`] : []),
    ...(unjudged.length > 0 ? [`not judged of everybody: ${unjudged.join(', ')}`] : []),
    ...(unseen === undefined ? [] : [`not seen: ${unseen}`]),
  ];
  if (why.length === 0)
    return { status: { state: 'satisfied', reason: 'pass' }, why: `every rule passes: ${ruleIds.join(', ')}` };
  return { status: { state: 'not-satisfied', reason: failing.length > 0 ? 'fail' : 'other' }, why: why.join('; ') };
};

const COVERAGE =
  'coverage=partial: it speaks of the users of one Amazon FinSpace environment only, and of nothing else that the control asks for.';

const countText = ({ id, state, checked, failed, notAssessed, reason }: RuleOutcome): string =>
  `${id} (${state}): ${checked} judged, ${failed} failed, ${notAssessed} not assessed${reason === undefined ? '' : `; ${plainLine(reason)}`}`;

/** The assessment results of a run, as a JSON value. */
const assessmentResults = async (run: StoredRun) => {
  const { manifest, report, rules } = run;
  const { environmentId, asOf, verdict, hashes, objects } = manifest;
  const uuid = (name: string): string => uuidV5(`${environmentId}/${manifest.run}/${verdict}/${name}`);
  const { startedAt = asOf, endedAt = asOf } = report.listing ?? {};
  const [PLAN, CSV] = [uuid('plan'), uuid('findings.csv')];
  const unseen = unseenText(report);
  const evidence = [{ href: `#${CSV}`, description: 'every finding of the run, one a line' }];

  const subjectOf = ({ subject: { kind, id } }: Finding) => ({
    'subject-uuid': uuidV5(`${environmentId}/${kind}/${id}`),
    type: SUBJECT_TYPES[kind],
    title: plainLine(id) || kind,
  });
  const ruleObservations = report.rules.map((outcome) => ({
    uuid: uuid(`rule/${outcome.id}`),
    title: plainLine(rules.get(outcome.id)?.title ?? outcome.id) || outcome.id,
    description: countText(outcome),
    props: propsOf({ rule: outcome.id, state: outcome.state, controls: rules.get(outcome.id)?.controls.join(' ') }),
    methods: ['TEST'],
    types: ['control-objective'],
    collected: endedAt,
    'relevant-evidence': evidence,
  }));

  const counted = new Map<string, Counted>();
  const countedOf = (ruleId: string): Counted => counted.get(ruleId) ?? { failing: 0, waived: 0 };
  const subjects: { readonly ruleId: string; readonly observation: { readonly uuid: string } }[] = [];
  const risks: { readonly ruleId: string; readonly risk: { readonly uuid: string } }[] = [];
  // A finding names the controls of its time, also where its rule has others today, or has left the catalogue.
  const found = new Map<string, Pick<Rule, 'id' | 'controls'>>();
  let all = 0;
  for await (const finding of run.findings()) {
    const { id, ruleId, state, severity, message, waiver } = finding;
    if (state === 'resolved') continue;
    all += 1;
    found.set(ruleId, { id: ruleId, controls: finding.controls });
    const { failing, waived } = countedOf(ruleId);
    const isWaived = state === 'waived';
    counted.set(ruleId, { failing: failing + Number(!isWaived), waived: waived + Number(isWaived) });
    const observation = uuid(`finding/${id}`);
    const title = plainLine(rules.get(ruleId)?.title ?? ruleId) || ruleId;
    if (subjects.length < MOST)
      subjects.push({
        ruleId,
        observation: {
          uuid: observation,
          title,
          description: plainLine(message) || title,
          props: propsOf({ rule: ruleId, severity, state, 'not-assessed': finding.carried && 'true' }),
          methods: ['TEST'],
          types: ['finding'],
          subjects: [subjectOf(finding)],
          collected: finding.lastSeen,
          'relevant-evidence': evidence,
        } as { readonly uuid: string },
      });
    if (waiver === undefined || risks.length >= MOST) continue;
    risks.push({
      ruleId,
      risk: {
        uuid: uuid(`risk/${id}`),
        title,
        description: plainLine(message) || title,
        statement: rules.get(ruleId)?.rationale ?? title,
        props: propsOf({
          'waiver-reason': waiver.reason,
          'waiver-ends': waiver.expires,
          'waiver-ticket': waiver.ticket,
          subject: finding.subject.id,
        }),
        status: 'deviation-approved',
        ...(subjects.at(-1)?.observation.uuid === observation && {
          'related-observations': [{ 'observation-uuid': observation }],
        }),
      } as { readonly uuid: string },
    });
  }

  const outcomes = new Map(report.rules.map((outcome) => [outcome.id, outcome]));
  const judged = [...[...rules.values()].filter(({ id }) => outcomes.has(id)), ...found.values()];
  const controls = rulesByControl(judged, 'NIST-800-53-r5').flatMap(({ control, rules: members }) => {
    const known = controlId(control);
    if (known === undefined) return [];
    const ids = new Set(members.map(({ id }) => id));
    const { status, why } = standingOf([...ids], outcomes, countedOf, unseen);
    const observations = [
      ...[...ids].filter((id) => outcomes.has(id)).map((id) => uuid(`rule/${id}`)),
      ...subjects.filter(({ ruleId }) => ids.has(ruleId)).map(({ observation }) => observation.uuid),
    ];
    const ofRisk = risks.filter(({ ruleId }) => ids.has(ruleId));
    return {
      id: known,
      finding: {
        uuid: uuid(`control/${control}`),
        title: `${FRAMEWORKS['NIST-800-53-r5']} ${control}`,
        description: why,
        target: { type: 'objective-id', 'target-id': `${known}_obj`, status },
        'related-observations': observations.map((one) => ({ 'observation-uuid': one })),
        ...(ofRisk.length > 0 && { 'related-risks': ofRisk.map(({ risk }) => ({ 'risk-uuid': risk.uuid })) }),
        remarks: COVERAGE,
      },
    };
  });

  const ran = report.rules.filter(({ state }) => state === 'ran');
  const environment = `FinSpace environment ${environmentId}, account ${manifest.accountId}`;
  const who = unseen === undefined ? `Every user of ${environment}` : `The users of ${environment}, that were seen`;
  const unknown = report.rules.map(({ id }) => id).filter((id) => !rules.has(id));
  const departed =
    unknown.length > 0 &&
    `Only their findings tell the controls of rules that have left the catalogue: ${unknown.join(', ')}.`;
  const left = all > MOST ? `The first ${MOST} of ${plural(all, 'finding')} stand here; findings.csv has all.` : '';
  const attested = attestedText(report.source);
  // A rule that judged by an earlier answer judged in full, and whoever reads that it passes is told.
  const beside = besideTexts(report).map(([name, text]) => `${name}: ${text}.`);
  const notSeen = unseen !== undefined && `Not seen: ${unseen}.`;
  const remarks = [COVERAGE, attested, notSeen, ...beside, departed, left].filter(Boolean);
  const { csv } = objects;
  return {
    'assessment-results': {
      uuid: uuid('assessment-results'),
      metadata: {
        title: `Access of the users of FinSpace environment ${environmentId}`,
        'last-modified': asOf,
        version: manifest.run,
        'oscal-version': '1.2.2',
      },
      'import-ap': { href: `#${PLAN}` },
      results: [
        {
          uuid: uuid('result'),
          title: `Run ${manifest.run}: ${verdict}`,
          description: `${who}, judged by ${ran.length} of ${plural(report.rules.length, 'rule')}.`,
          start: startedAt,
          end: endedAt,
          props: propsOf({ coverage: 'partial', verdict, reason: report.reason, late: manifest.late && 'true' }),
          'reviewed-controls': {
            'control-selections': [{ 'include-controls': controls.map(({ id }) => ({ 'control-id': id })) }],
          },
          observations: [...ruleObservations, ...subjects.map(({ observation }) => observation)],
          // OSCAL has no empty lists.
          ...(risks.length > 0 && { risks: risks.map(({ risk }) => risk) }),
          findings: controls.map(({ finding }) => finding),
          remarks: remarks.join(' '),
        },
      ],
      'back-matter': {
        resources: [
          {
            uuid: PLAN,
            title: 'What the run judged by',
            description: 'Rules, config and waivers, by the SHA-256 that the manifest of the run states.',
            props: propsOf({ ruleset: hashes.ruleset, config: hashes.config, waivers: hashes.waivers }),
          },
          {
            uuid: CSV,
            title: 'findings.csv',
            ...(csv && { rlinks: [{ href: csv.key, hashes: [{ algorithm: 'SHA-256', value: csv.sha256 }] }] }),
          },
        ],
      },
    },
  };
};

/** `assessment-results.oscal.json`: a finding a control of NIST SP 800-53, by OSCAL 1.2.2. */
export async function* resultLines(run: StoredRun): AsyncGenerator<string> {
  yield JSON.stringify(await assessmentResults(run), null, 2);
}
