/** Characters, each of at most 3 bytes: with what stands before it, a sort key may have 1024 bytes. */
const MOST_ASKED = 256;

/** Whether text that somebody asks for may stand in a key: DynamoDB refuses longer ones, and nothing has such a name. */
export function canBeKey(text: string): boolean {
  return text.length > 0 && text.length <= MOST_ASKED;
}
