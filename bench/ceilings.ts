/**
 * What bounds the chain on this machine, in instructions per second, measured in the same run: the crypto one instruction costs on all cores
 * (client sign, server verify, server sign, client verify; and server sign, client verify for each notification of the mix; RSA-2048), and
 * the broker's confirms (one quorum queue, window 100).
 */
import { createPrivateKey, createPublicKey, createSign, createVerify, generateKeyPairSync } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { connect } from 'amqplib';

const BYTES = 800;
/** One instruction of the mix in so many is a recharge, whose end is notified. */
const INSTRUCTIONS_PER_NOTIFICATION = 10;

/** Instructions per second that all cores can sign and verify. */
export async function cryptoCeiling(seconds: number): Promise<number> {
  const file = fileURLToPath(import.meta.url);
  const counts = await Promise.all(
    Array.from({ length: availableParallelism() }, () => {
      const worker = new Worker(file, { workerData: { seconds } });
      return new Promise<number>((resolve, reject) => worker.once('message', resolve).once('error', reject));
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0) / seconds;
}

function signAndVerify(seconds: number): number {
  const pair = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const [privateKey, publicKey] = [createPrivateKey(pair.privateKey), createPublicKey(pair.publicKey)];
  const bytes = Buffer.alloc(BYTES, 'x');
  const signedAndVerified = (): void => {
    const signature = createSign('sha256').update(bytes).sign(privateKey);
    if (!createVerify('sha256').update(bytes).verify(publicKey, signature))
      throw new Error('a signature did not verify');
  };
  let count = 0;
  const until = performance.now() + seconds * 1000;
  while (performance.now() < until) {
    signedAndVerified();
    signedAndVerified();
    if (count % INSTRUCTIONS_PER_NOTIFICATION === 0) signedAndVerified();
    count += 1;
  }
  return count;
}

/** Confirmed publishes per second to one quorum queue, 100 outstanding, 800 bytes, persistent. */
export async function confirmCeiling(amqpUrl: string, seconds: number): Promise<number> {
  const connection = await connect(amqpUrl, { noDelay: true });
  try {
    const channel = await connection.createConfirmChannel();
    const queue = `bench_ceiling_${process.pid}`;
    await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    const body = Buffer.alloc(BYTES, 'x');
    let count = 0;
    const until = performance.now() + seconds * 1000;
    const publisher = async (): Promise<void> => {
      while (performance.now() < until) {
        await new Promise<void>((resolve, reject) => {
          channel.sendToQueue(queue, body, { persistent: true }, (error: unknown) =>
            error ? reject(error) : resolve(),
          );
        });
        count += 1;
      }
    };
    await Promise.all(Array.from({ length: 100 }, publisher));
    await channel.deleteQueue(queue);
    return count / seconds;
  } finally {
    await connection.close();
  }
}

if (!isMainThread) parentPort?.postMessage(signAndVerify((workerData as { seconds: number }).seconds));
