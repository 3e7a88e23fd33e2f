package org.dure.federation.secure;

/// Values as integers whose sum over all members fits into 32 bits: all members scale alike, by the
/// study's bound on a delta's norm, without looking at a value.
///
/// A value v of a delta whose norm is at most `bound` lies in [-bound, bound] and becomes the
/// integer nearest to v / bound * 2^k (ties to even), with k as large as lets `members` of them be
/// added within 31 bits and a sign. Rounding is the same everywhere; no error is carried over,
/// since a step is 2^-k of the bound: k is 28 for up to 4 members, 27 for up to 8, 24 for up to 64.
///
/// @param bound on the norm of a delta, above 0
/// @param members of the round
public record FixedPoint(double bound, int members) {
  private static final int BITS = 30;

  /// Largest integer that a value becomes: 2^k.
  public int most() {
    return 1 << (BITS - (Integer.SIZE - Integer.numberOfLeadingZeros(members - 1)));
  }

  /// What a delta is multiplied by so that its norm is within the bound.
  ///
  /// @param norm of the delta
  public double clipping(double norm) {
    return norm > bound ? bound / norm : 1;
  }

  /// @param value times [#clipping]; what lies outside by an error of rounding is taken for the
  ///     bound
  public int encode(double value) {
    int most = most();
    return (int) Math.clamp(Math.rint(value / bound * most), -most, most);
  }

  /// The mean of values whose integers add up to `sum`.
  ///
  /// @param count of them
  public float mean(int sum, int count) {
    return (float) ((double) sum / most() * bound / count);
  }
}
