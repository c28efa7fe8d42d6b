import { expect, test } from '@jest/globals';
import { entryFault, isFinding, manifestFault, objectFault, reportFault } from '../../../core/archive/shapes.ts';
import { aMilestone } from '../../support/chain-entries.ts';
import { aFinding, aManifest } from '../../support/findings.ts';

const object = { key: 'snapshots/a', sha256: 'a', size: 1 };
const rule = { state: 'on', severity: 'HIGH', options: {} };
const sound = { ...aManifest({ objects: { snapshot: object } }), rules: { one: rule }, unfinished: [object] };

test.each<{ name: string; differs: object; fault: string | undefined }>([
  { name: 'nothing', differs: {}, fault: undefined },
  { name: 'a rule without a severity', differs: { rules: { one: { state: 'off', options: {} } } }, fault: undefined },
  {
    name: 'a rule that is not configured',
    differs: { rules: { one: { ...rule, state: 'not-configured' } } },
    fault: undefined,
  },
  { name: 'a listing that began late', differs: { late: true }, fault: undefined },
  { name: 'a listing that did not begin late', differs: { late: false }, fault: 'late' },
  {
    name: 'a history that somebody accepted',
    differs: { acceptedHistory: { sha256: 'a', reason: 'b', problem: 'c' } },
    fault: undefined,
  },
  { name: 'a history that is accepted by nothing', differs: { acceptedHistory: null }, fault: 'acceptedHistory' },
  {
    name: 'a history that is accepted for no reason',
    differs: { acceptedHistory: { sha256: 'a', problem: 'c' } },
    fault: 'acceptedHistory.reason',
  },
  { name: 'part of a hash', differs: { hashes: { ruleset: 'r', config: 'c' } }, fault: 'hashes.waivers' },
  { name: 'a half of a user', differs: { counts: { ...sound.counts, users: 0.5 } }, fault: 'counts.users' },
  { name: 'no objects', differs: { objects: undefined }, fault: 'objects' },
  { name: 'a list of objects', differs: { objects: [object] }, fault: 'objects' },
  { name: 'an object that is null', differs: { objects: { snapshot: null } }, fault: 'objects' },
  { name: 'an object without a key', differs: { objects: { snapshot: { ...object, key: 1 } } }, fault: 'objects' },
  { name: 'an object without a hash', differs: { objects: { one: { ...object, sha256: null } } }, fault: 'objects' },
  { name: 'an object of half a byte', differs: { objects: { one: { ...object, size: 0.5 } } }, fault: 'objects' },
  { name: 'an object of a negative size', differs: { objects: { one: { ...object, size: -1 } } }, fault: 'objects' },
  { name: 'unfinished that is no list', differs: { unfinished: { one: object } }, fault: 'unfinished' },
  { name: 'unfinished of something else', differs: { unfinished: [object, 'a'] }, fault: 'unfinished' },
  { name: 'a rule in no state', differs: { rules: { one: { ...rule, state: 'ran' } } }, fault: 'rules' },
  { name: 'a rule of no severity', differs: { rules: { one: { ...rule, severity: 'high' } } }, fault: 'rules' },
  { name: 'a rule without options', differs: { rules: { one: { ...rule, options: [] } } }, fault: 'rules' },
])('says of a manifest with $name what is wrong with it', ({ differs, fault }) => {
  expect(entryFault({ ...sound, ...differs })).toBe(fault && `${fault} is not what it has there`);
});

const link = { run: 'a', key: 'b', sha256: 'c' };
const closing = { ...aMilestone(2, 'closing', link), runs: 1, head: '1:c', retentionUntil: '2033-01-01' };

test.each<{ name: string; differs: object; fault: string | undefined }>([
  { name: 'all that a closing says', differs: {}, fault: undefined },
  { name: 'nothing of it', differs: { runs: undefined, head: undefined, retentionUntil: undefined }, fault: undefined },
  { name: 'no count of runs', differs: { runs: 'many' }, fault: 'runs' },
  { name: 'no text as its head', differs: { head: 1 }, fault: 'head' },
  { name: 'no text as its end of retention', differs: { retentionUntil: null }, fault: 'retentionUntil' },
])('says of a closing with $name what is wrong with it', ({ differs, fault }) => {
  expect(entryFault({ ...closing, ...differs })).toBe(fault && `${fault} is not what it has there`);
});

