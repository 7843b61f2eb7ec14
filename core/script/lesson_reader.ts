// From a lesson's folder to plain data, with every mistake named by file and line. The folder's files:
//
//   lesson.txt     what the languages share: part, minutes, and for each step predictions and done-conditions
//   en.md, zh.md   the words
//   scenario.txt   what sets the stage, chance pinned where it is; sections `# step <id>`
//   solution.txt   "Show me", in the same language and sections
//
// lessons/README.md shows each by example.

import { troubleWith } from "./conditions.ts";
import {
  answerKeys,
  type GlossaryTerm,
  type Inline,
  isSayable,
  type Language,
  LANGUAGES,
  type Lesson,
  type LessonCondition,
  type LessonStep,
  type LessonText,
  type Prediction,
  type PredictionKind,
  type PredictionText,
  type Said,
  type StepText,
} from "./lesson.ts";
import {
  CHARACTERS_MAX,
  type Line,
  parseBlocks,
  parseInline,
  type Problem,
  proseOf,
  readingLength,
  TermMarker,
  unexplained,
  WORDS_MAX,
} from "./lesson_prose.ts";
import { parseScenario } from "./parse.ts";
import { ScenarioError, suggestion } from "./scenario_error.ts";

export interface FileProblem extends Problem {
  readonly file: string;
}

/** A folder's texts by name; a file that is not there is missing from it. */
export type LessonFiles = Readonly<Record<string, string>>;

export const LESSON_FILES = ["lesson.txt", "en.md", "zh.md", "scenario.txt", "solution.txt"] as const;

/** Parts of the course, in order. */
export const PARTS = ["agreement", "how-many", "breaking", "running", "real", "challenges"] as const;

const KINDS: readonly string[] = ["choice", "ticks", "order", "number", "points"] satisfies PredictionKind[];

/** @returns the lesson when nothing is wrong with it, and all that is. */
export function readLesson(
  slug: string,
  files: LessonFiles,
  glossary: readonly GlossaryTerm[],
): { readonly lesson: Lesson | null; readonly problems: readonly FileProblem[] } {
  const problems: FileProblem[] = [];
  for (const file of LESSON_FILES) {
    if (files[file] === undefined) problems.push({ file, line: 1, says: `${slug} has no ${file}` });
  }
  if (problems.length > 0) return { lesson: null, problems };

  const within = <T>(file: string, read: (text: string, found: Problem[]) => T): T => {
    const found: Problem[] = [];
    const result = read(files[file]!, found);
    problems.push(...found.map((problem) => ({ ...problem, file })));
    return result;
  };
  const plan = within("lesson.txt", readPlan);
  const ids = plan.steps.map(({ id }) => id);
  const setUps = within("scenario.txt", (text, found) => readSections(text, ids, "scenario.txt", found));
  const solutions = within("solution.txt", (text, found) => readSections(text, ids, "solution.txt", found));
  for (const step of plan.steps) {
    if (step.conditions.some(({ pending }) => pending === null) && !solutions.get(step.id)) {
      problems.push({
        file: "solution.txt",
        line: 1,
        says: `step ${step.id} has conditions and no solution`,
      });
    }
  }
  const words = Object.fromEntries(
    LANGUAGES.map((language) => [
      language,
      within(
        `${language}.md`,
        (text, found) => readWords(text, { language, plan, glossary, problems: found }),
      ),
    ]),
  ) as Record<Language, Words>;
  if (problems.length > 0) return { lesson: null, problems };

  const number = /^(\d\d)-/.exec(slug)?.[1];
  return {
    problems,
    lesson: {
      slug,
      number: number === undefined ? null : Number(number),
      part: plan.part,
      minutes: plan.minutes,
      needs: plan.needs,
      texts: { en: words.en.lesson, zh: words.zh.lesson },
      steps: plan.steps.map((step): LessonStep => ({
        ...step,
        setUp: setUps.get(step.id) ?? "",
        solution: solutions.get(step.id) ?? "",
        texts: { en: words.en.steps.get(step.id)!, zh: words.zh.steps.get(step.id)! },
      })),
    },
  };
}

// --- lesson.txt ------------------------------------------------------------------------------------------------

interface PlannedStep {
  readonly id: string;
  readonly predictions: Prediction[];
  readonly conditions: LessonCondition[];
}

