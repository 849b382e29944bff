export interface XmpRights {
  readonly copyright?: string;
  readonly artist?: string;
}

/** More XMP than a person writes is edit history and embedded previews. */
const MAX_BYTES = 256_000;

/**
 * Rights and author from an XMP packet: the first entry of `dc:rights` and `dc:creator`. By plain search and not by an
 * XML parser, which would have entities to be attacked through; what is written in an unusual way is not found.
 */
export function readXmpRights(packet: Uint8Array | undefined): XmpRights {
  if (!packet || packet.length > MAX_BYTES) return {};
  const xml = new TextDecoder().decode(packet);
  const copyright = firstEntry(xml, 'dc:rights');
  const artist = firstEntry(xml, 'dc:creator');
  return { ...(copyright && { copyright }), ...(artist && { artist }) };
}

function firstEntry(xml: string, element: string): string | undefined {
  const inside = between(xml, `<${element}>`, `</${element}>`);
  const entry = inside && between(inside, '<rdf:li', '</rdf:li>');
  const content = entry?.slice(entry.indexOf('>') + 1);
  return content?.includes('<') ? undefined : content?.replaceAll(/&(amp|lt|gt|quot|apos);/g, unescaped);
}

function between(text: string, open: string, close: string): string | undefined {
  const from = text.indexOf(open);
  const to = from < 0 ? -1 : text.indexOf(close, from);
  return to < 0 ? undefined : text.slice(from + open.length, to);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
};

function unescaped(entity: string): string {
  return ENTITIES[entity] ?? entity;
}
