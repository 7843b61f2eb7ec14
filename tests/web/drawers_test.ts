/// <reference lib="dom" />
// Drawers in a real Chromium: they open and close by key, count and draw what happened, in both languages and themes.

import assert from "node:assert/strict";
import type { FlotillaConsole } from "../../web/console_api.ts";
import { browserTest } from "./browser.ts";
import { openPlayground, violationsOf } from "./drawer_steps.ts";

declare const flotilla: FlotillaConsole;

browserTest(
  "space-time and history open side by side, and messages can be looked at",
  "site",
  async ({ page }) => {
    await openPlayground(page);
    await page.evaluate(() => flotilla.put("x", "1"));
    await page.keyboard.press("s");
    await page.keyboard.press("v");
    await page.evaluate(() => flotilla.speed(1 / 10));
    await page.evaluate(() => flotilla.put("x", "2"));

    await page.locator("[data-ray=append]").first().waitFor();
    await page.getByRole("button", { name: "Hold still" }).click();
    await page.locator("[data-ray=append]").last().focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "Message" }).getByText(/append .*term \d/).waitFor();
    await page.locator("[data-verdict=linearizable]").waitFor();
    assert.ok(await page.locator("[data-outcome=ok]").count() >= 2);
    await page.getByTitle("Hide infra1").click();
    await page.getByRole("button", { name: "Show infra1" }).waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("s");
    await page.keyboard.press("v");
    await page.locator(".drawer").waitFor({ state: "detached" });
  },
);

browserTest("the load makes the meters run, and an outage leaves a hole", "site", async ({ page }) => {
  await openPlayground(page);
  await page.keyboard.press("m");
  await page.getByRole("button", { name: "Stress" }).click();
  await page.waitForFunction(() =>
    Number(document.querySelector("[data-answered]")?.getAttribute("data-answered")) > 40
  );
  await page.waitForFunction(() =>
    ["Writes answered", "Messages leave the leader", "Bytes leave the leader", "Disk syncs, all members"]
      .every((title) =>
        [...document.querySelectorAll("figure")].some((meter) =>
          meter.textContent?.includes(title) && Number(meter.dataset["value"]?.replace(/,/g, "")) > 0
        )
      )
  );
  const before = await page.evaluate(() => flotilla.leader()!);
  await page.evaluate((leader) => flotilla.crash(leader), before);
  await page.waitForFunction((old) => ![null, old].includes(flotilla.leader()), before);
  await page.locator("figure .hole").first().waitFor();
  await page.getByRole("button", { name: "Stop", exact: true }).click();
});

browserTest("no drawer breaks a rule of axe, in either language or theme", "site", async ({ page }) => {
  await openPlayground(page);
  await page.evaluate(() => flotilla.put("x", "1"));
  const found: string[] = [];
  for (const scheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const name of ["spacetime", "meters", "events", "terminal"] as const) {
      await page.locator(`[data-drawer=${name}]`).click();
      await page.locator(`.pane.${name} h2, #terminal-line`).first().waitFor();
      if (name === "spacetime") {
        await page.locator("[data-drawer=history]").click();
        await page.locator(".pane.history h2").waitFor();
      }
      for (const line of await violationsOf(page, ".drawer")) found.push(`${scheme} ${name}: ${line}`);
    }
    await page.locator("[data-drawer=terminal]").click();
    await page.getByRole("button", { name: "中" }).click();
    await page.locator("html[lang^=zh]").waitFor();
  }
  assert.deepEqual(found, []);
});
