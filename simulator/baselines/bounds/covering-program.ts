/** One constraint of a covering program: Σ coefficient × amount ≥ demand, coefficients by offer, none below 0. */
export type Coefficients = readonly number[];

/** The cheapest cover found for some demands, and how much of each offer it takes. */
export interface Cover {
  readonly cost: number;
  readonly amounts: readonly number[];
}

const tolerance = 1e-9;
const steepestPivots = 60;
const solvesBetweenFreshStarts = 400;

/**
 * The linear program `minimise Σ price × amount so that every demand is covered, amounts ≥ 0`, solved again and again
 * for other demands. What is pivoted is its dual, `maximise Σ demand × worth so that no offer is worth more than its
 * price`: there the demands are the objective only, so the last answer is always a feasible start for the next one; and
 * its value is never above the optimum, wherever pivoting stops.
 */
export class CoveringProgram {
  private readonly prices: readonly number[];
  private readonly rows: readonly Coefficients[];
  /** A row is divided by its largest coefficient, its demand likewise. */
  private readonly scales: readonly number[];
  private readonly width: number;
  private tableau: Float64Array[] = [];
  private basis: number[] = [];
  private solves = 0;

  /** Prices must not be negative, and each row needs a coefficient above 0 if it is ever to be demanded. */
  constructor(prices: readonly number[], rows: readonly Coefficients[]) {
    this.prices = prices;
    this.rows = rows;
    this.scales = rows.map((row) => Math.max(tolerance, ...row));
    this.width = rows.length + prices.length + 1;
    this.restart();
  }

  solve(demands: readonly number[]): Cover {
    if (++this.solves % solvesBetweenFreshStarts === 0) this.restart(); // so that rounding errors do not add up
    const objective = this.rows.map((_, row) => (demands[row] ?? 0) / (this.scales[row] ?? 1));
    const worth = this.reduced(objective);
    for (let pivots = 0; ; pivots++) {
      const column = this.entering(worth, pivots < steepestPivots);
      if (column === undefined) break;
      const row = this.leaving(column);
      if (row === undefined) throw new Error('a demand that no offer covers');
      this.pivot(row, column, worth);
    }
    return this.answer(objective, worth);
  }

  /** Back to the dual's plain start: nothing is worth anything. */
  private restart(): void {
    const count = this.rows.length;
    this.tableau = this.prices.map((price, offer) => {
      const line = new Float64Array(this.width);
      this.rows.forEach((row, index) => {
        line[index] = (row[offer] ?? 0) / (this.scales[index] ?? 1);
      });
      line[count + offer] = 1;
      line[this.width - 1] = price;
      return line;
    });
    this.basis = this.prices.map((_, offer) => count + offer);
  }

  /** What one more of each variable would add to the objective, for the basis as it stands. */
  private reduced(objective: readonly number[]): Float64Array {
    const worth = new Float64Array(this.width);
    objective.forEach((value, column) => {
      worth[column] = value;
    });
    this.tableau.forEach((line, row) => {
      const factor = objective[this.basis[row] ?? 0] ?? 0;
      if (factor === 0) return;
      for (let column = 0; column < this.width; column++)
        worth[column] = (worth[column] ?? 0) - factor * (line[column] ?? 0);
    });
    return worth;
  }

  /** The steepest column at first; later the first one that gains, which cannot cycle (Bland 1977). */
  private entering(worth: Float64Array, steepest: boolean): number | undefined {
    let found: number | undefined;
    let best = tolerance;
    for (let column = 0; column < this.width - 1; column++) {
      const value = worth[column] ?? 0;
      if (value <= best) continue;
      found = column;
      if (!steepest) return found;
      best = value;
    }
    return found;
  }

  private leaving(column: number): number | undefined {
    let found: number | undefined;
    let least = Number.POSITIVE_INFINITY;
    this.tableau.forEach((line, row) => {
      const value = line[column] ?? 0;
      if (value <= tolerance) return;
      const ratio = (line[this.width - 1] ?? 0) / value;
      const tie = ratio === least && found !== undefined && (this.basis[row] ?? 0) < (this.basis[found] ?? 0);
      if (ratio < least || tie) {
        least = ratio;
        found = row;
      }
    });
    return found;
  }

  private pivot(row: number, column: number, worth: Float64Array): void {
    const line = this.tableau[row];
    if (line === undefined) return;
    const by = line[column] ?? 1;
    for (let at = 0; at < this.width; at++) line[at] = (line[at] ?? 0) / by;
    for (const other of [...this.tableau, worth]) {
      const factor = other === line ? 0 : (other[column] ?? 0);
      if (factor === 0) continue;
      for (let at = 0; at < this.width; at++) other[at] = (other[at] ?? 0) - factor * (line[at] ?? 0);
    }
    this.basis[row] = column;
  }

  private answer(objective: readonly number[], worth: Float64Array): Cover {
    const cost = this.tableau.reduce(
      (sum, line, row) => sum + (objective[this.basis[row] ?? 0] ?? 0) * Math.max(0, line[this.width - 1] ?? 0),
      0,
    );
    // The dual's slack of an offer is worth, with the sign turned, what the primal takes of that offer.
    const amounts = this.prices.map((_, offer) => Math.max(0, -(worth[this.rows.length + offer] ?? 0)));
    return { cost: cost * (1 - tolerance), amounts };
  }
}
