import { z } from 'zod';
import { Failure } from '../../failures.ts';
import type { Headers, KafkaMessage } from './broker.ts';

/** CloudEvents 1.0 as they are bound to Kafka (Kafka Protocol Binding for CloudEvents 1.0.2, sections 3.2 and 3.3). */
export interface CloudEvent {
  readonly type: string;
  readonly subject?: string;
  /** JSON, where the data is no picture */
  readonly data?: unknown;
  /** the picture itself */
  readonly bytes?: Buffer;
}

const STRUCTURED = 'application/cloudevents+json';
const BATCH = 'application/cloudevents-batch+json';

const attributes = {
  specversion: z.literal('1.0'),
  id: z.string().min(1),
  source: z.string().min(1),
  type: z.string().min(1),
  subject: z.string().min(1).max(1024).optional(),
};
const Envelope = z.looseObject({
  ...attributes,
  data: z.unknown().optional(),
  data_base64: z.base64().optional(),
});
const Attributes = z.object(attributes);

/**
 * The event in a message; nothing where it is none.
 * @throws Failure `invalid_request`
 */
export function cloudEventIn({ headers, value }: KafkaMessage): CloudEvent | undefined {
  const type = mediaType(last(headers, 'content-type'));
  if (type === BATCH) {
    throw new Failure('invalid_request', 'A batch of CloudEvents is not taken. Send a message for each.');
  }
  if (type === STRUCTURED) return structured(value);
  return last(headers, 'ce_specversion') === undefined ? undefined : binary(headers, value, type);
}

function structured(value: Buffer | undefined): CloudEvent {
  const { type, subject, data, data_base64 } = check(Envelope, parseJson(value));
  return {
    type,
    ...(subject !== undefined && { subject }),
    ...(data_base64 === undefined ? { data } : { bytes: Buffer.from(data_base64, 'base64') }),
  };
}

function binary(headers: Headers, value: Buffer | undefined, mediaType: string | undefined): CloudEvent {
  const names = Object.keys(attributes);
  const said = names.flatMap((name) => {
    const text = last(headers, `ce_${name}`);
    return text === undefined ? [] : [[name, text]];
  });
  const { type, subject } = check(Attributes, Object.fromEntries(said));
  const isJson = mediaType !== undefined && /^application\/(?:[\w.-]+\+)?json$/.test(mediaType);
  if (value === undefined) throw wrong('it has no data');
  return {
    type,
    ...(subject !== undefined && { subject }),
    ...(isJson ? { data: parseJson(value) } : { bytes: value }),
  };
}

function check<T extends z.ZodType>(schema: T, value: unknown): z.infer<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw wrong(`${issue?.path.join('.') || 'it'}: ${issue?.message}`);
}

function parseJson(value: Buffer | undefined): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(value));
  } catch {
    throw wrong('it is no JSON in UTF-8');
  }
}

function wrong(why: string): Failure {
  return new Failure('invalid_request', `This is no CloudEvent 1.0: ${why}.`);
}

/** Without its parameters, in lower case. */
function mediaType(header: string | undefined): string | undefined {
  return header?.split(';')[0]?.trim().toLowerCase();
}

function last(headers: Headers, name: string): string | undefined {
  return headers.findLast(([header]) => header.toLowerCase() === name)?.[1].toString('utf8');
}
