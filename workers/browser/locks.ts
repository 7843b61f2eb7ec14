/// <reference lib="dom" />
// Web Locks: at most one tab hosts the cluster, and at most one worker runs a member. A lock goes with its holder,
// however the holder ends.

export interface HeldLock {
  release(): void;
}

/** The lock of the tab that hosts the cluster of this origin. */
export const HOST_LOCK = "flotilla/host";

/** The lock of one member: whoever holds it may open its disk. */
export function memberLock(incarnation: string, name: string): string {
  return `flotilla/${incarnation}/${name}`;
}

/**
 * Takes the lock and keeps it until `release` or the end of this context.
 * @param waitMs real milliseconds to wait for it; Infinity for as long as it takes.
 * @returns null when somebody else still had it at the end of the wait.
 */
export async function holdLock(name: string, waitMs: number): Promise<HeldLock | null> {
  const signal = waitMs === Infinity ? undefined : AbortSignal.timeout(waitMs);
  return await new Promise((resolve, reject) => {
    const options: LockOptions = signal === undefined ? {} : { signal };
    const held = navigator.locks.request(
      name,
      options,
      () => new Promise<void>((release) => resolve({ release })),
    );
    held.catch((error: unknown) => {
      if (signal?.aborted) resolve(null);
      else reject(error);
    });
  });
}
