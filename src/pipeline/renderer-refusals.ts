import { Failure } from '../failures.ts';

/** Why a task fails for which its picture is not to blame. */

export function nonsense(): Failure {
  return new Failure(
    'renderer_crashed',
    'The process that worked on the image answered something it was not asked for.',
  );
}

export function shuttingDown(cause?: Error): Failure {
  const message = 'The service is shutting down. Try again in a moment.';
  return new Failure('shutting_down', message, { cause });
}

/** @param lastWords what the last process that could not be started wrote to standard error */
export function cannotStart(lastWords: string): Failure {
  return new Failure(
    'renderers_unavailable',
    'The processes that work on images cannot be started. Run "darkroom doctor" on the server.',
    { cause: new Error(lastWords || 'renderer processes end before they are ready') },
  );
}
