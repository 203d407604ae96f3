/** Coefficients for g = 7 by P. Godfrey, "A note on the computation of the convergent Lanczos complex Gamma approximation", 2001. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905, -0.13857109526572012,
  9.9843695780195716e-6, 1.5056327351493116e-7,
] as const;
const G = 7;

/** The natural logarithm of the gamma function, for x ≥ 0.5, by the approximation of C. Lanczos, SIAM J. Numer. Anal. B 1 (1964). */
export function logGamma(x: number): number {
  const t = x + G - 0.5;
  const sum = LANCZOS.reduce((total, coefficient, at) => total + (at === 0 ? coefficient : coefficient / (x - 1 + at)), 0);
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

function logChoose(n: number, k: number): number {
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
}

/**
 * The probability of at least `observed` marked ones among `drawn` that are drawn without replacement from `total`, of which `marked` are: the
 * one-sided test of R. A. Fisher, "Statistical Methods for Research Workers", 5th ed. 1934, §21.02. Exact, whatever the true rate is.
 */
export function hypergeometricTail(observed: number, { total, marked, drawn }: { readonly total: number; readonly marked: number; readonly drawn: number }): number {
  const least = Math.max(0, drawn + marked - total);
  const most = Math.min(drawn, marked);
  if (observed <= least) return 1;
  if (observed > most) return 0;
  let term = Math.exp(logChoose(marked, observed) + logChoose(total - marked, drawn - observed) - logChoose(total, drawn));
  let sum = term;
  for (let k = observed; k < most; k++) {
    term *= ((marked - k) * (drawn - k)) / ((k + 1) * (total - marked - drawn + k + 1));
    sum += term;
  }
  return Math.min(1, sum);
}

/** The probability that Student's t with so many degrees of freedom is at least as far from 0 as `t`. */
export function studentTail(t: number, degrees: number): number {
  return incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5);
}

/** The regularised incomplete beta function I_x(a, b), NIST Digital Library of Mathematical Functions 8.17, by the continued fraction 8.17.22. */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // It converges quickly below the mean, and is mirrored above.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  return front * fraction(x, a, b);
}

const PRECISION = 1e-15;
const STEPS = 1000;

/** By the method of W. J. Lentz, Applied Optics 15 (1976), as modified by Thompson and Barnett. */
function fraction(x: number, a: number, b: number): number {
  const coefficient = (step: number): number => {
    const m = Math.floor(step / 2);
    if (step === 0) return 1;
    return step % 2 === 0 ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)) : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
  };
  const tiny = Number.MIN_VALUE / Number.EPSILON;
  let value = tiny;
  let [c, d] = [tiny, 0];
  for (let step = 0; step < STEPS; step++) {
    d = 1 / (1 + coefficient(step) * d || tiny);
    c = 1 + coefficient(step) / c || tiny;
    value *= c * d;
    if (step > 0 && Math.abs(c * d - 1) < PRECISION) break;
  }
  return value;
}