interface Plan {
  part: string;
  minutes: number;
  needs: readonly string[];
  readonly steps: PlannedStep[];
}

function readPlan(text: string, problems: Problem[]): Plan {
  const plan: Plan = { part: "", minutes: 0, needs: [], steps: [] };
  const deciders: { readonly line: number; readonly step: PlannedStep; readonly id: string }[] = [];
  for (const { line, text: raw } of linesOf(text)) {
    const fail = (says: string) => problems.push({ line, says });
    const [word = "", ...rest] = raw.trim().split(/\s+/);
    const step = plan.steps.at(-1);
    if (word === "" || word.startsWith("#")) continue;
    if (word === "part:") {
      plan.part = rest.join(" ");
      if (!PARTS.some((part) => part === plan.part)) fail(`expected part: one of ${PARTS.join(", ")}`);
    } else if (word === "minutes:") {
      plan.minutes = Number(rest[0]);
      if (!(Number.isInteger(plan.minutes) && plan.minutes > 0)) fail("expected minutes: as a whole number");
    } else if (word === "needs:") plan.needs = rest.map((need) => need.replace(/,$/, ""));
    else if (word === "step") {
      const [id = ""] = rest;
      if (!/^[a-z][a-z0-9-]*$/.test(id)) fail("expected step <id>, in small letters");
      if (plan.steps.some((other) => other.id === id)) fail(`there are two steps ${id}`);
      plan.steps.push({ id, predictions: [], conditions: [] });
    } else if (!step) fail(`"${word}" before the first step`);
    else if (word === "predict") {
      const prediction = readPrediction(rest, fail);
      if (!prediction) continue;
      if (prediction.decidedBy) deciders.push({ line, step, id: prediction.decidedBy });
      step.predictions.push(prediction);
    } else if (word === "done") {
      const [id = "", ...words] = rest;
      if (!/^[a-z][a-z0-9-]*:$/.test(id)) fail("expected done <id>: <condition>");
      const impossible = words[0] === "impossible" && words.shift() !== undefined;
      const pending = words[0] === "pending" ? words.slice(1).join(" ") : null;
      const trouble = pending === null ? troubleWith(words) : null;
      if (trouble !== null) fail(trouble);
      if (pending !== null && !plan.needs.includes(pending)) {
        fail(`"${pending}" is not among the lesson's needs:`);
      }
      step.conditions.push({ id: id.slice(0, -1), words, pending, impossible });
    } else {fail(
        `"${word}" is not understood${
          suggestion(word, ["part:", "minutes:", "needs:", "step", "predict", "done"])
        }`,
      );}
  }
  if (plan.part === "") problems.push({ line: 1, says: "expected part:" });
  if (plan.minutes === 0) problems.push({ line: 1, says: "expected minutes:" });
  if (plan.steps.length === 0) problems.push({ line: 1, says: "expected at least one step" });
  for (const { line, step, id } of deciders) {
    if (!step.conditions.some((condition) => condition.id === id)) {
      problems.push({ line, says: `no condition of this step is called ${id}` });
    }
  }
  for (const need of plan.needs) {
    const isUsed = plan.steps.some(({ conditions }) => conditions.some(({ pending }) => pending === need));
    if (!isUsed) problems.push({ line: 1, says: `nothing is pending for "${need}": take it out of needs:` });
  }
  return plan;
}

/** `half choice A B C = C by cut` */
function readPrediction(words: readonly string[], fail: (says: string) => void): Prediction | null {
  const [id = "", kind = "", ...rest] = words;
  const equals = rest.indexOf("=");
  const by = rest.indexOf("by");
  if (!KINDS.includes(kind) || equals < 0) {
    fail(`expected predict <id> ${KINDS.join("|")} [<option>…] = <right>… [by <condition>]`);
    return null;
  }
  const options = rest.slice(0, equals);
  const rightWords = rest.slice(equals + 1, by < 0 ? rest.length : by);
  const isNumber = kind === "number" || kind === "points";
  const right: Said = isNumber ? rightWords.map(Number) : rightWords;
  const prediction: Prediction = {
    id,
    kind: kind as PredictionKind,
    options,
    right,
    decidedBy: by < 0 ? null : rest[by + 1] ?? "",
  };
  if (!isNumber && options.length < 2) fail("a question needs at least two options");
  if (!isSayable(prediction, right)) fail(`"${rightWords.join(" ")}" is no answer to this question`);
  return prediction;
}

