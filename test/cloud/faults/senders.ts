import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { produce } from '../../../src/intake/kafka/testing/kafka-house.ts';
import type { Photo } from '../../harness/photos.ts';
import { TEST_KEY } from '../../harness/server.ts';
import type { CloudResources } from '../../life/targets/cloud-resources.ts';
import { type History, judged, type Way } from './history.ts';

export interface SendersOptions {
  readonly history: History;
  /** addresses of the API, asked in turn */
  readonly urls: readonly string[];
  readonly resources: CloudResources;
  readonly kafka: { readonly address: string; readonly topic: string };
}

/** Sends one photograph until it is acknowledged. @throws Error when nobody acknowledges it for minutes */
export type Send = (photo: Photo) => Promise<void>;

const PATIENCE_MS = 300_000;

/** What each way in asks of a sender: to repeat what was not acknowledged, as is harmless by that way. */
export function senders({ history, urls, resources, kafka }: SendersOptions): Record<Way, Send> {
  let asked = 0;
  const nextUrl = () => {
    asked += 1;
    return urls[asked % urls.length] ?? '';
  };

  async function untilTaken(what: string, request: () => Promise<Response>): Promise<Response> {
    const until = performance.now() + PATIENCE_MS;
    while (performance.now() < until) {
      const response = await request();
      const pause = await judged(history, what, response);
      if (pause === undefined) return response;
      await sleep(pause * 1_000);
    }
    throw new Error(`${what} was not taken within ${PATIENCE_MS / 1000} s`);
  }

  return {
    async 'signed upload'({ filename, bytes, sha256 }) {
      const key = randomUUID();
      const order = JSON.stringify({ filename, content_type: 'image/jpeg', size: bytes.length, sha256 });
      const reserved = await untilTaken('POST /v1/upload', () =>
        fetch(`${nextUrl()}/v1/upload`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${TEST_KEY}`,
            'content-type': 'application/json',
            'idempotency-key': key,
          },
          body: order,
        }),
      );
      const { upload } = (await reserved.json()) as Reserved;
      await untilTaken('PUT to the store', () =>
        fetch(upload.url, { method: 'PUT', headers: upload.headers, body: new Uint8Array(bytes) }),
      );
    },
    async 'bucket drop'({ filename, bytes }) {
      await again(() => resources.drop(`${randomUUID()}/${filename}`, bytes));
    },
    async kafka({ filename, bytes }) {
      await produce(kafka.address, kafka.topic, [{ value: bytes, headers: { filename } }]);
    },
  };
}

interface Reserved {
  readonly upload: { readonly url: string; readonly headers: Record<string, string> };
}

/** Whoever drops objects goes straight to the store, and its client's own retries may end before its outage does. */
async function again(attempt: () => Promise<void>): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > until) throw error;
      await sleep(1_000);
    }
  }
}
