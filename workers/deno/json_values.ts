// Cuts a stream of text into JSON values, as the gateway's streaming calls send them: one behind the other, with or
// without blanks between. Where a value ends is all that is looked at; whether it is JSON, the parser will say.

export class JsonValueCutter {
  #text = "";
  /** Up to where the text has been looked at. */
  #at = 0;
  #depth = 0;
  #isInString = false;

  /** The values that are complete now. */
  push(text: string): string[] {
    this.#text += text;
    const values: string[] = [];
    for (; this.#at < this.#text.length; this.#at++) {
      const character = this.#text[this.#at]!;
      if (this.#isInString) {
        // An escaped character, whichever it is, does not end a string; it may not have arrived yet.
        if (character === "\\") this.#at += 1;
        else if (character === '"') this.#isInString = false;
      } else if (character === '"') this.#isInString = true;
      else if (character === "{" || character === "[") this.#depth += 1;
      else if (character === "}" || character === "]") {
        this.#depth -= 1;
        if (this.#depth <= 0) this.#cut(values, this.#at + 1);
      }
    }
    return values;
  }

  /** Whatever is left when no more comes: half a value, or one that has no brackets. */
  end(): string {
    const rest = this.#text.trim();
    this.#text = "";
    return rest;
  }

  #cut(values: string[], end: number): void {
    values.push(this.#text.slice(0, end));
    this.#text = this.#text.slice(end);
    this.#at = -1;
    this.#depth = 0;
  }
}
