// Reads a bbolt file from memory, trusting none of it: a file may be cut, rotten, or made to harm. Whatever it holds,
// reading ends, after work in proportion to the file's size: every page may be visited once in a walk, every element
// must lie within its page, and the elements of a page together may claim no more bytes than the page has. Keys and
// values are views into the file, nothing is copied. The free list is not looked at: reading needs none.

import { compareBytes, fromUtf8 } from "../base/bytes.ts";
import {
  BRANCH_PAGE,
  BUCKET_ELEMENT,
  BUCKET_HEADER_BYTES,
  ELEMENT_BYTES,
  fnv64a,
  FORMAT_VERSION,
  LEAF_PAGE,
  MAGIC,
  META_BYTES,
  META_SUMMED_BYTES,
  PAGE_HEADER_BYTES,
} from "./bbolt_format.ts";
import { isTrouble, type Trouble, trouble } from "./trouble.ts";

/** Page sizes tried when the first meta page is not readable and so does not tell where the second is. */
const PAGE_SIZES = [1024, 2048, 4096, 8192, 16_384, 32_768, 65_536];
/** A tree of pages with two children each would need more pages than a file can have to get this deep. */
const DEPTH_MAX = 64;

/** A bucket found in a file: a tree, or a small one inside its parent's page. */
export type BucketRef =
  | { readonly kind: "tree"; readonly rootPage: number }
  | { readonly kind: "inline"; readonly page: Uint8Array };

export type BucketItem =
  | { readonly kind: "pair"; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly kind: "bucket"; readonly key: Uint8Array; readonly bucket: BucketRef };

interface Meta {
  readonly kind: "meta";
  readonly pageBytes: number;
  readonly rootPage: bigint;
  readonly pageCount: bigint;
  readonly transaction: bigint;
}

interface Page {
  readonly kind: "page";
  /** How troubles name it. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly flags: number;
  readonly count: number;
}

interface Walk {
  /** One for each page of the file that was seen. */
  readonly seen: Uint8Array;
  readonly onItem: (item: BucketItem) => Trouble | null;
  lastKey: Uint8Array | null;
}

export class BboltFile {
  /** The bucket that holds the named buckets. */
  readonly root: BucketRef;
  readonly pageBytes: number;
  /** Pages of the database; the file may go on after them. */
  readonly pageCount: number;
  readonly #bytes: Uint8Array;

  private constructor(bytes: Uint8Array, meta: Meta) {
    this.#bytes = bytes;
    this.pageBytes = meta.pageBytes;
    this.pageCount = Number(meta.pageCount);
    this.root = { kind: "tree", rootPage: Number(meta.rootPage) };
  }

  /** Looks at the meta pages, and at whether the file is as long as they say. */
  static open(bytes: Uint8Array): BboltFile | Trouble {
    const meta = findMeta(bytes);
    if (isTrouble(meta)) return meta;
    const sizeBytes = meta.pageCount * BigInt(meta.pageBytes);
    if (sizeBytes > BigInt(bytes.length)) {
      return trouble(
        `it is cut: its ${meta.pageCount} pages make ${sizeBytes} bytes, of which ${bytes.length} are here`,
      );
    }
    if (meta.rootPage >= meta.pageCount) {
      return trouble(`its root is page ${meta.rootPage} of ${meta.pageCount}`);
    }
    return new BboltFile(bytes, meta);
  }

  /**
   * Calls `onItem` for the pairs and buckets of a bucket, by ascending key, until one of them is troubled.
   * @returns the first trouble, of the file or of `onItem`; what was found before stays found.
   */
  forEach(bucket: BucketRef, onItem: (item: BucketItem) => Trouble | null): Trouble | null {
    const walk: Walk = { seen: new Uint8Array(this.pageCount), onItem, lastKey: null };
    if (bucket.kind === "tree") return this.#walkTree(walk, bucket.rootPage, 0);
    const page = pageOf(bucket.page, "an inline bucket's page");
    if (isTrouble(page)) return page;
    return page.flags === LEAF_PAGE ? this.#walkLeaf(walk, page) : trouble(`${page.name} is no leaf`);
  }

