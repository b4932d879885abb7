/**
 * Strict base64 for signatures and keys as they come from platforms: the standard alphabet with its padding. Buffer.from(…, 'base64')
 * skips what it does not know, which would turn damage into other bytes silently.
 */

const CANONICAL = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * The bytes of a base64 text, or undefined where it is not one. Whitespace around it and line breaks within it (old encoders break
 * every 76 characters) are taken out; a blank within it is not repaired to the `+` a careless form encoder made it from.
 */
export const fromBase64 = (text: string, maxBytes: number): Buffer | undefined => {
  if (text.length > maxBytes * 2 + 64) return undefined;
  const compact = text.trim().replace(/[\r\n]/g, '');
  if (compact === '' || !CANONICAL.test(compact)) return undefined;
  const bytes = Buffer.from(compact, 'base64');
  // Bits beyond the last byte must be zero, so that one value has one text.
  return bytes.length <= maxBytes && bytes.toString('base64') === compact ? bytes : undefined;
};
