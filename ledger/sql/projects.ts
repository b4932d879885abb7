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
  readonly properties: ProjectRow['properties'];
  readonly tender_amount: Fen;
  readonly loan_amount: Fen;
  readonly repayment_amount: Fen;
  readonly income: Fen;
  readonly created_at: Date;
}

export const selectProjects = (platformNos: readonly string[], projectNos: readonly string[]): Statement => sql`
  select platform_no, project_no, platform_user_no, status, amount, filed, properties, tender_amount, loan_amount, repayment_amount, income,
    created_at
  from unnest(${texts(platformNos)}::text[], ${texts(projectNos)}::text[]) as wanted (platform_no, project_no)
  join ledger.project using (platform_no, project_no)`;

export const toProject = (row: ProjectRecord): ProjectRow => ({
  projectNo: row.project_no,
  platformUserNo: row.platform_user_no,
  status: row.status,
  amount: row.amount,
  filed: row.filed,
  properties: row.properties,
  tenderAmount: row.tender_amount,
  loanAmount: row.loan_amount,
  repaymentAmount: row.repayment_amount,
  income: row.income,
  createdAt: row.created_at.getTime(),
});

export interface ProjectToWrite {
  readonly platformNo: string;
  readonly row: ProjectRow;
}

export const insertProjects = (projects: readonly ProjectToWrite[]): Statement => sql`
  insert into ledger.project (platform_no, project_no, platform_user_no, status, amount, filed, properties, tender_amount, loan_amount,
    repayment_amount, income, created_at)
  select platform_no, project_no, platform_user_no, status, amount, filed, properties, tender_amount, loan_amount, repayment_amount, income,
    created_at
  from json_populate_recordset(null::ledger.project, ${records(
    projects.map(({ platformNo, row }) => ({
      platform_no: platformNo,
      project_no: row.projectNo,
      platform_user_no: row.platformUserNo,
      status: row.status,
      amount: row.amount,
      filed: row.filed,
      properties: row.properties,
      tender_amount: row.tenderAmount,
      loan_amount: row.loanAmount,
      repayment_amount: row.repaymentAmount,
      income: row.income,
      created_at: isoTime(row.createdAt),
    })),
  )}::json)`;

/** What was filed never changes. */
export const updateProjects = (projects: readonly ProjectToWrite[]): Statement => sql`
  update ledger.project as project
  set status = next.status, tender_amount = next.tender_amount, loan_amount = next.loan_amount,
    repayment_amount = next.repayment_amount, income = next.income
  from unnest(
    ${texts(projects.map(({ platformNo }) => platformNo))}::text[],
    ${texts(projects.map(({ row }) => row.projectNo))}::text[],
    ${texts(projects.map(({ row }) => row.status))}::text[],
    ${numbers(projects.map(({ row }) => row.tenderAmount))}::int8[],
    ${numbers(projects.map(({ row }) => row.loanAmount))}::int8[],
    ${numbers(projects.map(({ row }) => row.repaymentAmount))}::int8[],
    ${numbers(projects.map(({ row }) => row.income))}::int8[]
  ) as next (platform_no, project_no, status, tender_amount, loan_amount, repayment_amount, income)
  where project.platform_no = next.platform_no and project.project_no = next.project_no`;

/** The open projects of these borrowers. */
export const selectOpenProjects = (platformNos: readonly string[], borrowers: readonly string[]): Statement => sql`
  select platform_no, project_no, platform_user_no, status, amount, filed, properties, tender_amount, loan_amount, repayment_amount, income,
    created_at
  from unnest(${texts(platformNos)}::text[], ${texts(borrowers)}::text[]) as wanted (platform_no, platform_user_no)
  join ledger.project using (platform_no, platform_user_no)
  where status in ('COLLECTING', 'REPAYING')
  order by project_no`;

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

export interface ShareToWrite {
  readonly platformNo: string;
  readonly row: ShareRow;
}

export const upsertShares = (shares: readonly ShareToWrite[]): Statement => sql`
  insert into ledger.share (platform_no, project_no, platform_user_no, amount)
  select * from unnest(
    ${texts(shares.map(({ platformNo }) => platformNo))}::text[],
    ${texts(shares.map(({ row }) => row.projectNo))}::text[],
    ${texts(shares.map(({ row }) => row.platformUserNo))}::text[],
    ${numbers(shares.map(({ row }) => row.amount))}::int8[])
  on conflict (platform_no, project_no, platform_user_no) do update set amount = excluded.amount`;
