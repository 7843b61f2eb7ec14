/// <reference lib="dom" />
// A snapshot file opened in a real Chromium: figures, keys, history, files that are none, and a cluster from it.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Page } from "playwright-core";
import { encodeSnapshotFile } from "../../core/backend/mod.ts";
import { utf8 } from "../../core/base/bytes.ts";
import type { MemberId } from "../../core/base/ids.ts";
import { KvStore } from "../../core/kv/kv_store.ts";
import { deleteRangeRequest, putRequest } from "../../core/kv/requests.ts";
import { Alarms } from "../../core/member/alarms.ts";
import { ClusterMembers } from "../../core/member/cluster_members.ts";
import { StateMachine } from "../../core/member/state_machine.ts";
import { clusterIdentity } from "../../workers/browser/cluster_identity.ts";
import { shown, SnapshotDesk } from "../../workers/snapshot/snapshot_desk.ts";
import { restoreCommands } from "../../web/snapshot/restore_command.ts";
import { snapshotEn } from "../../web/text/snapshot_en.ts";
import { snapshotZh } from "../../web/text/snapshot_zh.ts";
import type { FlotillaConsole } from "../../web/console_api.ts";
import { browserTest } from "./browser.ts";
import { violationsOf } from "./drawer_steps.ts";

declare const flotilla: FlotillaConsole;

/** 150 keys, one with a history, one in bytes that are no text, one that was deleted; a lease. */
function snapshot(): Uint8Array {
  const kv = new KvStore();
  for (let count = 1; count <= 150; count++) {
    kv.apply(putRequest({ key: utf8(`k/${String(count).padStart(3, "0")}`), value: utf8(`value ${count}`) }));
  }
  for (const value of ["red", "green", "blue"]) {
    kv.apply(putRequest({ key: utf8("colour"), value: utf8(value) }));
  }
  kv.apply(putRequest({ key: new Uint8Array([0xff, 0, 1]), value: new Uint8Array([0xfe, 0xfd]) }));
  kv.apply(deleteRangeRequest({ key: utf8("k/150") }));
  kv.apply({ kind: "leaseGrant", id: "00000000000000aa", ttl: 600 });
  kv.apply(putRequest({ key: utf8("leased"), value: utf8("here"), lease: "00000000000000aa" }));
  const { members } = clusterIdentity(3);
  const machine = new StateMachine({
    kv,
    members: new ClusterMembers({ members, removed: ["00000000000000ff" as MemberId] }),
    alarms: new Alarms(),
    clusterVersion: "3.4.0",
    applied: 160,
  });
  return encodeSnapshotFile(machine);
}

const FILE = snapshot();
async function give(page: Page, name: string, bytes: Uint8Array): Promise<void> {
  const file = { name, mimeType: "application/octet-stream", buffer: Buffer.from(bytes) };
  await page.setInputFiles("main input[type=file]", file);
}

const bufferOf = (bytes: Uint8Array) => bytes.slice().buffer as ArrayBuffer;

Deno.test("a desk tells a sound file from one that was changed, cut, or is none, and whether it can be read anyway", () => {
  const desk = new SnapshotDesk();
  const opened = desk.open(bufferOf(FILE), false);
  assert.ok(opened.kind === "opened");
  assert.equal(opened.hash.kind, "matches");
  assert.equal(opened.keyCount, 152);
  assert.equal(opened.removedCount, 1);

  const changed = FILE.slice();
  changed[changed.length - 1]! ^= 1;
  const refused = desk.open(bufferOf(changed), false);
  assert.ok(refused.kind === "trouble" && refused.canSkipHash);
  assert.match(refused.says, /SHA-256 does not match/);
  const anyway = desk.open(bufferOf(changed), true);
  assert.ok(anyway.kind === "opened" && anyway.hash.kind === "differs");

  const copied = desk.open(bufferOf(FILE.subarray(0, FILE.length - 32)), true);
  assert.ok(copied.kind === "opened" && copied.hash.kind === "missing");
  const cut = desk.open(bufferOf(FILE.subarray(0, FILE.length / 2)), false);
  assert.ok(cut.kind === "trouble" && !cut.canSkipHash);
  assert.match(cut.says, /cut/);
  const none = desk.open(bufferOf(utf8("PNG and nothing else")), false);
  assert.ok(none.kind === "trouble" && !none.canSkipHash);
  assert.throws(() => desk.keys("", 0, 10), /no snapshot is open/);
});

Deno.test("bytes are shown as text where they are text, and a cut through a character lets go of it", () => {
  assert.deepEqual(shown(utf8("déjà vu\n"), 100), {
    text: "déjà vu\n",
    isHex: false,
    sizeBytes: 10,
    isCut: false,
  });
  assert.deepEqual(shown(new Uint8Array([0xff, 0x00]), 100), {
    text: "ff00",
    isHex: true,
    sizeBytes: 2,
    isCut: false,
  });
  assert.deepEqual(shown(utf8("中文"), 4), { text: "中", isHex: false, sizeBytes: 6, isCut: true });
});

