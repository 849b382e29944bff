import { z } from 'zod';

export const ApiKey = z.looseObject({
  id: z.string(),
  prefix: z.string(),
  name: z.string(),
  role: z.string(),
  scopes: z.array(z.string()).nullable(),
  expires_at: z.string().nullable(),
  last_used_at: z.string().nullable(),
});
export const ApiKeyList = z.object({ keys: z.array(ApiKey) });
export const MadeApiKey = ApiKey.extend({ key: z.string() });

export const User = z.looseObject({
  user_id: z.string(),
  email: z.string().nullable(),
  role: z.string(),
  status: z.string(),
  last_seen_at: z.string().nullable(),
});
export const UserList = z.object({ users: z.array(User) });

export const Invitation = z.looseObject({ id: z.string(), email: z.string(), role: z.string() });