test.each<{ name: string; rules: unknown; fault: string | undefined }>([
  { name: 'some', rules: [{ id: 'one', state: 'ran' }], fault: undefined },
  { name: 'none', rules: undefined, fault: 'rules' },
  { name: 'one without an id', rules: [{ state: 'ran' }], fault: 'rules' },
  { name: 'one without a state', rules: [{ id: 'one', state: 1 }], fault: 'rules' },
])('says of the rules of a report, $name, what is wrong with them', ({ rules, fault }) => {
  const counts = { bySeverity: {}, byState: {} };
  const bySeverity = { CRITICAL: 0, HIGH: 0, MEDIUM: 0, LOW: 0, INFORMATIONAL: 0 };
  const report = { run: 'a', verdict: 'COMPLETE', counts: { users: 1 }, findings: { ...counts, bySeverity }, rules };
  expect(objectFault('report', report)).toBe(fault && `${fault} is not what it has there`);
});

test.each([
  { verdict: 'COMPLETE', ofRun: undefined, ofEntry: undefined },
  { verdict: 'INCOMPLETE', ofRun: undefined, ofEntry: 'verdict' },
  { verdict: 'FAILED', ofRun: undefined, ofEntry: 'verdict' },
  { verdict: 'FINE', ofRun: 'verdict', ofEntry: 'verdict' },
])('a run that is $verdict has a manifest, and only what is complete an entry', ({ verdict, ofRun, ofEntry }) => {
  const said = (member: string | undefined) => member && `${member} is not what it has there`;
  expect(manifestFault({ ...sound, verdict })).toBe(said(ofRun));
  expect(entryFault({ ...sound, verdict })).toBe(said(ofEntry));
});

test('what is no object at all is nothing of a run', () => {
  expect([manifestFault(null), reportFault([])]).toEqual([
    'all of it is not what it has there',
    'all of it is not what it has there',
  ]);
});

const digest = { subject: 'a', body: 'b', attributes: { environment: 'c', verdict: 'COMPLETE', maxSeverity: 'NONE' } };
const ruleset = [{ rule: { id: 'one', title: 'a', remediation: 'b' } }];

test.each<{ name: string; value: unknown; fault: string | undefined }>([
  { name: 'digest', value: digest, fault: undefined },
  { name: 'digest', value: { ...digest, body: undefined }, fault: 'body' },
  { name: 'ruleset', value: ruleset, fault: undefined },
  { name: 'ruleset', value: [{ rule: { id: 'one' } }], fault: '0.rule.title' },
  { name: 'html', value: undefined, fault: undefined },
])('says of a $name what is wrong with it: $fault', ({ name, value, fault }) => {
  expect(objectFault(name, value)).toBe(fault && `${fault} is not what it has there`);
});

const finding = aFinding();

test.each<{ name: string; line: unknown; isOne?: true }>([
  { name: 'one', line: finding, isOne: true },
  { name: 'null', line: null },
  ...(['id', 'ruleId', 'message', 'firstSeen'] as const).map((member) => ({
    name: `one whose ${member} is no text`,
    line: { ...finding, [member]: 1 },
  })),
  { name: 'one of no number of runs', line: { ...finding, runs: '5' } },
  { name: 'one of no severity', line: { ...finding, severity: 'high' } },
  { name: 'one in no state', line: { ...finding, state: 'closed' } },
  { name: 'one without a subject', line: { ...finding, subject: null } },
  { name: 'one on a subject of no kind', line: { ...finding, subject: { id: 'u1' } } },
  { name: 'one on a subject without an id', line: { ...finding, subject: { kind: 'user', id: 1 } } },
])('$name is a finding: $isOne', ({ line, isOne = false }) => {
  expect(isFinding(line)).toBe(isOne);
});
