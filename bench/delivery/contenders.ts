import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Server } from '../server.ts';
import { freePort, stopped } from './processes.ts';

export const COLD_FORMATS = ['jpg', 'png', 'webp', 'avif'] as const;
export type ColdFormat = (typeof COLD_FORMATS)[number];

export interface Picture {
  readonly photo: string;
  /** pixels; the height follows */
  readonly width: number;
  readonly format: ColdFormat;
}

/** A server that transforms pictures on request. */
export interface Contender {
  readonly name: string;
  /** Where the picture is; asking for that renders nothing. */
  url(picture: Picture): Promise<string>;
  stop(): Promise<void>;
}

const QUALITY = 75;
/** What the encoders are given. A `q` is a look: for 75 we give the encoder of AVIF 55, the others give it theirs. */
const ENCODER_QUALITY: Readonly<Record<ColdFormat, number>> = { jpg: 75, png: 75, webp: 75, avif: 55 };

/** @param ids of the photographs that it holds */
export function darkroomContender(server: Server, ids: ReadonlyMap<string, string>): Contender {
  return {
    name: 'darkroom',
    // Signed: such links may ask for any size, and are good whatever the tenant's settings.
    url: ({ photo, width, format }) =>
      server.link(ids.get(photo) ?? '', { w: String(width), fm: format, q: String(QUALITY) }),
    stop: () => server.stop(),
  };
}

const ipxEntry = fileURLToPath(new URL('ipx-server.ts', import.meta.url));

/** ipx over the folder of the photographs, with our sharp. */
export async function startIpx(photos: readonly string[], threads: number): Promise<Contender> {
  const port = await freePort();
  const child = spawn(process.execPath, [ipxEntry, dirname(photos[0] ?? '.'), String(port)], {
    env: { ...process.env, UV_THREADPOOL_SIZE: String(threads), VIPS_CONCURRENCY: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return {
    name: 'ipx',
    url: async ({ photo, width, format }) => {
      // With a quality, its PNG would have a palette.
      const quality = format === 'png' ? '' : `,q_${ENCODER_QUALITY[format]}`;
      const modifiers = `w_${width},f_${format === 'jpg' ? 'jpeg' : format}${quality}`;
      return `http://127.0.0.1:${port}/${modifiers}/${basename(photo)}`;
    },
    stop: () => stopped(child),
  };
}

/** An imgproxy that somebody started beside this bench, with the folder of the photographs as its local root. */
export function usingImgproxy(address: string): Contender {
  return {
    name: 'imgproxy',
    url: async ({ photo, width, format }) =>
      `${address}/unsafe/rs:fit:${width}:0/q:${ENCODER_QUALITY[format]}/plain/local:///${encodeURIComponent(basename(photo))}@${format}`,
    stop: async () => {},
  };
}
