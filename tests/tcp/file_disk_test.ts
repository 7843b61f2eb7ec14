// The files of a member: the contract of every disk, and what only files can do wrong.

import assert from "node:assert/strict";
import { type FileDisk, type OpenedDisk, openFileDisk } from "../../workers/deno/file_disk.ts";
import { DISK_CONTRACT, type DiskBench, written } from "../contracts/disk_contract.ts";

for (const contract of DISK_CONTRACT) {
  Deno.test(`the file disk ${contract.name}`, async () => {
    const bench = fileBench();
    try {
      await contract.run(bench);
    } finally {
      await bench.dispose();
    }
  });
}

Deno.test("the log may live in a directory of its own", async () => {
  await withDirectory(async (root) => {
    const places = { dataDir: `${root}/data`, walDir: `${root}/log` };
    const { disk } = opened(openFileDisk(places));

    await written(disk, 1, [
      { kind: "append", file: "wal/a", offsetBytes: 0, bytes: Uint8Array.of(1) },
      { kind: "replace", file: "snap/s", bytes: Uint8Array.of(2) },
    ]);

    assert.deepEqual(Deno.readFileSync(`${root}/log/a`), Uint8Array.of(1));
    assert.deepEqual(Deno.readFileSync(`${root}/data/member/snap/s`), Uint8Array.of(2));
    disk.close();
  });
});

Deno.test("a disk that is open cannot be opened again, until it is closed", async () => {
  await withDirectory((root) => {
    const places = { dataDir: root, walDir: null };
    const first = opened(openFileDisk(places));

    const second = openFileDisk(places);
    first.disk.close();
    const third = openFileDisk(places);

    assert.equal(second.kind, "refused");
    assert.match(second.kind === "refused" ? second.says : "", /is in use: another process holds/);
    opened(third).disk.close();
    return Promise.resolve();
  });
});

Deno.test("the half-made replacement that a crash left behind is never read", async () => {
  await withDirectory((root) => {
    opened(openFileDisk({ dataDir: root, walDir: null })).disk.close();
    Deno.writeFileSync(`${root}/member/snap/s.tmp`, Uint8Array.of(1));

    const { disk, image } = opened(openFileDisk({ dataDir: root, walDir: null }));

    assert.equal(image.size, 0);
    assert.deepEqual([...Deno.readDirSync(`${root}/member/snap`)], []);
    disk.close();
    return Promise.resolve();
  });
});

Deno.test("a file that others have changed fails the write and the disk with it", async () => {
  await withDirectory(async (root) => {
    const { disk } = opened(openFileDisk({ dataDir: root, walDir: null }));
    const failures: string[] = [];

    await new Promise<void>((done) => {
      const ops = [{ kind: "append", file: "wal/a", offsetBytes: 5, bytes: Uint8Array.of(1) }] as const;
      disk.write({ writeId: 1, ops }, () => done(), (why) => {
        failures.push(why);
        done();
      });
    });

    assert.match(failures[0] ?? "", /wal\/a is 0 bytes long where 5 were expected/);
    assert.throws(() => disk.write({ writeId: 2, ops: [] }, () => {}, () => {}), /a disk that is failed/);
    disk.close();
  });
});

Deno.test("closing during a write keeps the write but tells nobody", async () => {
  await withDirectory(async (root) => {
    const { disk } = opened(openFileDisk({ dataDir: root, walDir: null }));
    let told = false;
    const ops = [{ kind: "append", file: "wal/a", offsetBytes: 0, bytes: Uint8Array.of(1) }] as const;
    disk.write({ writeId: 1, ops }, () => told = true, () => told = true);

    disk.close();
    const again = await untilOpened({ dataDir: root, walDir: null });

    assert.deepEqual(again.image.get("wal/a"), Uint8Array.of(1));
    assert.equal(told, false);
    again.disk.close();
  });
});

Deno.test("a data directory that is a file, or holds directories for files, is refused with a remedy", async () => {
  await withDirectory((root) => {
    Deno.writeTextFileSync(`${root}/file`, "");
    Deno.mkdirSync(`${root}/odd/member/wal/directory`, { recursive: true });

    const inFile = openFileDisk({ dataDir: `${root}/file`, walDir: null });
    const odd = openFileDisk({ dataDir: `${root}/odd`, walDir: null });

    assert.match(
      inFile.kind === "refused" ? inFile.says : "",
      /cannot use data-dir .*file is not a directory/,
    );
    assert.match(
      odd.kind === "refused" ? odd.says : "",
      /wal\/directory is a directory where a file was expected/,
    );
    return Promise.resolve();
  });
});

function fileBench(): DiskBench {
  const dataDir = Deno.makeTempDirSync({ prefix: "flotilla-disk-" });
  let latest: FileDisk | null = null;
  return {
    open() {
      const { disk, image } = opened(openFileDisk({ dataDir, walDir: null }));
      latest = disk;
      return Promise.resolve({ disk, image });
    },
    dispose() {
      latest?.close();
      return Deno.remove(dataDir, { recursive: true });
    },
  };
}

function opened(result: ReturnType<typeof openFileDisk>): OpenedDisk {
  assert(result.kind === "opened", result.kind === "refused" ? result.says : "");
  return result;
}

/** A closing disk holds its lock until the write in flight has ended. */
async function untilOpened(places: Parameters<typeof openFileDisk>[0]): Promise<OpenedDisk> {
  for (const deadline = performance.now() + 5_000;;) {
    const result = openFileDisk(places);
    if (result.kind === "opened") return result;
    assert(performance.now() < deadline, result.says);
    await new Promise<void>((turn) => setTimeout(turn, 1));
  }
}

async function withDirectory(run: (root: string) => Promise<void>): Promise<void> {
  const root = Deno.makeTempDirSync({ prefix: "flotilla-disk-" });
  try {
    await run(root);
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
}
