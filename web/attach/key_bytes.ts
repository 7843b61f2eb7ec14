// Keys and values are bytes. Between etcd's base64 and what a reader can read and type.

/** What a key or value is shown as: its text, or \xNN for bytes that are none. */
export function shownBytes(base64: string, lengthMax = 200): string {
  const bytes = bytesOf(base64);
  const shown = bytes.subarray(0, lengthMax);
  const text = textOf(shown, shown.length < bytes.length);
  return shown.length < bytes.length ? `${text}…` : text;
}

export function base64Of(text: string): string {
  const bytes = new TextEncoder().encode(text);
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** The end of the range of all keys that start with `prefix`, as etcd counts; "\0" is the end of all keys. */
export function prefixEnd(prefix: string): string {
  const bytes = new TextEncoder().encode(prefix);
  for (let at = bytes.length - 1; at >= 0; at--) {
    if (bytes[at]! === 0xff) continue;
    const end = bytes.slice(0, at + 1);
    end[at]! += 1;
    return btoa(String.fromCharCode(...end));
  }
  return btoa("\0");
}

/** The key that a range over a prefix starts with; all keys start at "\0". */
export function prefixStart(prefix: string): string {
  return prefix === "" ? btoa("\0") : base64Of(prefix);
}

export function bytesOf(base64: string): Uint8Array {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array(0);
  }
}

function textOf(bytes: Uint8Array, isCut: boolean): string {
  try {
    // A cut may go through a character: what is left of it is no reason to call the whole no text.
    const text = new TextDecoder("utf-8", { fatal: !isCut }).decode(bytes);
    return text.replace(/\p{Cc}/gu, (control) => hexOf(control.charCodeAt(0)));
  } catch {
    return [...bytes].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : hexOf(byte)))
      .join("");
  }
}

function hexOf(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, "0")}`;
}
