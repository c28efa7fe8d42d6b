/** The tag of what is no evidence and can be made anew: the lifecycle of the bucket ends its old versions by it. */
export const HINT_TAG = { key: 'kept', value: 'briefly' } as const;

/** The days for which a hint is locked in a bucket that locks by default: the fewest that there are. */
export const HINT_DAYS = 1;
