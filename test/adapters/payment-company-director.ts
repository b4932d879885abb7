/** The director of the simulated payment company, by its control door. */

import type { CompanyProcess } from './company.ts';
import type { Director, Trouble } from './conformance.ts';

interface View {
  readonly orderNo: string;
  readonly subMerchantNo: string;
  readonly status: string;
}

function behaviourOf(trouble: Trouble): object {
  switch (trouble.is) {
    case 'declines':
      return { decline: { code: trouble.code, message: '交易失败' } };
    case 'slow':
      return { settleAfterMs: trouble.ms };
    case 'silent':
      return { hang: true };
    case 'loses its answer':
      return { loseAnswer: true };
    case 'answers late':
      return { delayAnswerMs: trouble.ms };
    case 'does not call back':
      return { noCallback: true };
    case 'repeats its callbacks':
      return { repeatCallbacks: trouble.times };
    case 'calls back out of order':
      return { reorder: true };
    case 'contradicts itself':
      return { contradict: true };
    case 'is forged':
      return { forge: true };
    case 'names another amount':
      return { otherAmount: '77' };
    case 'says a status unknown':
      return { oddStatus: true };
    case 'answers a code unknown':
      return { oddCode: true };
    case 'returns after success':
      return { returnAfterMs: trouble.ms };
  }
}

export function directorOf(company: CompanyProcess): Director {
  const orders = async (): Promise<readonly View[]> => (await company.control('GET', '/orders')) as View[];
  const act = async (orderId: string, what: string): Promise<void> => {
    await company.control('POST', `/orders/${orderId}/${what}`);
  };
  return {
    next: async (subMerchantNo, troubles, on = 'create') => {
      const behaviour = Object.assign({}, ...troubles.map(behaviourOf)) as object;
      await company.control('POST', '/rules', { match: { on, subMerchantNo }, behaviour });
    },
    pay: (orderId) => act(orderId, 'pay'),
    fail: (orderId) => act(orderId, 'fail'),
    payLate: (orderId) => act(orderId, 'pay-late'),
    giveBack: (orderId) => act(orderId, 'return'),
    has: async (orderId) => (await orders()).find(({ orderNo }) => orderNo === orderId)?.status,
    done: async (platformNo) =>
      (await orders()).filter(({ subMerchantNo, status }) => subMerchantNo === platformNo && status === 'SUCCESS')
        .length,
    day: async () => ((await company.control('GET', '/day')) as { day: string }).day,
    closeDay: async () => {
      await company.control('POST', '/close-day');
    },
    figures: async (platformNo, clearingDay) => {
      const totals = (await company.control('GET', '/totals')) as readonly Record<string, string>[];
      const found = totals.find((each) => each['subMerchantNo'] === platformNo && each['clearingDay'] === clearingDay);
      if (found === undefined) return undefined;
      const fenOf = (name: string): bigint => BigInt(found[name] ?? '');
      return { gross: fenOf('gross'), payouts: fenOf('payouts'), fee: fenOf('fee'), net: fenOf('net') };
    },
    sayOtherSettlement: async (subMerchantNo, clearingDay) => {
      const change = { gross: '4000', net: '4000' };
      await company.control('POST', '/say-settlement', { subMerchantNo, clearingDay, change });
    },
    quiet: async () => ((await company.control('GET', '/callbacks')) as readonly unknown[]).length === 0,
  };
}
