/**
 * Into how many partitions a heap of keys is spread that would otherwise be one hot partition: 1,000 writes a second go
 * into one. The numbers may be raised at any time, as readers look into all; lowering one loses sight of what is
 * beyond it.
 */
export const SHARDS = {
  /** images of a tenant, of one of its tags, of one of its states: two writes for each image and its end */
  list: 4,
  /** images of a person that came in heaps; those that people send themselves are in one partition more */
  heap: 4,
  /** events of a tenant: three writes for each of the four of an image */
  events: 8,
  /** counters of a tenant */
  usage: 8,
  /** events that wait for one place outside */
  line: 4,
  /** work and dates of all tenants */
  global: 16,
} as const;

/** 0 .. count - 1, always the same for the same text. FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/ */
export function shardOf(name: string, count: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < name.length; at += 1) {
    hash ^= name.charCodeAt(at);
    hash = Math.imul(hash, 0x01000193) >>> 0;
  }
  // The low bits of FNV vary least: https://datatracker.ietf.org/doc/html/draft-eastlake-fnv
  return ((hash ^ (hash >>> 16)) >>> 0) % count;
}

/** The names of all partitions of a heap. */
export function shardsOf(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, shard) => `${name}#${shard}`);
}
