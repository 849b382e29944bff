import type { Readable } from 'node:stream';
import { DataStore, Upload } from '@tus/server';
import { Failure } from '../failures.ts';
import type { StoredImage } from '../images/image.ts';
import type { Intake } from './intake.ts';
import type { AppendOptions } from './partial-uploads.ts';
import { uploadMetadata } from './resumable-headers.ts';

export interface StoreDeps {
  readonly intake: Intake;
  /** for whom this request speaks: uploads of others do not exist */
  readonly tenantId: string;
  /** of the request's body. @throws Failure `invalid_request` */
  readonly checksum: () => AppendOptions['checksum'];
  /** milliseconds; life of an upload that is not finished */
  readonly uploadExpiryMs: number;
  /** Removes a reservation with all that has arrived for it. */
  erase(tenantId: string, imageId: string): Promise<unknown>;
}

/** What the protocol library needs to know of one request's uploads. */
export class ResumableStore extends DataStore {
  readonly #deps: StoreDeps;

  constructor(deps: StoreDeps) {
    super();
    this.#deps = deps;
    this.extensions = ['creation', 'creation-with-upload', 'expiration', 'termination', 'checksum'];
  }

  override async getUpload(id: string): Promise<Upload> {
    const { stored, length, offset } = await this.#deps.intake.pieces(this.#deps.tenantId, id);
    const { record } = stored;
    return new Upload({
      id,
      size: length,
      offset,
      metadata: uploadMetadata({
        filename: stored.declared?.filename ?? record.original?.filename ?? '',
        content_type: stored.declared?.content_type,
        pipeline: record.pipeline.name,
        tags: record.tags,
      }),
      // Expiry counts from here; what is an image already does not expire as an upload.
      ...(isUnfinished(stored) && { creation_date: record.upload_time }),
    });
  }

  /** Answers when the bytes are durable, and with the last of them when the image is `received`. */
  override async write(stream: Readable, id: string, offset: number): Promise<number> {
    const { intake, tenantId } = this.#deps;
    const checksum = this.#deps.checksum();
    return await intake.addPiece(tenantId, id, offset, stream, checksum ? { checksum } : {});
  }

  override async remove(id: string): Promise<void> {
    const { intake, tenantId, erase } = this.#deps;
    const { stored } = await intake.pieces(tenantId, id);
    if (!isUnfinished(stored)) {
      throw new Failure('already_uploaded', `This upload is an image now. DELETE /v1/image/${id} erases it.`);
    }
    await erase(tenantId, id);
  }

  override getExpiration(): number {
    return this.#deps.uploadExpiryMs;
  }
}

function isUnfinished({ record }: StoredImage): boolean {
  return record.status === 'awaiting_upload';
}
