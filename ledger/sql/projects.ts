/** Projects 标的, and creditors' shares in them. */
import type { ProjectStatus } from '../../contract/enumerations.ts';
import type { Fen } from '../../contract/money.ts';
import { type Statement, sql } from '../../runtime/postgres/sql.ts';
import type { ProjectRow, ShareRow } from '../rows.ts';
import { isoTime, numbers, records, texts } from './columns.ts';

export interface ProjectRecord {
  readonly platform_no: string;
  readonly project_no: string;
  readonly platform_user_no: string;
  readonly status: ProjectStatus;
  readonly amount: Fen;
  readonly filed: ProjectRow['filed'];
  readonly tender_amount: Fen;
  readonly loan_amount: Fen;
  readonly repayment_amount: Fen;
  readonly income: Fen;
  readonly created_at: Date;
}

export const selectProjects = (platformNos: readonly string[], projectNos: readonly string[]): Statement => sql`
  select platform_no, project_no, platform_user_no, status, amount, filed, tender_amount, loan_amount, repayment_amount, income, created_at
  from unnest(${texts(platformNos)}::text[], ${texts(projectNos)}::text[]) as wanted (platform_no, project_no)
  join ledger.project using (platform_no, project_no)`;

export const toProject = (row: ProjectRecord): ProjectRow => ({
  projectNo: row.project_no,
  platformUserNo: row.platform_user_no,
  status: row.status,
  amount: row.amount,
  filed: row.filed,
  tenderAmount: row.tender_amount,
  loanAmount: row.loan_amount,
  repaymentAmount: row.repayment_amount,
  income: row.income,
  createdAt: row.created_at.getTime(),
});

export const upsertProjects = (projects: readonly (ProjectRow & { readonly platformNo: string })[]): Statement => sql`
  insert into ledger.project (platform_no, project_no, platform_user_no, status, amount, filed, tender_amount, loan_amount,
    repayment_amount, income, created_at)
  select platform_no, project_no, platform_user_no, status, amount, filed, tender_amount, loan_amount, repayment_amount, income, created_at
  from json_populate_recordset(null::ledger.project, ${records(
    projects.map((project) => ({
      platform_no: project.platformNo,
      project_no: project.projectNo,
      platform_user_no: project.platformUserNo,
      status: project.status,
      amount: project.amount,
      filed: project.filed,
      tender_amount: project.tenderAmount,
      loan_amount: project.loanAmount,
      repayment_amount: project.repaymentAmount,
      income: project.income,
      created_at: isoTime(project.createdAt),
    })),
  )}::json)
  on conflict (platform_no, project_no) do update set
    status = excluded.status, tender_amount = excluded.tender_amount, loan_amount = excluded.loan_amount,
    repayment_amount = excluded.repayment_amount, income = excluded.income, filed = excluded.filed`;

export interface ShareRecord {
  readonly platform_no: string;
  readonly project_no: string;
  readonly platform_user_no: string;
  readonly amount: Fen;
}

export const selectShares = (
  platformNos: readonly string[],
  projectNos: readonly string[],
  platformUserNos: readonly string[],
): Statement => sql`
  select platform_no, project_no, platform_user_no, amount
  from unnest(${texts(platformNos)}::text[], ${texts(projectNos)}::text[], ${texts(platformUserNos)}::text[])
    as wanted (platform_no, project_no, platform_user_no)
  join ledger.share using (platform_no, project_no, platform_user_no)`;

export const toShare = (row: ShareRecord): ShareRow => ({
  projectNo: row.project_no,
  platformUserNo: row.platform_user_no,
  amount: row.amount,
});

export const upsertShares = (shares: readonly (ShareRow & { readonly platformNo: string })[]): Statement => sql`
  insert into ledger.share (platform_no, project_no, platform_user_no, amount)
  select * from unnest(
    ${texts(shares.map(({ platformNo }) => platformNo))}::text[],
    ${texts(shares.map(({ projectNo }) => projectNo))}::text[],
    ${texts(shares.map(({ platformUserNo }) => platformUserNo))}::text[],
    ${numbers(shares.map(({ amount }) => amount))}::int8[])
  on conflict (platform_no, project_no, platform_user_no) do update set amount = excluded.amount`;
