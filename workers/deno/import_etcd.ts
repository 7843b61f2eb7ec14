// Starting on the data directory of a real etcd: the member goes on under its id, in its cluster, with its data. Also how
// a member starts on what `etcdctl snapshot restore` wrote.
//
// Nothing of etcd's is changed; its files stay, under another name, until the operator removes them.
//
//   1  member/ is etcd's.                                   A crash up to here leaves etcd's directory as it was:
//   2  flotilla.importing/member/ is written and synced.    what is half written is thrown away on the next start.
//   3  member/ becomes member.etcd/.
//   4  flotilla.importing/member/ becomes member/.          A crash between 3 and 4: the next start does 4.

import { assert } from "../../core/base/assert.ts";
import type { DiskImage, DiskOp } from "../../core/base/disk.ts";
import { shortId } from "../../core/base/ids.ts";
import { importedDisk, isTrouble, readEtcdDir } from "../../core/backend/mod.ts";
import { type DiskPlaces, type FileDisk, openFileDisk } from "./file_disk.ts";
import type { Log } from "./log.ts";
import { type Refusal, refusal } from "./refusal.ts";

const UNFINISHED = "flotilla.importing";
/** What etcd's own files are called afterwards. */
const KEPT = "member.etcd";

/** Ends what a crash may have interrupted. To be called before a data directory is looked at. */
export function settleImport(dataDir: string): void {
  const unfinished = `${dataDir}/${UNFINISHED}`;
  if (!exists(unfinished)) return;
  if (!exists(`${dataDir}/member`) && exists(`${unfinished}/member`)) {
    Deno.renameSync(`${unfinished}/member`, `${dataDir}/member`);
  }
  Deno.removeSync(unfinished, { recursive: true });
}

/**
 * Puts our files in the place of etcd's.
 * @param disk the opened directory, which is closed; open it anew afterwards.
 * @returns null when that is done; otherwise etcd's files are where they were.
 */
export async function importEtcdData(
  places: DiskPlaces,
  opened: { readonly disk: FileDisk; readonly image: DiskImage },
  log: Log,
): Promise<Refusal | null> {
  const { dataDir } = places;
  opened.disk.close();
  const refuse = (says: string, remedy: string) =>
    refusal(`data-dir ${dataDir} holds etcd's data, which cannot be taken over: ${says}`, remedy);
  if (places.walDir !== null) {
    return refuse(
      `its log is in --wal-dir ${places.walDir}`,
      `move that directory to ${dataDir}/member/wal and start without --wal-dir`,
    );
  }
  if (isInUse(`${dataDir}/member/snap/db`)) return refuse("an etcd runs on it", "stop that one first");
  const member = readEtcdDir(opened.image);
  if (isTrouble(member)) return refuse(member.says, "start etcd on it, or restore a snapshot");
  if (exists(`${dataDir}/${KEPT}`)) {
    return refuse(`there is ${dataDir}/${KEPT} of an earlier time`, "remove that directory, or rename it");
  }
  const trouble = await replaceMember(dataDir, importedDisk(member));
  if (trouble !== null) return refuse(trouble, "make room, and see that this user may write there");
  const { kv } = member.machine;
  log.info(
    "etcdserver",
    `took over member ${shortId(member.identity.memberId)} of cluster ${
      shortId(member.identity.clusterId)
    } ` +
      `from etcd: ${kv.keyCount} keys at revision ${kv.revision}; etcd's own files are in ${dataDir}/${KEPT}`,
  );
  return null;
}

/** Null when the member's directory is ours. */
async function replaceMember(dataDir: string, ops: readonly DiskOp[]): Promise<string | null> {
  const unfinished = `${dataDir}/${UNFINISHED}`;
  try {
    const opened = openFileDisk({ dataDir: unfinished, walDir: null });
    if (opened.kind === "refused") return opened.says;
    assert(opened.image.size === 0, "an unfinished import is removed before the next one begins");
    const trouble = await new Promise<string | null>((resolve) =>
      opened.disk.write({ writeId: 1, ops }, () => resolve(null), resolve)
    );
    opened.disk.close();
    if (trouble !== null) return trouble;
    await syncDirectory(unfinished);
    await syncDirectory(dataDir);
    Deno.renameSync(`${dataDir}/member`, `${dataDir}/${KEPT}`);
    settleImport(dataDir);
    await syncDirectory(dataDir);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** bbolt locks its file for as long as it has it open. */
function isInUse(path: string): boolean {
  if (!exists(path)) return false;
  const file = Deno.openSync(path, { read: true, write: true });
  try {
    return !file.tryLockSync(true);
  } finally {
    file.close();
  }
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    // A data directory that is none is for the disk to complain of.
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await Deno.open(path);
  try {
    await directory.sync();
  } finally {
    directory.close();
  }
}
