/// <reference lib="dom" />
// What tests of drawers and panels do first, and how they ask axe.

import type { Page } from "playwright-core";
import type { FlotillaConsole } from "../../web/console_api.ts";

declare const flotilla: FlotillaConsole;
declare const axe: {
  run(
    context: string,
    options: { resultTypes: readonly string[] },
  ): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>;
};

/** Past the first visit, with a leader, at a speed at which tests need not wait. */
export async function openPlayground(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Go straight to the playground" }).click();
  await page.evaluate(() => flotilla.speed(1));
  await page.waitForFunction(() => flotilla.leader() !== null);
}

/** What axe finds wrong in a part of the page: each rule with the first element that breaks it. */
export async function violationsOf(page: Page, selector: string): Promise<readonly string[]> {
  const source = new URL("../../node_modules/axe-core/axe.min.js", import.meta.url);
  // The page's policy lets no script in that is not its own; what the debugger evaluates is not the page's.
  await page.evaluate(await Deno.readTextFile(source));
  return await page.evaluate(async (part) => {
    const { violations } = await axe.run(part, { resultTypes: ["violations"] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
  }, selector);
}
