import { describe, expect, it } from 'vitest';
import { processedUrl, variantUrl } from './delivery-links.ts';

const imageId = '01890000-0000-7000-8000-000000000000';
const link = (filename: string) => processedUrl({ publicUrl: 'https://x.example', imageId, filename });

describe('the name in a link is what a person called the picture, and never more', () => {
  it.each([
    ['holiday.jpg', 'holiday'],
    ['Grüße aus Rom.final.JPEG', 'Gr%C3%BC%C3%9Fe%20aus%20Rom.final'],
    ['no-ending', 'no-ending'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\photos\\cat.png', 'cat'],
    ['..', 'image'],
    ['...', 'image'],
    ['.hidden', 'image'],
    ['', 'image'],
    ['a?b#c%2F&d.png', 'a%3Fb%23c%252F%26d'],
    ['lone \ud800 surrogate.png', 'lone%20%EF%BF%BD%20surrogate'],
    ['🦊.png', '%F0%9F%A6%8A'],
    [`${'x'.repeat(4000)}.png`, 'x'.repeat(80)],
  ])('%j becomes %s', (filename, name) => {
    expect(link(filename)).toBe(`https://x.example/i/${imageId}/${name}`);
  });

  it('says which variant, format and generation', () => {
    const linked = { publicUrl: 'https://x.example', imageId, filename: 'a b.png' };
    const url = variantUrl(linked, { name: 'large', format: 'jpeg' }, 3);
    expect(url).toBe(`https://x.example/i/${imageId}/a%20b.jpg?v=large&fm=jpg&g=3`);
  });
});
