import { between, type Dice } from '../kernel/dice.ts';
import type { Kernel } from '../kernel/virtual-clock.ts';
import type { JsonObject } from './api.ts';
import type { Bounds, WorldConstants } from './constants.ts';
import type { Cause, WorldLogWriter } from './log.ts';

/** An event as its source describes it; `detail` is only built when somebody will read it. */
export interface Emission {
  readonly source: string;
  readonly detailType: string;
  readonly resources: readonly string[];
  readonly detail: () => JsonObject;
}

/** The API call being carried out. */
export interface CurrentCall {
  readonly callId: number;
  readonly operation: string;
  readonly caller: string;
}

/** What every service of the world stands on. */
export interface Ground {
  readonly constants: WorldConstants;
  readonly region: string;
  readonly accountId: string;
  readonly log: WorldLogWriter;
  readonly now: () => number;
  /** Calls back after a delay drawn from bounds. */
  after(delay: Bounds, wake: () => void): void;
  afterMs(delayMs: number, wake: () => void): void;
  draw(bounds: Bounds): number;
  /** Uniform in [0, 1), for ties. */
  readonly luck: () => number;
  /** So many hexadecimal digits that were not drawn before. */
  hex(digits: number): string;
  uuid(): string;
  arn(service: string, resource: string): string;
  emit(emission: Emission): void;
  /** The call being carried out, as the cause of what follows from it. */
  cause(): Cause;
  /** Who made it; undefined when no call is being carried out. */
  caller(): string | undefined;
}

export interface GroundParts {
  readonly kernel: Kernel;
  readonly dice: Dice;
  readonly constants: WorldConstants;
  readonly region: string;
  readonly accountId: string;
  readonly log: WorldLogWriter;
  readonly emit: (emission: Emission) => void;
  readonly currentCall: () => CurrentCall | undefined;
}

const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

const hexDigits = (dice: Dice, digits: number): string => {
  let out = '';
  while (out.length < digits) {
    const word = Math.floor(dice.next() * 0x1_0000_0000);
    for (const shift of [24, 16, 8, 0]) out += hexOfByte[(word >>> shift) & 255] ?? '';
  }
  return out.slice(0, digits);
};

const dashed = (id: string): string =>
  `${id.slice(0, 8)}-${id.slice(8, 12)}-4${id.slice(13, 16)}-a${id.slice(17, 20)}-${id.slice(20)}`;

const noCall: CurrentCall = { callId: 0, operation: '', caller: 'world' };

export const createGround = (parts: GroundParts): Ground => {
  const { kernel, constants, region, accountId, log, emit } = parts;
  const ids = parts.dice.fork('ids');
  const delays = parts.dice.fork('delays');
  const ties = parts.dice.fork('ties');
  const hex = (digits: number): string => hexDigits(ids, digits);
  const draw = ({ low, high }: Bounds): number => between(delays, low, high);
  const afterMs = (delayMs: number, wake: () => void): void => {
    kernel.at(kernel.now() + delayMs, wake);
  };
  return {
    constants,
    region,
    accountId,
    log,
    now: () => kernel.now(),
    after: (delay, wake) => {
      afterMs(draw(delay), wake);
    },
    afterMs,
    draw,
    luck: () => ties.next(),
    hex,
    uuid: () => dashed(hex(32)),
    arn: (service, resource) => `arn:aws:${service}:${region}:${accountId}:${resource}`,
    emit,
    cause: () => ({ kind: 'call', ...(parts.currentCall() ?? noCall) }),
    caller: () => parts.currentCall()?.caller,
  };
};
