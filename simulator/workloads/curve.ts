/** How much work there is over time: the value holds from its time until the next point's. */
export interface Point {
  readonly atMs: number;
  /** Requests (or any unit of work) a second. */
  readonly rate: number;
}

const hourMs = 3_600_000;
const stepMs = 5 * 60_000;

/** A crowd that comes within a step, stays, and goes within a step. */
export interface FlashCrowd {
  readonly fromHour: number;
  readonly hours: number;
  readonly factor: number;
}

/** The hour of the day at which load is lowest; a generated day begins and ends then. */
export const quietHour = 4;

/**
 * A day of load from one quiet hour to the next: highest twelve hours on, a cosine between, a point every five
 * minutes, times the factor of a flash crowd while it lasts.
 */
export const dailyCurve = (low: number, high: number, days: number, crowd: FlashCrowd | undefined): readonly Point[] =>
  Array.from({ length: Math.round((days * 24 * hourMs) / stepMs) }, (_, n) => {
    const atMs = n * stepMs;
    const hour = (quietHour + atMs / hourMs) % 24;
    const height = (1 - Math.cos(((hour - quietHour) / 12) * Math.PI)) / 2;
    const inCrowd = crowd !== undefined && hour >= crowd.fromHour && hour < crowd.fromHour + crowd.hours;
    return { atMs, rate: (low + (high - low) * height) * (inCrowd ? crowd.factor : 1) };
  });

/** Tasks it takes to serve a rate, where one task serves `perTask`. */
export const tasksFor = (rate: number, perTask: number, minimum: number): number =>
  Math.max(minimum, Math.ceil(rate / perTask - 1e-9));
