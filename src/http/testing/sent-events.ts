export interface SentEvent {
  /** '' where it has none */
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/** Reads server-sent events as a browser would; comments are left out. */
export async function* sentEvents(response: Response): AsyncGenerator<SentEvent, void> {
  let text = '';
  for await (const chunk of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const fields = new Map(
        text
          .slice(0, end)
          .split('\n')
          .map((line) => line.split(/: ?(.*)/s) as [string, string]),
      );
      text = text.slice(end + 2);
      const data = fields.get('data');
      if (data !== undefined) yield { id: fields.get('id') ?? '', event: fields.get('event') ?? '', data };
    }
  }
}
