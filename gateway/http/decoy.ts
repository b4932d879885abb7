/** A key nobody has: messages under unknown serials are verified against it, so that they take as long as those under known ones. */
import { generateKeyPairSync } from 'node:crypto';
import { type Verifier, verifierOf } from '../../certs/verifier.ts';

const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

export const decoy: Verifier = verifierOf(publicKey.export({ type: 'spki', format: 'pem' }).toString(), 'RSA2');
