import type { Photo } from '../harness/photos.ts';
import type { Client } from './client.ts';
import type { Capabilities, Target, TargetOptions } from './target.ts';

/** What a case works with. */
export interface Life {
  readonly target: Target;
  readonly client: Client;
  /** A photograph of 640 pixels that nobody has sent before. */
  photo(name: string): Photo;
  /** A word that nobody has used before: for tags, names and topics. */
  word(): string;
}

/** One part of the life of an image, as it has to be on every platform that has what the case needs. */
export interface LifeCase {
  readonly name: string;
  /** without it, the case is left out, and the table at the end says so */
  readonly needs?: keyof Capabilities;
  run(life: Life): Promise<void>;
}

/** Settings that the cases rely on. */
export const SETTINGS: TargetOptions['settings'] = {
  DARKROOM_RENDERERS: '1',
  DARKROOM_SWEEP_INTERVAL: '500ms',
  DARKROOM_LEASE: '10s',
  DARKROOM_INBOX_SETTLE: '100ms',
  DARKROOM_RATE_LIMIT: 'off',
  DARKROOM_WEBHOOK_ALLOW_HTTP: 'true',
  DARKROOM_WEBHOOK_ALLOW_PRIVATE: '127.0.0.0/8',
};

/** Pixels of the longer edge of {@link Life.photo}. */
export const PHOTO_WIDTH = 640;