// --- scenario.txt, solution.txt --------------------------------------------------------------------------------

function readSections(
  text: string,
  ids: readonly string[],
  file: string,
  problems: Problem[],
): ReadonlyMap<string, string> {
  const sections = new Map<string, string>();
  let id: string | null = null;
  let from: Line[] = [];
  const close = () => {
    // Empty lines stand for what came before, so that a mistake keeps its line.
    const body = from.map((one) => one.text).join("\n");
    if (id !== null && from.length > 0) {
      sections.set(id, body.trim() === "" ? "" : `${body.trim()}\n`);
      try {
        parseScenario("\n".repeat(from[0]!.line - 1) + body, file);
      } catch (error) {
        if (!(error instanceof ScenarioError)) throw error;
        problems.push({ line: error.line, says: error.says });
      }
    }
  };
  for (const one of linesOf(text)) {
    const heading = /^# step (\S+)/.exec(one.text)?.[1];
    if (heading === undefined) {
      if (id !== null) from.push(one);
      else if (one.text !== "" && !one.text.startsWith("#")) {
        problems.push({ line: one.line, says: "expected # step <id> before the first command" });
      }
      continue;
    }
    close();
    id = heading;
    from = [];
    if (!ids.includes(id)) problems.push({ line: one.line, says: `lesson.txt has no step ${id}` });
  }
  close();
  return sections;
}

// --- en.md, zh.md ----------------------------------------------------------------------------------------------

interface Words {
  readonly lesson: LessonText;
  readonly steps: ReadonlyMap<string, StepText>;
}

interface WordsContext {
  readonly language: Language;
  readonly plan: Plan;
  readonly glossary: readonly GlossaryTerm[];
  readonly problems: Problem[];
}

/** A heading with the lines under it. */
interface Section {
  readonly line: number;
  readonly heading: string;
  readonly body: Line[];
}

