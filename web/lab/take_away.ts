// What a visitor can take from the lab: tables for a spreadsheet, and its pictures as one SVG that stands by itself.

import {
  csvOf,
  failureFields,
  type Findings,
  type PlainTable,
  type SizeRow,
  SIZES,
  sizeTableFields,
  yearsFields,
  type YearsFigures,
} from "../../core/lab/mod.ts";

export function tableCsv(rows: readonly SizeRow[]): string {
  return csvOf(sizeTableFields(rows));
}

/** Every set of failures of every size, one under the other. */
export function failuresCsv(findings: Findings): string {
  const tables: readonly PlainTable[] = SIZES.map((size) => failureFields(findings, size));
  return csvOf({ header: tables[0]!.header, rows: tables.flatMap(({ rows }) => rows) });
}

export function yearsCsv(years: readonly (YearsFigures | null)[]): string {
  return csvOf(
    yearsFields(years.flatMap((figures, i) => (figures === null ? [] : [{ size: SIZES[i]!, figures }]))),
  );
}

/** Drawn properties that a style sheet gives and a file must carry itself. */
const DRAWN = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "stroke-linecap",
  "font-family",
  "font-size",
  "font-weight",
  "text-anchor",
] as const;
const MARGIN = 24;

/** All drawn figures below `root`, where they stand on the page, with the words that stand around them. */
export function pictureSvg(root: HTMLElement): string {
  const from = root.getBoundingClientRect();
  const figures = [...root.querySelectorAll<SVGSVGElement>("svg[data-figure]")];
  const labels = [...root.querySelectorAll<HTMLElement>("thead th.fig, tbody th .n, h2, [data-caption]")];
  const right = Math.max(...figures.map((figure) => figure.getBoundingClientRect().right)) - from.left;
  const bottom = Math.max(...figures.map((figure) => figure.getBoundingClientRect().bottom)) - from.top;
  const parts = figures.map((figure) => placed(figure, from));
  for (const label of labels) {
    const box = label.getBoundingClientRect();
    if (box.top - from.top < bottom) parts.push(...wordsOf(label, from));
  }
  const width = Math.ceil(right + 2 * MARGIN);
  const height = Math.ceil(bottom + 2 * MARGIN);
  const paper = getComputedStyle(root).backgroundColor;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="${-MARGIN} ${-MARGIN} ${width} ${height}">` +
    `<rect x="${-MARGIN}" y="${-MARGIN}" width="100%" height="100%" fill="${paper}"/>${
      parts.join("")
    }</svg>\n`;
}

function placed(figure: SVGSVGElement, from: DOMRect): string {
  const copy = figure.cloneNode(true) as SVGSVGElement;
  const originals = [figure, ...figure.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((node, i) => {
    const style = getComputedStyle(originals[i]!);
    for (const name of DRAWN) node.setAttribute(name, style.getPropertyValue(name));
    for (const name of ["class", "style"]) node.removeAttribute(name);
    for (const { name } of [...node.attributes]) if (name.startsWith("data-")) node.removeAttribute(name);
  });
  const box = figure.getBoundingClientRect();
  for (
    const [name, value] of Object.entries({
      x: box.left - from.left,
      y: box.top - from.top,
      width: box.width,
      height: box.height,
    })
  ) {
    copy.setAttribute(name, String(Math.round(value * 100) / 100));
  }
  copy.setAttribute("overflow", "visible");
  return new XMLSerializer().serializeToString(copy);
}

/** The lines of a label as SVG text, as the page broke them. */
function wordsOf(label: HTMLElement, from: DOMRect): readonly string[] {
  const style = getComputedStyle(label);
  const texts: string[] = [];
  const walker = document.createTreeWalker(label, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const words = node.textContent?.trim() ?? "";
    if (words === "" || node.parentElement?.closest("svg, .visually-hidden") != null) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    const x = Math.round(box.left - from.left);
    const y = Math.round(box.bottom - from.top - box.height * 0.24);
    const escaped = words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
    texts.push(
      `<text x="${x}" y="${y}" fill="${style.color}" font-family="${
        style.fontFamily.replaceAll('"', "'")
      }" font-size="${style.fontSize}" font-weight="${style.fontWeight}">${escaped}</text>`,
    );
  }
  return texts;
}

/** Hands a file to the browser, which puts it where downloads go. */
export function saveFile(name: string, type: string, content: string): void {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The download has begun; the browser holds on to what it still needs.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
