import { pino } from 'pino';
import { systemClock } from '../../../images/clock.ts';
import { openEmbedded } from '../../../platform/embedded/platform.ts';
import { createFence } from '../../fence/fence.ts';
import { createNotices } from '../../notices.ts';
import { startSinkRunner } from '../../sink-runner.ts';
import { createSubscriptionLinks } from '../../subscriptions/links.ts';

/** A process of its own that tells webhooks on this machine: to be killed while it does. A kill takes nothing that was written. */
const [dataDir = '', aheadMs = '0'] = process.argv.slice(2);
const clock = { now: () => systemClock.now() + Number(aheadMs) };
const platform = await openEmbedded({ dataDir, clock, role: 'server', durability: 'none' });
const log = pino({ level: 'silent' });
const publicUrl = () => 'https://photos.example';
const notices = createNotices({
  ...platform,
  ...{ clock, log, publicUrl, version: '1', wakeMail() {} },
  links: createSubscriptionLinks({ secret: 'a secret', publicUrl }),
  fence: createFence({ resolve: async () => [], allowHttp: true, allowPrivate: ['127.0.0.1'] }),
});
startSinkRunner({
  sink: 'webhooks',
  lines: platform.sinkLines,
  deliver: notices.sink.deliver,
  log,
  batch: 20,
});
notices.start();
