/**
 * What can go wrong, as a closed set of stable codes. The codes are public API: add, never rename.
 *
 * The domain throws a {@link Failure} with a code; {@link reactions} is the one table that says what HTTP
 * answers and what the queue does with the message.
 */

/** What a worker does with the message whose run ended in this failure. */
export type QueueReaction =
  /** the sender's doing: the record becomes `rejected`, the message is done */
  | 'reject'
  /** ours and perhaps passing: the message comes back after a back-off */
  | 'retry'
  /** nothing left to do: the message is done, the record is left alone */
  | 'drop';

export interface Reaction {
  /** HTTP status */
  readonly status: number;
  /** RFC 9457 `title`: the same sentence for every occurrence */
  readonly title: string;
  readonly onQueue: QueueReaction;
}

const table = {
  // The sender's picture
  empty_file: { status: 422, title: 'The file is empty', onQueue: 'reject' },
  unsupported_format: { status: 415, title: 'Not an image format that is accepted', onQueue: 'reject' },
  file_too_large: { status: 413, title: 'The file has too many bytes', onQueue: 'reject' },
  image_too_large: { status: 413, title: 'The image has too many pixels', onQueue: 'reject' },
  image_corrupt: { status: 422, title: 'The image is damaged or incomplete', onQueue: 'reject' },
  render_too_costly: { status: 422, title: 'The image costs too much to process', onQueue: 'reject' },
  length_mismatch: { status: 422, title: 'The bytes are not as many as declared', onQueue: 'reject' },
  checksum_mismatch: {
    status: 422,
    title: 'The bytes do not match the declared checksum',
    onQueue: 'reject',
  },
  upload_interrupted: { status: 400, title: 'The upload stopped before its end', onQueue: 'reject' },

  // The request
  invalid_request: { status: 400, title: 'The request is not valid', onQueue: 'reject' },
  analysis_off: { status: 400, title: 'Faces are not analysed here', onQueue: 'reject' },
  invalid_pipeline: { status: 422, title: 'The pipeline document is not valid', onQueue: 'reject' },
  unauthorized: { status: 401, title: 'Credentials are missing or wrong', onQueue: 'drop' },
  forbidden: { status: 403, title: 'This is not allowed to you', onQueue: 'drop' },
  signature_invalid: { status: 403, title: 'The signature does not match this request', onQueue: 'drop' },
  signature_required: { status: 403, title: 'This image is shown by signed URLs only', onQueue: 'drop' },
  signature_expired: { status: 403, title: 'The signature has expired', onQueue: 'drop' },
  not_found: { status: 404, title: 'There is nothing here', onQueue: 'drop' },
  image_not_found: { status: 404, title: 'No such image', onQueue: 'drop' },
  variant_not_found: { status: 404, title: 'No such variant', onQueue: 'drop' },
  pipeline_not_found: { status: 404, title: 'No such pipeline', onQueue: 'reject' },
  dead_letter_not_found: { status: 404, title: 'No such dead letter', onQueue: 'drop' },
  signing_key_not_found: { status: 404, title: 'No such signing key', onQueue: 'drop' },
  upload_not_found: { status: 404, title: 'No such upload', onQueue: 'drop' },
  key_not_found: { status: 404, title: 'No such API key', onQueue: 'drop' },
  user_not_found: { status: 404, title: 'No such person', onQueue: 'drop' },
  invitation_not_found: { status: 404, title: 'No such invitation', onQueue: 'drop' },
  webhook_not_found: { status: 404, title: 'No such webhook', onQueue: 'drop' },
  delivery_not_found: { status: 404, title: 'No such delivery', onQueue: 'drop' },
  subscription_not_found: { status: 404, title: 'No such subscription', onQueue: 'drop' },
  too_many_webhooks: { status: 409, title: 'There are too many webhooks', onQueue: 'drop' },
  too_many_subscriptions: { status: 409, title: 'There are too many subscriptions', onQueue: 'drop' },
  already_member: { status: 409, title: 'This person belongs to a tenant already', onQueue: 'drop' },
  too_many_keys: { status: 409, title: 'There are too many API keys', onQueue: 'drop' },
  too_many_invitations: { status: 409, title: 'There are too many open invitations', onQueue: 'drop' },
  last_owner: { status: 409, title: 'A tenant keeps at least one owner', onQueue: 'drop' },
  method_not_allowed: { status: 405, title: 'This resource does not take that method', onQueue: 'drop' },
  image_not_ready: { status: 409, title: 'The image is not ready', onQueue: 'retry' },
  already_uploaded: { status: 409, title: 'This upload has already been completed', onQueue: 'drop' },
  upload_in_progress: {
    status: 409,
    title: 'Another upload to the same image is under way',
    onQueue: 'retry',
  },
  offset_mismatch: { status: 409, title: 'The upload continues at another offset', onQueue: 'drop' },
  signing_key_active: { status: 409, title: 'This key signs new links', onQueue: 'drop' },
  too_many_signing_keys: { status: 409, title: 'There are too many signing keys', onQueue: 'drop' },
  not_acceptable: { status: 406, title: 'None of the accepted formats is there', onQueue: 'drop' },
  request_timeout: { status: 408, title: 'The request did not arrive in time', onQueue: 'drop' },
  precondition_failed: { status: 412, title: 'It has changed since it was read', onQueue: 'drop' },
  body_too_large: { status: 413, title: 'The request body has too many bytes', onQueue: 'drop' },
  headers_too_large: { status: 431, title: 'The request headers have too many bytes', onQueue: 'drop' },
  idempotency_conflict: {
    status: 422,
    title: 'This idempotency key was used with another request',
    onQueue: 'drop',
  },
  unsupported_media_type: {
    status: 415,
    title: 'The request body has the wrong media type',
    onQueue: 'drop',
  },
  range_not_satisfiable: { status: 416, title: 'The range lies outside the object', onQueue: 'drop' },

  // People
  invalid_credentials: { status: 401, title: 'The address or the password is wrong', onQueue: 'drop' },
  code_wrong: { status: 401, title: 'This code does not fit', onQueue: 'drop' },
  refresh_token_invalid: { status: 401, title: 'This session cannot be continued', onQueue: 'drop' },
  token_invalid: { status: 400, title: 'This link is not valid, or not any more', onQueue: 'drop' },
  weak_password: { status: 422, title: 'The password is too easy to guess', onQueue: 'drop' },
  too_many_attempts: { status: 429, title: 'Too many attempts', onQueue: 'drop' },
  sign_up_closed: { status: 403, title: 'Nobody can sign up here without an invitation', onQueue: 'drop' },
  session_required: { status: 403, title: 'This call is for people who have signed in', onQueue: 'drop' },
  session_not_found: { status: 404, title: 'No such session', onQueue: 'drop' },
  accounts_elsewhere: { status: 501, title: 'Accounts are kept by another service', onQueue: 'drop' },
  already_registered: { status: 409, title: 'This address has an account already', onQueue: 'drop' },
  mfa_already_on: { status: 409, title: 'The second factor is on already', onQueue: 'drop' },
  mfa_not_on: { status: 409, title: 'The second factor is not on', onQueue: 'drop' },
  identity_provider_unavailable: {
    status: 503,
    title: 'The OpenID Connect issuer does not answer',
    onQueue: 'retry',
  },

  // Ours
  stale_write: { status: 409, title: 'Somebody else changed this record first', onQueue: 'drop' },
  object_exists: { status: 409, title: 'The object exists already', onQueue: 'drop' },
  object_not_found: { status: 404, title: 'No such object', onQueue: 'retry' },
  object_damaged: { status: 500, title: 'A stored object is damaged', onQueue: 'retry' },
  key_destroyed: { status: 404, title: 'The key of this image has been destroyed', onQueue: 'drop' },
  key_unavailable: { status: 503, title: 'A key that stored data needs is not there', onQueue: 'retry' },
  renderer_crashed: { status: 503, title: 'The renderer died while it worked', onQueue: 'retry' },
  renderers_unavailable: { status: 503, title: 'No renderer can be started', onQueue: 'retry' },
  render_failed: { status: 500, title: 'The image could not be rendered', onQueue: 'retry' },
  storage_unavailable: { status: 503, title: 'Storage is unavailable', onQueue: 'retry' },
  rate_limited: { status: 429, title: 'Too many requests', onQueue: 'retry' },
  quota_exceeded: { status: 429, title: 'A quota of the tenant is used up', onQueue: 'retry' },
  storage_full: { status: 507, title: 'Storage is full', onQueue: 'retry' },
  overloaded: { status: 503, title: 'Too much work is under way', onQueue: 'retry' },
  not_ready: { status: 503, title: 'The service cannot take work now', onQueue: 'retry' },
  shutting_down: { status: 503, title: 'The service is shutting down', onQueue: 'retry' },
  data_folder_in_use: { status: 500, title: 'Another process uses this data folder', onQueue: 'retry' },
  data_folder_newer: { status: 500, title: 'The data was written by a newer Darkroom', onQueue: 'retry' },
  backup_unusable: { status: 500, title: 'The backup cannot be used', onQueue: 'retry' },
  invalid_settings: { status: 500, title: 'Settings are not valid', onQueue: 'retry' },
  internal: { status: 500, title: 'Something went wrong here', onQueue: 'retry' },
} as const satisfies Record<string, Reaction>;

