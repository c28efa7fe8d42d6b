import { expect, test } from '@jest/globals';
import { findingsTable } from '../../../cli/terminal/audit-view.ts';
import type { HighlightKind } from '../../../core/model/highlights.ts';
import { HIGHLIGHT_WORDS } from '../../../core/model/words.ts';
import { composeDigest } from '../../../core/notify/digest/digest.ts';
import { reportPage } from '../../../core/outputs/html/html.ts';
import { aHighlight, someFacts } from '../../core/notify/digest/facts.ts';
import { someRunFacts } from '../../core/outputs/html/run-facts.ts';

const terminal = { width: 200, paint: (_format: unknown, text: string) => text };
const KINDS = ['reopened', 'waiver-ended', 'event', 'resolved'] as const satisfies readonly HighlightKind[];

test.each(KINDS)('%s has one word on the terminal, on the page and in the mail', (kind) => {
  const { tag } = HIGHLIGHT_WORDS[kind];
  const highlights = [aHighlight(kind)];
  expect(findingsTable(terminal, highlights)).toContain(` ${tag} `);
  expect(reportPage(someRunFacts({ highlights }))).toContain(`<span class="state ${kind}">${tag}</span>`);
  expect(composeDigest(someFacts({ highlights }))?.subject).toContain(`1 ${tag}`);
});
