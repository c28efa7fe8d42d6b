import { beforeEach, expect, test } from '@jest/globals';
import { type OpenFinding, OpenFindings } from '../../../../rules/engine/memory/open-findings.ts';

const finding = (lastSeen: string, over: Partial<OpenFinding> = {}): OpenFinding => ({
  severity: 'HIGH',
  firstSeen: 'first',
  runs: 3,
  lastSeen,
  ...over,
});

let open: OpenFindings;
beforeEach(() => {
  open = new OpenFindings();
  open.add('e/r/a', finding('one'));
  open.add('e/r/b', finding('two', { wasWaived: true }));
  open.add('e/r/c', finding('one'));
});

const idsWith = (fate: Parameters<OpenFindings['withFate']>[0]): readonly string[] =>
  [...open.withFate(fate)].map(({ id, lastSeen }) => `${id} ${lastSeen}`);

test('each is given with what is kept of it, and nothing is known of its fate', () => {
  expect(idsWith('unsettled')).toEqual(['e/r/a one', 'e/r/b two', 'e/r/c one']);
  expect([open.has('e/r/a'), open.has('e/r/x'), open.fateOf('e/r/x')]).toEqual([true, false, undefined]);
  expect(open.failAgain('e/r/b')).toEqual(finding('two', { wasWaived: true }));
  expect(open.failAgain('e/r/x')).toBeUndefined();
});

test.each([{ wasWaived: true }, { wasCarried: true }] as const)(
  'one that was %j is told from one that was not',
  (was) => {
    open.add('e/r/d', finding('three', was));
    open.add('e/r/e', finding('three'));
    expect(open.failAgain('e/r/d')).toStrictEqual(finding('three', was));
    expect(open.failAgain('e/r/e')).toStrictEqual(finding('three'));
  },
);

test('what failed again is settled', () => {
  open.failAgain('e/r/a');
  open.settle('e/r/a', 'fixed');
  open.settle('e/r/b', 'user-vanished');
  open.settle('e/r/x', 'fixed');
  expect(['e/r/a', 'e/r/b', 'e/r/c'].map((id) => open.fateOf(id))).toEqual([
    'failed-again',
    'user-vanished',
    'unsettled',
  ]);
  expect(idsWith('user-vanished')).toEqual(['e/r/b two']);
});

test('a fate may be made more precise', () => {
  open.settle('e/r/a', 'failed-then');
  expect([open.fateOf('e/r/a'), idsWith('failed-then')]).toEqual(['failed-then', ['e/r/a one']]);
  open.settle('e/r/a', 'regrouped', 'b');
  expect([open.fateOf('e/r/a'), open.regroupedTo('e/r/a')]).toEqual(['regrouped', 'b']);
  expect([open.regroupedTo('e/r/b'), open.regroupedTo('e/r/x')]).toEqual([undefined, undefined]);
});

test.each([
  ['e/r/a', 'one', true],
  ['e/r/a', 'two', false],
  ['e/r/b', 'two', true],
  ['e/r/b', 'one', false],
  ['e/r/c', 'one', false],
  ['e/r/x', 'one', false],
])('%s, last seen at %s: unsettled is %s', (id, lastSeen, isUnsettled) => {
  open.settle('e/r/c', 'fixed');
  expect(open.isUnsettled(id, lastSeen)).toBe(isUnsettled);
});

test('what is carried keeps the reason, each its own', () => {
  open.carry('e/r/a', 'type is missing');
  open.carry('e/r/b', 'status is missing');
  open.carry('e/r/x', 'apiAccess is missing');
  expect(['e/r/a', 'e/r/b', 'e/r/c', 'e/r/x'].map((id) => open.carriedFor(id))).toEqual([
    'type is missing',
    'status is missing',
    undefined,
    undefined,
  ]);
  expect(idsWith('carried')).toEqual(['e/r/a one', 'e/r/b two']);
});

test('what became of them is forgotten, of every one', () => {
  for (const id of ['e/r/a', 'e/r/b', 'e/r/c']) open.settle(id, 'fixed');
  open.beginAnew();
  expect(idsWith('unsettled')).toHaveLength(3);
});
