import type { z } from 'zod';
import { Failure } from '../failures.ts';
import { UploadRequest } from './intake.ts';
import type { AppendOptions } from './partial-uploads.ts';

/** What tus clients say in headers, as values of ours. */

/**
 * `Upload-Metadata`, decoded by the protocol library, as the request for a place. Keys that mean nothing here are
 * ignored.
 * @throws Failure `invalid_request`
 */
export function uploadRequest(
  metadata: Readonly<Record<string, string | null>> = {},
  size: number,
): UploadRequest {
  const { filename, filetype, pipeline, tags } = metadata;
  const parsed = UploadRequest.safeParse({
    filename: filename ?? '',
    size,
    ...(filetype && { content_type: filetype }),
    ...(pipeline && { pipeline }),
    ...(tags && { tags: tagsFrom(tags) }),
  });
  if (parsed.success) return parsed.data;
  throw new Failure('invalid_request', `Upload-Metadata is not valid: ${firstIssue(parsed.error)}.`);
}

/** The metadata of a `HEAD` answer, from which a client may read what it asked for. */
export function uploadMetadata(request: {
  filename: string;
  content_type?: string | undefined;
  pipeline: string;
  tags: Readonly<Record<string, string>>;
}): Record<string, string> {
  const { filename, content_type, pipeline, tags } = request;
  return {
    filename,
    ...(content_type && { filetype: content_type }),
    pipeline,
    ...(Object.keys(tags).length > 0 && { tags: JSON.stringify(tags) }),
  };
}

/** `{"team":"web"}` or `team=web,year=2026`. */
function tagsFrom(text: string): unknown {
  if (!text.trimStart().startsWith('{')) {
    return Object.fromEntries(text.split(',').map((pair) => keyAndValue(pair.trim())));
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Failure('invalid_request', 'tags in Upload-Metadata begin like JSON, but are not.', {
      cause: error,
    });
  }
}

function keyAndValue(pair: string): [string, string] {
  const equals = pair.indexOf('=');
  if (equals > 0) return [pair.slice(0, equals), pair.slice(equals + 1)];
  throw new Failure(
    'invalid_request',
    `tags in Upload-Metadata are JSON or key=value,key=value; got ${JSON.stringify(pair.slice(0, 64))}.`,
  );
}

function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  const path = issue?.path.join('.') ?? '';
  const message = issue?.code === 'invalid_key' ? issue.issues[0]?.message : issue?.message;
  return `${path === 'content_type' ? 'filetype' : path}: ${message ?? 'not understood'}`;
}

/** Bytes of a digest, by the algorithms that are announced. */
const digestLengths = { sha1: 20, sha256: 32, md5: 16 } as const;

type Checksum = NonNullable<AppendOptions['checksum']>;

export const CHECKSUM_ALGORITHMS = Object.keys(digestLengths) as Checksum['algorithm'][];

/**
 * `Upload-Checksum: sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=`
 * @throws Failure `invalid_request`
 */
export function checksumFrom(header: string | null): Checksum | undefined {
  if (header === null) return undefined;
  const [name = '', base64 = ''] = header.split(' ');
  const algorithm = CHECKSUM_ALGORITHMS.find((known) => known === name);
  const digest = Buffer.from(base64, 'base64');
  if (algorithm === undefined || header !== `${name} ${digest.toString('base64')}`) throw badChecksum();
  if (digest.length !== digestLengths[algorithm]) throw badChecksum();
  return { algorithm, digest };
}

function badChecksum(): Failure {
  return new Failure(
    'invalid_request',
    `Upload-Checksum is one of ${CHECKSUM_ALGORITHMS.join(', ')}, a space, and the digest in base64.`,
  );
}
