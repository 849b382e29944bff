import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Account, type Exchange, openAccount } from './access-log.ts';
import { type Answer, CLIENT_GONE } from './answer.ts';
import { Arrivals } from './arrivals.ts';
import type { AnswerDelivery, DeliveryHttpRequest } from './delivery-answers.ts';
import { endedIn, problemAnswer } from './problem.ts';
import { requestIdFrom } from './request-id.ts';
import { pictureHeaders, STRICT_TRANSPORT } from './security-headers.ts';
import { writeAnswer } from './send.ts';
import type { Services } from './services.ts';

/**
 * Answers a request over a socket without the router in between, where it is for a picture: pictures are most of what
 * is asked for, and what the router costs is more than what answering them does.
 *
 * @returns false where somebody else has to answer
 */
export type AnswerDirectly = (
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  closing: AbortSignal,
) => boolean;

type DirectServices = Pick<Services, 'log' | 'metrics' | 'clientOf'>;

/** Of a cached picture this is a millisecond, of a refused one five. */
const MOST_IN_A_TURN = 32;

/** Exactly what needs no parser of URLs: an id, perhaps a name in which there is nothing that a path would understand. */
const PICTURE =
  /^\/i\/([0-9a-f-]{36})(\/(?!\.{1,2}(?:\?|$))(?:[\w.~!$&'()*+,;=:@-]|%(?!2[eEfF]|5[cC]|00)[0-9a-fA-F]{2})+)?(?:\?|$)/;

export function createDirectDelivery(services: DirectServices, answer: AnswerDelivery): AnswerDirectly {
  const arrivals = new Arrivals(MOST_IN_A_TURN);
  return (incoming, outgoing, closing) => {
    const { method, url = '' } = incoming;
    if (method !== 'GET' && method !== 'HEAD') return false;
    const [, imageId, name] = PICTURE.exec(url) ?? [];
    if (imageId === undefined) return false;
    const request: DeliveryHttpRequest = {
      method,
      imageId,
      target: url,
      header: (wanted) => textOf(incoming.headers[wanted]),
      signal: signalOf(outgoing),
      incoming,
    };
    const route = name === undefined ? '/i/:image_id' : '/i/:image_id/:name';
    const account = openAccount(services, { incoming, outgoing });
    arrivals.begin(
      () => void respond(services, answer, { incoming, outgoing, closing, request, route, account }),
    );
    return true;
  };
}

interface Conversation extends Exchange {
  readonly account: Account;
  readonly closing: AbortSignal;
  readonly request: DeliveryHttpRequest;
  readonly route: string;
}

async function respond(
  services: DirectServices,
  answer: AnswerDelivery,
  { incoming, outgoing, closing, request, route, account }: Conversation,
): Promise<void> {
  const requestId = requestIdFrom(request.header('x-request-id'));
  const client = services.clientOf?.(incoming);
  const answered = await answer(request).catch((error: unknown) =>
    refusal(services, error, { requestId, instance: request.target.split('?', 1)[0] ?? '', outgoing }),
  );
  account.close(() => ({
    ...{ requestId, route, method: request.method, imageId: request.imageId },
    ...{ status: answered.status, length: 0, address: client?.address },
  }));
  if (outgoing.destroyed) return;
  const { headers } = answered;
  headers['x-request-id'] = requestId;
  if (client?.isHttps) headers['strict-transport-security'] = STRICT_TRANSPORT;
  if (closing.aborted) headers.connection = 'close';
  writeAnswer(outgoing, answered, (err) => {
    const about = { err, image_id: request.imageId, request_id: requestId };
    services.log.error(about, 'a picture could not be read to its end');
  });
}

interface Where {
  readonly requestId: string;
  readonly instance: string;
  readonly outgoing: ServerResponse;
}

function refusal(services: Pick<Services, 'log'>, error: unknown, where: Where): Answer {
  if (where.outgoing.destroyed) return { status: CLIENT_GONE, headers: {}, body: null };
  const answer = problemAnswer(endedIn(error, where.requestId, services), where);
  return { ...answer, headers: { ...pictureHeaders, ...answer.headers } };
}

function textOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value;
}

/** A signal that is made when it is asked for, and aborts when the client goes. */
function signalOf(outgoing: ServerResponse): () => AbortSignal {
  let aborting: AbortController | undefined;
  return () => {
    if (aborting) return aborting.signal;
    const made = new AbortController();
    aborting = made;
    if (outgoing.destroyed) made.abort();
    else
      outgoing.once('close', () => {
        // Where the answer has gone out whole, nobody left: that needs no error with a stack.
        if (!outgoing.writableFinished) made.abort();
      });
    return made.signal;
  };
}
