/** What a person wants to see of a mail that lies in the mailbox. */
export interface ReadMessage {
  readonly to: string;
  readonly subject: string;
  readonly date: string;
  readonly text: string;
}

/**
 * Reads a message as the mailbox keeps it: the headers that people look at, and its plain text. Not a reader for mail
 * from anywhere: of all that RFC 5322 and MIME allow, this knows what the mailbox writes.
 */
export function readMessage(message: string): ReadMessage {
  const [head, body] = split(message);
  const boundary = /boundary="([^"]+)"/.exec(headerIn(head, 'content-type'))?.[1];
  const parts = boundary === undefined ? [message] : body.split(`--${boundary}`);
  const plain = parts.find((part) => /^content-type: *text\/plain/im.test(split(part.trimStart())[0])) ?? '';
  const [partHead, text] = split(plain.trimStart());
  return {
    to: headerIn(head, 'to'),
    subject: decodeWords(headerIn(head, 'subject')),
    date: headerIn(head, 'date'),
    text: decodeBody(text, headerIn(partHead, 'content-transfer-encoding')).trim(),
  };
}

function split(message: string): [head: string, body: string] {
  const plain = message.replaceAll('\r\n', '\n');
  const end = plain.indexOf('\n\n');
  return end < 0 ? [plain, ''] : [plain.slice(0, end), plain.slice(end + 2)];
}

/** One header, its folded lines joined. */
function headerIn(head: string, name: string): string {
  const unfolded = head.replace(/\n[ \t]+/g, ' ');
  const line = unfolded.split('\n').find((text) => text.toLowerCase().startsWith(`${name}:`));
  return line?.slice(name.length + 1).trim() ?? '';
}

function decodeBody(text: string, encoding: string): string {
  if (encoding.toLowerCase() === 'base64') return Buffer.from(text, 'base64').toString();
  return encoding.toLowerCase() === 'quoted-printable' ? decodeQuoted(text.replace(/=\n/g, '')) : text;
}

function decodeQuoted(text: string): string {
  const bytes = text.replace(/=([0-9A-F]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString();
}

/** Words that are not ASCII (RFC 2047). */
function decodeWords(text: string): string {
  return text.replace(/=\?utf-8\?([BQ])\?([^?]*)\?=\s*/gi, (_, kind: string, word: string) =>
    kind.toUpperCase() === 'B'
      ? Buffer.from(word, 'base64').toString()
      : decodeQuoted(word.replaceAll('_', ' ')),
  );
}
