/**
 * The one door to @peculiar/x509. Its container needs the Reflect metadata polyfill loaded before it, and it needs to be told to use
 * Node's WebCrypto; both happen here, so that nobody who imports it can forget.
 */
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto);

export { x509 };
