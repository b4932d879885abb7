/**
 * The Ed25519 points of low order. A signature for such a "public key" can be made by anybody, and OpenSSL accepts it, so they are
 * refused at registration. The list is the one of libsodium's `ge25519_has_small_order` (all encodings, the sign bit ignored).
 */

const LOW_ORDER = new Set([
  `${'00'.repeat(32)}`,
  `01${'00'.repeat(31)}`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
]);

export const isLowOrderEd25519 = (point: Uint8Array): boolean => {
  const bytes = Buffer.from(point);
  bytes[31] = (bytes[31] ?? 0) & 0x7f;
  return LOW_ORDER.has(bytes.toString('hex'));
};
