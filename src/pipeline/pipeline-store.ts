import type { PipelineDocument } from './document.ts';

/** The pipelines of a tenant, by name; every change is a new version, and old versions stay readable. */
export interface PipelineStore {
  /** Adds a version; a document equal to the newest one adds none. */
  put(tenantId: string, document: PipelineDocument): Promise<StoredPipeline>;
  /** The newest version, or the one asked for. */
  get(tenantId: string, name: string, version?: number): Promise<StoredPipeline | undefined>;
  /** The newest version of each, by name. */
  list(tenantId: string): Promise<StoredPipeline[]>;
}

export interface StoredPipeline {
  readonly name: string;
  /** 1, 2, 3, ... */
  readonly version: number;
  readonly document: PipelineDocument;
  /** milliseconds */
  readonly createdAt: number;
}
