import type { Severity } from '../../../rules/engine/severity.ts';
import { type Html, html } from './markup.ts';

/** `High`: a severity as a heading has it. */
export const severityWord = (severity: Severity): string => severity[0] + severity.slice(1).toLowerCase();

export const severityClass = (severity: Severity): string => severity.toLowerCase();

/** A severity as a badge: a word on its colour, so that it needs no colour to be read. */
export const severityBadge = (severity: Severity): Html =>
  html`<span class="sev ${severityClass(severity)}">${severityWord(severity)}</span>`;
