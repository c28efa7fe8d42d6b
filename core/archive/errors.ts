/** Thrown when the archive holds something other than what was put there. The message names the key. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';
}

/** Gives what `read` does, or what `instead` does where the archive holds something other than what was put there. */
export const ifSound = async <T, Instead>(
  read: () => Promise<T>,
  instead: (error: ArchiveError) => Instead,
): Promise<T | Instead> => {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ArchiveError) return instead(error);
    throw error;
  }
};

/** Thrown when a manifest could not be signed. The message names the key of KMS and what happened. */
export class SigningError extends Error {
  override readonly name = 'SigningError';
}

/** Thrown where this machine can't hold what is to be archived. The message names what is full, and what to do. */
export class SpoolError extends Error {
  override readonly name = 'SpoolError';
}
