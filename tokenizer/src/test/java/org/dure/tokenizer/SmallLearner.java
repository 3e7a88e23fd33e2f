package org.dure.tokenizer;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.dure.core.Sha256;

/// Makes parts that together are several times its heap, and learns a tokenizer from them.
final class SmallLearner {
  private static final int PARTS = 4;
  private static final int CHUNKS = 200_000;

  record File(Path path) implements PartCounts.Part {
    @Override
    public long length() {
      try {
        return Files.size(path);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public InputStream open() {
      try {
        return new BufferedInputStream(Files.newInputStream(path));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private SmallLearner() {}

  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    List<PartCounts> parts = new ArrayList<>();
    long bytes = 0;
    for (int part = 0; part < PARTS; part++) {
      File file = new File(folder.resolve("part-" + part));
      write(file.path, part);
      bytes += file.length();
      parts.add(new PartCounts(file));
    }
    Path out = folder.resolve("tokenizer.json");
    try (OutputStream json = new BufferedOutputStream(Files.newOutputStream(out))) {
      TokenizerTrainer.write(parts, 262, folder.resolve("scratch"), json, (merges, total) -> {});
    }
    System.out.printf(
        Locale.ROOT,
        "%d tokens from %d MB, %d chunks%n",
        Tokenizer.read(out).tokens(),
        bytes >> 20,
        parts.stream().mapToInt(PartCounts::size).sum());
  }

  /// Every part has chunks of its own, so that none is shared.
  private static void write(Path file, int part) throws IOException {
    try (DigestOutputStream out =
        new DigestOutputStream(
            new BufferedOutputStream(Files.newOutputStream(file)), Sha256.digest())) {
      out.write(
          ByteBuffer.allocate(24)
              .order(ByteOrder.LITTLE_ENDIAN)
              .put("DUREWCNT".getBytes(StandardCharsets.US_ASCII))
              .putInt(1)
              .putInt(0)
              .putLong(CHUNKS)
              .array());
      for (int i = 0; i < CHUNKS; i++) {
        byte[] chunk = " word%07d-%d".formatted(i, part).getBytes(StandardCharsets.US_ASCII);
        out.write(chunk.length);
        out.write(chunk);
        out.write(1 + i % 100);
      }
      byte[] digest = out.getMessageDigest().digest();
      out.on(false);
      out.write(digest);
    }
  }
}
