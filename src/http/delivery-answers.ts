import type { IncomingMessage } from 'node:http';
import { createDeliver, type Delivered, type DeliveryAsk } from '../delivery/deliver.ts';
import { contentDisposition, extensionOf, processedName, withExtension } from '../delivery/file-names.ts';
import { cacheControl } from '../delivery/lifetime.ts';
import { isFailure } from '../failures.ts';
import type { ImageRecord } from '../images/image.ts';
import type { Admission } from './admission.ts';
import type { Answer } from './answer.ts';
import { bytesAnswer } from './byte-answer.ts';
import { pictureHeaders } from './security-headers.ts';
import type { Services } from './services.ts';

/** A request for a picture, however it came. */
export interface DeliveryHttpRequest extends Omit<DeliveryAsk, 'beforeMaking'> {
  readonly method: 'GET' | 'HEAD';
  /** where there is a socket */
  readonly incoming?: IncomingMessage | undefined;
}

export interface Doors {
  readonly admission: Admission;
  /** Before a picture is made for a request. @throws Failure `rate_limited` */
  readonly beforeRendering: (incoming: IncomingMessage | undefined) => void;
}

/** Answers a delivery request. @throws Failure for everything that is no picture */
export type AnswerDelivery = (request: DeliveryHttpRequest) => Promise<Answer>;

/** milliseconds that a request for a rendering which is not there yet waits for it */
const WAIT_FOR_RENDERING_MS = 10_000;

export function createDeliveryAnswers(
  services: Services,
  { admission, beforeRendering }: Doors,
): AnswerDelivery {
  const deliver = createDeliver({
    ...services,
    waitMs: WAIT_FOR_RENDERING_MS,
    waiting: (wait) => admission.during('waiters', wait),
    onFault: (err, imageId) =>
      services.log.warn({ err, image_id: imageId }, 'a better format could not be asked for'),
  });
  const once = async (request: DeliveryHttpRequest) =>
    answerWith(
      await deliver({ ...request, beforeMaking: () => beforeRendering(request.incoming) }),
      request,
      services.clock.now(),
    );
  return (request) =>
    once(request).catch((error: unknown) => {
      // A new generation took the place of the one that was just read, or a kept picture was dropped to make room.
      if (isFailure(error, 'object_not_found')) return once(request);
      throw error;
    });
}

function answerWith(delivered: Delivered, request: DeliveryHttpRequest, now: number): Promise<Answer> {
  const { body } = delivered.picture;
  return bytesAnswer(request, {
    size: body.size,
    sha256: body.sha256,
    headers: headersOf(delivered, now),
    bytes: body.bytes,
    read: (range) => body.read(range),
  });
}

function headersOf(delivered: Delivered, now: number): Answer['headers'] {
  const { picture, permanence, endsAt, varyOn, acceptCh } = delivered;
  const headers: Answer['headers'] = {
    ...pictureHeaders,
    'content-type': picture.body.contentType,
    'content-disposition': dispositionOf(delivered),
    'cache-control': cacheControl(permanence, endsAt, now),
  };
  if (varyOn.length > 0) headers.vary = varyOn.join(', ');
  if (acceptCh.length > 0) headers['accept-ch'] = acceptCh.join(', ');
  if (picture.note !== undefined) headers['x-darkroom-note'] = picture.note.replace(/[^\x20-\x7e]/g, '?');
  return headers;
}

/** What most requests get, by record: it is written once. */
const usual = new WeakMap<ImageRecord, Map<string, string>>();

function dispositionOf({ picture, download }: Delivered): string {
  const { record } = picture.image;
  const { contentType } = picture.body;
  const extension = extensionOf(contentType);
  const name = () => processedName(record.original?.filename ?? record.image_id, extension);
  if (download !== undefined) {
    return contentDisposition('attachment', download ? withExtension(download, extension) : name());
  }
  const byType = usual.get(record) ?? new Map<string, string>();
  usual.set(record, byType);
  const known = byType.get(contentType) ?? contentDisposition('inline', name());
  byType.set(contentType, known);
  return known;
}
