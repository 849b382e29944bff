/** What the intake and the notices need of a Kafka cluster, and nothing else of it. */

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface Position extends TopicPartition {
  /** of the next message */
  readonly offset: bigint;
}

/** In the order and with the repetitions that the sender gave them. */
export type Headers = readonly (readonly [name: string, value: Buffer])[];

export interface KafkaMessage extends TopicPartition {
  /** of this creation of the topic: offsets begin anew in a topic that is deleted and made again */
  readonly topicId: string;
  readonly offset: bigint;
  /** milliseconds */
  readonly timestamp: number;
  readonly key: Buffer | undefined;
  /** absent in a tombstone */
  readonly value: Buffer | undefined;
  readonly headers: Headers;
}

/** A message to be written. */
export interface OutgoingMessage {
  readonly topic: string;
  /** messages with the same key keep their order */
  readonly key?: Buffer;
  /** a tombstone where absent */
  readonly value?: Buffer;
  readonly headers: Headers;
}

/** The partitions that this member of the group has, from one rebalance to the next. */
export interface Assignment {
  readonly partitions: readonly TopicPartition[];
  /**
   * Messages from what is committed (the oldest where nothing is), in order within a partition. They are fetched only
   * as they are read, a few megabytes ahead. Ends with the assignment.
   */
  readonly messages: AsyncIterable<KafkaMessage>;
  /**
   * Aborts as soon as a rebalance begins, the member is stopped or the broker is lost. What a listener commits
   * right away still counts for this assignment, where the broker can be reached.
   */
  readonly ended: AbortSignal;
  commit(positions: readonly Position[]): Promise<void>;
}

/** A member of a consumer group, for as long as its connection holds. */
export interface GroupMember {
  /**
   * Joins, and gives one assignment after the other: the next one once the loop has come round. Throws where the
   * cluster is lost; ends after `leave`.
   */
  assignments(): AsyncIterable<Assignment>;
  /** Ends the assignment; once its loop has come round, leaves the group and closes all connections. */
  leave(): Promise<void>;
}

export interface Producer {
  /**
   * Writes messages in order, to all replicas in sync, before it answers. Where it throws, any of them may have been
   * written.
   * @throws MessageTooLarge where the cluster takes no message of that size
   */
  send(messages: readonly OutgoingMessage[]): Promise<void>;
  close(): Promise<void>;
}

/** The broker's limit, not ours: trying again does not help. */
export class MessageTooLarge extends Error {
  override readonly name = 'MessageTooLarge';
}

export interface PartitionLag extends TopicPartition {
  /** offset of the oldest message that is kept */
  readonly first: bigint;
  /** offset that the next message will get */
  readonly end: bigint;
  /** absent where the group has committed nothing yet */
  readonly committed?: bigint;
  /** messages that the group has not taken yet */
  readonly lag: bigint;
}

/** Where a reading begins or ends: a position, or the first message from that time on (milliseconds). */
export type Mark = { readonly offset: bigint } | { readonly time: number };

export interface ReadingRange {
  readonly topic: string;
  /** all of the topic where absent */
  readonly partition?: number;
  readonly from: Mark;
  /** exclusive; up to what is there now where absent */
  readonly to?: Mark;
}

export interface Broker {
  /** A member of the group that reads these topics. */
  member(topics: readonly string[]): GroupMember;
  producer(): Producer;
  /** Makes a topic where it is missing. @throws where that is not allowed */
  ensureTopic(topic: string): Promise<void>;
  lag(topics: readonly string[]): Promise<PartitionLag[]>;
  /** Reads what was written before, apart from the group. Ends when all of it was read. */
  read(range: ReadingRange, signal: AbortSignal): AsyncIterable<KafkaMessage>;
}
