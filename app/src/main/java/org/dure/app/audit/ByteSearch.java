package org.dure.app.audit;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.dure.core.DureException;

/// Looks for many words in bytes at once, in UTF-8 and as JSON escapes and byte-level tokenizers
/// write them; by a rolling hash over their first bytes, so that bytes are looked at once however
/// many words there are.
final class ByteSearch {
  private static final int WINDOW = 6;
  private static final long BASE = 0x100000001b3L;

  private final Map<Long, List<byte[]>> byHash = new HashMap<>();
  private final Map<String, String> words = new HashMap<>();

  /// @param wordsAndNames what is looked for, and what is said when it was found
  ByteSearch(Map<String, String> wordsAndNames) {
    wordsAndNames.forEach(
        (word, name) -> {
          for (String form : forms(word)) {
            byte[] bytes = form.getBytes(StandardCharsets.UTF_8);
            words.put(new String(bytes, StandardCharsets.ISO_8859_1), name);
            byHash.computeIfAbsent(hash(bytes), hash -> new ArrayList<>()).add(bytes);
          }
        });
  }

  /// As it is; with JSON's escapes; in the alphabet that stands for bytes in `tokenizer.json`.
  private static List<String> forms(String word) {
    StringBuilder escaped = new StringBuilder();
    word.chars()
        .forEach(c -> escaped.append(c < 0x80 ? String.valueOf((char) c) : "\\u%04x".formatted(c)));
    StringBuilder alphabet = new StringBuilder();
    for (byte one : word.getBytes(StandardCharsets.UTF_8)) {
      alphabet.appendCodePoint(letter(one & 0xff));
    }
    return Stream.of(word, escaped.toString(), alphabet.toString())
        .distinct()
        .filter(form -> form.getBytes(StandardCharsets.UTF_8).length >= WINDOW)
        .toList();
  }

  /// GPT-2's letter for a byte: printable bytes are themselves, the others follow 255 in their
  /// order.
  private static int letter(int value) {
    if (isPrintable(value)) {
      return value;
    }
    int before = 0;
    for (int other = 0; other < value; other++) {
      before += isPrintable(other) ? 0 : 1;
    }
    return 256 + before;
  }

  private static boolean isPrintable(int value) {
    return value >= '!' && value <= '~' || value >= 0xa1 && value <= 0xac || value >= 0xae;
  }

  private static long hash(byte[] bytes) {
    long hash = 0;
    for (int i = 0; i < WINDOW; i++) {
      hash = hash * BASE + (bytes[i] & 0xff);
    }
    return hash;
  }

  /// Names of the words that stand in the bytes.
  Set<String> in(byte[] bytes) {
    Set<String> found = new TreeSet<>();
    long drop = 1;
    for (int i = 0; i < WINDOW; i++) {
      drop *= BASE;
    }
    long hash = 0;
    for (int end = 0; end < bytes.length; end++) {
      hash = hash * BASE + (bytes[end] & 0xff);
      int from = end - WINDOW + 1;
      if (from > 0) {
        hash -= drop * (bytes[from - 1] & 0xff);
      }
      List<byte[]> candidates = from < 0 ? null : byHash.get(hash);
      if (candidates != null) {
        for (byte[] candidate : candidates) {
          if (isAt(candidate, bytes, from)) {
            found.add(words.getOrDefault(new String(candidate, StandardCharsets.ISO_8859_1), ""));
          }
        }
      }
    }
    return found;
  }

  private static boolean isAt(byte[] word, byte[] bytes, int from) {
    if (from + word.length > bytes.length) {
      return false;
    }
    for (int i = 0; i < word.length; i++) {
      if (bytes[from + i] != word[i]) {
        return false;
      }
    }
    return true;
  }

  private static final int PIECE = 1 << 24;
  private static final int OVERLAP = 1 << 10;

  /// In all files of a folder, piece by piece.
  Set<String> inFiles(Path folder) {
    Set<String> found = new TreeSet<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        found.addAll(inFile(file));
      }
    } catch (IOException e) {
      throw DureException.io("read", folder, e);
    }
    return found;
  }

  private Set<String> inFile(Path file) throws IOException {
    Set<String> found = new TreeSet<>();
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      byte[] kept = new byte[0];
      for (byte[] next = in.readNBytes(PIECE); next.length > 0; next = in.readNBytes(PIECE)) {
        byte[] piece = new byte[kept.length + next.length];
        System.arraycopy(kept, 0, piece, 0, kept.length);
        System.arraycopy(next, 0, piece, kept.length, next.length);
        found.addAll(in(piece));
        int rest = Math.min(OVERLAP, piece.length);
        kept = Arrays.copyOfRange(piece, piece.length - rest, piece.length);
      }
    }
    return found;
  }
}
