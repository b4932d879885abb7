/**
 * Which browser may see a page: a random secret in a cookie that only that page's path gets. The server makes a new one for each opening and
 * never takes one that was brought (session fixation); it keeps the hash alone. The form's token is made of the secret, so that another
 * site's form, which cannot read the page, cannot approve it.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** A page's own address, and whether its cookie needs https. */
export interface PageAddress {
  readonly path: string;
  readonly url: string;
  readonly secure: boolean;
}

export const newPageId = (): string => randomBytes(16).toString('base64url');
export const isPageId = (text: string): boolean => /^[\w-]{22}$/.test(text);

/** Where a page is, under the gateway's public URL (which may have a path). */
export function addressOf(publicUrl: string, pageId: string): PageAddress {
  const base = new URL(publicUrl);
  const path = `${base.pathname.replace(/\/$/, '')}/page/${pageId}`;
  return { path, url: `${base.origin}${path}`, secure: base.protocol === 'https:' };
}

export const newSession = (): string => randomBytes(32).toString('base64url');
export const sessionHash = (session: string): Buffer => createHash('sha256').update(session).digest();

const cookieName = (pageId: string): string => `page_${pageId}`;

/** The Set-Cookie header's value. `Lax`, so that it comes along when the pay company sends the browser back. */
export function sessionCookie(session: string, pageId: string, address: PageAddress, lastsMs: number): string {
  const secure = address.secure ? '; Secure' : '';
  const age = Math.max(0, Math.ceil(lastsMs / 1000));
  return `${cookieName(pageId)}=${session}; Path=${address.path}; Max-Age=${age}; HttpOnly; SameSite=Lax${secure}`;
}

/** The session that a request brings for a page. */
export function sessionOf(cookies: string | undefined, pageId: string): string | undefined {
  const prefix = `${cookieName(pageId)}=`;
  const pair = cookies?.split(/;\s*/).find((candidate) => candidate.startsWith(prefix));
  const session = pair?.slice(prefix.length);
  return session !== undefined && /^[\w-]{43}$/.test(session) ? session : undefined;
}

/** What a page's form must bring back. */
export const formToken = (session: string, pageId: string): string =>
  createHmac('sha256', session).update(`form ${pageId}`).digest('base64url');

/** Whether a form brought the right token; in constant time. */
export function isFormToken(brought: string, session: string, pageId: string): boolean {
  const right = Buffer.from(formToken(session, pageId));
  const given = Buffer.from(brought);
  return given.length === right.length && timingSafeEqual(given, right);
}
