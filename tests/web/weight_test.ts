// How much a first visit loads before anything can be seen: the page's script and what it imports without being asked.

import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { buildSite } from "./browser.ts";

const INITIAL_GZIP_BYTES_MAX = 170_000;

Deno.test("the JavaScript of a first visit is at most 170 kB, gzipped", async () => {
  const folder = await buildSite("site");
  try {
    const page = await Deno.readTextFile(`${folder}/index.html`);
    const pending = [...page.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.js)"/g)].map((match) => match[1]!);
    assert.ok(pending.length > 0, "the page loads a script");

    const bytesByFile = new Map<string, number>();
    for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
      if (bytesByFile.has(file)) continue;
      const code = await Deno.readFile(`${folder}/${file}`);
      bytesByFile.set(file, gzipSync(code).length);
      // What is imported by a statement loads with its importer; `import()` does not.
      const text = new TextDecoder().decode(code);
      for (const [, name] of text.matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g)) {
        pending.push(`assets/${name}`);
      }
    }

    const total = [...bytesByFile.values()].reduce((sum, bytes) => sum + bytes, 0);
    const list = [...bytesByFile].map(([file, bytes]) => `${file} ${bytes}`).join("\n");
    assert.ok(total <= INITIAL_GZIP_BYTES_MAX, `${total} bytes:\n${list}`);
    assert.ok(total > 20_000, `only ${total} bytes were seen: is the reading right?\n${list}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
