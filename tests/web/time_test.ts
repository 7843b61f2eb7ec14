/// <reference lib="dom" />
// The time bar over a real cluster: back by hand and by key, the present again, a branch by acting in the past, two
// runs side by side, a link and a file that open the very moment in another visitor's browser and in Deno.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Page } from "playwright-core";
import { plainToJson } from "../../core/timeline/plain_json.ts";
import type { RunPlan } from "../../core/timeline/plan.ts";
import { SimRun } from "../../core/timeline/run.ts";
import { fileOf, openRun, runFileToText } from "../../core/timeline/run_file.ts";
import { packState } from "../../core/timeline/state_text.ts";
import type { FlotillaConsole } from "../../web/console_api.ts";
import { readRunQuery } from "../../workers/share/run_link.ts";
import { browserTest } from "./browser.ts";

declare const flotilla: FlotillaConsole;

browserTest(
  "the track goes anywhere in the past, keys step by event, and the present comes back",
  "site",
  async ({ page }) => {
    const { emptyTerm } = await lived(page);
    const track = page.getByRole("slider", { name: "What happened" });
    const box = (await track.boundingBox())!;

    await page.mouse.click(box.x + box.width * 0.75, box.y + 40);
    await page.locator(".track:not([data-at=now])").waitFor();
    await page.getByText("The past", { exact: true }).waitFor();
    assert.ok(Number(await track.getAttribute("data-at")) > 0);

    const at = () => track.getAttribute("data-at").then(Number);
    const from = await at();
    await page.keyboard.press(",");
    await waitForAt(page, "<", from);
    const event = Number(await track.getAttribute("data-event"));
    assert.ok(event > 0);
    assert.ok((await track.getAttribute("aria-valuetext"))!.length > 10);
    const back = await at();
    await page.keyboard.press("Shift+ArrowLeft");
    await waitForAt(page, "<", back);
    const further = await at();
    await page.keyboard.press(".");
    await waitForAt(page, ">", further);
    // The very first moments: nobody led then.
    await page.evaluate(() => flotilla.lookAt(0));
    await page.waitForFunction(() =>
      [...document.querySelectorAll<HTMLElement>("[data-member]")].every(({ dataset }) =>
        dataset["role"] !== "leader"
      )
    );
    assert.equal(await page.locator("[data-member]").first().getAttribute("data-term"), String(emptyTerm));

    await page.getByRole("button", { name: "Now" }).click();
    await page.locator(".track[data-at=now]").waitFor();
    await page.locator("[data-role=leader]").waitFor();
  },
);

browserTest(
  "acting in the past begins a branch; the run it left stays, and both stand side by side",
  "site",
  async ({ page }) => {
    const { atMs } = await lived(page);
    await seekTo(page, atMs);
    const follower = await page.evaluate(() =>
      flotilla.members().find(({ role }) => role === "follower")!.name
    );
    const stopped = page.locator(`[data-member=${follower}][data-role=stopped]`);

    await page.evaluate((name) => flotilla.crash(name), follower);

    await page.locator("[data-lane=B][aria-pressed=true]").waitFor();
    await stopped.waitFor();
    // The first run knows nothing of it.
    await page.locator("[data-lane=A]").click();
    await stopped.waitFor({ state: "detached" });
    await page.locator("[data-lane=B]").click();
    await stopped.waitFor();
    await page.getByRole("button", { name: "Compare with A" }).click();
    await page.locator("[data-twin]").waitFor();
    assert.equal(await page.locator(`[data-member=${follower}]`).count(), 2);
    await page.locator("[data-parting]").waitFor();
    assert.match(await page.locator("[data-parting]").innerText(), /They part at/);
    await page.getByRole("button", { name: "End the comparison" }).click();
    assert.equal(await page.locator("[data-twin]").count(), 0);
  },
);

browserTest(
  "a link opens the same event with the same hash for another visitor, and in Deno",
  "site",
  async ({ page, context, url }) => {
    const { atMs } = await lived(page);
    await seekTo(page, atMs);
    await page.evaluate(() =>
      flotilla.elect(flotilla.members().find(({ role }) => role === "follower")!.name)
    );
    await page.locator("[data-lane=B][aria-pressed=true]").waitFor();
    await page.evaluate(() => flotilla.speed(1));
    await page.evaluate(() => flotilla.resumeClock());
    await page.waitForFunction(() => flotilla.run().eventNumber > 0 && flotilla.run().nowMs > 0);
    await page.waitForTimeout(300);
    await page.evaluate(() => flotilla.pauseClock());
    const shared = await page.evaluate(() => flotilla.run());

    await page.getByRole("button", { name: "Share this run" }).click();
    const link = await page.locator("[data-run-link]").inputValue();
    assert.ok(link.startsWith(`${url}#/run?`), link.slice(0, 80));

    const query = new URLSearchParams(link.slice(link.indexOf("?") + 1));
    const reading = await readRunQuery(query);
    assert.equal(reading.kind, "run");
    if (reading.kind !== "run") return;
    const here = openRun(reading.file);
    assert.ok(here.kind === "open" && here.agrees);
    assert.equal(here.run.eventNumber, shared.eventNumber);
    assert.equal(here.run.hash, shared.hash);

    const stranger = await context.browser()!.newContext({ viewport: { width: 1280, height: 800 } });
    try {
      const other = await stranger.newPage();
      await other.goto(link);
      await other.locator("[data-run-hash]").waitFor();
      await other.waitForFunction((hash) => flotilla.run().hash === hash, shared.hash);
      assert.equal(await other.evaluate(() => flotilla.run().eventNumber), shared.eventNumber);
    } finally {
      await stranger.close();
    }
  },
);

