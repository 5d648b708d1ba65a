/** The highest value that a level had within the last `windowMs`, its value when the window began included. */
export class SlidingMaximum {
  private readonly windowMs: number;
  /** Falling values: what is higher and later makes what is before it forgettable. */
  private readonly levels: { readonly at: number; readonly value: number }[] = [];

  constructor(windowMs: number) {
    this.windowMs = windowMs;
  }

  set(at: number, value: number): void {
    while ((this.levels.at(-1)?.value ?? Number.POSITIVE_INFINITY) <= value) this.levels.pop();
    this.levels.push({ at, value });
    this.forget(at);
  }

  at(now: number): number {
    this.forget(now);
    return this.levels[0]?.value ?? 0;
  }

  /** A level lasts until the next one begins. */
  private forget(now: number): void {
    while ((this.levels[1]?.at ?? Number.POSITIVE_INFINITY) <= now - this.windowMs) this.levels.shift();
  }
}
