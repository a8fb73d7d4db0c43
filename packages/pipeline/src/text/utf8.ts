const decoder = new TextDecoder('utf-8', { fatal: true });

/** A text without its byte order mark; undefined if the bytes are not UTF-8: with letters replaced, two names may become one. */
export function fromUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
