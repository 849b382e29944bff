/**
 * npm run bench:delivery [-- --photos DIR --imgproxy URL --images 24 --rounds 3 --threads 2 --json FILE]
 *
 * Cold: pictures that nobody has asked for yet, beside ipx and, where its address is given, imgproxy; the same
 * photographs, widths, formats, qualities and efforts, the same number of threads. Hits: cached pictures beside nginx
 * serving the same bytes as files. All in one run, so that the ratios hold on a noisy machine.
 *
 * imgproxy reads the photographs from its local root and takes unsafe URLs; what else it does by itself (WebP effort 4,
 * AVIF speed 8, which is effort 1; PNG level 6 with all filters; baseline JPEG) is what we do:
 *   IMGPROXY_LOCAL_FILESYSTEM_ROOT=DIR IMGPROXY_WORKERS=2 IMGPROXY_BIND=127.0.0.1:8081 imgproxy
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { findPhotos } from '../environment.ts';
import { Server } from '../server.ts';
import { type ColdRow, measureCold } from './cold.ts';
import { type Contender, darkroomContender, startIpx, usingImgproxy } from './contenders.ts';
import { measureHits, measureSteady } from './hits.ts';
import { fetchAll } from './load.ts';
import { measureMixed } from './mixed.ts';

const { values } = parseArgs({
  options: {
    photos: { type: 'string' },
    imgproxy: { type: 'string' },
    images: { type: 'string', default: '24' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: String(availableParallelism()) },
    json: { type: 'string', default: 'bench/results/delivery.json' },
  },
});
const threads = Number(values.threads);
const photos = await findPhotos(values.photos);
const folder = await mkdtemp(join(tmpdir(), 'darkroom-delivery-'));
const contenders: Contender[] = [];
try {
  const server = await Server.start(join(folder, 'data'), { DARKROOM_RENDERERS: String(threads) });
  const ids = new Map<string, string>();
  contenders.push(darkroomContender(server, ids), await startIpx(photos, threads));
  if (values.imgproxy !== undefined) contenders.push(usingImgproxy(values.imgproxy));
  for (const photo of photos) {
    const { imageId } = await server.upload(photo);
    await server.ready(imageId);
    ids.set(photo, imageId);
  }
  const report = await measure(server, [...ids.values()]);
  await mkdir(dirname(values.json), { recursive: true });
  await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
  print(report);
} finally {
  for (const contender of contenders) await contender.stop();
  await rm(folder, { recursive: true, force: true });
}

type Report = Awaited<ReturnType<typeof measure>>;

async function measure(server: Server, ids: readonly string[]) {
  const [images, rounds] = [Number(values.images), Number(values.rounds)];
  const cold = await measureCold(contenders, { photos, images, rounds, threads });
  const equal = await equalRequests(server, ids[0] ?? '');
  const links = await Promise.all(ids.map((id) => server.link(id, { w: '441', fm: 'webp' })));
  const hits = await measureHits(await waysTo(server, ids[0] ?? ''), { pid: server.pid, folder });
  const steady = await measureSteady(links);
  const mixed = await measureMixed(server, ids);
  return { node: process.version, threads, cold, equal, hits, steady, mixed, peakBytes: server.memory() };
}

/** One picture by a link that anybody may write, where the tenant allows that, and by a signed one. */
async function waysTo(server: Server, id: string): Promise<Record<string, string>> {
  const params = { w: '441', fm: 'webp' };
  const unsigned = `${server.url}/i/${id}?${new URLSearchParams(params)}`;
  const [answer] = await fetchAll([unsigned], 1);
  return { ...(answer?.status === 200 && { unsigned }), signed: await server.link(id, params) };
}

/** How many renders a hundred equal requests cost. */
async function equalRequests(server: Server, id: string): Promise<{ renders: number; slowestMs: number }> {
  const url = await server.link(id, { w: '1446', fm: 'webp' });
  const before = await server.metric('darkroom_derivatives_rendered');
  const answers = await fetchAll(Array<string>(100).fill(url), 100);
  if (answers.some(({ status }) => status !== 200)) throw new Error('an equal request was not answered');
  return {
    renders: (await server.metric('darkroom_derivatives_rendered')) - before,
    slowestMs: Math.round(Math.max(...answers.map(({ ms }) => ms))),
  };
}

function print({ cold, equal, hits, steady, mixed }: Report): void {
  console.log(`cold, pictures a second (bytes of one), ${threads} threads each:`);
  console.table(
    Object.fromEntries(Object.entries(cold).map(([format, byName]) => [format, coldColumns(byName)])),
  );
  console.log('100 equal requests at once:', equal);
  console.log('cached hits a second and core:', hits);
  console.log('cached hits at 1,000 requests a second, ms:', steady);
  console.log('mixed load, ms:', mixed);
}

function coldColumns(byName: Readonly<Record<string, ColdRow>>): Record<string, string> {
  const ours = byName.darkroom?.perSecond ?? Number.NaN;
  return Object.fromEntries(
    Object.entries(byName).flatMap(([name, { perSecond, bytes }]) => [
      [name, `${perSecond.toFixed(1)} (${bytes})`],
      ...(name === 'darkroom' ? [] : [[`to ${name}`, (ours / perSecond).toFixed(2)]]),
    ]),
  );
}
