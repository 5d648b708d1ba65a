/** One figure of a bench, in the unit its name ends in. */
export type Figures = Readonly<Record<string, number>>;

/** What a file of this folder exports as `suite`; `npm run bench -- NAME` runs `bench/NAME.ts`. */
export interface Suite {
  /** What is measured, in a sentence. */
  readonly about: string;
  readonly run: () => Promise<Figures>;
}
