/// <reference lib="dom" />
// The sizing lab in a real Chromium: everything measured in workers, cancelled, shared, taken away, on a phone, in
// Chinese, and with settings that make no sense.

import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { browserTest } from "./browser.ts";

/** What the lab promises for the whole measurement on two cores. */
const MEASURE_MS_MAX = 20_000;

browserTest(
  "all is measured within twenty seconds with progress shown, and agrees in every cell",
  "site",
  async ({ page, url }) => {
    await openLab(page, url);
    assert.equal(await page.locator("[data-agreement]:not([data-agreement=unmeasured])").count(), 0);

    const startedMs = performance.now();
    await page.getByRole("button", { name: "Measure all" }).click();
    const shown = await page.waitForFunction(() => {
      const bar = document.querySelector("progress");
      return bar !== null && bar.value > 20 && bar.value < 90 ? bar.value : null;
    });
    assert.ok(Number(await shown.jsonValue()) > 20);
    await waitUntilMeasured(page);
    const tookMs = performance.now() - startedMs;

    assert.ok(tookMs < MEASURE_MS_MAX, `${Math.round(tookMs)} ms`);
    const agreements = await page.locator("[data-agreement]").evaluateAll((cells) =>
      cells.map((cell) => cell.getAttribute("data-agreement"))
    );
    // Eight figures for each of nine sizes; a single member cannot be cut in two.
    assert.equal(agreements.length, 9 * 8 - 1);
    assert.deepEqual(agreements.filter((agreement) => agreement !== "same" && agreement !== "near"), []);
    const tolerated = await page.locator("td.lose .measured > span:first-child").allInnerTexts();
    assert.deepEqual(tolerated.map((text) => Number(text.replace("= ", ""))), [0, 0, 1, 1, 2, 2, 3, 3, 4]);
    const tried = await page.locator("[data-tried]").evaluateAll((rows) =>
      rows.map((row) => Number(row.getAttribute("data-tried")))
    );
    assert.deepEqual(tried, [2, 4, 8, 16, 32, 64, 128, 256, 512]);
    assert.ok(await page.locator("[data-not-seen]").count() >= 1, "nine members fail too rarely to be seen");

    const table = await download(page, "Table, CSV");
    const lines = table.trim().split("\r\n").map((line) => line.split(","));
    assert.equal(lines.length, 10);
    const column = lines[0]!.indexOf("toleratedFailures measured");
    assert.deepEqual(lines.slice(1).map((fields) => fields[column]), [
      "0",
      "0",
      "1",
      "1",
      "2",
      "2",
      "3",
      "3",
      "4",
    ]);
    assert.ok(!table.includes("false"), "no figure disagrees");
    const failures = await download(page, "Every failure, CSV");
    assert.equal(failures.trim().split("\r\n").length, 1 + 1022);
    assert.match(await download(page, "Years, CSV"), /^members,years,outages,[^\r]*\r\n1,\d+,[1-9]/);
    const picture = await download(page, "Picture, SVG");
    const shapes = await page.evaluate((text) => {
      const svg = new DOMParser().parseFromString(text, "image/svg+xml");
      return {
        error: svg.querySelector("parsererror") !== null,
        pictures: svg.querySelectorAll("svg > svg").length,
      };
    }, picture);
    assert.deepEqual(shapes, { error: false, pictures: 9 + 9 + 2 + 2 });

    // Sliders move, and what does not depend on them stays measured; the years are lived anew by themselves.
    await page.getByRole("slider").press("ArrowLeft");
    assert.equal(await page.locator("[data-agreement=unmeasured]").count(), 0);
    await waitUntilMeasured(page);
  },
);

