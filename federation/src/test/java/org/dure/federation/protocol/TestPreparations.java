package org.dure.federation.protocol;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;

/// Common preparations of parts that are texts.
public final class TestPreparations {
  private TestPreparations() {}

  /// @param join makes one text of the regions' texts, by their names
  public static CommonPreparation of(Function<SortedMap<String, String>, String> join) {
    return (parts, common) -> {
      SortedMap<String, String> texts = new TreeMap<>();
      parts.forEach((region, part) -> texts.put(region, text(part)));
      common.write(join.apply(texts).getBytes(StandardCharsets.UTF_8));
    };
  }

  private static String text(CommonPreparation.Part part) {
    try (InputStream in = part.open()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
