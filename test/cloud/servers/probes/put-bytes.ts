import { request } from 'node:http';

/** PUTs exactly these bytes, with their own length whatever the URL was signed for. */
export async function putBytes(
  url: string,
  bytes: Buffer,
  headers: Readonly<Record<string, string>> = {},
): Promise<'accepted' | 'refused'> {
  const status = await new Promise<number>((resolve, reject) => {
    const put = request(
      url,
      { method: 'PUT', headers: { ...headers, 'content-length': bytes.length } },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      },
    );
    put.on('error', reject).end(bytes);
  });
  if (status >= 500) throw new Error(`the server failed with ${status}`);
  return status < 300 ? 'accepted' : 'refused';
}
