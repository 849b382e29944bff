import { Webhook } from 'standardwebhooks';
import { expect } from 'vitest';
import { sentEvents } from '../../../src/http/testing/sent-events.ts';
import { startReceiver } from '../../../src/notices/fence/testing/receiver.ts';
import { accepted } from '../../harness/uploads.ts';
import { type Client, eventually } from '../client.ts';
import type { LifeCase } from '../life-case.ts';
import { processed, upload } from './upload.ts';

/** What happened, told to others. */
export const notices: readonly LifeCase[] = [
  {
    name: 'events: in order, and on after the last that was seen',
    async run({ client, photo }) {
      const following = await follow(client);
      const { image_id: imageId } = await upload(client, photo('followed'));
      const seen = await following.until(imageId, 'image.ready');
      await following.leave();
      expect(seen.map(({ type }) => type)).toEqual(['image.received', 'image.processing', 'image.ready']);

      const first = seen[0];
      const again = await follow(client, first?.id);
      const rest = await again.until(imageId, 'image.ready');
      await again.leave();
      expect(rest.map(({ id }) => id)).toEqual(seen.slice(1).map(({ id }) => id));

      const lost = await follow(client, 'an-event-that-never-was');
      expect((await lost.next())?.event).toBe('reset');
      await lost.leave();
    },
  },
  {
    name: 'webhooks: signed, and once more where it was not taken',
    async run({ client, photo }) {
      const receiver = await startReceiver();
      let refusals = 1;
      receiver.answer = (response) => {
        refusals -= 1;
        response.writeHead(refusals >= 0 ? 500 : 204).end();
      };
      const webhook = await client.send<{ id: string; secret: string }>('POST', '/v1/webhooks', {
        url: receiver.url,
        events: ['image.ready'],
      });
      try {
        const { image_id: imageId } = await processed(client, photo('hooked'));
        const about = () => receiver.got.filter(({ body }) => body.includes(imageId));
        await eventually('a second attempt', async () => (about().length >= 2 ? true : undefined));
        const [first, second] = about();
        expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
        const verified = new Webhook(webhook.secret).verify(
          second?.body ?? '',
          second?.headers as Record<string, string>,
        );
        expect(verified).toMatchObject({
          type: 'image.ready',
          data: { image_id: imageId, status: 'ready', generation: 1 },
        });
        await eventually('the delivery in the log', async () => {
          const { deliveries } = await client.get<Deliveries>(`/v1/webhooks/${webhook.id}/deliveries`);
          const [delivery] = deliveries.filter(({ image_id: about }) => about === imageId);
          return delivery?.state === 'delivered' ? delivery : undefined;
        }).then(({ attempts }) => expect(attempts.map(({ status }) => status)).toEqual([500, 204]));
      } finally {
        await client.send('DELETE', `/v1/webhooks/${webhook.id}`);
        await receiver.close();
      }
    },
  },
];

interface Deliveries {
  readonly deliveries: readonly {
    readonly image_id: string | null;
    readonly state: string;
    readonly attempts: readonly { readonly status: number | null }[];
  }[];
}

interface Told {
  readonly id: string;
  readonly type: string;
  readonly image_id: string;
}

/** Follows live events; the stream is open when this answers. */
export async function follow(client: Client, lastEventId?: string) {
  const leaving = new AbortController();
  const response = await accepted(
    await client.fetch('/v1/events', {
      signal: AbortSignal.any([leaving.signal, AbortSignal.timeout(75_000)]),
      ...(lastEventId !== undefined && { headers: { 'last-event-id': lastEventId } }),
    }),
  );
  const events = sentEvents(response);
  const next = async () => {
    const { value } = await events.next();
    return value ?? undefined;
  };
  return {
    next,
    /** What was told of an image, up to the event of this type. */
    async until(imageId: string, type: string): Promise<Told[]> {
      const seen: Told[] = [];
      for (;;) {
        const event = await next();
        if (event === undefined) throw new Error(`the stream ended before ${type} of ${imageId}`);
        const told = JSON.parse(event.data) as Told;
        if (told.image_id === imageId) seen.push(told);
        if (told.image_id === imageId && told.type === type) return seen;
      }
    },
    async leave() {
      leaving.abort();
      await events.return().catch(() => undefined);
    },
  };
}
