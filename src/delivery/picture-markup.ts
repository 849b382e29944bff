import type { PictureElement } from './picture-element.ts';

/** A `<picture>` as HTML. Whatever the parts hold stays text: nothing in them becomes markup. */
export function pictureMarkup({ sources, img, placeholder }: PictureElement): string {
  const { src, srcset, sizes, width, height, alt, loading, decoding } = img;
  // What is transparent would show its own placeholder for ever.
  const style = placeholder && !placeholder.has_alpha && background(placeholder);
  const lines = [
    '<picture>',
    ...sources.map((source) => `  ${tag('source', source)}`),
    `  ${tag('img', { src, srcset, sizes, width, height, alt, loading, decoding, ...(style && { style }) })}`,
    '</picture>',
  ];
  return `${lines.join('\n')}\n`;
}

/** The colour is there at once, the picture in it as soon as it is decoded. */
function background({ dominant_color, data_url }: NonNullable<PictureElement['placeholder']>): string {
  return `background:${dominant_color} url(${data_url}) center/cover no-repeat`;
}

function tag(name: string, attributes: Readonly<Record<string, string | number>>): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(String(value))}"`);
  return `<${name}${written.join('')}>`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for an attribute in double quotes, safe in single ones and between tags as well. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}
