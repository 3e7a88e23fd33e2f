package org.dure.core;

/// How much of the long series a run of the tests does: `./check --long` all of each, a plain
/// `./check` a short sample.
public final class Extent {
  private static final boolean LONG = Boolean.getBoolean("dure.long");

  private Extent() {}

  /// One of the two.
  public static <T> T of(T sample, T whole) {
    return LONG ? whole : sample;
  }
}
