/** Which channel serves an order. */
import { expect, test } from 'vitest';
import { routingOf } from '../../adapters/routing/routing.ts';

const channels = { PAYSIM: {}, OTHER: {} };

test('a wish for a configured channel is granted, a pay company goes by its route, all else to the default', () => {
  const routing = routingOf({ channels, routes: { YEEPAY: 'OTHER' }, defaultChannel: 'PAYSIM' });
  expect(routing.channelFor('OTHER')).toBe('OTHER');
  expect(routing.channelFor('YEEPAY')).toBe('OTHER');
  expect(routing.channelFor('LIANLIAN')).toBe('PAYSIM');
  expect(routing.channelFor('toString')).toBe('PAYSIM');
  expect(routing.channelFor(undefined)).toBe('PAYSIM');
});

test('a route or a default that leads nowhere is refused at the start, by name', () => {
  expect(() => routingOf({ channels, routes: { YEEPAY: 'GONE' }, defaultChannel: 'NONE' })).toThrow(
    'YEEPAY leads to GONE, defaultChannel leads to NONE; configured channels are PAYSIM, OTHER',
  );
});
