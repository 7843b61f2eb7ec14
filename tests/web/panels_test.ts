/// <reference lib="dom" />
// The inspector's tabs in a real Chromium: the disk with its records and a torn tail, keys by revisions, flags.

import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import type { FlotillaConsole } from "../../web/console_api.ts";
import { parseCommandLine } from "../../core/etcd/flags.ts";
import { browserTest } from "./browser.ts";
import { openPlayground, violationsOf } from "./drawer_steps.ts";

declare const flotilla: FlotillaConsole;

browserTest(
  "the disk tab shows every record, and the bytes of the newest entry",
  "site",
  async ({ page }) => {
    await openPlayground(page);
    await page.evaluate(() => flotilla.put("x", "hi"));
    await openTab(page, "infra1", "disk");

    await page.locator("[data-record=segmentHead]").waitFor();
    await page.locator("[data-record^=entry]", { hasText: /^\d+$/ }).first().waitFor();
    await page.getByRole("heading", { name: /Record of entry \d+/ }).waitFor();
    // The value's field is in the bytes that are shown: 12 02 68 69, "hi".
    await page.waitForFunction(() =>
      [...document.querySelectorAll(".hex b")].map((byte) => byte.textContent).join("").includes("12026869")
    );
    assert.equal(await page.locator("[data-verdict]").count(), 0);
    await page.locator("[data-record=hardState]").last().click();
    await page.getByRole("heading", { name: "Term, vote and commit" }).waitFor();
    await page.locator(".fields").getByRole("button", { name: /vote [0-9a-f]{16}/ }).waitFor();
    assert.deepEqual(await violationsOf(page, ".inspector"), []);
  },
);

browserTest(
  "a torn write is told from rot, and a restart cuts it off",
  "site",
  async ({ page }) => {
    await openPlayground(page);
    await page.evaluate(() => flotilla.put("x", "1"));
    await waitForOneHash(page);
    const name = await page.evaluate(() => flotilla.leader()!);
    // An entry that nobody was promised anything about: the leader alone has it when its power goes out.
    await page.evaluate(async (leader) => {
      for (const other of flotilla.members()) {
        if (other.name !== leader) await flotilla.cut(leader, other.name);
      }
    }, name);
    const last = await page.evaluate(
      (leader) => flotilla.members().find(({ name }) => name === leader)!.lastIndex,
      name,
    );
    await page.evaluate((leader) => {
      flotilla.put("x", "a value long enough to be torn in the middle", leader).catch(() => {});
    }, name);
    await page.waitForFunction(
      ([leader, before]) => flotilla.members().find(({ name }) => name === leader)!.lastIndex > before,
      [name, last] as const,
    );
    await page.evaluate((leader) => flotilla.crash(leader), name);
    await page.evaluate(tearNewestChunk, name);
    await page.evaluate(() => flotilla.heal());
    await openTab(page, name, "disk");

    await page.locator("[data-verdict=cut]").waitFor();
    assert.match(await page.locator("[data-verdict]").innerText(), /A tear, not rot\. The header is whole/);
    assert.equal(await page.locator("[data-state=cut]").count(), 1);
    assert.match(await page.locator(".fields").innerText(), /body check\s+does not match/);

    await page.getByRole("button", { name: `Restart ${name}` }).click();
    await page.locator(`[data-member=${name}]:not([data-role=stopped])`).waitFor();
    await page.locator("[data-verdict]").waitFor({ state: "detached" });
    await waitForOneHash(page);
  },
);

browserTest(
  "the keys tab shows versions at their revisions and what reads would answer",
  "site",
  async ({ page }) => {
    await openPlayground(page);
    for (const [key, value] of [["x", "1"], ["y", "2"], ["x", "3"]] as const) {
      await page.evaluate(([key, value]) => flotilla.put(key, value), [key, value] as const);
    }
    await openTab(page, "infra3", "keys");

    await page.getByRole("button", { name: "x", exact: true }).click();
    await page.getByText("created at 2, changed at 4, version 2").waitFor();
    await page.getByText("future revision").waitFor();
    await page.getByText("Revision 4 here").waitFor();
  },
);

browserTest("the flags tab gives commands that a member of ours understands", "site", async ({ page }) => {
  await openPlayground(page);
  await openTab(page, "infra2", "flags");

  const command = await page.locator(".inspector pre").first().innerText();

  assert.match(command, /^deno task member --name infra2 --listen-client-urls http:\/\/127\.0\.0\.1:22379 /);
  const parsed = parseCommandLine(command.split(/\s+/).slice(3), new Map());
  assert.equal(parsed.kind, "config", JSON.stringify(parsed));
});

async function openTab(page: Page, member: string, tab: string): Promise<void> {
  await page.locator(`[data-member=${member}]`).click();
  await page.locator(`#tab-${tab}`).click();
}

async function waitForOneHash(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const members = flotilla.members();
    return new Set(members.map(({ hash }) => hash)).size === 1 &&
      new Set(members.map(({ applied }) => applied)).size === 1;
  });
}

/** A power cut in the middle of the last write: the newest entry's chunk ends in its body. */
async function tearNewestChunk(member: string): Promise<void> {
  const names = (await indexedDB.databases()).map(({ name }) => name ?? "");
  const name = names.find((one) => one.endsWith(`/${member}`))!;
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const opening = indexedDB.open(name);
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  const store = database.transaction("chunks", "readwrite").objectStore("chunks");
  const read = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const keys = await read(store.getAllKeys()) as [string, number][];
  // From the end: whatever was written after the last long record goes, and that record loses its tail.
  for (const key of keys.filter(([file]) => file.startsWith("wal")).reverse()) {
    const chunk = await read(store.get(key)) as Uint8Array;
    if (chunk.length < 88) {
      await read(store.delete(key));
      continue;
    }
    // Byte 15 of a record is its kind; 2 is an entry. A record of term and vote before it takes 40 bytes.
    await read(store.put(chunk.slice(0, chunk[15] === 2 ? 61 : 101), key));
    break;
  }
  database.close();
}
