import type { Attestor } from '../audit/attestation.ts';
import type { Act } from '../audit/entry.ts';
import type { StoredImage } from '../images/image.ts';

/** Somebody, in a tenant. */
export interface Who {
  readonly tenantId: string;
  readonly userId: string;
}

/** The erasure of a person: a piece of work that goes on after a crash until it is done. */
export interface Erasure extends Who {
  readonly erasureId: string;
  /** who asked for it: a user id */
  readonly askedBy: string;
  /** milliseconds */
  readonly askedAt: number;
  /** milliseconds; undefined while it goes on */
  readonly finishedAt?: number;
  /** why it could not be finished yet; it is tried again */
  readonly fault?: string;
  readonly receipt?: SignedReceipt;
}

/** What is to be destroyed of an image; noted before it is. */
export interface DoomedImage {
  readonly imageId: string;
  /** of the original, lower-case hex; undefined where no bytes had arrived */
  readonly sha256?: string;
  /** stored files, the original and what was made of it */
  readonly objects: number;
  /** of them */
  readonly bytes: number;
  /** milliseconds; undefined while it is not erased */
  readonly erasedAt?: number;
}

/** Where erasures are kept, with what they have to look for. */
export interface Erasures {
  /**
   * Begins the erasure of a person, or answers the one that goes on. From then on nobody can store an image for the
   * person.
   * @throws Failure `last_owner` where all other owners are suspended or being erased: a tenant of nobody's could never
   *   be used again
   */
  begin(who: Who, askedBy: string): Promise<Erasure>;
  find(tenantId: string, erasureId: string): Promise<Erasure | undefined>;
  /** Those that go on, across tenants, oldest first. */
  unfinished(): Promise<Erasure[]>;

  /** Images of the person that are no tombstones, whoever may still see them; in no particular order. */
  imagesOf(who: Who, limit: number): Promise<StoredImage[]>;
  /** Notes what is to be destroyed. What is noted already stays as it is. */
  doom(erasureId: string, images: readonly DoomedImage[]): Promise<void>;
  /** What was noted, in the order of image ids. */
  doomed(erasureId: string): Promise<DoomedImage[]>;
  /** The image is gone; so is what waited to be done with it. */
  erased(who: Who, erasureId: string, imageId: string): Promise<void>;

  /** Notes texts that nothing may hold any more at the end; they are kept until they are dropped. */
  noteTexts(erasureId: string, texts: readonly string[]): Promise<void>;
  /** What was noted so far, after a crash too. */
  texts(erasureId: string): Promise<readonly string[]>;
  dropTexts(erasureId: string): Promise<void>;

  /** Forgets what names the person outside of images: invitations, and what else no room answers for. */
  scrub(who: Who): Promise<Readonly<Record<string, number>>>;
  /** Notes how many things of a kind were destroyed; adds to what was noted. */
  noteDestroyed(erasureId: string, counts: Readonly<Record<string, number>>): Promise<void>;
  destroyed(erasureId: string): Promise<Readonly<Record<string, number>>>;

  /**
   * Looks for the person, for all images that were doomed and for these texts, everywhere except in the trail and in
   * the notes about erasures; answers where something was found: `[]` is proof of absence.
   */
  search(erasure: Erasure, texts: readonly string[]): Promise<string[]>;
  /** Moves what was deleted out of the log of the database; false where a reader forbids it for now. */
  emptyLog(): Promise<boolean>;

  /** Keeps the receipt and tells the trail, both or neither. */
  finish(erasureId: string, receipt: SignedReceipt, act: Act): Promise<void>;
  fail(erasureId: string, fault: string): Promise<void>;
}

/** A room that keeps something of people besides their images. */
export interface PersonKeeper {
  /** Addresses of letter boxes of the person, which nothing may name any more at the end; asked before anything goes. */
  textsOf?(who: Who): Promise<readonly string[]>;
  /**
   * Forgets somebody; repeating it is harmless.
   * @param texts all that were noted, also where an attempt before this one has forgotten whose they were
   * @returns how many things of which kind
   */
  forget(who: Who, texts: readonly string[]): Promise<Readonly<Record<string, number>>>;
}

/** What was destroyed, for the person and for those who ask later. */
export interface Receipt {
  readonly v: 1;
  readonly erasure_id: string;
  readonly tenant_id: string;
  readonly user_id: string;
  readonly asked_by: string;
  readonly asked_at: string;
  readonly finished_at: string;
  readonly images: readonly {
    readonly image_id: string;
    readonly sha256: string | null;
    readonly objects: number;
    readonly bytes: number;
    readonly erased_at: string;
  }[];
  /** how many of what else */
  readonly destroyed: Readonly<Record<string, number>>;
  /** where was looked afterwards, and that nothing was found */
  readonly searched: readonly string[];
  readonly found: 0;
}

export interface SignedReceipt {
  readonly receipt: Receipt;
  /** JWS with detached payload over the canonical JSON of the receipt */
  readonly signature: string;
}

/** What the search after an erasure looks through; said on the receipt. */
export const SEARCHED = [
  'database',
  'objects',
  'derivative cache',
  'unfinished uploads',
  'queue',
  'dead letters',
] as const;

export async function signReceipt(attestor: Attestor, receipt: Receipt): Promise<SignedReceipt> {
  return { receipt, signature: await attestor.sign(receipt, 'darkroom-erasure-receipt') };
}
