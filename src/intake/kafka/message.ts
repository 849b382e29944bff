import { z } from 'zod';
import { Failure } from '../../failures.ts';
import { Tags } from '../../images/image.ts';
import type { Headers, KafkaMessage } from './broker.ts';
import { type CloudEvent, cloudEventIn } from './cloud-event.ts';

/** What a message says, whichever of the three forms it has. */
export interface Parcel {
  readonly content: { readonly bytes: Buffer } | { readonly pointer: string };
  readonly filename: string;
  readonly userId?: string;
  readonly pipeline?: string;
  readonly tags?: Tags;
  /** lower-case hex */
  readonly sha256?: string;
}

/** Bytes of all headers together: they are small words about a picture, not another picture. */
const MOST_HEADER_BYTES = 64 * 1024;

const wishes = {
  filename: z.string().max(8192).optional(),
  'user-id': z
    .string()
    .regex(/^[^\p{C}\s]{1,128}$/u, 'must be 1 to 128 printable characters without spaces')
    .optional(),
  pipeline: z.string().min(1).max(128).optional(),
  tags: Tags.optional(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits')
    .optional(),
};
const Wishes = z.object(wishes);
const PointerData = z.object({
  url: z.string().min(1).max(2048),
  filename: wishes.filename,
  user_id: wishes['user-id'],
  pipeline: wishes.pipeline,
  tags: wishes.tags,
  sha256: wishes.sha256,
});

/**
 * @throws Failure `empty_file` (a tombstone), `invalid_request` that names the header or member that is wrong
 */
export function readMessage(message: KafkaMessage): Parcel {
  assertSmall(message.headers);
  const event = cloudEventIn(message);
  if (event && event.bytes === undefined) return pointerOf(message, event);
  const bytes = event?.bytes ?? message.value;
  if (bytes === undefined) throw new Failure('empty_file', 'The message has no value. Send an image.');
  const said = parsed(Wishes, wishesIn(message.headers), 'header');
  return {
    content: { bytes },
    filename: said.filename ?? event?.subject ?? nameOf(message),
    ...(said['user-id'] !== undefined && { userId: said['user-id'] }),
    ...(said.pipeline !== undefined && { pipeline: said.pipeline }),
    ...(said.tags && { tags: said.tags }),
    ...(said.sha256 !== undefined && { sha256: said.sha256 }),
  };
}

function pointerOf(message: KafkaMessage, { data, subject }: CloudEvent): Parcel {
  const said = parsed(PointerData, data, 'data member');
  return {
    content: { pointer: said.url },
    filename: said.filename ?? subject ?? lastSegment(said.url) ?? nameOf(message),
    ...(said.user_id !== undefined && { userId: said.user_id }),
    ...(said.pipeline !== undefined && { pipeline: said.pipeline }),
    ...(said.tags && { tags: said.tags }),
    ...(said.sha256 !== undefined && { sha256: said.sha256 }),
  };
}

/** The last of a name counts, as for Kafka's own `lastHeader`. */
export function headerIn(headers: Headers, name: string): string | undefined {
  return headers.findLast(([header]) => header.toLowerCase() === name)?.[1].toString('utf8');
}

function wishesIn(headers: Headers): Record<string, unknown> {
  const said: Record<string, unknown> = {};
  for (const name of Object.keys(wishes)) {
    const text = headerIn(headers, name);
    if (text !== undefined && text !== '') said[name] = name === 'tags' ? json(text) : text;
  }
  return said;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure(
      'invalid_request',
      'The header tags must be a JSON object of strings such as {"team":"web"}.',
    );
  }
}

function parsed<T extends z.ZodType>(schema: T, value: unknown, what: string): z.infer<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const name = issue?.path.join('.') ?? '';
  throw new Failure('invalid_request', `The ${what} ${name || '(all)'} is wrong: ${issue?.message}.`);
}

function assertSmall(headers: Headers): void {
  const size = headers.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (size <= MOST_HEADER_BYTES) return;
  throw new Failure('invalid_request', `The headers have ${size} bytes; ${MOST_HEADER_BYTES} are taken.`);
}

function lastSegment(url: string): string | undefined {
  const last = url.split(/[?#]/)[0]?.split('/').at(-1);
  try {
    return last ? decodeURIComponent(last) : undefined;
  } catch {
    return last;
  }
}

function nameOf({ topic, partition, offset }: KafkaMessage): string {
  return `${topic}-${partition}-${offset}`;
}
