/** ECDSA and SM2 signatures between DER and r ‖ s, strictly: what is not minimal DER of two positive numbers has no other form. */

const WIDTH = 32;

/** r ‖ s of a DER signature with 256-bit numbers, or undefined where it is not strict DER. */
export const p1363OfDer = (der: Buffer): Buffer | undefined => {
  if (der.length < 8 || der[0] !== 0x30 || der[1] !== der.length - 2) return undefined;
  const first = integerAt(der, 2);
  const second = first && integerAt(der, first.end);
  if (first === undefined || second === undefined || second.end !== der.length) return undefined;
  return Buffer.concat([first.value, second.value]);
};

/** The DER of r ‖ s. */
export const derOfP1363 = (signature: Buffer): Buffer => {
  const body = Buffer.concat([signature.subarray(0, WIDTH), signature.subarray(WIDTH)].map(derInteger));
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
};

const integerAt = (der: Buffer, at: number): { value: Buffer; end: number } | undefined => {
  const length = der[at + 1] ?? 0;
  const bytes = der.subarray(at + 2, at + 2 + length);
  const [high = 0x80, next = 0x80] = bytes;
  const isMinimal = length === 1 || high !== 0 || next >= 0x80;
  if (der[at] !== 0x02 || length === 0 || bytes.length !== length || high >= 0x80 || !isMinimal) return undefined;
  const magnitude = length > 1 && high === 0 ? bytes.subarray(1) : bytes;
  if (magnitude.length > WIDTH) return undefined;
  return { value: Buffer.concat([Buffer.alloc(WIDTH - magnitude.length), magnitude]), end: at + 2 + length };
};

const derInteger = (number: Buffer): Buffer => {
  let start = 0;
  while (start < number.length - 1 && number[start] === 0) start += 1;
  const bytes = number.subarray(start);
  const positive = (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
  return Buffer.concat([Buffer.from([0x02, positive.length]), positive]);
};
