/** Every implementation of the bus keeps the port's contract: one suite, on PostgreSQL (server and embedded) and on RabbitMQ. */
import { expect, test } from 'vitest';
import { lines } from '../../runtime/bus/lines.ts';
import { amqpUrl, describeOnDatabases, describeOnRabbit } from '../servers.ts';
import { postgresGround, rabbitGround } from './bus-grounds.ts';
import { busSuite, fullSuite } from './bus-suite.ts';

describeOnDatabases('the bus on PostgreSQL', (server) => {
  busSuite(() => postgresGround(server.url));
  fullSuite(() => postgresGround(server.url));
});

describeOnRabbit('the bus on RabbitMQ', () => {
  busSuite(() => rabbitGround(amqpUrl()));
  fullSuite(() => rabbitGround(amqpUrl()));
});

test('the lines are those that the migration of the bus makes', () => {
  expect(lines.map(({ name }) => name)).toEqual([
    'ledger.instruction.0',
    'ledger.instruction.1',
    'ledger.instruction.2',
    'ledger.instruction.3',
    'adapters.order',
    'gateway.presented',
    'gateway.result',
  ]);
});
