package org.dure.core;

import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;

/// Random numbers for tests, replayable: every use prints its seed, `-Ddure.seed=N` sets it.
public final class Seeded {
  private Seeded() {}

  /// A random whose seed is printed with the caller's name.
  public static SplittableRandom random(String test) {
    String given = System.getProperty("dure.seed");
    long seed = given == null ? ThreadLocalRandom.current().nextLong() : Long.parseLong(given);
    System.out.printf("%s: replay with -Ddure.seed=%d%n", test, seed);
    return new SplittableRandom(seed);
  }

  /// A string of code points from all planes, without surrogates.
  public static String text(SplittableRandom random, int codePoints) {
    StringBuilder text = new StringBuilder();
    for (int made = 0; made < codePoints; ) {
      int codePoint =
          switch (random.nextInt(6)) {
            case 0 -> random.nextInt(0x20, 0x7f);
            case 1 -> random.nextInt(0xa0, 0x250);
            case 2 -> random.nextInt(0x3040, 0x3100);
            case 3 -> random.nextInt(0xac00, 0xd7a4);
            case 4 -> random.nextInt(0x4e00, 0x9fff);
            default -> random.nextInt(0, Character.MAX_CODE_POINT + 1);
          };
      if (codePoint < Character.MIN_SURROGATE || codePoint > Character.MAX_SURROGATE) {
        text.appendCodePoint(codePoint);
        made++;
      }
    }
    return text.toString();
  }
}