browserTest(
  "a cancelled measurement keeps what it had, and goes on when asked",
  "site",
  async ({ page, url }) => {
    await openLab(page, url);

    await page.getByRole("button", { name: "Measure all" }).click();
    await page.waitForFunction(() =>
      [...document.querySelectorAll("[data-tried]")].some((row) => Number(row.getAttribute("data-tried")) > 0)
    );
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByText("Cancelled. What was measured so far stays.").waitFor();
    const tried = await triedCount(page);
    assert.ok(tried > 0 && tried < 1022, `${tried}`);

    await page.getByRole("button", { name: "Measure the rest" }).waitFor();
    await page.getByRole("button", { name: "three regions" }).click();
    assert.equal(await triedCount(page), tried, "another preset throws nothing away, and starts nothing");
    assert.equal(await page.locator("[data-measuring=cancelled]").count(), 1);
  },
);

browserTest("an address brings every setting back, and follows them", "site", async ({ page, url }) => {
  await openLab(page, url, "?up=99.9&links=regions&shared=zone&size=5&zone=1&target=99.99&zones=5");

  assert.equal(await page.getByRole("slider").getAttribute("aria-valuetext"), "99.9 % of the time");
  for (const pressed of ["three regions", "shared zones"]) {
    assert.equal(await page.getByRole("button", { name: pressed }).getAttribute("aria-pressed"), "true");
  }
  assert.equal(await page.locator("[data-still]").getAttribute("data-still"), "5");
  assert.equal(await page.getByLabel("and failed members beside it").inputValue(), "1");
  assert.equal(await page.locator("[data-advice]").getAttribute("data-advice"), "5");

  await page.getByLabel("Zones to place members in").selectOption("2");
  await page.getByText("No size from 1 to 9 meets all of this.").waitFor();
  await page.getByRole("button", { name: "Show the cluster of 7" }).click();
  await page.waitForURL(/size=7.*zones=2|zones=2.*size=7/);
  const shared = page.url();
  await page.goto(url);
  await page.goto(shared);
  await page.waitForSelector("[data-still='7']");
  assert.equal(await page.getByLabel("Zones to place members in").inputValue(), "2");
  assert.equal(await page.locator("[data-advice]").getAttribute("data-advice"), "none");
});

browserTest(
  "settings at their ends and beyond are answered with a sentence",
  "site",
  async ({ page, url }) => {
    await openLab(page, url);
    const slider = page.getByRole("slider");

    await slider.press("Home");
    await page.getByText("Members that are never up make no cluster, of any size.").waitFor();
    assert.match(await page.locator("tr[data-size='9'] .up").innerText(), /^0\.00 %/);
    await slider.press("End");
    await page.getByText("one is as good as nine").waitFor();
    assert.match(await page.locator("tr[data-size='1'] .up").innerText(), /^100\.00 %/);

    const field = page.getByLabel("Exact share in per cent");
    await field.fill("150");
    await page.getByRole("alert").filter({ hasText: "it must lie between 0 and 1" }).waitFor();
    await field.fill("a lot");
    await page.getByRole("alert").filter({ hasText: "from 0 to 100" }).waitFor();
    await field.fill("99.95");
    await page.locator("tr[data-size='1'] .up").filter({ hasText: "99.950 %" }).waitFor();

    const limit = page.getByLabel("99 in 100 writes commit within, ms");
    for (
      const [typed, sentence] of [["0", "A limit of 0 ms leaves a write no time."], [
        "soon",
        "as a number, or leave it",
      ]]
    ) {
      await limit.fill(typed!);
      await limit.blur();
      await page.getByText(sentence!).waitFor();
    }
    await limit.fill("");
    await limit.blur();
    await page.locator("[data-advice='3']").waitFor();

    await page.getByRole("button", { name: "shared racks" }).click();
    await page.getByRole("alert").filter({ hasText: "Racks and zones alone are up" }).waitFor();
  },
);

browserTest(
  "without workers the formulas stay and the page says why",
  "site",
  async ({ context, url, complaints }) => {
    const page = await context.newPage();
    await openLab(page, url);
    await page.evaluate(() => Object.defineProperty(globalThis, "Worker", { value: undefined }));

    await page.getByRole("button", { name: "Measure all" }).click();

    await page.getByText("gives the page no workers, so nothing can be measured").waitFor();
    assert.match(await page.locator("tr[data-size='3'] .up").innerText(), /99\.970 %/);
    assert.deepEqual(complaints, []);
  },
);

