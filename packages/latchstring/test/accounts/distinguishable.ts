/** How well one sample can be told from the other by its values alone. */
export interface Distinction {
  /**
   * The area under the ROC curve: how likely a value of the one is larger than a value of the other. 0.5 tells
   * nothing, 0 and 1 tell everything.
   */
  readonly area: number
  /** Between which the area lies with a probability of 95 %, by the bootstrap. */
  readonly low: number
  readonly high: number
}

const RESAMPLES = 400

export function distinction(one: readonly number[], other: readonly number[], seed: number): Distinction {
  const below = pseudoRandom(seed)
  const resample = (values: readonly number[]) => values.map(() => values[below(values.length)] ?? 0)
  const areas = Array.from({ length: RESAMPLES }, () => areaUnderCurve(resample(one), resample(other)))
  return { area: areaUnderCurve(one, other), low: quantile(areas, 0.025), high: quantile(areas, 0.975) }
}

/** Fast rather than good: the generator that Numerical Recipes calls quick and dirty, by its upper bits. */
function pseudoRandom(seed: number): (limit: number) => number {
  let state = seed >>> 0
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}

/** By the sum of ranks (Mann and Whitney); equal values count half. */
function areaUnderCurve(one: readonly number[], other: readonly number[]): number {
  const sorted = [...other].sort((left, right) => left - right)
  const larger = one.map((value) => (countBelow(sorted, value, false) + countBelow(sorted, value, true)) / 2)
  return larger.reduce((sum, count) => sum + count, 0) / (one.length * other.length)
}

/** How many values of a sorted list are below one, or not above it. */
function countBelow(sorted: readonly number[], value: number, isInclusive: boolean): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const found = sorted[middle] ?? 0
    if (found < value || (isInclusive && found === value)) low = middle + 1
    else high = middle
  }
  return low
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
}