function readWords(text: string, context: WordsContext): Words {
  const { plan, language, problems } = context;
  const lines = linesOf(text);
  const lesson = readFrontMatter(lines, problems);
  const marker = new TermMarker(context.glossary, language);
  const steps = new Map<string, StepText>();
  const sections = sectionsOf(lines.slice(frontMatterEnd(lines)), /^## (.+)$/);
  for (const section of sections) {
    if (section.heading === "") {
      const stray = section.body.find((one) => one.text.trim() !== "");
      if (stray) {
        problems.push({ line: stray.line, says: "expected ## <step>: <title> before the first words" });
      }
      continue;
    }
    const [, id = "", title = ""] = /^([a-z][a-z0-9-]*)[:：]\s*(.+)$/.exec(section.heading) ?? [];
    const step = plan.steps.find((one) => one.id === id);
    if (!step) {
      problems.push({ line: section.line, says: `expected ## <step>: <title>, with a step of lesson.txt` });
      continue;
    }
    steps.set(id, readStepText({ ...section, title }, step, marker, context));
  }
  for (const { id } of plan.steps) {
    if (!steps.has(id)) problems.push({ line: 1, says: `step ${id} has no words in ${language}.md` });
  }
  return { lesson, steps };
}

function readStepText(
  section: Section & { readonly title: string },
  step: PlannedStep,
  marker: TermMarker,
  { language, problems, glossary }: WordsContext,
): StepText {
  const parts = sectionsOf(section.body, /^### (.+)$/);
  const used = new Set<Section>();
  const part = (heading: string): Section | null => {
    const found = parts.find((one) => one.heading === heading) ?? null;
    if (found) used.add(found);
    return found;
  };
  const required = (heading: string): Section => {
    const found = part(heading);
    if (!found) problems.push({ line: section.line, says: `step ${step.id} has no ### ${heading}` });
    return found ?? { line: section.line, heading, body: [] };
  };
  const blocks = (of: Section) => {
    return marker.markBlocks(parseBlocks(of.body, problems, checkProse));
  };
  const inline = (text: string, line: number) => {
    const parsed = parseInline(text, line, problems);
    checkProse(parsed, line);
    return marker.mark(parsed);
  };
  function checkProse(text: readonly Inline[], line: number): void {
    for (const word of unexplained(text, glossary, language)) {
      problems.push({ line, says: `"${word}" is not in the glossary: explain it there, or say it plainly` });
    }
  }

  const before = blocks(
    parts.find((one) => one.heading === "") ?? { line: section.line, heading: "", body: [] },
  );
  used.add(parts.find((one) => one.heading === "")!);
  const asks = new Map<string, Pick<PredictionText, "ask" | "options">>();
  for (const { id, options } of step.predictions) {
    const found = required(`ask ${id}`);
    const { items, rest, restLine } = itemsOf(found, problems);
    compareKeys(items, options, `option of ${id}`, found.line, problems);
    asks.set(id, {
      ask: inline(rest, restLine),
      options: mapItems(items, ({ text, line }) => inline(text, line)),
    });
  }
  const todo = step.conditions.length > 0 ? required("do") : null;
  const { items: todos } = todo ? itemsOf(todo, problems) : { items: new Map<string, Line>() };
  compareKeys(todos, step.conditions.map(({ id }) => id), "condition", todo?.line ?? section.line, problems);
  const conditions = mapItems(todos, ({ text, line }) => inline(text, line));
  const hintPart = step.conditions.length > 0 ? required("hint") : null;
  const hintText = hintPart && itemsOf(hintPart, problems);
  const hint = hintText ? inline(hintText.rest, hintText.restLine) : [];

  const predictions: Record<string, PredictionText> = {};
  let longestAnswer = 0;
  for (const prediction of step.predictions) {
    const { id } = prediction;
    const found = required(`answer ${id}`);
    const { items } = itemsOf(found, problems);
    const allowed = prediction.kind === "number" ? [...items.keys()].filter((key) => /^\d+$/.test(key)) : [];
    compareKeys(items, [...answerKeys(prediction), ...allowed], `answer of ${id}`, found.line, problems);
    const answers = mapItems(items, ({ text, line }) => inline(text, line));
    predictions[id] = { ...asks.get(id)!, answers };
    longestAnswer += Math.max(0, ...Object.values(answers).map((one) => readingLength([one], language)));
  }
  const afterPart = required("after");
  const after = blocks(afterPart);

  for (const one of parts) {
    if (!used.has(one)) problems.push({ line: one.line, says: `"### ${one.heading}" is not understood` });
  }
  const max = language === "en" ? WORDS_MAX : CHARACTERS_MAX;
  const unit = language === "en" ? "words" : "characters";
  const first = readingLength([
    ...proseOf(before),
    ...[...asks.values()].flatMap(({ ask, options }) => [ask, ...Object.values(options)]),
    ...Object.values(conditions),
  ], language);
  if (first > max) {
    problems.push({ line: section.line, says: `step ${step.id} has ${first} ${unit}, ${max} at most` });
  }
  const last = readingLength(proseOf(after), language) + longestAnswer;
  if (last > max) {
    problems.push({
      line: afterPart.line,
      says: `the verdict of ${step.id} has ${last} ${unit}, ${max} at most`,
    });
  }
  return { title: section.title, before, predictions, conditions, hint, after };
}

/** `- key: text` lines, and the other lines as one text. */
function itemsOf(
  section: Section,
  problems: Problem[],
): { readonly items: Map<string, Line>; readonly rest: string; readonly restLine: number } {
  const items = new Map<string, Line>();
  const rest: string[] = [];
  let restLine = section.line;
  let key: string | null = null;
  for (const { line, text } of section.body) {
    const match = /^- ([^:：\s]+)[:：]\s*(.+)$/.exec(text);
    if (match) {
      key = match[1]!;
      if (items.has(key)) problems.push({ line, says: `there are two lines for ${key}` });
      items.set(key, { line, text: match[2]! });
    } else if (text.startsWith("  ") && key !== null) {
      const before = items.get(key)!;
      items.set(key, {
        ...before,
        text: `${before.text}${/[\u3000-\uffef]$/.test(before.text) ? "" : " "}${text.trim()}`,
      });
    } else if (text.trim() !== "") {
      key = null;
      if (rest.length === 0) restLine = line;
      rest.push(text.trim());
    }
  }
  const isHan = rest.some((one) => /[\u4e00-\u9fff]/.test(one));
  return { items, rest: rest.join(isHan ? "" : " "), restLine };
}

function mapItems<T>(items: ReadonlyMap<string, Line>, make: (line: Line) => T): Record<string, T> {
  return Object.fromEntries([...items].map(([key, line]) => [key, make(line)]));
}

function compareKeys(
  items: ReadonlyMap<string, Line>,
  wanted: readonly string[],
  what: string,
  line: number,
  problems: Problem[],
): void {
  for (const key of wanted) {
    if (!items.has(key)) problems.push({ line, says: `no ${what} for ${key}` });
  }
  for (const [key, item] of items) {
    if (!wanted.includes(key)) problems.push({ line: item.line, says: `"${key}" is no ${what}` });
  }
}

function readFrontMatter(lines: readonly Line[], problems: Problem[]): LessonText {
  const fields = new Map<string, string>();
  if (lines[0]?.text !== "---") {
    problems.push({ line: 1, says: "expected --- and title:, question: below it" });
  }
  for (const { line, text } of lines.slice(1, Math.max(1, frontMatterEnd(lines) - 1))) {
    const match = /^(title|question|rigged): (.+)$/.exec(text);
    if (match) fields.set(match[1]!, match[2]!);
    else problems.push({ line, says: "expected title:, question: or rigged:" });
  }
  for (const field of ["title", "question"]) {
    if (!fields.has(field)) problems.push({ line: 1, says: `expected ${field}:` });
  }
  const field = (name: string) => fields.get(name) ?? "";
  return { title: field("title"), question: field("question"), rigged: field("rigged") };
}

/** Place of the first line after the front matter. */
function frontMatterEnd(lines: readonly Line[]): number {
  const end = lines.findIndex(({ text }, place) => place > 0 && text === "---");
  return end < 0 ? lines.length : end + 1;
}

function sectionsOf(lines: readonly Line[], heading: RegExp): readonly Section[] {
  const sections: Section[] = [{ line: lines[0]?.line ?? 1, heading: "", body: [] }];
  let isCode = false;
  for (const one of lines) {
    if (one.text.startsWith("```")) isCode = !isCode;
    const found = isCode ? undefined : heading.exec(one.text)?.[1];
    if (found === undefined) sections.at(-1)!.body.push(one);
    else sections.push({ line: one.line, heading: found.trim(), body: [] });
  }
  return sections;
}

function linesOf(text: string): readonly Line[] {
  return text.split("\n").map((one, i) => ({ line: i + 1, text: one.trimEnd() }));
}

// --- glossary.md -----------------------------------------------------------------------------------------------

/** `## leader`, then `- en: leader, leaders`, `- zh: 领导者`, `- en means: …`, `- zh means: …`. */
export function readGlossary(text: string): {
  readonly glossary: readonly GlossaryTerm[];
  readonly problems: readonly Problem[];
} {
  const problems: Problem[] = [];
  const glossary: GlossaryTerm[] = [];
  for (const section of sectionsOf(linesOf(text), /^## (.+)$/)) {
    if (section.heading === "") continue;
    const fields = new Map<string, string>();
    let key: string | null = null;
    for (const { text } of section.body) {
      const match = /^- (en|zh|en means|zh means): (.+)$/.exec(text);
      if (match) {
        key = match[1]!;
        fields.set(key, match[2]!);
      } else if (key !== null && text.startsWith("  ")) {
        const isHan = /[\u3000-\uffef]$/.test(fields.get(key)!);
        fields.set(key, `${fields.get(key)}${isHan ? "" : " "}${text.trim()}`);
      }
    }
    for (const field of ["en", "zh", "en means", "zh means"]) {
      if (!fields.has(field)) {
        problems.push({ line: section.line, says: `${section.heading} has no "${field}:"` });
      }
    }
    const forms = (field: Language) =>
      (fields.get(field) ?? "").split(/[,、] ?/).filter((form) => form !== "");
    glossary.push({
      id: section.heading,
      forms: { en: forms("en"), zh: forms("zh") },
      means: { en: fields.get("en means") ?? "", zh: fields.get("zh means") ?? "" },
    });
  }
  return { glossary, problems };
}
