// Protobuf made worse with its structure kept: fields dropped, doubled, swapped, given other numbers, types and values,
// at any depth, with the lengths around them put right again. A change of bytes alone mostly breaks a length and gets
// no further than the reader's first check.

import { concatBytes } from "../../core/base/bytes.ts";
import type { Prng } from "../../core/base/prng.ts";
import { edgeNumber, mutateBytes, type Mutator, noise, varint } from "./mutate_bytes.ts";

interface Field {
  readonly number: number;
  readonly type: number;
  /** Without tag and length. */
  readonly content: Uint8Array;
}

const DEPTH_MAX = 6;

export const mutateProto: Mutator = (prng, bytes, others) => {
  const changeCount = prng.pick([1, 1, 2, 4]);
  let mutated = bytes;
  for (let change = 0; change < changeCount; change++) mutated = oneChange(prng, mutated, others, 0);
  return mutated;
};

function oneChange(prng: Prng, bytes: Uint8Array, others: readonly Uint8Array[], depth: number): Uint8Array {
  const fields = fieldsOf(bytes);
  if (fields === null || fields.length === 0) return mutateBytes(prng, bytes, others);
  const at = prng.below(fields.length), field = fields[at]!;
  const replaced = (...by: Field[]) => write([...fields.slice(0, at), ...by, ...fields.slice(at + 1)]);
  if (field.type === 2 && depth < DEPTH_MAX && prng.chance(600)) {
    return replaced({ ...field, content: oneChange(prng, field.content, others, depth + 1) });
  }
  switch (prng.below(7)) {
    case 0:
      return replaced();
    case 1:
      return replaced(field, field);
    case 2:
      return replaced({ ...field, number: prng.pick([1, 2, 3, 15, 16, 100, 0x1fff_ffff]) });
    case 3: {
      const type = prng.pick([0, 1, 2, 5]);
      return replaced({ ...field, type, content: contentOf(prng, type) });
    }
    case 4: {
      const to = prng.below(fields.length);
      const moved = [...fields];
      [moved[at], moved[to]] = [moved[to]!, moved[at]!];
      return write(moved);
    }
    case 5: {
      // The same message within itself: how deep may it go?
      const nested = Array.from({ length: prng.pick([1, 10, 200]) }).reduce<Uint8Array>(
        (inner) => write([{ ...field, type: 2, content: inner }]).subarray(0, 100_000),
        field.content,
      );
      return replaced({ ...field, type: 2, content: nested });
    }
    default:
      return replaced({ ...field, content: contentOf(prng, field.type) });
  }
}

function contentOf(prng: Prng, type: number): Uint8Array {
  if (type === 0) return varint(edgeNumber(prng));
  if (type === 2) return noise(prng);
  const bytes = new Uint8Array(type === 1 ? 8 : 4).fill(prng.pick([0, 0x7f, 0xff]));
  return bytes;
}

/** Null when the bytes are no sequence of fields. */
function fieldsOf(bytes: Uint8Array): Field[] | null {
  const fields: Field[] = [];
  let at = 0;
  const number = (): bigint | null => {
    let value = 0n;
    for (let shift = 0n; shift < 70n && at < bytes.length; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value & 0xffff_ffff_ffff_ffffn;
    }
    return null;
  };
  while (at < bytes.length) {
    const tag = number();
    if (tag === null || tag > 0xffff_ffffn || tag < 8n) return null;
    const type = Number(tag & 7n);
    const from = at;
    let length: number;
    if (type === 0) {
      if (number() === null) return null;
      length = at - from;
      at = from;
    } else if (type === 1) length = 8;
    else if (type === 5) length = 4;
    else if (type === 2) {
      const said = number();
      if (said === null || said > BigInt(bytes.length)) return null;
      length = Number(said);
    } else return null;
    if (at + length > bytes.length) return null;
    fields.push({ number: Number(tag >> 3n), type, content: bytes.subarray(at, at + length) });
    at += length;
  }
  return fields;
}

function write(fields: readonly Field[]): Uint8Array {
  return concatBytes(fields.flatMap(({ number, type, content }) => [
    varint(BigInt(number) << 3n | BigInt(type)),
    ...(type === 2 ? [varint(BigInt(content.length))] : []),
    content,
  ]));
}
