/** What a server answered instead of what was asked for (RFC 9457), or that none answered. */
export class RemoteProblem extends Error {
  override readonly name = 'RemoteProblem';
  readonly code: string;
  /** HTTP status; 0 where there was no answer */
  readonly status: number;
  readonly requestId?: string;
  /** seconds, from Retry-After */
  readonly retryAfter?: number;
  /** each fault with its place in what was sent, where the server names several */
  readonly errors?: unknown;

  constructor(
    code: string,
    message: string,
    facts: { status: number; requestId?: string; retryAfter?: number; errors?: unknown; cause?: unknown },
  ) {
    super(message, facts.cause === undefined ? {} : { cause: facts.cause });
    this.code = code;
    this.status = facts.status;
    if (facts.requestId !== undefined) this.requestId = facts.requestId;
    if (facts.retryAfter !== undefined) this.retryAfter = facts.retryAfter;
    if (facts.errors !== undefined) this.errors = facts.errors;
  }
}
