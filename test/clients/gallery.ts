import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { cardPixels, seen } from '../../src/delivery/plan/testing/test-card.ts';
import { TestServer } from '../harness/server.ts';
import { accepted } from '../harness/uploads.ts';

/** pixels of the card that is shown */
export const CARD = { width: 1200, height: 800 } as const;
/** The card as it is, as `seen` reads it. */
export const WHOLE = 'RGG/RGG/BYY';

/** What a visitor of a page gets. */
export interface Seen {
  readonly format: string;
  readonly width: number;
  readonly height: number;
  /** at nine places, row by row */
  readonly colours: string;
}

/** A running server with one picture in it: the test card, as a JPEG. */
export interface Gallery {
  readonly server: TestServer;
  /** `/i/{image_id}/card.jpg` */
  readonly path: string;
  /** Fetches what a client made of the path, as the browser of a visitor would. */
  fetch(url: string, accept?: string): Promise<Buffer>;
  /** The same, and looks at it. */
  see(url: string, accept?: string): Promise<Seen>;
  close(): Promise<void>;
}

export async function openGallery(): Promise<Gallery> {
  const dataDir = await mkdtemp(join(tmpdir(), 'darkroom-clients-'));
  const server = await TestServer.start({ dataDir });
  const imageId = await upload(server, await card());
  const visit = async (url: string, accept = '*/*') =>
    accepted(await fetch(visited(server, url), { headers: { accept } }));
  return {
    server,
    path: `/i/${imageId}/card.jpg`,
    fetch: async (url, accept) => bytesOf(await visit(url, accept)),
    see: async (url, accept) => {
      const response = await visit(url, accept);
      return look(await bytesOf(response), response.headers.get('content-type'));
    },
    async close() {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Clients take names of hosts and no ports: this is the proxy that would stand under that name. */
function visited(server: TestServer, url: string): URL {
  const { pathname, search } = new URL(url, server.url);
  return new URL(pathname + search, server.url);
}

async function bytesOf(response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer());
}

async function card(): Promise<Buffer> {
  return cardPixels('RGBY', CARD).jpeg({ quality: 92, chromaSubsampling: '4:4:4' }).toBuffer();
}

async function upload(server: TestServer, bytes: Buffer): Promise<string> {
  const sent = await accepted(
    await server.fetch('/v1/images?filename=card.jpg', { method: 'POST', body: new Uint8Array(bytes) }),
  );
  const { image_id: imageId } = (await sent.json()) as { image_id: string };
  const ended = await accepted(await server.fetch(`/v1/image/${imageId}?wait=ready`));
  const { status } = (await ended.json()) as { status: string };
  if (status !== 'ready') throw new Error(`the card is ${status}`);
  return imageId;
}

/** By the bytes; what the server says of them has to be the same. */
async function look(bytes: Buffer, contentType: string | null): Promise<Seen> {
  const { format, width, height } = await sharp(bytes).metadata();
  const name = format === 'heif' ? 'avif' : format;
  if (contentType !== `image/${name}`) throw new Error(`${contentType} is said of ${name}`);
  return { format: name, width, height, colours: (await seen(bytes)).colours };
}

export interface Candidate {
  readonly url: string;
  /** `320w`, `2x` */
  readonly descriptor: string;
}

/** Reads a `srcset` as a browser does (HTML, 4.8.4.3.10): URLs hold no spaces, candidates end with a comma. */
export function candidatesOf(srcset: string): Candidate[] {
  return srcset.split(/,\s+/).map((candidate) => {
    const [url = '', descriptor = ''] = candidate.trim().split(/\s+/);
    return { url, descriptor };
  });
}
