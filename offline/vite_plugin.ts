// Emits `sw.js` beside the built page: the service worker with the list of all files of this build and a version
// made of their contents, so that equal builds are one version and any other is a new one.

import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { type Plugin, type ResolvedConfig, transformWithOxc } from "vite";

const SOURCE = new URL("./service_worker.ts", import.meta.url);

export function serviceWorker(): Plugin {
  let config: ResolvedConfig;
  return {
    name: "service-worker",
    apply: "build",
    configResolved: (resolved) => {
      config = resolved;
    },
    generateBundle: {
      // After the page itself has been emitted.
      order: "post",
      async handler(_options, bundle) {
        const contents = new Map<string, string | Uint8Array>();
        for (const [name, file] of Object.entries(bundle)) {
          contents.set(name, file.type === "chunk" ? file.code : file.source);
        }
        for (const path of await filesIn(config.publicDir)) {
          contents.set(relative(config.publicDir, path), await readFile(path));
        }
        const names = [...contents.keys()].sort();
        const hash = createHash("sha256");
        const source = await readFile(SOURCE, "utf8");
        hash.update(source);
        for (const name of names) hash.update(`\0${name}\0`).update(contents.get(name)!);
        // The page goes by its folder's name: some hosts redirect `index.html` to it.
        const files = ["./", ...names.filter((name) => name !== "index.html")];
        const { code } = await transformWithOxc(source, "service_worker.ts", { sourcemap: false });
        this.emitFile({
          type: "asset",
          fileName: "sw.js",
          source: `const SITE_FILES = ${JSON.stringify(files)};\n` +
            `const SITE_VERSION = "${hash.digest("hex").slice(0, 16)}";\n${code}`,
        });
      },
    },
  };
}

/** Every file below a folder; none where there is no such folder. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).sort();
}
