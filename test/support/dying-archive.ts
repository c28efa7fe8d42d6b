import type { Archive } from '../../core/archive/archive.ts';

/** An archive that stops taking writes: as if the process had been killed there. */
export const dyingAfter = (archive: Archive, writes: number): Archive => {
  let left = writes;
  const orDie = <A extends readonly unknown[], R>(write: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      if (left === 0) throw new Error('killed');
      left -= 1;
      return write(...args);
    };
  };
  return { ...archive, create: orDie(archive.create), replace: orDie(archive.replace) };
};
