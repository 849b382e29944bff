import type { ImageEvent } from '../images/events.ts';
import type { Broker, Headers, OutgoingMessage } from '../intake/kafka/broker.ts';
import type { Sink } from './sinks.ts';

/** After these, nothing of the image is left: a compacted topic may forget it too. */
const ENDS: ReadonlySet<ImageEvent['type']> = new Set(['image.expired', 'image.erased']);

/**
 * Tells a Kafka topic what happens to images: CloudEvents 1.0 in binary mode, with the image id as the key, so that
 * events of an image stay in order. The last one of an image is a tombstone: its headers say what happened, its value
 * is null.
 */
export function kafkaSink(broker: Pick<Broker, 'producer' | 'ensureTopic'>, topic: string): Sink {
  const producer = broker.producer();
  let isThere = false;
  return {
    name: 'kafka',
    async deliver(events) {
      if (!isThere) await broker.ensureTopic(topic);
      isThere = true;
      await producer.send(events.map((event) => messageOf(topic, event)));
    },
    close: () => producer.close(),
  };
}

function messageOf(topic: string, event: ImageEvent): OutgoingMessage {
  const isEnd = ENDS.has(event.type);
  return {
    topic,
    key: Buffer.from(event.imageId),
    headers: headersOf(event, isEnd),
    ...(!isEnd && { value: Buffer.from(JSON.stringify(dataOf(event))) }),
  };
}

function headersOf({ id, type, tenantId, imageId, at }: ImageEvent, isEnd: boolean): Headers {
  const attributes = {
    ce_specversion: '1.0',
    // Ids of events are unique within a tenant, and CloudEvents wants them to be within a source.
    ce_id: id,
    ce_source: `/darkroom/${tenantId}`,
    ce_type: type,
    ce_subject: imageId,
    ce_time: new Date(at).toISOString(),
    ...(!isEnd && { 'content-type': 'application/json' }),
  };
  return Object.entries(attributes).map(([name, value]) => [name, Buffer.from(value)] as const);
}

function dataOf({ id, type, tenantId, imageId, status, generation, errorCode, at }: ImageEvent) {
  return {
    ...{ event_id: id, type, tenant_id: tenantId, image_id: imageId, status },
    ...(generation !== undefined && { generation }),
    ...(errorCode !== undefined && { error_code: errorCode }),
    at: new Date(at).toISOString(),
  };
}
