/// <reference lib="dom" />
// The page in a real Chromium over a real cluster: what a visitor sees and presses, what scripts and assistive code
// read, both languages, both themes, a phone.

import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import type { FlotillaConsole } from "../../web/console_api.ts";
import { browserTest } from "./browser.ts";

declare const flotilla: FlotillaConsole;

const ROLES = ["leader", "follower", "candidate", "pre-candidate", "learner", "stopped", "paused"];

browserTest(
  "a first visit shows a leader, one thing to press, and the cluster outlives it",
  "site",
  async ({ page }) => {
    await waitForLeader(page);
    const first = await leaderName(page);

    assert.match(await page.locator("h2").innerText(), /cluster, alive/);
    await page.getByRole("button", { name: "Crash the leader" }).click();
    await page.locator(`[data-member=${first}][data-role=stopped]`).waitFor();
    await page.evaluate(() => flotilla.speed(1));
    await page.locator(`[data-role=leader]:not([data-member=${first}])`).waitFor();
    await page.getByText("The cluster is not.").waitFor();
    await page.getByRole("button", { name: `Bring ${first} back` }).waitFor();
    await page.keyboard.press("x");
    await page.locator(`[data-member=${first}]:not([data-role=stopped])`).waitFor();
    await page.getByRole("button", { name: "Open" }).click();

    await waitForLeader(page);
    assert.notEqual(await leaderName(page), first);
    await page.getByRole("region", { name: "Log matrix" }).waitFor();
  },
);

browserTest(
  "every member carries its state in data attributes, and they are kept current",
  "site",
  async ({ page }) => {
    await openPlayground(page);
    const { revision } = await page.evaluate(() => flotilla.put("x", "7"));
    await waitForOneHash(page, { revision });

    const members = await page.locator("[data-member]").evaluateAll((nodes) =>
      nodes.map((node) => ({
        member: node.getAttribute("data-member"),
        role: node.getAttribute("data-role"),
        term: node.getAttribute("data-term"),
        commit: node.getAttribute("data-commit"),
        applied: node.getAttribute("data-applied"),
        hash: node.getAttribute("data-hash"),
        label: node.getAttribute("aria-label"),
      }))
    );
    assert.deepEqual(members.map(({ member }) => member), ["infra1", "infra2", "infra3"]);
    for (const { role, term, commit, applied, hash, label } of members) {
      assert.ok(ROLES.includes(role!), String(role));
      assert.match(hash!, /^[0-9a-f]{8}$/);
      assert.ok(
        Number(term) >= 2 && Number(commit) >= 5 && Number(applied) >= 5,
        `${term} ${commit} ${applied}`,
      );
      assert.match(label!, /^infra\d, (leader|follower), term \d+, committed \d+ of \d+$/);
    }
    assert.equal(members.filter(({ role }) => role === "leader").length, 1);

    await page.evaluate(() => flotilla.pause("infra2"));
    await page.locator("[data-member=infra2][data-role=paused]").waitFor();
    await page.evaluate(() => flotilla.resume("infra2"));
    await page.locator("[data-member=infra2]:not([data-role=paused])").waitFor();
  },
);

browserTest(
  "a minority that is cut off stands behind a wall and agrees again after Heal",
  "site",
  async ({ page }) => {
    await openPlayground(page);
    const leader = await leaderName(page);
    const [a, b] = ["infra1", "infra2", "infra3"].filter((name) => name !== leader);

    await page.locator(`[data-member=${leader}]`).click({ button: "right" });
    await page.getByRole("menuitem", { name: "Isolate" }).click();
    await page.locator("g.wall").waitFor();
    assert.match(
      await page.locator("header .quorum").innerText(),
      new RegExp(`${a} and ${b} have it, with none to spare`),
    );
    const lost = page.evaluate((at) => flotilla.put("lost", "1", at).catch(() => null), leader);
    await page.waitForFunction((old) => flotilla.leader() !== old, leader);
    await page.evaluate((at) => flotilla.put("kept", "2", at), a!);

    await page.getByRole("button", { name: "Heal" }).click();
    await page.locator("g.wall").waitFor({ state: "detached" });
    await lost;
    await waitForOneHash(page);
    assert.equal((await page.evaluate(() => flotilla.get("kept")))?.value, "2");
  },
);

browserTest("a reload brings the same keys back and says how much was replayed", "site", async ({ page }) => {
  await openPlayground(page);
  const { revision } = await page.evaluate(() => flotilla.put("x", "7"));
  const hash = await waitForOneHash(page, { revision });

  await page.reload();

  await page.getByRole("heading", { name: /infra1–infra3 replayed \d+ entries from disk/ }).waitFor();
  assert.ok(Number(await page.locator("[data-replayed]").getAttribute("data-replayed")) > 0);
  await waitForLeader(page);
  // What the disks hold is applied only as far as it is known committed: the new leader finds out the rest.
  assert.equal(await waitForOneHash(page, { wanted: hash }), hash);
});

