// The file format of bbolt, the database under etcd: pages of one size, the first two of them meta pages, the rest
// B+ trees. Numbers are little-endian.
//
//   page      | id 8 | flags 2 | count 2 | overflow pages 4 | content, over (1 + overflow) pages
//   meta      | magic 4 | version 4 | page bytes 4 | flags 4 | root bucket 16 | free list's page 8 | page count 8 |
//             | transaction 8 | FNV-1a of all before 8 |
//   branch    count x | position 4 | key bytes 4 | page 8 |                   then the keys
//   leaf      count x | flags 4 | position 4 | key bytes 4 | value bytes 4 |  then key, value, key, value, …
//   bucket    | root page 8 | sequence 8 |, as the value of a leaf element with flag 1. With root page 0 the bucket is
//             small and its one leaf page follows at once ("inline"), cut off where its last value ends.
//
// A position counts from its element's own first byte. The meta page with the higher transaction number is in force.

/** What etcd's databases on common machines have: bbolt takes the operating system's page size. */
export const PAGE_BYTES = 4096;
export const PAGE_HEADER_BYTES = 16;
/** Branch and leaf elements are of one size. */
export const ELEMENT_BYTES = 16;
export const BUCKET_HEADER_BYTES = 16;
/** A meta page's content up to its checksum, and with it. */
export const META_SUMMED_BYTES = 56;
export const META_BYTES = META_SUMMED_BYTES + 8;

export const MAGIC = 0xed0cdaed;
export const FORMAT_VERSION = 2;

export const BRANCH_PAGE = 0x01;
export const LEAF_PAGE = 0x02;
export const META_PAGE = 0x04;
export const FREE_LIST_PAGE = 0x10;
/** A leaf element whose value is a bucket. */
export const BUCKET_ELEMENT = 0x01;

const FNV_OFFSET_BASIS = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;

/** FNV-1a with 64 bits: a meta page's checksum. */
export function fnv64a(bytes: Uint8Array): bigint {
  let hash = FNV_OFFSET_BASIS;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * FNV_PRIME);
  return hash;
}
