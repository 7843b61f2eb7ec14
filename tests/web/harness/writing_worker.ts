/// <reference lib="dom" />
// Appends records to its disk without end and tells its page each time how many are durable.

import { IndexedDbDisk } from "../../../workers/browser/indexeddb_disk.ts";
import { countRecords, recordOf } from "./records.ts";

addEventListener("message", (event: MessageEvent<string>) => {
  run(event.data).catch((error: Error) => postMessage(error.message));
});

async function run(name: string): Promise<void> {
  const opened = await IndexedDbDisk.open(name);
  if (opened.kind === "failed") throw new Error(opened.why);
  let sizeBytes = opened.image.get("records")?.length ?? 0;
  let count = countRecords(opened.image.get("records") ?? new Uint8Array(0)) ?? 0;
  const next = () => {
    const bytes = recordOf(count + 1);
    opened.disk.write(
      { writeId: count + 1, ops: [{ kind: "append", file: "records", offsetBytes: sizeBytes, bytes }] },
      () => {
        sizeBytes += bytes.length;
        count += 1;
        postMessage(count);
        next();
      },
      (why) => postMessage(why),
    );
  };
  next();
}
