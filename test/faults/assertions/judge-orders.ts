/** Orders, three-way: what the books wanted, what adapters ordered, what the payment company did. Each once, and all three agree. */
import type { Books, OrderRow, PaymentRow } from './books.ts';
import type { Company, CompanyOrder } from './company.ts';
import type { Finding, Kind } from './finding.ts';

/** What an order of ours may be when the company's is in this state. */
const fits: { readonly [S in CompanyOrder['status']]: readonly string[] } = {
  WAITING: [],
  PROCESSING: [],
  SUCCESS: ['settled'],
  RETURNED: ['returned'],
  FAILED: ['declined'],
  CLOSED: ['declined'],
};
const kinds: Readonly<Record<CompanyOrder['kind'], OrderRow['kind']>> = {
  payment: 'collect',
  payout: 'payout',
  refund: 'refund',
  identity: 'verify',
};

export function judgeOrders(books: Books, company: Company): readonly Finding[] {
  const { platformNo } = books;
  const findings: Finding[] = [];
  const found = (kind: Kind, requestNo: string, words: string): void => {
    findings.push({ kind, platformNo, requestNo, words });
  };
  const theirs = new Map(
    company.orders.filter((order) => order.subMerchantNo === platformNo).map((order) => [order.orderNo, order]),
  );
  const ours = new Map(books.orders.map((order) => [order.orderId, order]));
  const perNumber = new Map<string, OrderRow[]>();
  for (const order of books.orders) perNumber.set(order.requestNo, [...(perNumber.get(order.requestNo) ?? []), order]);
  for (const [requestNo, orders] of perNumber) {
    if (orders.length > 1)
      found('doubled', requestNo, `${orders.length} orders: ${orders.map(({ orderId }) => orderId).join(', ')}`);
  }
  for (const order of books.orders) judgeOrder(order, theirs.get(order.orderId), found);
  for (const order of theirs.values()) {
    if (!ours.has(order.orderNo))
      found('doubled', order.orderNo, `the company has ${order.kind} ${order.orderNo}, which adapters never ordered`);
  }
  const numbers = new Set(books.claims.filter(({ origin }) => origin === 'PLATFORM').map(({ number }) => number));
  for (const { requestNo, orderId } of books.orders) {
    if (!numbers.has(requestNo)) found('doubled', requestNo, `order ${orderId} serves a number that nobody claimed`);
  }
  judgePayments(books.recharges, { SUCCESS: 'settled' }, ours, found);
  judgePayments(books.withdrawals, { SUCCESS: 'settled', REMITING: 'opened', ACCEPT: 'opened' }, ours, found);
  return findings;
}

type Found = (kind: Kind, requestNo: string, words: string) => void;

function judgeOrder(order: OrderRow, theirs: CompanyOrder | undefined, found: Found): void {
  const { requestNo, orderId, state, amount, clearingDay } = order;
  const said = `order ${orderId} is ${state} here and ${theirs?.status ?? 'unknown'} at the company`;
  if (theirs === undefined) {
    if (state !== 'declined') found('lost', requestNo, said);
    return;
  }
  if (!fits[theirs.status].includes(state)) found(theirs.status === 'SUCCESS' ? 'lost' : 'wrong', requestNo, said);
  if (kinds[theirs.kind] !== order.kind || BigInt(theirs.amount) !== amount)
    found(
      'wrong',
      requestNo,
      `order ${orderId} is ${order.kind} ${amount} here, ${theirs.kind} ${theirs.amount} there`,
    );
  if (state === 'settled' && order.kind !== 'verify' && clearingDay !== (theirs.clearingDay ?? null))
    found('wrong', requestNo, `order ${orderId} cleared on ${clearingDay} here, on ${theirs.clearingDay} there`);
}

/** What the books say of a payment is what its order came to. */
function judgePayments(
  payments: readonly PaymentRow[],
  wanted: Readonly<Record<string, string>>,
  orders: ReadonlyMap<string, OrderRow>,
  found: Found,
): void {
  for (const { requestNo, status, orderId } of payments) {
    const order = orderId === null ? undefined : orders.get(orderId);
    if (orderId !== null && order === undefined) {
      found('lost', requestNo, `the books ordered ${orderId}, and adapters do not have it`);
      continue;
    }
    const must = wanted[status];
    if (must !== undefined && order?.state !== must)
      found('doubled', requestNo, `${status} in the books, and its order is ${order?.state ?? 'none'}`);
    if (must === undefined && order?.state === 'settled')
      found('lost', requestNo, `its order is settled, and the books say ${status}`);
    if (status === 'PENDDING' || status === 'REMITING' || status === 'ACCEPT')
      found('wrong', requestNo, `has no final state: ${status}`);
  }
}
