import type { Failure } from '../../failures.ts';
import { type Headers, type KafkaMessage, MessageTooLarge, type Producer } from './broker.ts';

/** Where messages go that cannot become an image, with the reason in their headers. */
export interface DeadLetters {
  /** @throws where the broker cannot be reached: then the message is still the partition's */
  bury(message: KafkaMessage, failure: Failure): Promise<void>;
}

export const REASON_HEADERS = {
  code: 'darkroom-error-code',
  reason: 'darkroom-error',
  topic: 'darkroom-topic',
  partition: 'darkroom-partition',
  offset: 'darkroom-offset',
  timestamp: 'darkroom-timestamp',
  /** `true` where the broker takes no message of that size: the value is where these headers say */
  valueOmitted: 'darkroom-value-omitted',
} as const;

const ours: ReadonlySet<string> = new Set(Object.values(REASON_HEADERS));

export function createDeadLetters(producer: Pick<Producer, 'send'>, topic: string): DeadLetters {
  return {
    async bury(message, failure) {
      const { key, value } = message;
      const letter = { topic, ...(key && { key }), headers: headersOf(message, failure) };
      try {
        await producer.send([{ ...letter, ...(value && { value }) }]);
      } catch (error) {
        if (!(error instanceof MessageTooLarge)) throw error;
        const headers = [...letter.headers, header(REASON_HEADERS.valueOmitted, 'true')];
        await producer.send([{ ...letter, value: Buffer.alloc(0), headers }]);
      }
    },
  };
}

function headersOf(
  { headers, topic, partition, offset, timestamp }: KafkaMessage,
  failure: Failure,
): Headers {
  return [
    // One that was buried before and replayed keeps only its newest reason.
    ...headers.filter(([name]) => !ours.has(name)),
    header(REASON_HEADERS.code, failure.code),
    header(REASON_HEADERS.reason, failure.message),
    header(REASON_HEADERS.topic, topic),
    header(REASON_HEADERS.partition, String(partition)),
    header(REASON_HEADERS.offset, String(offset)),
    header(REASON_HEADERS.timestamp, new Date(timestamp).toISOString()),
  ];
}

function header(name: string, value: string): readonly [string, Buffer] {
  return [name, Buffer.from(value)];
}