  #walkTree(walk: Walk, pageId: number, depth: number): Trouble | null {
    if (depth > DEPTH_MAX) return trouble(`page ${pageId} is ${depth} levels down: no tree is that deep`);
    const page = this.#visit(walk, pageId);
    if (isTrouble(page)) return page;
    if (page.flags === LEAF_PAGE) return this.#walkLeaf(walk, page);
    if (page.flags !== BRANCH_PAGE) return trouble(`${page.name} is neither branch nor leaf`);
    if (page.count === 0) return trouble(`${page.name} is a branch without children`);
    for (let i = 0; i < page.count; i++) {
      const child = page.view.getBigUint64(PAGE_HEADER_BYTES + i * ELEMENT_BYTES + 8, true);
      if (child >= BigInt(this.pageCount)) {
        return trouble(`${page.name} leads to page ${child} of ${this.pageCount}`);
      }
      const found = this.#walkTree(walk, Number(child), depth + 1);
      if (found !== null) return found;
    }
    return null;
  }

  #walkLeaf(walk: Walk, page: Page): Trouble | null {
    let freeBytes = page.bytes.length - PAGE_HEADER_BYTES - page.count * ELEMENT_BYTES;
    for (let i = 0; i < page.count; i++) {
      const element = PAGE_HEADER_BYTES + i * ELEMENT_BYTES;
      const flags = page.view.getUint32(element, true);
      const keyAt = element + page.view.getUint32(element + 4, true);
      const valueAt = keyAt + page.view.getUint32(element + 8, true);
      const end = valueAt + page.view.getUint32(element + 12, true);
      freeBytes -= end - keyAt;
      if (end > page.bytes.length || freeBytes < 0) {
        return trouble(`element ${i} of ${page.name} reaches beyond the page`);
      }
      const key = page.bytes.subarray(keyAt, valueAt);
      if (walk.lastKey !== null && compareBytes(walk.lastKey, key) >= 0) {
        return trouble(`element ${i} of ${page.name} is out of order`);
      }
      walk.lastKey = key;
      const item = itemOf(flags, key, page.bytes.subarray(valueAt, end));
      const found = isTrouble(item) ? item : walk.onItem(item);
      if (found !== null) return found;
    }
    return null;
  }

  /** The page, with those it flows over into; none of them may have been seen before. */
  #visit({ seen }: Walk, pageId: number): Page | Trouble {
    const start = pageId * this.pageBytes;
    const end = this.pageCount * this.pageBytes;
    if (end - start < PAGE_HEADER_BYTES) return trouble(`there is no page ${pageId}`);
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + start);
    if (view.getBigUint64(0, true) !== BigInt(pageId)) {
      return trouble(`page ${pageId} calls itself ${view.getBigUint64(0, true)}`);
    }
    const endPage = pageId + 1 + view.getUint32(12, true);
    if (endPage > this.pageCount) return trouble(`page ${pageId} flows over the end of the file`);
    for (let id = pageId; id < endPage; id++) {
      if (seen[id] !== 0) return trouble(`page ${id} is used twice`);
      seen[id] = 1;
    }
    return pageOf(this.#bytes.subarray(start, endPage * this.pageBytes), `page ${pageId}`);
  }
}

function itemOf(flags: number, key: Uint8Array, value: Uint8Array): BucketItem | Trouble {
  if (flags === 0) return { kind: "pair", key, value };
  const name = `"${fromUtf8(key.subarray(0, 64))}"`;
  if (flags !== BUCKET_ELEMENT) return trouble(`the element ${name} has unknown flags ${flags}`);
  if (value.length < BUCKET_HEADER_BYTES) return trouble(`the bucket ${name} is cut short`);
  const rootPage = new DataView(value.buffer, value.byteOffset).getBigUint64(0, true);
  if (rootPage > BigInt(Number.MAX_SAFE_INTEGER)) return trouble(`the bucket ${name} is at page ${rootPage}`);
  return {
    kind: "bucket",
    key,
    bucket: rootPage === 0n
      ? { kind: "inline", page: value.subarray(BUCKET_HEADER_BYTES) }
      : { kind: "tree", rootPage: Number(rootPage) },
  };
}

/** A page whose elements, if it has any, lie within it; not yet what they speak of. */
function pageOf(bytes: Uint8Array, name: string): Page | Trouble {
  if (bytes.length < PAGE_HEADER_BYTES) return trouble(`${name} is cut short`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const count = view.getUint16(10, true);
  if (PAGE_HEADER_BYTES + count * ELEMENT_BYTES > bytes.length) {
    return trouble(`${name} cannot hold the ${count} elements it speaks of`);
  }
  return { kind: "page", name, bytes, view, flags: view.getUint16(8, true), count };
}

/** The meta page in force. */
function findMeta(bytes: Uint8Array): Meta | Trouble {
  const first = metaAt(bytes, 0);
  const second = "pageBytes" in first
    ? metaAt(bytes, first.pageBytes)
    : PAGE_SIZES.map((size) => metaAt(bytes, size)).find((meta) => "pageBytes" in meta);
  const metas = [first, second].filter((meta) => meta !== undefined && "pageBytes" in meta) as Meta[];
  if (metas.length > 0) return metas.reduce((a, b) => (b.transaction > a.transaction ? b : a));
  switch (first.kind) {
    case "foreign":
      return trouble("it is no bbolt database: neither of its first two pages begins one");
    case "unknownVersion":
      return trouble(`it is of bbolt format ${first.version}, and only ${FORMAT_VERSION} is known`);
    default:
      return trouble("both of its meta pages are damaged");
  }
}

type NoMeta =
  | { readonly kind: "foreign" }
  | { readonly kind: "damaged" }
  | { readonly kind: "unknownVersion"; readonly version: number };

function metaAt(bytes: Uint8Array, pageStart: number): Meta | NoMeta {
  const start = pageStart + PAGE_HEADER_BYTES;
  if (bytes.length < start + META_BYTES) return { kind: "foreign" };
  const content = bytes.subarray(start, start + META_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, META_BYTES);
  if (view.getUint32(0, true) !== MAGIC) return { kind: "foreign" };
  const checksum = fnv64a(content.subarray(0, META_SUMMED_BYTES));
  if (view.getBigUint64(META_SUMMED_BYTES, true) !== checksum) return { kind: "damaged" };
  const version = view.getUint32(4, true);
  if (version !== FORMAT_VERSION) return { kind: "unknownVersion", version };
  const pageBytes = view.getUint32(8, true);
  // The second meta page is where the page size puts it, or it is no meta page.
  if (!PAGE_SIZES.includes(pageBytes) || (pageStart !== 0 && pageStart !== pageBytes)) {
    return { kind: "damaged" };
  }
  return {
    kind: "meta",
    pageBytes,
    rootPage: view.getBigUint64(16, true),
    pageCount: view.getBigUint64(40, true),
    transaction: view.getBigUint64(48, true),
  };
}
