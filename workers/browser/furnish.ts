// Disks that begin with something: those of a cluster that is restored from a snapshot.

import { clusterIdentity } from "./cluster_identity.ts";
import type { FirstDisks } from "./cluster_api.ts";
import { diskName, type StoredCluster } from "./cluster_store.ts";
import { IndexedDbDisk } from "./indexeddb_disk.ts";

/**
 * Writes the first content of every member's disk, each as one write.
 * @throws Error with a clause in plain words when the browser will not store it.
 */
export async function furnish({ plan, incarnation }: StoredCluster, disks: FirstDisks): Promise<void> {
  for (const [place, { name }] of clusterIdentity(plan.size).members.entries()) {
    const ops = disks[place];
    if (ops === undefined) throw new Error(`no disk was given for ${name}`);
    const opened = await IndexedDbDisk.open(diskName(incarnation, name));
    if (opened.kind === "failed") throw new Error(opened.why);
    const { disk } = opened;
    try {
      await new Promise<void>((resolve, reject) =>
        disk.write({ writeId: 1, ops }, resolve, (why) => reject(new Error(why)))
      );
    } finally {
      disk.close();
    }
  }
}
