import { createSocket } from 'node:dgram';

export interface NameServer {
  /** `address:port` */
  readonly server: string;
  /** questions for A so far */
  readonly asked: number;
  close(): void;
}

/** A DNS server on this machine. @param answer IPv4 addresses for the n-th question for A, from 0; for AAAA it has none */
export async function startNameServer(answer: (n: number) => readonly string[]): Promise<NameServer> {
  const socket = createSocket('udp4');
  let asked = 0;
  socket.on('message', (question, from) => {
    const isForA = question.readUInt16BE(endOfName(question)) === 1;
    const addresses = isForA ? answer(asked) : [];
    if (isForA) asked += 1;
    socket.send(reply(question, addresses), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    server: `127.0.0.1:${socket.address().port}`,
    get asked() {
      return asked;
    },
    close: () => socket.close(),
  };
}

function endOfName(message: Buffer): number {
  let at = 12;
  while (message[at] !== 0) at += (message[at] ?? 0) + 1;
  return at + 1;
}

function reply(question: Buffer, addresses: readonly string[]): Buffer {
  const asked = question.subarray(12, endOfName(question) + 4);
  const head = Buffer.alloc(12);
  question.copy(head, 0, 0, 2);
  head.writeUInt16BE(0x8180, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(addresses.length, 6);
  // Its name is that of the question, at offset 12; A, IN, good for no time at all.
  const records = addresses.map((address) =>
    Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)]),
  );
  return Buffer.concat([head, asked, ...records]);
}
