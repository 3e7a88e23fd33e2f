package org.dure.evaluation;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.dure.core.Sha256;

/// What a measure gave on each page of the held-out text, for the [Bootstrap]: bytes and nats.
///
/// Where there are more than [#MOST] pages, they are put together in so many groups by their names'
/// SHA-256: resampling groups that were made without a look at the text gives the same intervals,
/// as long as there are many, and memory has a bound. Not thread-safe.
final class PageScores {
  static final int MOST = 1 << 16;

  private final Map<String, Integer> indexes = new LinkedHashMap<>();
  private double[] bytes = new double[64];
  private double[] nats = new double[64];
  private boolean grouped;

  void add(BitsPerByte.Score score) {
    int index = index(score.page());
    bytes[index] += score.bytes();
    nats[index] += score.nats();
  }

  private int index(String page) {
    if (!grouped) {
      Integer known = indexes.get(page);
      if (known != null) {
        return known;
      }
      if (indexes.size() < MOST) {
        int index = indexes.size();
        indexes.put(page, index);
        if (index == bytes.length) {
          bytes = Arrays.copyOf(bytes, 2 * index);
          nats = Arrays.copyOf(nats, 2 * index);
        }
        return index;
      }
      group();
    }
    return groupOf(page);
  }

  private void group() {
    double[] groupBytes = new double[MOST];
    double[] groupNats = new double[MOST];
    indexes.forEach(
        (page, index) -> {
          int group = groupOf(page);
          groupBytes[group] += bytes[index];
          groupNats[group] += nats[index];
        });
    indexes.clear();
    bytes = groupBytes;
    nats = groupNats;
    grouped = true;
  }

  private static int groupOf(String page) {
    byte[] digest = Sha256.digest().digest(page.getBytes(StandardCharsets.UTF_8));
    return (digest[0] & 0xff) << 8 | digest[1] & 0xff;
  }

  /// Number of pages, or of groups of them.
  int size() {
    return grouped ? MOST : indexes.size();
  }

  double bytes(int page) {
    return bytes[page];
  }

  double nats(int page) {
    return nats[page];
  }
}