browserTest(
  "a broken link, a newer one and a file that is no run are each told in a sentence",
  "site",
  async ({ page, url }) => {
    await lived(page);
    const notice = page.getByRole("alert");
    const cases: readonly (readonly [string, RegExp])[] = [
      ["#/run?s=zz&n=3", /cannot be opened: its size, timing, rules or seed are none/],
      ["#/run?s=1&n=3&j=%%%25", /cannot be opened: a part of it is missing/],
      ["#/run?s=1&n=3&j=AAAA", /cannot be opened|is no run/],
      ["#/run?v=99&s=1&n=3", /newer version/],
      ["#/run?s=1&n=3&at=999999999", /never comes to event|cannot be opened/],
    ];
    for (const [hash, sentence] of cases.slice(0, 4)) {
      await page.goto(url + hash);
      await notice.filter({ hasText: sentence }).waitFor();
    }
    await page.getByRole("button", { name: "Files" }).click();
    await page.locator("input[type=file]").setInputFiles({
      name: "x.json",
      mimeType: "application/json",
      buffer: Buffer.from("{}"),
    });
    await notice.filter({ hasText: /is no run of Flotilla/ }).waitFor();
    // The cluster is as it was.
    assert.equal(await page.locator("[data-member]").count(), 3);
  },
);

/** A cluster that has written, lost its leader and found another; some moment with a leader in it, soon after the start. */
async function lived(page: Page): Promise<{ atMs: number; emptyTerm: number }> {
  await page.locator("[data-role=leader]").first().waitFor();
  await page.getByRole("button", { name: "Go straight to the playground" }).click();
  await page.evaluate(() => flotilla.speed(1));
  await page.evaluate(() => flotilla.put("x", "1"));
  await page.evaluate(() => flotilla.put("x", "2"));
  const atMs = await page.evaluate(() => flotilla.run().nowMs);
  const leader = await page.evaluate(() => flotilla.leader()!);
  await page.evaluate((name) => flotilla.crash(name), leader);
  await page.waitForFunction((name) => ![null, name].includes(flotilla.leader()), leader);
  await page.evaluate(() => flotilla.put("x", "3"));
  return { atMs, emptyTerm: 1 };
}

async function seekTo(page: Page, ms: number): Promise<void> {
  await page.evaluate((ms) => flotilla.lookAt(ms), ms);
  await page.locator(`.track[data-at="${ms}"]`).waitFor();
}

browserTest(
  "a rule broken in a run freezes the stage and says which, where and by whom",
  "site",
  async ({ page }) => {
    await lived(page);
    await page.locator("[data-invariants=held]").waitFor();
    assert.ok(Number(await page.locator("[data-invariants]").getAttribute("data-checks")) > 5);

    await page.getByRole("button", { name: "Files" }).click();
    await page.locator("input[type=file]").setInputFiles({
      name: "broken.json",
      mimeType: "application/json",
      buffer: Buffer.from(brokenRun()),
    });
    await page.locator("[data-lane=B][aria-pressed=true]").waitFor();
    await page.evaluate(() => flotilla.resumeClock());

    await page.locator("[data-violation=logMatching]").waitFor();
    await page.locator("[data-invariants=broken]").waitFor();
    await page.locator("[data-clock=paused]").waitFor();
    assert.match(await page.locator("[data-violation]").innerText(), /Broken at event \d+: infra\d, infra\d/);
    assert.equal(await page.locator(".violated").count(), 2);
  },
);

/** A run whose cluster has one committed entry that differs in one member's memory: no rule of ours would let it. */
function brokenRun(): string {
  const plan: RunPlan = { size: 3, profile: "teaching", rules: "etcd", seed: 9 };
  const run = new SimRun({ plan });
  run.advanceTo(1_500);
  const state = structuredClone(packState(run.sim.capture())) as ReturnType<SimRun["sim"]["capture"]>;
  const [first] = state.slots;
  const text = runFileToText({ ...fileOf(run), from: null });
  const entry = first!.member!.consensus.raft.core.log.entries.at(-1)!;
  Object.assign(entry, {
    data: entry.data.map((byte, at) => (at === entry.data.length - 1 ? byte ^ 1 : byte)),
  });
  return plainToJson({ ...JSON.parse(text), actions: [], from: state, eventsBefore: 100, at: undefined });
}

browserTest(
  "an embedded page shows the run and its time, and nothing around them",
  "site",
  async ({ context, url }) => {
    const page = await context.newPage();
    await page.goto(`${url}?embed=1#/run?s=7c1f&n=5&p=teach&r=etcd&at=100`);

    await page.waitForFunction(() => document.querySelectorAll("[data-member]").length === 5);
    await page.locator(".track").waitFor();
    assert.equal(await page.locator("header").count(), 0);
    assert.equal(await page.locator("[data-drawer]").count(), 0);
    assert.equal(await page.evaluate(() => flotilla.run().kind), "run");
  },
);

/** Waits until the moment on the stage lies before (or after) another. */
async function waitForAt(page: Page, side: "<" | ">", ms: number): Promise<void> {
  await page.waitForFunction(
    ({ side, ms }) => {
      const atMs = Number(document.querySelector<HTMLElement>(".track")!.dataset["at"]);
      return side === "<" ? atMs < ms : atMs > ms;
    },
    { side, ms },
  );
}
