import { expect, test } from '@jest/globals';
import { pageRules } from '../../bench/page-rules.ts';
import { parseCustomRule } from '../../core/config/custom-rules.ts';

const files = pageRules();

test('the page has ten rules or more', () => {
  expect(new Set(files.map(({ id }) => id)).size).toBeGreaterThanOrEqual(10);
});

test.each(files)('$id is right as it stands there, and passes its tests', ({ id, text }) => {
  const { rule, tests } = parseCustomRule(text, `${id}.yaml`);
  expect(rule.id).toBe(id);
  expect(tests.length).toBeGreaterThanOrEqual(3);
});