Deno.test("commands quote a file name that a shell would take apart", () => {
  const [first] = restoreCommands("etcd", "it's a backup.db", 3).split("\n\n");
  assert.match(first!, /snapshot restore '\.\/it'\\''s a backup\.db' \\\n/);
  assert.match(first!, /--name infra1 .*\n.*infra3=http:\/\/127\.0\.0\.1:32380/);
  assert.match(restoreCommands("flotilla", "-rf.db", 1), /^deno task restore '\.\/-rf\.db'/);
});

Deno.test("both languages have the same words", () => {
  const shape = (value: unknown): unknown =>
    typeof value === "object" && value !== null
      ? Object.fromEntries(Object.entries(value).map(([key, part]) => [key, shape(part)]))
      : typeof value;
  assert.deepEqual(shape(snapshotZh), shape(snapshotEn));
});

browserTest(
  "a snapshot opens with its figures, keys are found, and one tells its history",
  "site",
  async ({ page, url }) => {
    await page.goto(`${url}#/snapshot`);
    await page.getByRole("button", { name: snapshotEn.choose }).waitFor();
    assert.deepEqual(await violationsOf(page, "#app"), []);

    await give(page, "backup.db", FILE);
    await page.waitForSelector("[data-hash-verdict=matches]");
    const summary = await page.locator(".summary").innerText();
    for (const figure of ["157", "3.4.0", "infra1", "8211f1d0f64f3269", "00000000000000aa", "600 s, 1 key"]) {
      assert.ok(summary.includes(figure), `${figure} in ${summary}`);
    }
    await page.waitForSelector("[data-found='152']");
    assert.equal(await page.locator("tbody tr").count(), 100);
    await page.getByRole("button", { name: snapshotEn.more(52) }).click();
    await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 152);
    assert.deepEqual(await violationsOf(page, "#app"), []);

    await page.getByRole("searchbox").fill("olou");
    await page.waitForSelector("[data-found='1']");
    await page.getByRole("button", { name: "colour" }).click();
    await page.waitForFunction(() => document.querySelectorAll(".history li").length === 3);
    assert.match(await page.locator(".history").innerText(), /blue[\s\S]*green[\s\S]*red/);
    await page.getByRole("searchbox").fill("nowhere");
    await page.getByText(snapshotEn.noneFound).waitFor();
  },
);

browserTest(
  "files that are no snapshot are named with what is wrong, on a phone and in Chinese",
  "site",
  async ({ page, url }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`${url}?lang=zh#/snapshot`);
    await give(page, "猫.png", utf8("no database at all"));
    await page.getByRole("alert").filter({ hasText: "猫.png" }).waitFor();
    assert.deepEqual(await violationsOf(page, "#app"), []);

    await give(page, "cut.db", FILE.subarray(0, 9000));
    await page.getByRole("alert").filter({ hasText: "cut.db" }).waitFor();
    assert.equal(await page.getByRole("button", { name: snapshotZh.readAnyway }).count(), 0);

    await give(page, "db", FILE.subarray(0, FILE.length - 32));
    await page.getByRole("alert").filter({ hasText: "SHA-256" }).waitFor();
    await page.getByRole("button", { name: snapshotZh.readAnyway }).click();
    await page.waitForSelector("[data-hash-verdict=missing]");
    assert.deepEqual(await violationsOf(page, "#app"), []);
    const isWide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    assert.equal(isWide, false);
  },
);

browserTest(
  "a cluster begins with the keys of a snapshot, and keeps them through a reload",
  "site",
  async ({ page, url }) => {
    await page.goto(`${url}#/snapshot`);
    await give(page, "backup.db", FILE);
    await page.getByRole("button", { name: snapshotEn.restoreHere(3) }).click();
    await page.getByRole("button", { name: snapshotEn.restore, exact: true }).click();

    await page.waitForSelector("[data-member='infra3']");
    await page.evaluate(() => flotilla.speed(1));
    await page.waitForFunction(() => flotilla.leader() !== null);
    assert.equal(await page.evaluate(async () => (await flotilla.get("colour"))?.value), "blue");
    await page.evaluate(() => flotilla.put("colour", "black"));
    const members = await page.evaluate(() =>
      flotilla.members().map(({ name, revision }) => ({ name, revision }))
    );
    assert.equal(members.length, 3);
    assert.ok(members.every(({ revision }) => revision >= 157), JSON.stringify(members));

    await page.reload();
    await page.waitForFunction(() => typeof flotilla === "object" && flotilla.leader() !== null);
    assert.equal(await page.evaluate(async () => (await flotilla.get("colour"))?.value), "black");
    assert.equal(await page.evaluate(async () => (await flotilla.get("k/001"))?.value), "value 1");
  },
);
