import { expect, test } from '@jest/globals';
import { entryFault, objectFault } from '../../../core/archive/shapes.ts';
import { aManifest } from '../../support/findings.ts';

const object = { key: 'snapshots/a', sha256: 'a', size: 1 };
const rule = { state: 'on', severity: 'HIGH', options: {} };
const sound = { ...aManifest({ objects: { snapshot: object } }), rules: { one: rule }, unfinished: [object] };

test.each<{ name: string; differs: object; fault: string | undefined }>([
  { name: 'nothing', differs: {}, fault: undefined },
  { name: 'a rule without a severity', differs: { rules: { one: { state: 'off', options: {} } } }, fault: undefined },
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
