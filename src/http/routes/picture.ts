import { createRoute, z } from '@hono/zod-openapi';
import { readAccept } from '../../delivery/accept.ts';
import { pictureElement } from '../../delivery/picture-element.ts';
import { pictureLinks } from '../../delivery/picture-links.ts';
import { pictureMarkup } from '../../delivery/picture-markup.ts';
import { assertReady } from '../../delivery/readiness.ts';
import { Failure } from '../../failures.ts';
import { ImageIdParams, newRouter, type Router, refusals, secured } from '../router.ts';
import { PictureElement } from '../schemas.ts';
import type { Services } from '../services.ts';
import { found } from './image.ts';

const FORMATS = ['html', 'json'] as const;
type AnswerFormat = (typeof FORMATS)[number];

const mediaTypes = { html: 'text/html', json: 'application/json' } as const;

const PictureQuery = z.object({
  format: z
    .enum(FORMATS, { error: 'must be html or json' })
    .optional()
    .describe('of the answer; chosen by Accept where absent, html where that leaves it open'),
  sizes: z
    .string()
    .max(512, { error: 'must have at most 512 characters' })
    .trim()
    .regex(/^[\w .,:%()<>=*/+-]+$/, {
      error: 'must be what HTML allows in sizes, such as "(min-width: 800px) 50vw, 100vw"',
    })
    .default('100vw')
    .describe('how wide the picture is laid out, as in HTML'),
  alt: z
    .string()
    .max(1000, { error: 'must have at most 1000 characters' })
    .regex(/^[^\p{Cc}]*$/u, { error: 'must have no control characters' })
    .default('')
    .describe('what the picture shows, in words; empty for what is decoration only'),
  loading: z
    .enum(['lazy', 'eager'], { error: 'must be lazy or eager' })
    .default('lazy')
    .describe('eager for what is seen first on a page'),
  expires_in: z.coerce
    .number({ error: 'must be a number of seconds' })
    .int({ error: 'must be a whole number of seconds' })
    .min(1, { error: 'must be at least 1' })
    .max(315_360_000, { error: 'must be at most 315360000' })
    .optional()
    .describe(
      'signs the URLs; seconds that they are good at least, though never beyond the end of the image. Where images are shown by signed URLs only, they are always signed, for a day unless said otherwise',
    ),
});

const pictureRoute = createRoute({
  method: 'get',
  path: '/v1/image/{image_id}/picture',
  summary: 'A picture element for a page',
  description:
    'AVIF, WebP and a format that every browser reads, in widths up to that of the image; its size, so that the page ' +
    'does not jump; and a placeholder. Put the HTML on a page as it is, or build your own from the JSON.',
  security: secured,
  request: { params: ImageIdParams, query: PictureQuery },
  responses: {
    200: {
      description: 'The element',
      headers: z.object({ vary: z.string().optional() }),
      content: {
        'text/html': { schema: z.string() },
        'application/json': { schema: PictureElement },
      },
    },
    ...refusals(
      'invalid_request',
      'unauthorized',
      'image_not_found',
      'variant_not_found',
      'not_acceptable',
      'image_not_ready',
    ),
  },
});

/** Milliseconds that URLs are good at least which have to be signed, where nobody said how long. */
const USUAL_PERIOD_MS = 86_400_000;

export function pictureRoutes(services: Services): Router {
  const router = newRouter();

  router.openapi(pictureRoute, async (c) => {
    const { image_id: imageId } = c.req.valid('param');
    const { format: asked, expires_in: seconds, ...attributes } = c.req.valid('query');
    const image = found(await services.catalog.read(c.get('principal').tenantId, imageId), imageId);
    assertReady(image.record);
    const element = pictureElement({
      ...attributes,
      record: image.record,
      link: pictureLinks(
        image,
        services.publicUrl(),
        await services.links.signingOf(image.record.tenant_id, {
          usual: USUAL_PERIOD_MS,
          ...(seconds !== undefined && { asked: seconds * 1000 }),
        }),
      ),
    });
    const format = asked ?? preferred(c.req.header('accept'));
    if (asked === undefined) c.header('vary', 'Accept');
    return format === 'json' ? c.json(element, 200) : c.html(pictureMarkup(element), 200);
  });

  return router;
}

/** Of an answer that nobody named outright: what is wanted most, and of that rather what is wanted by its name. */
function preferred(accept: string | undefined): AnswerFormat {
  const wanted = readAccept(accept);
  const [best] = FORMATS.map((format) => ({ format, ...wanted(mediaTypes[format]) }))
    .filter(({ q }) => q > 0)
    .sort((one, other) => other.q - one.q || Number(other.named) - Number(one.named));
  if (best) return best.format;
  throw new Failure(
    'not_acceptable',
    'Accept allows neither text/html nor application/json. Add one, or ask for one by format.',
  );
}
