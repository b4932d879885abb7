/**
 * Runs a scenario line by line on a house. A scenario reads like what happened: lines that do something, and lines that say what must then
 * be true. After every line that did something the identities of the books are checked.
 *
 *   R1: I recharges 10000.00 commission 10.00   opens the page; `R1 approved`, `R1 paid D1`, `R1 declined`, `R1 expires` go on
 *   expect 100014                               what the last line was answered: SUCCESS, PROCESSING, or a code with its reason
 *   posts COLLECT:D1 -> I 9990.00 float D1      all postings of the last line, one a line; `posts nothing`
 *   tells W1:ACCEPT W1:REMITING                 all events of the last line, in order
 *   balance I 9990.00 [float x] [held x]        and `trial`, `lot`, `share`, `hold`, `project`, `query`, `order`
 *   due                                         the books are told what has fallen due
 *   batch … end                                 the lines between are one batch
 *   parked: W1 paid D1                          the message contradicts the books: it is set aside whole and changes nothing
 */
import { expect } from 'vitest';
import type { InstructionMessage } from '../../../contract/internal/instruction.ts';
import { Defect } from '../../../runtime/failure.ts';
import { fate, type Memory, opening, platformAct, settlement } from './acts.ts';
import { check, isCheck } from './checks.ts';
import type { Effect, House } from './house.ts';
import { expectSound } from './identities.ts';
import { Sender, sha256 } from './messages.ts';
import { operatorAct } from './operators.ts';
import { Words } from './words.ts';

/** What the last line that did something came to. */
export interface Last {
  readonly effects: readonly Effect[];
  /** How many journals there were before it. */
  readonly journals: number;
}

/** 2025-12-01 10:00 in GMT+8. */
const START = Date.UTC(2025, 11, 1, 2);

interface Line {
  readonly at: number;
  readonly text: string;
  readonly details: readonly string[];
}

/** Lines with their indented details; comments and blank lines are for people. */
function linesOf(text: string): readonly Line[] {
  const lines: { at: number; text: string; details: string[] }[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/#.*$/, '').trimEnd();
    if (line.trim() === '') continue;
    const last = lines.at(-1);
    if (/^\s/.test(line) && last !== undefined) last.details.push(line);
    else lines.push({ at: index + 1, text: line, details: [] });
  }
  return lines;
}

export class Interpreter {
  readonly #house: House;
  readonly #memory: Memory;
  #last: Last = { effects: [], journals: 0 };
  #batch: InstructionMessage[] | undefined;
  #operators = 0;

  constructor(house: House, platformNo: string) {
    this.#house = house;
    const sender = new Sender(platformNo, START);
    this.#memory = { sender, sent: new Map(), pages: new Map(), orders: new Map() };
  }

  /** Runs all lines; a failure names its line. */
  async run(text: string): Promise<void> {
    const lines = linesOf(text);
    for (let index = 0; index < lines.length; index += 1) {
      const group = groupAt(lines, index);
      const [line] = group;
      if (line === undefined) break;
      index += group.length - 1;
      try {
        await this.#line(group);
      } catch (error) {
        this.#batch = undefined;
        if (error instanceof Error) error.message = `line ${line.at}: ${line.text.trim()}\n${error.message}`;
        throw error;
      }
    }
  }

  async #line(group: readonly Line[]): Promise<void> {
    const [line] = group;
    if (line === undefined) return;
    const words = new Words(line.text);
    if (isCheck(words)) {
      await check(
        group.map(({ text }) => new Words(text)),
        { house: this.#house, memory: this.#memory, last: this.#last },
      );
      return;
    }
    if (words.skip('batch')) {
      this.#batch = [];
      return;
    }
    if (words.skip('end')) {
      const batch = this.#batch ?? [];
      this.#batch = undefined;
      await this.#submit(batch);
      return;
    }
    if (words.skip('time')) {
      const [, amount = '', unit = ''] = /^([+-]\d+)([mhd])$/.exec(words.next('how long')) ?? [];
      this.#memory.sender.pass(Number(amount) * { m: 60_000, h: 3_600_000, d: 86_400_000 }[unit as 'm']);
      return;
    }
    if (words.skip('due')) {
      await this.#due();
      return;
    }
    if (words.skip('user')) {
      await this.#user(words);
      return;
    }
    if (words.skip('parked:')) {
      await this.#parked(this.#message(words, line));
      return;
    }
    await this.#submit([this.#message(words, line)]);
  }

