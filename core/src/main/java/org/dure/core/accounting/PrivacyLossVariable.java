package org.dure.core.accounting;

/// How much more likely one step's outcome is with a document than without it: the logarithm of the
/// ratio, as a random variable (Gopi, Lee, Wutschitz 2021). Noise and clipping norm are in units of
/// the norm, so a document moves the outcome from 0 to 1.
sealed interface PrivacyLossVariable {
  /// P(loss <= t).
  double cumulative(double t);

  /// The expected loss.
  double mean();

  /// What the accountants of others call it: outcomes are drawn with the document there.
  record DocumentThere(SampledGaussian of) implements PrivacyLossVariable {
    @Override
    public double cumulative(double t) {
      double x = outcome(of, t);
      double sigma = of.noiseMultiplier();
      double rate = of.sampleRate();
      return (1 - rate) * NormalDistribution.cumulative(x / sigma)
          + rate * NormalDistribution.cumulative((x - 1) / sigma);
    }

    @Override
    public double mean() {
      double sigma = of.noiseMultiplier();
      double rate = of.sampleRate();
      return integral(
          x -> loss(of, x) * ((1 - rate) * density(x, sigma) + rate * density(x - 1, sigma)),
          sigma);
    }
  }

  /// Outcomes are drawn with the document gone.
  record DocumentGone(SampledGaussian of) implements PrivacyLossVariable {
    @Override
    public double cumulative(double t) {
      return NormalDistribution.cumulative(-outcome(of, -t) / of.noiseMultiplier());
    }

    @Override
    public double mean() {
      double sigma = of.noiseMultiplier();
      return integral(x -> -loss(of, x) * density(x, sigma), sigma);
    }
  }

  /// The outcome at which the ratio is `exp(t)`: it rises with the outcome.
  private static double outcome(SampledGaussian of, double t) {
    double rest = StrictMath.log1p(-of.sampleRate());
    if (t <= rest) {
      return Double.NEGATIVE_INFINITY;
    }
    double ratio =
        t - StrictMath.log(of.sampleRate()) + StrictMath.log(-StrictMath.expm1(rest - t));
    return of.noiseMultiplier() * of.noiseMultiplier() * ratio + 0.5;
  }

  /// `log((1 - rate) + rate exp((2 x - 1) / (2 sigma sigma)))`.
  private static double loss(SampledGaussian of, double x) {
    double exponent = (2 * x - 1) / (2 * of.noiseMultiplier() * of.noiseMultiplier());
    double rate = of.sampleRate();
    if (rate == 1) {
      // The logarithm of an exponential that is below what numbers can tell from nothing.
      return exponent;
    }
    return exponent < 30
        ? StrictMath.log1p(rate * StrictMath.expm1(exponent))
        : exponent + StrictMath.log(rate + (1 - rate) * StrictMath.exp(-exponent));
  }

  private static double density(double x, double sigma) {
    double z = x / sigma;
    return StrictMath.exp(-z * z / 2) / (sigma * Math.sqrt(2 * Math.PI));
  }

  @FunctionalInterface
  interface Integrand {
    double at(double x);
  }

  /// By Simpson's rule, over all but 1e-30 of the distribution.
  private static double integral(Integrand integrand, double sigma) {
    int intervals = 1 << 15;
    double low = -12 * sigma;
    double width = (1 + 24 * sigma) / intervals;
    double sum = integrand.at(low) + integrand.at(low + intervals * width);
    for (int i = 1; i < intervals; i++) {
      sum += integrand.at(low + i * width) * (i % 2 == 0 ? 2 : 4);
    }
    return sum * width / 3;
  }
}
