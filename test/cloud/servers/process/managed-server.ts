import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from './free-ports.ts';
import { type Launch, ProcessGroup } from './process-group.ts';

/** Where one server lives: its own folder, and its ports, which stay the same over restarts. */
export interface Place {
  readonly folder: string;
  readonly ports: readonly number[];
}

export interface ServerRecipe {
  readonly name: string;
  /** how many ports it wants; the first is the one that clients use unless it says otherwise */
  readonly ports: number;
  /** Writes what it needs before its first start. */
  prepare?(place: Place): Promise<void>;
  launch(place: Place): Launch;
  /** A real call of its protocol, made again until it does not throw. */
  ready(place: Place): Promise<void>;
  /** @default 60 seconds: a busy machine, not a slow server */
  readonly readyWithinMs?: number;
}

const READY_WITHIN_MS = 60_000;
const LOG_TAIL_CHARACTERS = 3_000;
const PORT_TAKEN = /address already in use|EADDRINUSE|BindException|is already in use/i;

/** A server that tests can hurt: paused, killed, restarted on the same port with the same data. */
export class ManagedServer {
  readonly name: string;
  readonly place: Place;
  readonly #recipe: ServerRecipe;
  #group: ProcessGroup;

  private constructor(recipe: ServerRecipe, place: Place) {
    this.name = recipe.name;
    this.place = place;
    this.#recipe = recipe;
    this.#group = this.#launch();
  }

  /**
   * Answers when the server does.
   *
   * @throws Error with the end of its log, when it dies or does not answer in time; nothing of it is left then
   */
  static async start(recipe: ServerRecipe): Promise<ManagedServer> {
    const place = {
      folder: mkdtempSync(join(tmpdir(), `darkroom-${recipe.name}-`)),
      ports: await freePorts(recipe.ports),
    };
    let server: ManagedServer | undefined;
    try {
      await recipe.prepare?.(place);
      server = new ManagedServer(recipe, place);
      await server.#answers();
      return server;
    } catch (error) {
      const portTaken = PORT_TAKEN.test(server?.log ?? '');
      await server?.stop();
      await rm(place.folder, { recursive: true, force: true });
      if (portTaken) return await ManagedServer.start(recipe);
      throw error;
    }
  }

  get port(): number {
    return this.place.ports[0] ?? 0;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#group.pid;
  }

  get running(): boolean {
    return !this.#group.ended;
  }

  /** The end of what it has printed in all its lives. */
  get log(): string {
    try {
      return readFileSync(this.#logFile, 'utf8').slice(-LOG_TAIL_CHARACTERS);
    } catch {
      return '';
    }
  }

  residentMegabytes(): number {
    return this.#group.residentMegabytes();
  }

  /** It keeps its connections and answers nobody, as a machine that hangs. */
  pause(): void {
    this.#group.signal('SIGSTOP');
  }

  resume(): void {
    this.#group.signal('SIGCONT');
  }

  /** SIGKILL to it and its children. What it had not written is lost; the folder stays for `restart`. */
  async kill(): Promise<void> {
    await this.#group.end('SIGKILL');
  }

  /** SIGTERM: it may write down what it holds. The folder stays for `restart`. */
  async halt(): Promise<void> {
    await this.#group.end('SIGTERM');
  }

  /** Starts it again on the same ports and folder, after `kill` or `halt`; halts it first where it runs. */
  async restart(): Promise<void> {
    if (this.running) await this.halt();
    this.#group = this.#launch();
    await this.#answers();
  }

  /** Ends it for good and removes its folder. Harmless when called again. */
  async stop(): Promise<void> {
    await this.#group.end('SIGTERM');
    await rm(this.place.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  get #logFile(): string {
    return join(this.place.folder, 'server.log');
  }

  #launch(): ProcessGroup {
    return new ProcessGroup(this.#recipe.launch(this.place), this.place.folder, this.#logFile);
  }

  async #answers(): Promise<void> {
    const within = this.#recipe.readyWithinMs ?? READY_WITHIN_MS;
    const deadline = Date.now() + within;
    let reason: unknown = 'it has not answered';
    while (Date.now() < deadline && this.running) {
      try {
        await this.#recipe.ready(this.place);
        if (this.running) return;
      } catch (error) {
        reason = error;
      }
      await sleep(100);
    }
    const what = this.running
      ? `did not answer within ${within} ms (${reason})`
      : `ended (${await this.#group.exit})`;
    const log = this.log;
    await this.#group.end('SIGKILL');
    throw new Error(`${this.name} ${what}. The end of its log:\n${log}`);
  }
}
