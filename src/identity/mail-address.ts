/** Whether a text names this address of a letter box, and not merely a longer one that ends or begins alike. */
export function namesAddress(text: string, address: string): boolean {
  const literal = address.replace(/[\^$\\.*+?()[\]{}|/]/g, '\\$&');
  return new RegExp(`(?<![\\p{L}\\p{N}._%+-])${literal}(?![\\p{L}\\p{N}_-]|\\.[\\p{L}\\p{N}])`, 'iu').test(
    text,
  );
}
