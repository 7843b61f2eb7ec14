// How the site is built and served. Everything it loads lies beside it under relative addresses, so that `dist/`
// works from any folder of any static host, and nothing is inline, so that a strict Content-Security-Policy fits.

import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";
import { lessons } from "./lessons/vite_plugin.ts";
import { serviceWorker } from "./offline/vite_plugin.ts";

export default defineConfig({
  root: "web",
  base: "./",
  plugins: [svelte({ configFile: false }), lessons(), serviceWorker()],
  // A member is a module worker: it shares the page's own modules.
  worker: { format: "es" },
  build: { outDir: "../dist", emptyOutDir: true, target: "es2023" },
});