browserTest(
  "a row points at its cluster by mouse and keyboard, and makes it after a yes",
  "site",
  async ({ page, url }) => {
    await openLab(page, url);

    await page.hover("tr[data-size='7'] td.up");
    await page.waitForSelector("[data-still='7']");
    await page.mouse.move(2, 2);
    await page.waitForSelector("[data-still='3']");
    await page.getByRole("button", { name: "Show the cluster of 4" }).focus();
    await page.waitForSelector("[data-still='4']");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "A cluster of 5" }).waitFor();

    await page.getByRole("button", { name: "Make it" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Keep that one" }).click();
    await page.getByRole("button", { name: "Make it" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Start over" }).click();
    await page.waitForFunction(() => document.querySelectorAll("[data-member]").length === 5);
    assert.match(page.url(), /#\/$/);
    await page.getByRole("link", { name: "Sizing lab" }).click();
    await page.getByRole("heading", { name: "How many members?" }).waitFor();
    await page.waitForSelector("[data-still='5']");
  },
);

browserTest(
  "on a phone and in Chinese the lab stays within the screen, with targets of 44 pixels",
  "site",
  async ({ context, url, complaints }) => {
    for (const lang of ["en", "zh"]) {
      const page = await context.newPage();
      page.on("pageerror", (error) => complaints.push(error.message));
      // What a touch screen is to a style sheet.
      const session = await context.newCDPSession(page);
      await session.send("Emulation.setTouchEmulationEnabled", { enabled: true });
      await session.send("Emulation.setEmitTouchEventsForMouse", { enabled: true, configuration: "mobile" });
      await page.setViewportSize({ width: 390, height: 844 });
      await page.goto(`${url}?lang=${lang}#/lab?zone=0&shared=zone`);
      await page.locator("main table").first().waitFor();

      assert.equal(await page.evaluate(() => document.querySelector(".page")!.scrollWidth), 390, lang);
      const outside = await page.evaluate(() =>
        [...document.querySelectorAll("button, h1, h2, p, input, select, a")].filter((node) =>
          node.getBoundingClientRect().right > innerWidth + 1
        ).map((node) => node.textContent)
      );
      assert.deepEqual(outside, [], lang);
      const small = await page.evaluate(() =>
        [...document.querySelectorAll("button, a, select, input:not([type=checkbox])")].filter((node) =>
          node.getBoundingClientRect().height < 44
        ).map((node) => node.textContent || node.id)
      );
      assert.deepEqual(small, [], lang);
      const edge = await page.evaluate(() => {
        const scroll = document.querySelector(".scroll")!;
        scroll.scrollLeft = 400;
        return document.querySelector("tr[data-size='3'] th")!.getBoundingClientRect().left;
      });
      assert.ok(edge >= 0 && edge < 20, `the first column stays: ${edge}`);
      const heading = await page.locator("h1").innerText();
      assert.equal(heading, lang === "en" ? "How many members?" : "需要几个成员？");
      await page.close();
    }
  },
);

async function openLab(page: Page, url: string, query = ""): Promise<void> {
  // Another document, so that nothing of a former room is left.
  await page.goto("about:blank");
  await page.goto(`${url}?lang=en#/lab${query}`);
  await page.locator("main table").first().waitFor();
}

async function waitUntilMeasured(page: Page): Promise<void> {
  await page.locator("[data-measuring=complete]").waitFor();
}

function triedCount(page: Page): Promise<number> {
  return page.locator("[data-tried]").evaluateAll((rows) =>
    rows.reduce((sum, row) => sum + Number(row.getAttribute("data-tried")), 0)
  );
}

async function download(page: Page, button: string): Promise<string> {
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: button }).click(),
  ]);
  return await Deno.readTextFile(await file.path());
}
