package org.dure.core.accounting;

import java.util.Arrays;

/// Discrete Fourier transform of a vector of complex numbers whose length is a power of two, in
/// place (Cooley and Tukey 1965). Roots of unity are taken from a table, each computed by itself,
/// so that rounding grows with the logarithm of the length only.
final class FourierTransform {
  private final int size;
  private final double[] cosines;
  private final double[] sines;

  /// @param size a power of two, at least 2
  FourierTransform(int size) {
    this.size = size;
    cosines = new double[size / 2];
    sines = new double[size / 2];
    for (int i = 0; i < size / 2; i++) {
      double angle = 2 * Math.PI * i / size;
      cosines[i] = Math.cos(angle);
      sines[i] = Math.sin(angle);
    }
  }

  /// Forward: the sum over `x_k exp(-2 pi i j k / size)`.
  void forward(double[] real, double[] imaginary) {
    reorder(real, imaginary);
    for (int half = 1; half < size; half *= 2) {
      int stride = size / (2 * half);
      for (int from = 0; from < size; from += 2 * half) {
        for (int k = 0; k < half; k++) {
          butterfly(real, imaginary, from + k, half, k * stride);
        }
      }
    }
  }

  private void butterfly(double[] real, double[] imaginary, int low, int half, int root) {
    int high = low + half;
    double r = real[high] * cosines[root] + imaginary[high] * sines[root];
    double i = imaginary[high] * cosines[root] - real[high] * sines[root];
    real[high] = real[low] - r;
    imaginary[high] = imaginary[low] - i;
    real[low] += r;
    imaginary[low] += i;
  }

  /// The inverse of [#forward].
  void inverse(double[] real, double[] imaginary) {
    forward(imaginary, real);
    double scale = 1.0 / size;
    Arrays.setAll(real, i -> real[i] * scale);
    Arrays.setAll(imaginary, i -> imaginary[i] * scale);
  }

  private void reorder(double[] real, double[] imaginary) {
    int shift = Integer.numberOfLeadingZeros(size) + 1;
    for (int i = 0; i < size; i++) {
      int j = Integer.reverse(i) >>> shift;
      if (i < j) {
        double r = real[i];
        real[i] = real[j];
        real[j] = r;
        double m = imaginary[i];
        imaginary[i] = imaginary[j];
        imaginary[j] = m;
      }
    }
  }
}
