// What `lessons/vite_plugin.ts` makes of the lessons' folders when the site is built.

declare module "virtual:lessons" {
  import type { GlossaryTerm, Lesson } from "../../core/script/mod.ts";
  export const course: { readonly glossary: readonly GlossaryTerm[]; readonly lessons: readonly Lesson[] };
}
