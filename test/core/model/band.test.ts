import { expect, test } from '@jest/globals';
import { bandText, isInBand, severitiesBeyond } from '../../../core/model/band.ts';
import { SEVERITIES, type Severity } from '../../../rules/engine/severity.ts';

test.each<{ minSeverity: Severity; maxSeverity: Severity; text: string; beyond: readonly Severity[] }>([
  { minSeverity: 'LOW', maxSeverity: 'LOW', text: 'of LOW', beyond: ['CRITICAL', 'HIGH', 'MEDIUM', 'INFORMATIONAL'] },
  {
    minSeverity: 'CRITICAL',
    maxSeverity: 'CRITICAL',
    text: 'of CRITICAL',
    beyond: ['HIGH', 'MEDIUM', 'LOW', 'INFORMATIONAL'],
  },
  { minSeverity: 'INFORMATIONAL', maxSeverity: 'MEDIUM', text: 'up to MEDIUM', beyond: ['CRITICAL', 'HIGH'] },
  { minSeverity: 'HIGH', maxSeverity: 'CRITICAL', text: 'from HIGH on', beyond: ['MEDIUM', 'LOW', 'INFORMATIONAL'] },
  { minSeverity: 'LOW', maxSeverity: 'HIGH', text: 'from LOW to HIGH', beyond: ['CRITICAL', 'INFORMATIONAL'] },
])('findings $text', ({ text, beyond, ...band }) => {
  expect(bandText(band)).toBe(text);
  expect(severitiesBeyond(band)).toEqual(beyond);
  expect(SEVERITIES.filter((severity) => !isInBand(severity, band)).toReversed()).toEqual(beyond);
});