  /** `due`: what the books wanted to be told by now. */
  async #due(): Promise<void> {
    const { sender } = this.#memory;
    const due = await this.#house.takeDue(sender.platformNo, sender.now);
    await this.#submit(due.map(({ number, act }) => sender.message('DUE', number, act)));
  }

  /** A message that contradicts the books is a defect for a person: it changes nothing. */
  async #parked(message: InstructionMessage): Promise<void> {
    const { platformNo } = this.#memory.sender;
    const before = await this.#house.books(platformNo);
    await expect(this.#house.submit([message])).rejects.toBeInstanceOf(Defect);
    expect(await this.#house.books(platformNo)).toEqual(before);
  }

  #message(words: Words, line: Line): InstructionMessage {
    const { sender } = this.#memory;
    if (words.skip('platform')) {
      this.#operators += 1;
      return opening(
        words.flag('legacy') ? 'legacy' : 'strict',
        words.flag('limited'),
        sender,
        sha256(`operator ${this.#operators}`).slice(0, 32),
        words.peek() === 'delay' ? Number(words.option('delay')) : undefined,
      );
    }
    if (words.skip('lot')) {
      const message = settlement(words, sender);
      words.end();
      return message;
    }
    if (words.skip('again')) return this.#again(words);
    const name = words.next('number');
    if (!name.endsWith(':')) {
      const message = fate(name, words.next('what happened'), words, this.#memory);
      words.end();
      return message;
    }
    const no = name.slice(0, -1);
    const operators = operatorAct(words);
    if (operators !== undefined) {
      words.end();
      return sender.message('OPERATOR', no, operators);
    }
    const act = platformAct(
      no,
      words,
      line.details.map((detail) => new Words(detail)),
    );
    words.end();
    const message = sender.message('PLATFORM', no, act);
    return message;
  }

  /** `again R1`: the same message, redelivered. `again R1 changed`: the same number with other content. */
  #again(words: Words): InstructionMessage {
    const number = words.next('number');
    const message = this.#memory.sent.get(number) ?? this.#batch?.find((sent) => sent.number === number);
    if (message === undefined) throw new Error('it was never sent');
    return words.flag('changed') ? { ...message, digest: sha256(`other than ${message.digest}`) } : message;
  }

  /** `user I INVESTOR …`: the whole registration, which must succeed. */
  async #user(words: Words): Promise<void> {
    const user = words.next('user');
    const role = words.next('role');
    const no = `REG-${user}`;
    await this.#submit([
      this.#message(new Words(`${no}: ${user} registers as ${role} ${words.rest()}`), { at: 0, text: '', details: [] }),
    ]);
    for (const verb of ['approved', 'verified'] as const)
      await this.#submit([fate(no, verb, new Words(''), this.#memory)]);
    expect(this.#last.effects[0]?.results.map(({ event }) => event)).toEqual([`${no}:SUCCESS`]);
  }

  async #submit(messages: readonly InstructionMessage[]): Promise<void> {
    if (this.#batch !== undefined) {
      this.#batch.push(...messages);
      return;
    }
    const { platformNo } = this.#memory.sender;
    const { sent } = this.#memory;
    // A number that is used twice keeps its first message, for `again`.
    for (const message of messages) if (!sent.has(message.number)) sent.set(message.number, message);
    const before = await this.#house.books(platformNo);
    const effects = await this.#house.submit(messages);
    this.#last = { effects, journals: before.journals.length };
    for (const { answer, orders } of effects) {
      for (const order of orders) this.#memory.orders.set(order.requestNo, order);
      if (answer.page !== undefined) {
        const opener = messages[effects.findIndex((effect) => effect.answer === answer)];
        if (opener !== undefined) this.#memory.pages.set(opener.number, answer.page);
      }
    }
    expectSound(await this.#house.books(platformNo), 'the identities of the books');
  }
}

/** `posts` lines that follow each other are one statement about all postings. */
function groupAt(lines: readonly Line[], index: number): readonly Line[] {
  const [line] = lines.slice(index);
  if (line === undefined || !line.text.startsWith('posts ')) return line === undefined ? [] : [line];
  let end = index;
  while (lines[end]?.text.startsWith('posts ')) end += 1;
  return lines.slice(index, end);
}
