import { InvalidArgumentError } from 'commander';
import { durationMs } from '../lib/settings/duration.ts';

export const positive = (text: string): number => {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('Expected a number above 0.');
  return value;
};

export const whole = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('Expected a whole number of 0 or more.');
  return value;
};

export const atLeastOne = (text: string): number => {
  const value = whole(text);
  if (value === 0) throw new InvalidArgumentError('Expected a whole number of 1 or more.');
  return value;
};

export const portNumber = (text: string): number => {
  const value = whole(text);
  if (value > 65_535) throw new InvalidArgumentError('Expected a port number up to 65535.');
  return value;
};

export const duration = (text: string): number => {
  const ms = durationMs(text);
  if (ms === undefined || ms === 0) throw new InvalidArgumentError('Expected a duration such as 90s, 5m or 1h.');
  return ms;
};