browserTest("keys perform verbs, and never while somebody types", "site", async ({ page }) => {
  await openPlayground(page);

  await page.keyboard.press("2");
  await page.getByRole("heading", { name: "infra2" }).waitFor();
  await page.keyboard.press("x");
  await page.locator("[data-member=infra2][data-role=stopped]").waitFor();
  await page.keyboard.press("x");
  await page.locator("[data-member=infra2]:not([data-role=stopped])").waitFor();
  await page.keyboard.press("Space");
  await page.locator("[data-clock=paused]").waitFor();
  await page.keyboard.press("Space");
  await page.locator("[data-clock=running]").waitFor();

  await page.getByRole("tab", { name: "Keys" }).click();
  await page.getByLabel("Key", { exact: true }).fill("");
  await page.keyboard.type("xzhe 1");
  assert.equal(await page.getByLabel("Key", { exact: true }).inputValue(), "xzhe 1");
  assert.equal(await page.locator("[data-role=stopped], [data-role=paused]").count(), 0);
});

browserTest(
  "the small client puts, gets and deletes, and repeats a refusal in plain words",
  "site",
  async ({ page }) => {
    await openPlayground(page);
    await page.keyboard.press("1");
    await page.getByRole("tab", { name: "Keys" }).click();

    const answer = page.locator("[data-answer]");

    await page.getByLabel("Key", { exact: true }).fill("colour");
    await page.getByLabel("Value", { exact: true }).fill("red");
    await page.getByRole("button", { name: "Put" }).click();
    await answer.filter({ hasText: /^colour=red is stored, revision [1-9]\d*\.$/ }).waitFor();
    await page.getByRole("button", { name: "Get" }).click();
    await answer.filter({ hasText: /^colour=red, last changed/ }).waitFor();
    await page.getByRole("button", { name: "Delete" }).click();
    await answer.filter({ hasText: /^colour is deleted/ }).waitFor();

    await page.evaluate(() => flotilla.crash("infra1"));
    await page.getByLabel("Through").selectOption("infra1");
    await page.getByRole("button", { name: "Get" }).click();
    await page.locator("[data-answer=failed]").waitFor();
    assert.match(await answer.innerText(), /^No: .*infra1/);
  },
);

browserTest("a verb that would change nothing keeps its place and says why", "site", async ({ page }) => {
  await openPlayground(page);
  const leader = await leaderName(page);

  await page.locator(`[data-member=${leader}]`).focus();
  await page.keyboard.press("Enter");

  const elect = page.getByRole("menuitem", { name: /^Elect/ });
  assert.equal(await elect.getAttribute("aria-disabled"), "true");
  assert.match(await elect.innerText(), new RegExp(`Off: ${leader} already leads its term`));
  assert.match(await page.getByRole("menuitem", { name: /^Crash/ }).innerText(), /kill -9/);
  await page.keyboard.press("Escape");
  assert.equal(await page.getByRole("menu").count(), 0);
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("data-member")), leader);
});

browserTest(
  "language and theme are switched at once and remembered; an address can ask for Chinese",
  "site",
  async ({ page, url }) => {
    await openPlayground(page);

    await page.getByRole("button", { name: "中" }).click();
    assert.equal(await page.evaluate(() => document.documentElement.lang), "zh-Hans");
    await page.getByText("领导者").first().waitFor();
    await page.locator("[data-theme-choice]").click();
    await page.locator("[data-theme-choice]").click();
    assert.equal(await page.evaluate(() => document.documentElement.dataset["theme"]), "dark");
    const panel = () =>
      page.evaluate(() => getComputedStyle(document.querySelector(".stage")!).backgroundColor);
    assert.equal(await panel(), "rgb(20, 29, 38)");

    await page.reload();
    await waitForLeader(page);
    assert.equal(await page.evaluate(() => document.documentElement.lang), "zh-Hans");
    assert.equal(await panel(), "rgb(20, 29, 38)");
    assert.match(
      (await page.locator("[data-role=leader]").getAttribute("aria-label"))!,
      /^infra\d，领导者，任期 \d+，已提交 \d+ \/ \d+$/,
    );

    await page.goto(`${url}?lang=en`);
    await waitForLeader(page);
    assert.equal(await page.evaluate(() => document.documentElement.lang), "en");
  },
);

browserTest("another size asks beside the stepper and begins another cluster", "site", async ({ page }) => {
  await openPlayground(page);

  for (let size = 4; size <= 9; size++) await page.getByRole("button", { name: "One member more" }).click();
  assert.equal(await page.locator("[data-member]").count(), 3, "nothing is thrown away before a yes");
  await page.getByRole("alertdialog").getByRole("button", { name: "Start over" }).click();

  await page.waitForFunction(() => flotilla.members().length === 9);
  await waitForLeader(page);
  const overlaps = await page.locator("[data-member] .disc").evaluateAll((discs) => {
    const boxes = discs.map((disc) => disc.getBoundingClientRect());
    return boxes.flatMap((a, i) =>
      boxes.slice(i + 1).filter((b) =>
        a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
      )
    ).length;
  });
  assert.equal(overlaps, 0, "nine discs stand clear of each other");
});

