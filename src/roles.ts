/** What a process of the service does. All of them do it all, unless they are told to do less. */
export const ROLES = ['api', 'worker', 'intake', 'sweeper'] as const;
export type Role = (typeof ROLES)[number];

export const roleMeanings: Readonly<Record<Role, string>> = {
  api: 'answers over HTTP',
  worker: 'runs pipelines',
  intake: 'takes pictures from the inbox, from buckets and from Kafka',
  sweeper: 'deletes what has expired, repairs, erases people, tells webhooks, subscribers and topics',
};
