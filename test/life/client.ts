import { setTimeout as sleep } from 'node:timers/promises';
import { accepted } from '../harness/uploads.ts';
import type { Target } from './target.ts';

/** An image as the API answers it; only what is looked at here. */
export interface Image {
  readonly image_id: string;
  readonly user_id: string;
  readonly status: string;
  readonly source: string;
  readonly original?: {
    readonly sha256: string;
    readonly filename: string;
    readonly size: number;
    readonly width?: number;
    readonly height?: number;
    readonly format?: string;
  };
  readonly variants: readonly {
    readonly name: string;
    readonly format: string;
    readonly width: number;
    readonly height: number;
    readonly sha256: string;
    readonly url: string;
  }[];
  readonly processed_url?: string;
  readonly placeholder?: { readonly thumbhash: string; readonly dominant_color: string };
  readonly tags: Readonly<Record<string, string>>;
  readonly pipeline: { readonly name: string; readonly version: number };
  readonly steps: readonly { readonly name: string; readonly status: string }[];
  readonly error?: { readonly code: string; readonly message: string };
  readonly upload_time: string;
  readonly expires_at: string;
}

export interface Page {
  readonly images: readonly Image[];
  readonly next_cursor: string | null;
}

const UNDER_WAY = ['awaiting_upload', 'received', 'processing'];

/** How long anything may take that happens by itself, milliseconds: a machine under load, not a promise. */
export const PATIENCE_MS = 75_000;

/** Somebody who has an API key. */
export class Client {
  readonly #target: Pick<Target, 'url' | 'urls' | 'apiKey'>;
  #asked = 0;

  constructor(target: Pick<Target, 'url' | 'urls' | 'apiKey'>) {
    this.#target = target;
  }

  get url(): string {
    return this.#target.url;
  }

  /** Any answer, also a refusal. Each request goes to the next process, unless the path is a whole URL. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const { urls, url } = this.#target;
    const base = urls[this.#asked % urls.length] ?? url;
    this.#asked += 1;
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${this.#target.apiKey}`);
    return fetch(new URL(path, base), { ...init, headers });
  }

  /** @throws Refused */
  async get<T>(path: string): Promise<T> {
    return (await (await accepted(await this.fetch(path))).json()) as T;
  }

  /** @throws Refused */
  async send<T = undefined>(method: string, path: string, body?: unknown): Promise<T> {
    const json =
      body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const text = await (await accepted(await this.fetch(path, { method, ...json }))).text();
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  image(imageId: string): Promise<Image> {
    return this.get(`/v1/image/${imageId}`);
  }

  /** The record once its run has ended, well or not. */
  async settled(imageId: string): Promise<Image> {
    return await eventually(`the end of ${imageId}`, async () => {
      const image = await this.get<Image>(`/v1/image/${imageId}?wait=ready`);
      return UNDER_WAY.includes(image.status) ? undefined : image;
    });
  }

  /** The image that was made of these bytes, by a way in that answers nothing. */
  async madeOf(sha256: string): Promise<Image> {
    return await eventually(`an image of ${sha256}`, async () => {
      const { images } = await this.get<Page>('/v1/images?limit=200');
      return images.find(({ original }) => original?.sha256 === sha256);
    });
  }

  /** Every image of a query, page by page. */
  async listed(query: string): Promise<Image[]> {
    const all: Image[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const rest: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page: Page = await this.get(`/v1/images?${query}${rest}`);
      all.push(...page.images);
      cursor = page.next_cursor;
    }
    return all;
  }
}

/** Asks again and again until there is an answer. @throws Error after {@link PATIENCE_MS} */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = await ask();
    if (found !== undefined) return found;
    if (performance.now() > until) throw new Error(`waited ${PATIENCE_MS / 1000} s in vain for ${what}`);
    await sleep(100);
  }
}
