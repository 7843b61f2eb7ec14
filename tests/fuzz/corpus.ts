// Inputs worth keeping: one folder for each target, each file one input, named after what it did once or what it is.

const ROOT = new URL("./corpus/", import.meta.url);

export interface Kept {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** By name. A target without a folder has none. */
export function corpusOf(target: string): readonly Kept[] {
  const folder = new URL(`${target}/`, ROOT);
  let entries: Deno.DirEntry[];
  try {
    entries = [...Deno.readDirSync(folder)];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  return entries.filter(({ isFile }) => isFile).map(({ name }) => name).sort()
    .map((name) => ({ name, bytes: Deno.readFileSync(new URL(name, folder)) }));
}

/** @returns the file's path. */
export function keep(target: string, name: string, bytes: Uint8Array): string {
  const folder = new URL(`${target}/`, ROOT);
  Deno.mkdirSync(folder, { recursive: true });
  const file = new URL(name, folder);
  Deno.writeFileSync(file, bytes);
  return file.pathname;
}

/** Folders of the corpus, to see whether each still belongs to a target. */
export function corpusFolders(): string[] {
  return [...Deno.readDirSync(ROOT)].filter(({ isDirectory }) => isDirectory).map(({ name }) => name).sort();
}
