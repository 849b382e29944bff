import type { StoredImage } from '../images/image.ts';

/**
 * Where the whole file of a reservation is sent by a sender who has no credentials, other than to this service: a store
 * of objects that takes it itself. The bytes then lie under the key of the original without any process here having seen
 * them; an event of the store says that they came, and `Intake.completePartial` makes them an image.
 */
export interface UploadPlaces {
  /** @param until milliseconds; when the place closes */
  placeFor(reserved: StoredImage, until: number): Promise<UploadPlace>;
}

/** For one PUT of just the bytes that were declared. */
export interface UploadPlace {
  readonly url: string;
  /** to be sent along exactly as they are */
  readonly headers: Readonly<Record<string, string>>;
}
