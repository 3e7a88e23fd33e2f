package org.dure.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.ToLongFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.dure.tokenizer.Fertility;
import org.dure.tokenizer.Tokenizer;
import org.dure.tokenizer.TokenizerTrainer;
import org.dure.tokenizer.WordCounts;

/// Speed of counting, training and encoding, per CPU-second of one thread.
///
/// Two yardsticks are measured in the same run, on the same text: reading the text's bytes once
/// from memory, which nothing can beat, and cutting it into chunks with `java.util.regex` alone,
/// which an encoder that splits by regular expression must pay before it does anything else.
///
/// ```
/// java -cp ... org.dure.bench.TokenizerBenchmark [--vocabulary N] [FILE...]
/// ```
///
/// Each file is a corpus of one document per line, measured apart; the tokenizer is trained on all
/// of them. Without files, words are drawn from a Zipf law over four scripts.
public final class TokenizerBenchmark {
  private static final Pattern SPLIT =
      Pattern.compile(
          "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{M}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}{1,3}"
              + "| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
          Pattern.UNICODE_CHARACTER_CLASS);
  private static final int PASSES = 7;
  private static final long MOST_BYTES = 64 << 20;

  private TokenizerBenchmark() {}

  private record Corpus(String name, List<String> documents, long bytes) {}

  public static void main(String[] arguments) throws IOException {
    int vocabulary = 32_000;
    List<Corpus> corpora = new ArrayList<>();
    for (int i = 0; i < arguments.length; i++) {
      if (arguments[i].equals("--vocabulary")) {
        vocabulary = Integer.parseInt(arguments[++i]);
      } else {
        corpora.add(read(Path.of(arguments[i])));
      }
    }
    if (corpora.isEmpty()) {
      corpora.addAll(generated());
    }
    Tokenizer tokenizer = train(corpora, vocabulary);
    for (Corpus corpus : corpora) {
      encode(corpus, tokenizer);
    }
    repeatedLetter(tokenizer);
  }

  private static Tokenizer train(List<Corpus> corpora, int vocabulary) {
    List<String> all = corpora.stream().flatMap(c -> c.documents().stream()).toList();
    long bytes = corpora.stream().mapToLong(Corpus::bytes).sum();
    double counting = best(all, texts -> WordCounts.count(texts).size());
    WordCounts counts = WordCounts.count(all);
    print("counting %.1f MB: %.1f MB per CPU-second", bytes / 1e6, bytes / 1e6 / counting);
    double regex = best(all, TokenizerBenchmark::chunksByRegex);
    print("  java.util.regex splitting alone: %.1f MB per CPU-second", bytes / 1e6 / regex);
    print("  ratio to it: %.1f", regex / counting);
    double seconds =
        best(all, texts -> TokenizerTrainer.train(counts, vocabulary).vocabularySize());
    Tokenizer tokenizer = TokenizerTrainer.train(counts, vocabulary);
    print(
        "training %,d tokens from %,d distinct chunks: %.2f CPU-seconds",
        tokenizer.tokens(), counts.size(), seconds);
    return tokenizer;
  }

  private static void encode(Corpus corpus, Tokenizer tokenizer) {
    double encoding =
        best(
            corpus.documents(),
            texts -> texts.stream().mapToLong(t -> tokenizer.encode(t).length).sum());
    double regex = best(corpus.documents(), TokenizerBenchmark::chunksByRegex);
    double memory = secondsToRead(corpus.bytes());
    print(
        "encoding %s, %.1f MB: %.1f MB per CPU-second; %s",
        corpus.name(),
        corpus.bytes() / 1e6,
        corpus.bytes() / 1e6 / encoding,
        Fertility.measure(tokenizer, corpus.documents()).text());
    print("  ratio to java.util.regex splitting alone: %.1f", regex / encoding);
    print("  share of reading the bytes from memory: %.4f", memory / encoding);
  }

  private static void repeatedLetter(Tokenizer tokenizer) {
    String letters = "a".repeat(1 << 20);
    double seconds = best(List.of(letters), texts -> tokenizer.encode(texts.getFirst()).length);
    print("encoding 1 MiB of one letter: %.1f CPU-milliseconds", seconds * 1e3);
  }

  /// Least CPU time of several passes, in seconds.
  private static double best(List<String> texts, ToLongFunction<List<String>> work) {
    long least = Long.MAX_VALUE;
    long outcome = 0;
    for (int pass = 0; pass < PASSES; pass++) {
      long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      outcome += work.applyAsLong(texts);
      least =
          Math.min(least, ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start);
    }
    if (outcome == Long.MIN_VALUE) {
      System.out.print("");
    }
    return least / 1e9;
  }

  private static long chunksByRegex(List<String> texts) {
    long chunks = 0;
    for (String text : texts) {
      Matcher matcher = SPLIT.matcher(text);
      while (matcher.find()) {
        chunks++;
      }
    }
    return chunks;
  }

  /// Least time in which the bytes can be read once: two equal arrays, too large for any cache, are
  /// compared by the JDK's vector code.
  private static double secondsToRead(long bytes) {
    byte[] one = new byte[64 << 20];
    byte[] other = new byte[one.length];
    double seconds = best(List.of(), texts -> Arrays.mismatch(one, other));
    return seconds * bytes / (2.0 * one.length);
  }

  private static Corpus read(Path file) throws IOException {
    List<String> documents = new ArrayList<>();
    long bytes = 0;
    try (var lines = Files.lines(file)) {
      for (String line : (Iterable<String>) lines::iterator) {
        bytes += line.getBytes(StandardCharsets.UTF_8).length;
        documents.add(line);
        if (bytes > MOST_BYTES) {
          break;
        }
      }
    }
    return new Corpus(String.valueOf(file.getFileName()), documents, bytes);
  }

  private static List<Corpus> generated() {
    SplittableRandom random = new SplittableRandom(7);
    int[][] scripts = {{'a', 26}, {0xac00, 2_000}, {0x3041, 80}, {0x4e00, 3_000}};
    List<Corpus> corpora = new ArrayList<>();
    for (int[] script : scripts) {
      String[] words = new String[20_000];
      Arrays.setAll(words, i -> word(random, script));
      List<String> documents = new ArrayList<>();
      long bytes = 0;
      while (bytes < 8 << 20) {
        StringBuilder document = new StringBuilder();
        for (int i = 0; i < 60; i++) {
          int rank = (int) Math.exp(random.nextDouble() * Math.log(words.length));
          document.append(words[rank]).append(' ');
        }
        documents.add(document.toString());
        bytes += document.toString().getBytes(StandardCharsets.UTF_8).length;
      }
      corpora.add(new Corpus("U+%04X...".formatted(script[0]), documents, bytes));
    }
    return corpora;
  }

  private static String word(SplittableRandom random, int[] script) {
    StringBuilder word = new StringBuilder();
    for (int n = random.nextInt(1, 9); n > 0; n--) {
      word.appendCodePoint(script[0] + random.nextInt(script[1]));
    }
    return word.toString();
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}