browserTest(
  "a phone shows everything without scrolling sideways, with targets of 44 pixels",
  "site",
  async ({ page }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await openPlayground(page);

    for (const tab of ["Log", "Member", "Keys", "Stage"]) {
      await page.getByRole("navigation").getByRole("button", { name: tab }).click();
      const overflow = await page.evaluate(() => {
        const inside = [...document.querySelectorAll("button, h1, h2, p, input, select")];
        return inside.filter((node) => node.getBoundingClientRect().right > innerWidth + 1).map((node) =>
          node.textContent
        );
      });
      assert.deepEqual(overflow, [], tab);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390, tab);
      assert.equal(await page.locator("[data-member]").count(), 3, "the stage stays in sight");
    }
    const small = await page.locator("header button, nav button, .acts button, .transport button")
      .evaluateAll((nodes) =>
        nodes.filter((node) =>
          node.getBoundingClientRect().height < 44 || node.getBoundingClientRect().width < 44
        ).length
      );
    assert.equal(small, 0);

    await page.locator("[data-member=infra1]").click();
    await page.getByRole("dialog").getByRole("menuitem", { name: /^Pause/ }).click();
    await page.locator("[data-member=infra1][data-role=paused]").waitFor();
  },
);

browserTest("with reduced motion messages stand at mid-link with an arrowhead", "site", async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await openPlayground(page);
  await page.evaluate(() => flotilla.speed(1 / 400));
  await page.locator(".flight[visibility=visible] .arrow").first().waitFor({ state: "attached" });

  // Watches frame by frame until some message has been in flight for half a second, and says whether it stood still.
  const places = await page.evaluate(() =>
    new Promise<(string | null)[]>((found) => {
      const firstSeen = new Map<Element, { atMs: number; place: string | null }>();
      const look = (nowMs: number) => {
        for (const flight of document.querySelectorAll(".flight[visibility=visible]")) {
          const place = flight.getAttribute("transform");
          const first = firstSeen.get(flight);
          if (!first) firstSeen.set(flight, { atMs: nowMs, place });
          else if (nowMs - first.atMs > 500) return found([first.place, place]);
        }
        requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    })
  );
  assert.equal(places[1], places[0]);
});

browserTest("the console's help names every verb it offers", "site", async ({ page }) => {
  await waitForLeader(page);
  const printed = page.waitForEvent("console", { predicate: (line) => line.type() === "log" });

  await page.evaluate(() => flotilla.help());

  const text = (await printed).text();
  for (const verb of await page.evaluate(() => Object.keys(flotilla).filter((name) => name !== "help"))) {
    assert.ok(text.includes(`flotilla.${verb}(`), verb);
  }
  const refusal = await page.evaluate(() => flotilla.crash("nobody").catch((error: Error) => error.message));
  assert.match(String(refusal), /there is no member nobody; the members are infra1, infra2, infra3/);
});

browserTest("without a disk the page says so in a sentence", "site", async ({ context, url, complaints }) => {
  const page = await context.newPage();
  await page.addInitScript(() => Object.defineProperty(globalThis, "indexedDB", { value: undefined }));
  await page.goto(url);

  await page.locator("[data-trouble=noIndexedDb]").waitFor();
  assert.match(await page.locator("main").innerText(), /gives the page no disk/);
  assert.deepEqual(complaints, []);
});

async function waitForLeader(page: Page): Promise<void> {
  await page.locator("[data-role=leader]").first().waitFor();
}

function leaderName(page: Page): Promise<string> {
  return page.evaluate(() => flotilla.leader()!);
}

/** The whole page with a leader, at real speed, so that no test waits for what only eyes need. */
async function openPlayground(page: Page): Promise<void> {
  await waitForLeader(page);
  await page.getByRole("button", { name: "Go straight to the playground" }).click();
  await page.evaluate(() => flotilla.speed(1));
}

/** Waits until all members on the stage show the same, newest keys (with the hash `wanted`, if given); their hash. */
async function waitForOneHash(
  page: Page,
  { wanted = null, revision = 0 }: { wanted?: string | null; revision?: number } = {},
): Promise<string> {
  const handle = await page.waitForFunction(({ wanted, revision }) => {
    // An answered write may be ahead of what the page has been told of the others.
    if (flotilla.members().some((member) => (member.revision ?? 0) < revision)) return null;
    const nodes = [...document.querySelectorAll<HTMLElement>("[data-member]")];
    const applied = Math.max(...flotilla.members().map((member) => member.applied));
    const hash = nodes[0]!.dataset["hash"];
    const isOne = nodes.every(({ dataset }) =>
      dataset["hash"] === hash && Number(dataset["applied"]) === applied
    );
    return isOne && (wanted === null || wanted === hash) ? hash : null;
  }, { wanted, revision });
  return String(await handle.jsonValue());
}
