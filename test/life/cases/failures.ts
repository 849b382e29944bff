import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { brokenCopy, type Photo } from '../../harness/photos.ts';
import { eventually } from '../client.ts';
import type { LifeCase } from '../life-case.ts';
import { post, processed, upload } from './upload.ts';

/** What does not go well: the sender's doing, and ours. */
export const failures: readonly LifeCase[] = [
  {
    name: 'rejected: at the door, and with the reason in the record',
    async run({ client, photo }) {
      const text: Photo = { ...photo('text'), bytes: Buffer.from('This is no picture, but a text.') };
      const refused = await post(client, text);
      expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([
        415,
        'unsupported_format',
      ]);
      const good = photo('good');
      const image = await processed(client, brokenCopy(good.bytes, good.filename));
      expect(image).toMatchObject({ status: 'rejected', error: { code: 'image_corrupt' }, variants: [] });
      expect(image.error?.message).not.toBe('');
    },
  },
  {
    name: 'dead letter: given up, then redriven to ready',
    async run({ client, target, photo }) {
      // The first attempt is held while its original disappears; those after it find nothing.
      target.signalRenderers('SIGSTOP');
      const { image_id: imageId } = await upload(client, photo('withheld'));
      await eventually('the first attempt', async () =>
        (await client.image(imageId)).status === 'processing' ? true : undefined,
      );
      // Its file has been fetched by then, and is with a renderer that does nothing.
      await sleep(2_000);
      const putBack = await target.withhold(imageId);
      target.signalRenderers('SIGKILL');
      const failed = await client.settled(imageId);
      expect(failed).toMatchObject({ status: 'failed', error: { code: 'object_not_found' } });
      const letter = await eventually('the dead letter', async () => {
        const { dead_letters: letters } = await client.get<DeadLetters>('/v1/dead-letters');
        return letters.find(({ image_id: about }) => about === imageId);
      });
      expect(letter).toMatchObject({ kind: 'run', reason: { code: 'object_not_found' } });
      await putBack();
      await client.send('POST', `/v1/dead-letters/${letter.id}/redrive`);
      const ready = await eventually('the image', async () => {
        const image = await client.image(imageId);
        return image.status === 'ready' ? image : undefined;
      });
      expect(ready.variants.length).toBeGreaterThan(0);
      expect((await client.get<DeadLetters>('/v1/dead-letters')).dead_letters).not.toContainEqual(letter);
    },
  },
];

interface DeadLetters {
  readonly dead_letters: readonly {
    readonly id: string;
    readonly image_id: string;
    readonly kind: string;
    readonly reason: { readonly code: string };
  }[];
}
