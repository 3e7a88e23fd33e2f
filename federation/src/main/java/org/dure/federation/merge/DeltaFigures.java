package org.dure.federation.merge;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.dure.core.ArtifactStore;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.FragmentReader;

/// Lengths of a round's deltas and every inner product between them, by group of tensors, from one
/// pass over their bytes. Memory is [MergeWork#BLOCK_BYTES] a thread, whatever the size of the
/// model.
public final class DeltaFigures {
  /// Something to measure.
  public record Vector(FragmentList list, ArtifactStore store) {}

  private final List<Vector> vectors;
  private final TensorGroups groups;
  private final FragmentPass pass;

  /// By group, then by pair; see [#pair].
  private final double[][] products;

  private DeltaFigures(List<Vector> vectors, TensorGroups groups) {
    this.vectors = vectors;
    this.groups = groups;
    this.pass = new FragmentPass(vectors.getFirst().list(), vectors.size());
    this.products = new double[groups.count()][pair(vectors.size(), 0)];
  }

  /// Measures.
  ///
  /// @param vectors of the same layout, at least one
  /// @throws org.dure.core.DureException if anything could not be read or is not what its name says
  public static DeltaFigures of(List<Vector> vectors, TensorGroups groups) {
    DeltaFigures figures = new DeltaFigures(List.copyOf(vectors), groups);
    figures.pass.run(() -> figures.new Blocks()::measure);
    return figures;
  }

  private static int pair(int first, int second) {
    int more = Math.max(first, second);
    return more * (more + 1) / 2 + Math.min(first, second);
  }

  /// Length of a vector's values of one group.
  public double norm(int vector, int group) {
    return Math.sqrt(products[group][pair(vector, vector)]);
  }

  /// Lengths of a vector, by group.
  public List<Double> norms(int vector) {
    List<Double> norms = new ArrayList<>();
    for (int group = 0; group < groups.count(); group++) {
      norms.add(norm(vector, group));
    }
    return norms;
  }

  /// Cosine between two whole vectors; 0 where either is zero.
  public double cosine(int first, int second) {
    double lengths = Math.sqrt(product(first, first)) * Math.sqrt(product(second, second));
    return lengths == 0 ? 0 : product(first, second) / lengths;
  }

  private double product(int first, int second) {
    double sum = 0;
    for (double[] group : products) {
      sum += group[pair(first, second)];
    }
    return sum;
  }

  /// Squared distance between two vectors that are scaled by group.
  ///
  /// @param scales empty where all are 1
  public double squaredDistance(
      int first, List<Double> firstScales, int second, List<Double> secondScales) {
    double sum = 0;
    for (int group = 0; group < products.length; group++) {
      double a = firstScales.isEmpty() ? 1 : firstScales.get(group);
      double b = secondScales.isEmpty() ? 1 : secondScales.get(group);
      sum +=
          a * a * products[group][pair(first, first)]
              + b * b * products[group][pair(second, second)]
              - 2 * a * b * products[group][pair(first, second)];
    }
    return Math.max(0, sum);
  }

  /// What one thread works with.
  private final class Blocks {
    private final FragmentList shape = vectors.getFirst().list();
    private final int size =
        Math.clamp(MergeWork.BLOCK_BYTES / (4L * vectors.size()), 1, shape.fragmentBytes() / 4);
    private final float[][] values = new float[vectors.size()][size];
    private final double[][] sums = new double[groups.count()][products[0].length];

    boolean measure(int index) throws InterruptedException {
      int count = shape.length(index) / 4;
      long place = shape.offset(index) / 4;
      for (double[] group : sums) {
        Arrays.fill(group, 0);
      }
      List<FragmentReader> open = new ArrayList<>();
      try {
        for (Vector vector : vectors) {
          open.add(new FragmentReader(vector.store(), vector.list().fragments().get(index)));
        }
        for (int from = 0; from < count; from += size) {
          int most = Math.min(size, count - from);
          for (int v = 0; v < values.length; v++) {
            open.get(v).read(values[v], most);
          }
          groups.cut(place + from, most, this::add);
        }
        open.forEach(FragmentReader::finish);
      } finally {
        open.forEach(FragmentReader::close);
      }
      return settle(index);
    }

    private void add(int group, int from, int to) {
      double[] into = sums[group];
      for (int first = 0; first < values.length; first++) {
        for (int second = 0; second <= first; second++) {
          into[pair(first, second)] += dot(values[first], values[second], from, to);
        }
      }
    }

    /// Adds the fragment's sums to those of the fragments before it.
    private boolean settle(int index) throws InterruptedException {
      if (!pass.await(index)) {
        return false;
      }
      for (int group = 0; group < sums.length; group++) {
        for (int i = 0; i < sums[group].length; i++) {
          products[group][i] += sums[group][i];
        }
      }
      pass.next();
      return true;
    }

    /// Four sums, each of every fourth value, so that the processor need not wait for one addition
    /// before the next.
    private static double dot(float[] a, float[] b, int from, int to) {
      double s0 = 0;
      double s1 = 0;
      double s2 = 0;
      double s3 = 0;
      int i = from;
      for (; i + 3 < to; i += 4) {
        s0 += (double) a[i] * b[i];
        s1 += (double) a[i + 1] * b[i + 1];
        s2 += (double) a[i + 2] * b[i + 2];
        s3 += (double) a[i + 3] * b[i + 3];
      }
      for (; i < to; i++) {
        s0 += (double) a[i] * b[i];
      }
      return (s0 + s1) + (s2 + s3);
    }
  }
}
