import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Server } from '../server.ts';

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
  url(picture: Picture): string;
  stop(): Promise<void>;
}

/** Of every lossy format. AVIF's own scale is lower for the same look, and effort 4 is imgproxy's speed 5. */
export const QUALITY = { jpg: 75, webp: 75, avif: 60, png: 100 } as const satisfies Record<
  ColdFormat,
  number
>;

export async function startDarkroom(
  folder: string,
  photos: readonly string[],
  threads: number,
): Promise<Contender & { readonly server: Server; readonly ids: ReadonlyMap<string, string> }> {
  const server = await Server.start(join(folder, 'data'), { DARKROOM_RENDERERS: String(threads) });
  const ids = new Map<string, string>();
  for (const photo of photos) {
    const { imageId } = await server.upload(photo);
    await server.ready(imageId);
    ids.set(photo, imageId);
  }
  const links = new Map<string, string>();
  return {
    name: 'darkroom',
    server,
    ids,
    url: ({ photo, width, format }) =>
      links.get(`${photo} ${width} ${format}`) ??
      `${server.url}/i/${ids.get(photo)}/x?w=${width}&fm=${format}&q=${QUALITY[format]}`,
    stop: () => server.stop(),
  };
}

const ipxEntry = fileURLToPath(new URL('ipx-server.ts', import.meta.url));

export async function startIpx(photos: readonly string[], threads: number): Promise<Contender> {
  createRequire(import.meta.url).resolve('ipx');
  const port = await freePort();
  const child = spawn(process.execPath, [ipxEntry, dirname(photos[0] as string), String(port)], {
    env: { ...process.env, UV_THREADPOOL_SIZE: String(threads), VIPS_CONCURRENCY: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return {
    name: 'ipx',
    url: ({ photo, width, format }) =>
      `http://127.0.0.1:${port}/w_${width},f_${format === 'jpg' ? 'jpeg' : format},q_${QUALITY[format]}/${basename(photo)}`,
    stop: () => stopped(child),
  };
}

/** An imgproxy that somebody started beside this bench, with the folder of the photographs as its local root. */
export function usingImgproxy(address: string): Contender {
  return {
    name: 'imgproxy',
    url: ({ photo, width, format }) =>
      `${address}/unsafe/rs:fit:${width}:0/q:${QUALITY[format]}/plain/local:///${encodeURIComponent(basename(photo))}@${format}`,
    stop: async () => {},
  };
}

/** nginx serving one folder of files, one worker process. */
export async function startNginx(
  folder: string,
  root: string,
): Promise<{ url: string; pid: number; stop(): Promise<void> }> {
  const port = await freePort();
  const config = join(folder, 'nginx.conf');
  await writeFile(
    config,
    `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log stderr error;
events { worker_connections 1024; }
http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; types { image/webp webp; image/jpeg jpg; }
  client_body_temp_path ${folder}/t1; proxy_temp_path ${folder}/t2; fastcgi_temp_path ${folder}/t3; uwsgi_temp_path ${folder}/t4; scgi_temp_path ${folder}/t5;
  server { listen 127.0.0.1:${port}; root ${root}; } }
`,
  );
  const child = spawn('nginx', ['-c', config], { stdio: ['ignore', 'inherit', 'inherit'] });
  await new Promise((resolve) => setTimeout(resolve, 500));
  const { childrenOf } = await import('../memory.ts');
  const pid = childrenOf(child.pid ?? 0)[0];
  if (pid === undefined) throw new Error("nginx did not start; is Debian's package nginx-light installed?");
  return { url: `http://127.0.0.1:${port}`, pid, stop: () => stopped(child) };
}

async function stopped(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
