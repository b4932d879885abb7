/** What the payment company says of itself: its orders and what its clearing days come to. It is the truth about money outside. */
export interface CompanyOrder {
  readonly orderNo: string;
  readonly kind: 'payment' | 'payout' | 'refund' | 'identity';
  readonly subMerchantNo: string;
  /** Digits of fen. */
  readonly amount: string;
  readonly status: 'WAITING' | 'PROCESSING' | 'SUCCESS' | 'FAILED' | 'CLOSED' | 'RETURNED';
  readonly clearingDay?: string;
}

export interface CompanyDay {
  readonly subMerchantNo: string;
  readonly clearingDay: string;
  readonly gross: string;
  readonly payouts: string;
  readonly net: string;
  /** Absent while the day is open. */
  readonly closedAt?: number;
}

export interface Company {
  readonly orders: readonly CompanyOrder[];
  readonly days: readonly CompanyDay[];
}

async function get<T>(controlUrl: string, path: string): Promise<T> {
  const response = await fetch(`${controlUrl}/${path}`, { signal: AbortSignal.timeout(30_000) });
  if (!response.ok) throw new Error(`the payment company's ${path}: HTTP ${response.status}`);
  return (await response.json()) as T;
}

export const readCompany = async (controlUrl: string): Promise<Company> => ({
  orders: await get<readonly CompanyOrder[]>(controlUrl, 'orders'),
  days: await get<readonly CompanyDay[]>(controlUrl, 'totals'),
});

/** How many callbacks the merchant has not taken yet. */
export const readUntold = async (controlUrl: string): Promise<number> =>
  (await get<readonly unknown[]>(controlUrl, 'callbacks')).length;
