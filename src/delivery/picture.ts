import type { StoredImage } from '../images/image.ts';
import type { ObjectBody } from '../images/object-store.ts';
import type { ByteSpan } from './derivative.ts';

/** Bytes that can be sent, whole or in part. */
export interface PictureBody {
  /** bytes */
  readonly size: number;
  /** lower-case hex; the entity tag */
  readonly sha256: string;
  readonly contentType: string;
  /** all of it, where it is in memory at this moment; not to be changed */
  readonly bytes: Uint8Array | undefined;
  /**
   * @param range both inclusive, inside the picture
   * @throws Failure `object_not_found` where it was dropped in the meantime
   */
  read(range?: ByteSpan): Promise<ObjectBody>;
}

/** What answers a request. */
export interface Picture {
  readonly image: StoredImage;
  readonly body: PictureBody;
  /** something better is being made: the next request may get it */
  readonly isProvisional: boolean;
  /** when what lies on it ends, milliseconds; absent where that is the end of the image alone */
  readonly endsAt?: number;
  /** what a person should know of how the request was understood */
  readonly note?: string;
}
