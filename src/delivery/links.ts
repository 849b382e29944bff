import { didYouMean } from '../did-you-mean.ts';
import { Failure } from '../failures.ts';
import type { ImageRecord } from '../images/image.ts';
import { parseDelivery } from './grammar/parse.ts';
import { names } from './grammar/table.ts';
import type { Signer } from './signing.ts';

export interface LinkOrder {
  /** parameters of the delivery grammar; `v: original` links to the original's bytes */
  readonly params: Readonly<Record<string, string>>;
  /** milliseconds; never beyond the image's own end */
  readonly expiresInMs: number;
  /** the watermark that the parameters name: the link does not outlive it either */
  readonly mark?: ImageRecord;
}

export interface Link {
  /** path and query, signed */
  readonly pathAndQuery: string;
  /** milliseconds */
  readonly expiresAt: number;
}

/**
 * A signed URL for an image, good for exactly what it says.
 *
 * @throws Failure `invalid_request` for parameters that delivery would refuse, `image_not_ready`
 */
export function createLink(
  signer: Pick<Signer, 'sign'>,
  record: ImageRecord,
  order: LinkOrder,
  now: number,
): Link {
  const ends = [record, ...(order.mark ? [order.mark] : [])].map(({ expires_at: end }) => Date.parse(end));
  const expiresAt = wholeSeconds(Math.min(now + order.expiresInMs, ...ends));
  const isOriginal = order.params.v === 'original';
  const query = Object.entries(order.params).filter(([name]) => !isOriginal || name !== 'v');
  if (isOriginal && query.length > 0) {
    throw new Failure(
      'invalid_request',
      `An original takes no other parameters; got ${query.map(([name]) => name).join(', ')}. Leave them out.`,
    );
  }
  refuseUnknown(query.map(([name]) => name));
  parseDelivery([...query, ['sig', '']]);
  const path = isOriginal ? `/v1/image/${record.image_id}/original` : `/i/${record.image_id}`;
  return { pathAndQuery: signer.sign({ method: 'GET', path, query, expiresAt }), expiresAt };
}

/** The watermark that parameters name, as they name it. @throws Failure `invalid_request` */
export function markIn(params: LinkOrder['params']): string | undefined {
  return params.mark === undefined
    ? undefined
    : parseDelivery([...Object.entries(params), ['sig', '']]).mark?.image;
}

/** URLs may say what means nothing to us; who asks us to write one is told. */
function refuseUnknown(asked: readonly string[]): void {
  const unknown = asked.find((name) => !names.has(name) && !BESIDES.has(name));
  if (unknown === undefined) return;
  const near = didYouMean(unknown, names.keys());
  const mend = near === undefined ? 'Leave it out.' : `Did you mean ${near}?`;
  const message = `params: delivery has no parameter ${JSON.stringify(unknown)}. ${mend}`;
  throw new Failure('invalid_request', message, { extra: { parameter: unknown } });
}

/** What URLs say besides what the picture is: who wrote them, and of which generation it is. */
const BESIDES = new Set(['ixlib', 'g']);

/** The signature says its end in seconds; what is told must be the same. */
function wholeSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000) * 1000;
}
