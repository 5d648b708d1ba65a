import type { LifeStage, LiveInstance, Speed, Tone } from '../wire.ts';

export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

const two = (value: number): string => String(value).padStart(2, '0');

/** `08:05`, in UTC as all times of a run. */
export const clockText = (ms: number): string => {
  const date = new Date(ms);
  return `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
};

export const clockWithSeconds = (ms: number): string => `${clockText(ms)}:${two(new Date(ms).getUTCSeconds())}`;

export const dayText = (ms: number): string =>
  new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', weekday: 'short', day: 'numeric', month: 'short' }).format(ms);

/** `3 min`, `2 h 5 min`. */
export const spanText = (ms: number): string => {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return `${Math.max(0, Math.floor(ms / 1000))} s`;
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};

export const speedText = (speed: Speed): string => (speed === 0 ? 'Pause' : speed === null ? 'Fastest' : `×${speed}`);

/** A task's id is long; eight of its digits tell it from others. */
export const shortened = (text: string): string => text.replace(/\b([0-9a-f]{8})[0-9a-f]{24}\b/g, '$1…');

/** The last digits of an id are enough to tell two apart on a screen. */
export const shortId = (id: string): string => id.slice(-5);

export const zoneLetter = (zone: string): string => zone.slice(-1);

export const percent = (part: number, whole: number): number => (whole === 0 ? 0 : Math.round((part / whole) * 100));

export const used = (it: LiveInstance): { readonly cpuUnits: number; readonly memoryMiB: number } =>
  it.tasks.reduce(
    (sum, task) => ({ cpuUnits: sum.cpuUnits + task.cpuUnits, memoryMiB: sum.memoryMiB + task.memoryMiB }),
    { cpuUnits: 0, memoryMiB: 0 },
  );

export const toneWords: Readonly<Record<Tone, string>> = {
  use: 'stays, in use',
  spare: 'kept as room',
  soon: 'may leave soon',
  held: 'held by a rule',
  coming: 'on its way',
  leaving: 'leaving',
  trouble: 'in trouble',
  unjudged: 'not judged yet',
};

export const stageWords: Readonly<Record<LifeStage, string>> = {
  launching: 'launching: not registered with ECS yet',
  active: 'ACTIVE',
  draining: 'DRAINING',
  leaving: 'leaving its group',
  lost: 'ACTIVE, but its agent is disconnected',
  dead: 'stopped by EC2; its group has not noticed yet',
};

/** A sign for each tone, so that none is told by its colour alone. */
export const toneSigns: Readonly<Record<Tone, string>> = {
  use: '●',
  spare: '◇',
  soon: '◔',
  held: '■',
  coming: '▲',
  leaving: '▼',
  trouble: '✖',
  unjudged: '?',
};
