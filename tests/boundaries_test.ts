// The shape of the house, held by a test: who may import whom, and what the core may not touch. ARCHITECTURE.md
// draws the same picture.

import assert from "node:assert/strict";

const ROOT = new URL("../", import.meta.url);

/** Each room and those it may look into, beside itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "core/base": [],
  "core/raft": ["core/base"],
  "core/kv": ["core/base"],
  "core/wal": ["core/base", "core/raft"],
  "core/wire": ["core/base", "core/raft", "core/kv", "core/member"],
  "core/member": ["core/base", "core/raft", "core/kv", "core/wal", "core/wire"],
  "core/etcd": ["core/base", "core/kv", "core/wire", "core/member"],
  "core/backend": ["core/base", "core/raft", "core/kv", "core/wal", "core/wire", "core/member"],
  "core/sim": ["core/base", "core/raft", "core/kv", "core/wire", "core/member"],
  "core/check": ["core/base", "core/raft", "core/kv", "core/wire", "core/member", "core/sim"],
  "core/lab": ["core/base", "core/kv", "core/wire", "core/member", "core/sim", "core/check"],
  "core/timeline": [
    "core/base",
    "core/raft",
    "core/kv",
    "core/wire",
    "core/member",
    "core/sim",
    "core/check",
  ],
  "core/script": [
    "core/base",
    "core/raft",
    "core/kv",
    "core/wire",
    "core/member",
    "core/etcd",
    "core/sim",
    "core/check",
    "core/lab",
  ],
  "workers/browser": ["core"],
  "workers/share": ["core"],
  "workers/deno": ["core", "workers/share"],
  "workers/lab": ["core"],
  "workers/moments": ["core"],
  "workers/snapshot": ["core"],
  "web": ["core", "workers/browser", "workers/lab", "workers/moments", "workers/share", "workers/snapshot"],
};

/** Libraries from outside, by the room that may use them. */
const LIBRARIES: Readonly<Record<string, readonly RegExp[]>> = {
  "core/kv": [/^sorted-btree$/],
  "core/wire": [/^@bufbuild\/protobuf/, /^@noble\/hashes/],
  "core/etcd": [/^@bufbuild\/protobuf/],
  "core/backend": [/^@noble\/hashes/],
  "workers/browser": [/^comlink$/, /^idb$/],
  "workers/snapshot": [/^comlink$/],
  "workers/deno": [/^node:/, /^@bufbuild\/protobuf$/, /^yaml$/],
  "web": [/^svelte/, /^d3/, /^virtual:lessons$/],
};

/** What a synchronous machine without clock, chance or platform has no use for. */
const FORBIDDEN_IN_CORE =
  /\b(Math\.random|Date\.now|new Date|performance\.|setTimeout|setInterval|queueMicrotask|Promise|async |await |indexedDB|BroadcastChannel|Deno\.|window\.|document\.|console\.|TextEncoder|TextDecoder|process\.)/;

interface SourceFile {
  readonly path: string;
  readonly text: string;
}

async function* sources(folder: string): AsyncGenerator<SourceFile> {
  for await (const entry of Deno.readDir(new URL(folder, ROOT))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* sources(path);
    else if (/\.(ts|svelte)$/.test(entry.name)) {
      yield { path, text: await Deno.readTextFile(new URL(path, ROOT)) };
    }
  }
}

function importsOf(text: string): string[] {
  return [...text.matchAll(/^\s*(?:import|export)\s[^"';]*?from\s+"([^"]+)"|^\s*import\s+"([^"]+)"/gm)]
    .map((match) => match[1] ?? match[2]!);
}

function roomOf(path: string): string | undefined {
  return Object.keys(MAY_IMPORT).find((room) => path.startsWith(`${room}/`));
}

Deno.test("every import goes the way the house is built", async () => {
  const trespasses: string[] = [];
  let importCount = 0;
  for (const folder of ["core", "workers", "web"]) {
    for await (const { path, text } of sources(folder)) {
      const room = roomOf(path);
      if (!room) continue;
      for (const specifier of importsOf(text)) {
        importCount += 1;
        if (!specifier.startsWith(".")) {
          const allowed = (LIBRARIES[room] ?? []).some((library) => library.test(specifier));
          if (!allowed) trespasses.push(`${path} imports ${specifier}`);
          continue;
        }
        const target = new URL(specifier, new URL(path, ROOT)).pathname.slice(ROOT.pathname.length);
        const allowed = target === "package.json" ||
          [room, ...MAY_IMPORT[room]!].some((other) => target.startsWith(`${other}/`));
        if (!allowed) trespasses.push(`${path} imports ${target}`);
      }
    }
  }

  assert.deepEqual(trespasses, []);
  assert.ok(importCount > 200, `only ${importCount} imports were seen: is the reading right?`);
});

Deno.test("the core touches no clock, no chance, no promise and no platform", async () => {
  const trespasses: string[] = [];
  for await (const { path, text } of sources("core")) {
    if (path.startsWith("core/wire/gen/")) continue;
    const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "").replace(
      /`[^`]*`|"[^"\n]*"/g,
      '""',
    );
    code.split("\n").forEach((line, i) => {
      if (FORBIDDEN_IN_CORE.test(line)) trespasses.push(`${path}:${i + 1} ${line.trim()}`);
    });
  }

  assert.deepEqual(trespasses, []);
});
