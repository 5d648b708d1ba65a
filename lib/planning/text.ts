import { minuteMs, secondMs } from '../model/time.ts';

export const seconds = (ms: number): string => `${Math.round(ms / secondMs)} s`;

/** To the nearest one. */
export const minutes = (ms: number): string => `${Math.round(ms / minuteMs)} min`;

/** Those that are over: never more than have passed. */
export const wholeMinutes = (ms: number): string => `${Math.floor(ms / minuteMs)} min`;

/** A number with what it is a number of. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
