import { dynamodbLocal } from './install/dynamodb-local.ts';
import type { Recipe } from './install/install-once.ts';
import { kafka } from './install/kafka.ts';
import { pythonServers } from './install/python-servers.ts';
import { versitygw } from './install/versitygw.ts';

/** Every server, by what has to be installed for it. */
export const installs = {
  versitygw,
  ministack: pythonServers,
  moto: pythonServers,
  'dynamodb-local': dynamodbLocal,
  kafka,
} as const satisfies Record<string, Recipe>;

export type ServerName = keyof typeof installs;
export const serverNames = Object.keys(installs) as ServerName[];
