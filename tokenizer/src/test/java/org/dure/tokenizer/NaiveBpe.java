package org.dure.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.dure.core.Seeded;
import org.jspecify.annotations.Nullable;

/// Byte-pair encoding as the papers describe it, slow and plain: what the fast code is tested
/// against.
final class NaiveBpe {
  private static final Pattern SPLIT = pattern(Splitter.STANDARD);

  private NaiveBpe() {}

  /// The splitting expression as `java.util.regex` writes it.
  static Pattern pattern(Splitter splitter) {
    return Pattern.compile(
        splitter.pattern().replace("(?i:", "(?iu:"), Pattern.UNICODE_CHARACTER_CLASS);
  }

  static List<String> split(String text) {
    return split(SPLIT, text);
  }

  static List<String> split(Pattern pattern, String text) {
    List<String> chunks = new ArrayList<>();
    Matcher matcher = pattern.matcher(text);
    while (matcher.find()) {
      chunks.add(matcher.group());
    }
    return chunks;
  }

  record Pair(int left, int right) implements Comparable<Pair> {
    @Override
    public int compareTo(Pair other) {
      return Comparator.comparingInt(Pair::left).thenComparingInt(Pair::right).compare(this, other);
    }
  }

  /// Counts every pair anew before each merge; the parts choose in turn.
  static List<Pair> train(List<WordCounts> parts, int merges) {
    List<List<List<Integer>>> words = new ArrayList<>();
    for (WordCounts counts : parts) {
      words.add(Arrays.stream(counts.entries()).map(entry -> ids(entry.chunk())).toList());
    }
    List<Integer> lengths = new ArrayList<>(Collections.nCopies(256, 1));
    List<Pair> learned = new ArrayList<>();
    Map<Integer, Integer> chosen = new TreeMap<>();
    for (int part = 0; part < parts.size(); part++) {
      chosen.put(part, 0);
    }
    while (learned.size() < merges && !chosen.isEmpty()) {
      int turn = Collections.min(chosen.entrySet(), Map.Entry.comparingByValue()).getKey();
      Pair best = best(words.get(turn), parts.get(turn), lengths);
      if (best == null) {
        chosen.remove(turn);
        continue;
      }
      chosen.merge(turn, 1, Integer::sum);
      for (List<List<Integer>> part : words) {
        part.forEach(word -> merge(word, best, 256 + learned.size()));
      }
      lengths.add(lengths.get(best.left()) + lengths.get(best.right()));
      learned.add(best);
    }
    return learned;
  }

  private static @Nullable Pair best(
      List<List<Integer>> words, WordCounts counts, List<Integer> lengths) {
    Map<Pair, Long> pairs = new TreeMap<>();
    for (int w = 0; w < words.size(); w++) {
      List<Integer> word = words.get(w);
      for (int i = 0; i + 1 < word.size(); i++) {
        if (lengths.get(word.get(i)) + lengths.get(word.get(i + 1)) <= 64) {
          pairs.merge(
              new Pair(word.get(i), word.get(i + 1)), counts.entries()[w].count(), Long::sum);
        }
      }
    }
    Pair best = null;
    long most = 1;
    for (Map.Entry<Pair, Long> pair : pairs.entrySet()) {
      if (pair.getValue() > most) {
        most = pair.getValue();
        best = pair.getKey();
      }
    }
    return best;
  }

  private static void merge(List<Integer> word, Pair pair, int token) {
    for (int i = 0; i + 1 < word.size(); i++) {
      if (word.get(i) == pair.left() && word.get(i + 1) == pair.right()) {
        word.set(i, token);
        word.remove(i + 1);
      }
    }
  }

  /// Applies every merge in its order to one chunk.
  static List<Integer> encode(List<Pair> merges, byte[] chunk) {
    List<Integer> word = ids(chunk);
    for (int i = 0; i < merges.size(); i++) {
      merge(word, merges.get(i), 256 + i);
    }
    return word;
  }

  static int[] encode(List<Pair> merges, String text) {
    return split(text).stream()
        .flatMap(chunk -> encode(merges, chunk.getBytes(StandardCharsets.UTF_8)).stream())
        .mapToInt(i -> i)
        .toArray();
  }

  private static List<Integer> ids(byte[] bytes) {
    List<Integer> ids = new ArrayList<>();
    for (byte b : bytes) {
      ids.add(ByteAlphabet.idOf(b));
    }
    return ids;
  }

  /// Text of few distinct characters, so that pairs repeat, overlap and tie.
  static String repetitive(SplittableRandom random, int length) {
    String alphabet =
        List.of("ab", "aab ", "abc d", "가나 다a", "あい。う", "'st \n", "ắa1").get(random.nextInt(7));
    StringBuilder text = new StringBuilder();
    while (text.length() < length) {
      int at = random.nextInt(alphabet.length());
      text.append(String.valueOf(alphabet.charAt(at)).repeat(1 + random.nextInt(4)));
    }
    return text.toString();
  }

  /// Text of random code points of all planes, or of few characters.
  static String any(SplittableRandom random, int length) {
    return random.nextBoolean() ? Seeded.text(random, length) : repetitive(random, length);
  }
}
