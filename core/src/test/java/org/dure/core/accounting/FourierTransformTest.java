package org.dure.core.accounting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.dure.core.Seeded;
import org.junit.jupiter.api.Test;

class FourierTransformTest {
  @Test
  void itIsTheSumThatDefinesIt() {
    SplittableRandom random = Seeded.random("itIsTheSumThatDefinesIt");
    for (int size : new int[] {2, 4, 64}) {
      double[] real = random.doubles(size).toArray();
      double[] imaginary = random.doubles(size).toArray();
      double[] r = real.clone();
      double[] m = imaginary.clone();
      FourierTransform transform = new FourierTransform(size);
      transform.forward(r, m);
      for (int j = 0; j < size; j++) {
        double sumReal = 0;
        double sum = 0;
        for (int k = 0; k < size; k++) {
          double angle = -2 * Math.PI * j * k / size;
          sumReal += real[k] * Math.cos(angle) - imaginary[k] * Math.sin(angle);
          sum += real[k] * Math.sin(angle) + imaginary[k] * Math.cos(angle);
        }
        assertThat(r[j]).isCloseTo(sumReal, within(1e-12));
        assertThat(m[j]).isCloseTo(sum, within(1e-12));
      }
      transform.inverse(r, m);
      for (int k = 0; k < size; k++) {
        assertThat(r[k]).isCloseTo(real[k], within(1e-14));
        assertThat(m[k]).isCloseTo(imaginary[k], within(1e-14));
      }
    }
  }
}
