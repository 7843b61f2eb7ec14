// JSON text with 64-bit integers in it. Go writes and reads them as JSON numbers; JSON.parse would round them. As
// protobuf's JSON takes a 64-bit integer as text too, long numbers are put between quotes before parsing.

import type { JsonValue } from "@bufbuild/protobuf";

/** A string (left alone), or an integer of more digits than a double surely holds. */
const STRING_OR_LONG_INTEGER = /"(?:[^"\\]|\\.)*"|-?\b\d{16,}\b(?![.eE])/g;

/**
 * As JSON.parse, except that integers of 16 digits and more become strings.
 * @throws SyntaxError when the text is not JSON.
 */
export function parseJsonExactly(text: string): JsonValue {
  return JSON.parse(
    text.replace(STRING_OR_LONG_INTEGER, (token) => (token.startsWith('"') ? token : `"${token}"`)),
  );
}
