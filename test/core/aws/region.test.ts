import { expect, test } from '@jest/globals';
import { isRegion } from '../../../core/aws/region.ts';

test.each(['us-east-1', 'ap-southeast-12', 'us-gov-west-1', 'eusc-de-east-1'])('%j is a region', (text) => {
  expect(isRegion(text)).toBe(true);
});

test.each(['', 'us', 'us-east', 'us-east-123', 'u-east-1', 'US-EAST-1', 'us-east-1.example', 'us-east-1\n'])(
  '%j is none',
  (text) => {
    expect(isRegion(text)).toBe(false);
  },
);
