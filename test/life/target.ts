/** Which roles on which machine, and how to reach them: all that the suite knows of what it is run on. */

/** Ways and means that not every platform has. The suite leaves out what needs a missing one, and says so at its end. */
export interface Capabilities {
  /** a folder that is watched */
  readonly inbox?: string;
  /** drops an object into a bucket that is listened to, as any tool would */
  readonly dropIntoBucket?: (key: string, bytes: Buffer) => Promise<void>;
  readonly kafka?: { readonly address: string; readonly topic: string };
  /** signed uploads go to this address, past the service */
  readonly uploadsTo?: string;
  /** settings by which commands that work on the data itself find it */
  readonly localData?: Readonly<Record<string, string>>;
}

/** A running service. */
export interface Target {
  /** what links begin with */
  readonly url: string;
  /** every address that answers the API; they are asked in turn */
  readonly urls: readonly string[];
  readonly apiKey: string;
  readonly capabilities: Capabilities;
  /** What lies in the store of objects and in the caches of pictures, by name: looked at without the service. */
  storedKeys(): Promise<string[]>;
  /** Takes an original out of the store, behind the back of the service. @returns what puts it back */
  withhold(imageId: string): Promise<() => Promise<void>>;
  /** what its processes have printed */
  output(): string;
  /** Ends it by SIGTERM. @returns exit codes or signals, of every process */
  stop(): Promise<(number | string | null)[]>;
}

export interface TargetOptions {
  /** DARKROOM_*, for every process */
  readonly settings: Readonly<Record<string, string>>;
}

export interface Platform {
  readonly name: 'embedded' | 'distributed';
  start(options: TargetOptions): Promise<Target>;
}
