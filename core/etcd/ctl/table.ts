// Tables as etcdctl draws them: heads in the middle, cells to the right, long cells broken between words.
// (olekukonko/tablewriter with etcdctl's settings)

/** A cell wider than this is broken where it has blanks. */
const CELL_WIDTH_MAX = 30;

/** @param heads in capitals, as they are printed. */
export function drawTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map(brokenLines));
  const widths = heads.map((head, column) =>
    Math.max(widthOf(head), ...cells.map((row) => Math.max(...(row[column] ?? [""]).map(widthOf))))
  );
  const rule = `+${widths.map((width) => "-".repeat(width + 2)).join("+")}+`;
  const line = (texts: readonly string[]) => `| ${texts.join(" | ")} |`;
  const body = cells.flatMap((row) => {
    const height = Math.max(...row.map((lines) => lines.length));
    return Array.from(
      { length: height },
      (_, at) => line(widths.map((width, column) => toRight(row[column]?.[at] ?? "", width))),
    );
  });
  const head = line(heads.map((text, column) => inMiddle(text, widths[column]!)));
  return [rule, head, rule, ...body, rule].join("\n");
}

function brokenLines(text: string): string[] {
  if (widthOf(text) <= CELL_WIDTH_MAX) return [text];
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter((one) => one !== "")) {
    const last = lines[lines.length - 1];
    if (last !== undefined && widthOf(last) + 1 + widthOf(word) <= CELL_WIDTH_MAX) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines.length === 0 ? [""] : lines;
}

function toRight(text: string, width: number): string {
  return " ".repeat(width - widthOf(text)) + text;
}

function inMiddle(text: string, width: number): string {
  const gap = width - widthOf(text);
  const left = Math.floor(gap / 2);
  return " ".repeat(left) + text + " ".repeat(gap - left);
}

function widthOf(text: string): number {
  return [...text].length;
}
