import { fileURLToPath } from 'node:url';

/**
 * The fontconfig file that offers the font shipped with Darkroom and no other. A process that draws text must have it
 * in its environment under this very name when it starts: libvips reads it once, and without it a machine's own
 * fonts, or little boxes, come out without an error.
 *
 * fontconfig keeps its index of the one font file under XDG_CACHE_HOME or HOME; where neither can be written it says so
 * on standard error and makes the index anew in each process, in a few milliseconds.
 */
export const FONTCONFIG_FILE = fileURLToPath(new URL('fonts/fonts.conf', import.meta.url));
