/**
 * The cashier 收银台: the page on which a payer pays, a plain form without script. Whoever has its link may pay; what was done is told to
 * the merchant by callback, and the browser is sent back to where the merchant wished.
 */
import type { FastifyInstance } from 'fastify';
import { formatYuan } from '../../contract/money.ts';
import type { Company } from './company.ts';
import type { Order } from './state.ts';

const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0) ?? 32};`);

const page = (title: string, inner: string): string =>
  `<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>body{font-family:sans-serif;max-width:28rem;margin:3rem auto;padding:0 1rem}
dt{color:#555}dd{margin:0 0 .6rem;font-size:1.2rem}button{font-size:1rem;padding:.6rem 1.4rem;margin-right:.6rem}</style></head>
<body><h1>${title}</h1>${inner}</body></html>`;

const texts: { readonly [S in Order['status']]: string } = {
  WAITING: '待支付',
  PROCESSING: '支付处理中',
  SUCCESS: '支付成功',
  FAILED: '支付失败',
  CLOSED: '订单已关闭',
  RETURNED: '已退回',
};

function form(order: Order): string {
  const facts = `<dl><dt>金额</dt><dd>¥ ${formatYuan(order.amount)}</dd><dt>订单号</dt><dd>${escaped(order.orderNo)}</dd>
<dt>商户</dt><dd>${escaped(order.subMerchantNo)}</dd></dl>`;
  if (order.status !== 'WAITING') return `${facts}<p>${texts[order.status]}</p>${back(order)}`;
  return `${facts}<form method="post"><button name="action" value="pay">确认支付</button>
<button name="action" value="fail">支付失败</button></form>`;
}

const back = ({ returnUrl }: Order): string =>
  returnUrl === undefined ? '' : `<p><a href="${escaped(returnUrl)}">返回商户</a></p>`;

/** Adds `/cashier/:token` to the company's server. */
export function addCashier(server: FastifyInstance, company: Company): void {
  const find = (token: string): Order | undefined => {
    const orderNo = company.state.byToken.get(token);
    return orderNo === undefined ? undefined : company.orderOf(orderNo);
  };
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  };

  server.get<{ Params: { token: string } }>('/cashier/:token', async ({ params }, reply) => {
    const order = find(params.token);
    return order === undefined
      ? reply.code(404).headers(headers).send(page('收银台', '<p>没有这个订单</p>'))
      : reply.headers(headers).send(page('收银台', form(order)));
  });

  server.post<{ Params: { token: string } }>('/cashier/:token', async ({ params, body }, reply) => {
    const order = find(params.token);
    if (order === undefined) return reply.code(404).headers(headers).send(page('收银台', '<p>没有这个订单</p>'));
    const action = new URLSearchParams(Buffer.isBuffer(body) ? body.toString('utf8') : '').get('action');
    if (action !== 'pay' && action !== 'fail')
      return reply
        .code(400)
        .headers(headers)
        .send(page('收银台', form(order)));
    const after = company.payer(order.orderNo, action) ?? order;
    return after.returnUrl === undefined
      ? reply.headers(headers).send(page('收银台', form(after)))
      : reply.code(303).header('location', after.returnUrl).header('cache-control', 'no-store').send();
  });
}
