/** The bus on RabbitMQ keeps the port's contract: the suite that every implementation passes. */
import { amqpUrl, describeOnRabbit } from '../servers.ts';
import { rabbitGround } from './bus-grounds.ts';
import { busSuite, fullSuite } from './bus-suite.ts';

describeOnRabbit('the bus on RabbitMQ', () => {
  busSuite(() => rabbitGround(amqpUrl()));
  fullSuite(() => rabbitGround(amqpUrl()));
});