export type FailureCode = keyof typeof table;

/** One row per code: a code without a row does not compile. */
export const reactions: Readonly<Record<FailureCode, Reaction>> = table;

export interface FailureOptions {
  readonly cause?: unknown;
  /** further members of the problem document, public: `{ pointer: '/steps/2/width' }` */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** An error with a stable code. The message is public: it says what was wrong and what to do. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: FailureCode;
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(code: FailureCode, message: string, options: FailureOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.extra = options.extra ?? {};
  }

  get reaction(): Reaction {
    return reactions[this.code];
  }
}

/** True where `error` is a {@link Failure} with one of the codes. */
export function isFailure(error: unknown, ...codes: FailureCode[]): error is Failure {
  return error instanceof Failure && (codes.length === 0 || codes.includes(error.code));
}

/** Any thrown value as a {@link Failure}; what is unknown becomes `internal`, its text kept only as the cause. */
export function toFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const system = (error as NodeJS.ErrnoException | undefined)?.code;
  if (system === 'ENOSPC' || system === 'EDQUOT') {
    return new Failure('storage_full', 'The disk is full. Free some space, then try again.', {
      cause: error,
    });
  }
  return new Failure(
    'internal',
    'Something unexpected went wrong. Quote the request id when you report it.',
    {
      cause: error,
    },
  );
}
