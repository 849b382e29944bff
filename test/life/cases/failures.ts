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
    async run({ client, target, photo, word }) {
      const mark = await processed(client, photo('mark'));
      const pipeline = `marked-${word()}`;
      await client.send('PUT', `/v1/pipelines/${pipeline}`, {
        name: pipeline,
        steps: [
          { step: 'resize', variants: [{ name: 'small', width: 200, height: 200 }] },
          { step: 'watermark', image: mark.image_id },
          { step: 'convert', outputs: [{ format: 'jpeg' }] },
        ],
      });
      // The watermark is in the records and not in the store: our fault, and perhaps passing.
      const putBack = await target.withhold(mark.image_id);
      const { image_id: imageId } = await upload(client, photo('marked'), { pipeline });
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
