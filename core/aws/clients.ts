/**
 * Settings of an AWS client that gives up on a service that has fallen silent, and tries again: left to itself the S3
 * client waits for ever, the SNS client for five minutes, and the run would end without a word.
 * @param silenceMs how long nothing may come or go, in milliseconds; storing the largest object takes S3 less
 */
export const awsTimeouts = (silenceMs = 15_000) => ({
  requestHandler: { connectionTimeout: 5000, socketTimeout: silenceMs },
});
