package org.dure.bench.gain;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.dure.core.AtomicFiles;
import org.dure.core.Document;
import org.dure.core.Json;
import org.dure.evaluation.BitsPerByte;
import org.dure.evaluation.Comparison;
import org.dure.evaluation.Interval;
import org.dure.model.Libtorch;
import org.dure.tokenizer.TokenShard;
import org.dure.tokenizer.Tokenizer;
import org.dure.tokenizer.TokenizerTrainer;
import org.dure.tokenizer.WordCounts;

/// What joining is worth to each of many institutions with scarce text: bits per byte on its own
/// test text beside those of the same training alone.
///
/// ```
/// bench/gain DATA [ARM...] [KEY=VALUE...]
/// ```
///
/// DATA holds a file `LANGUAGE-KIND.txt` for each kind of text, a paragraph a line. Every arm has
/// the same starts, batches and steps; `alone`, the twin, gets the steps on top that finding takes
/// in `chosen`. Of each the weights are measured that were best on dev text. `pooled` is what
/// nobody may do: one model on the text of all of a kind, with the steps of all of them.
public final class GainBenchmark {
  private static final String ALONE = "alone";
  private static final String OWN_WORDS = "alone, own tokenizer";
  private static final String CHOSEN = "chosen";
  private static final String POOLED = "pooled";
  private static final String GUARDED = "chosen, guarded";

  /// When institutions choose, in shares of the run.
  private static final List<Double> CHOICES = List.of(0.2, 0.45, 0.7);

  private static final List<Arm> ARMS =
      List.of(
          Arm.fixed(ALONE, Reach.NOBODY, Reach.NOBODY),
          Arm.fixed(OWN_WORDS, Reach.NOBODY, Reach.NOBODY),
          Arm.fixed("outer step alone", Reach.SELF, Reach.SELF),
          Arm.fixed("language", Reach.LANGUAGE, Reach.LANGUAGE),
          Arm.fixed("kind", Reach.KIND, Reach.KIND),
          Arm.fixed("all", Reach.LANGUAGE, Reach.ALL),
          Arm.narrowing("wide then kin", 0.2, Reach.LANGUAGE, Reach.KIND),
          Arm.narrowing("wide then kin, body alone", 0.2, Reach.NOBODY, Reach.NOBODY),
          Arm.chosen(CHOSEN, CHOICES));

  /// One institution's model in one arm.
  ///
  /// @param dev least bits per byte of its dev text
  /// @param test of the same weights
  private record Result(double dev, BitsPerByte test) {}

  private final Plan plan;
  private final GainText text;
  private final Path scratch;
  private final int threads = Runtime.getRuntime().availableProcessors();
  private final Map<String, Tokenizer> tokenizers = new TreeMap<>();
  private final SequencedMap<String, Map<String, Result>> results = new LinkedHashMap<>();

  private GainBenchmark(Plan plan, GainText text, Path scratch) {
    this.plan = plan;
    this.text = text;
    this.scratch = scratch;
  }

  public static void main(String[] arguments) throws IOException {
    Map<String, String> given =
        Arrays.stream(arguments)
            .filter(argument -> argument.contains("="))
            .map(argument -> argument.split("=", 2))
            .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
    List<String> wanted =
        Arrays.stream(arguments).skip(1).filter(argument -> !argument.contains("=")).toList();
    Plan plan = Plan.of(given);
    GainText text = GainText.read(Path.of(arguments[0]), plan);
    Libtorch.threads(1);
    Path scratch = Files.createTempDirectory("dure-gain");
    try {
      new GainBenchmark(plan, text, scratch).run(wanted);
    } finally {
      AtomicFiles.delete(scratch);
    }
  }

  private void run(List<String> wanted) {
    System.out.printf(
        "%s; %d institutions; %d held-out paragraphs dropped as near copies of training text%n",
        plan, text.institutions().size(), text.dropped());
    learnTokenizers();
    for (Arm arm : ARMS) {
      if (wanted.isEmpty() || wanted.contains(arm.name()) || arm.name().equals(ALONE)) {
        run(arm);
      }
    }
    if (wanted.isEmpty() || wanted.contains(POOLED)) {
      pool();
    }
    guard();
    print();
  }

  /// One for each language, of the counts of all its institutions, and one for each of them.
  private void learnTokenizers() {
    Map<String, List<String>> texts = new TreeMap<>();
    for (Institution institution : text.institutions()) {
      List<String> own = institution.training().stream().map(Document::text).toList();
      texts.computeIfAbsent(institution.language(), any -> new ArrayList<>()).addAll(own);
      texts.put(institution.name(), own);
    }
    texts.forEach(
        (name, all) ->
            tokenizers.put(name, TokenizerTrainer.train(WordCounts.count(all), plan.vocabulary())));
  }

  private Tokenizer tokenizer(String name) {
    Tokenizer tokenizer = tokenizers.get(name);
    if (tokenizer == null) {
      throw new IllegalStateException("no tokenizer " + name);
    }
    return tokenizer;
  }

  private void run(Arm arm) {
    long start = System.nanoTime();
    boolean alone = arm.name().equals(ALONE) || arm.name().equals(OWN_WORDS);
    Plan mine = alone ? plan.longer(1 + finding()) : plan;
    List<Learner> learners = new ArrayList<>();
    try {
      for (Institution institution : text.institutions()) {
        Tokenizer tokenizer =
            tokenizer(arm.name().equals(OWN_WORDS) ? institution.name() : institution.language());
        learners.add(learner(institution, tokenizer, List.of(shard(institution, tokenizer)), mine));
      }
      String chosen = new Belt(arm, mine, learners).run(threads);
      Map<String, Result> tests = new TreeMap<>();
      learners.forEach(
          learner ->
              tests.put(
                  learner.institution().name(), new Result(learner.bestDev(), learner.test())));
      add(arm.name(), tests, start, arm.choices().isEmpty() ? "" : ", " + chosen);
    } finally {
      learners.forEach(Learner::close);
    }
  }

  /// Steps of trial phases as a share of all others.
  private double finding() {
    return (double) CHOICES.size() * Arm.CANDIDATES.size() / 2 / plan.rounds();
  }

  private Learner learner(
      Institution institution, Tokenizer tokenizer, List<Path> shards, Plan size) {
    return new Learner(
        institution,
        tokenizer,
        shards,
        size,
        (long) size.rounds() * size.steps(),
        scratch.resolve("state-" + institution.name()));
  }

  /// The institution's training text in as many tokens as the plan says.
  private Path shard(Institution institution, Tokenizer tokenizer) {
    Path file =
        scratch.resolve(institution.name() + "-" + tokenizer.digest().substring(0, 12) + ".bin");
    if (Files.exists(file)) {
      return file;
    }
    int[] tokens = new int[plan.tokens()];
    int count = 0;
    long bytes = 0;
    for (Document document : institution.training()) {
      int[] ids = tokenizer.encode(document.text());
      int[] whole = new int[ids.length + 2];
      whole[0] = tokenizer.beginToken();
      System.arraycopy(ids, 0, whole, 1, ids.length);
      whole[ids.length + 1] = tokenizer.endToken();
      int some = Math.min(whole.length, tokens.length - count);
      System.arraycopy(whole, 0, tokens, count, some);
      count += some;
      bytes += document.text().getBytes(StandardCharsets.UTF_8).length;
      if (count == tokens.length) {
        break;
      }
    }
    if (count < tokens.length) {
      throw new IllegalStateException(
          "%s has %d tokens of text: expected %d"
              .formatted(institution.name(), count, tokens.length));
    }
    try (TokenShard.Writer writer = TokenShard.writer(file, tokenizer.digest())) {
      writer.add(tokens, bytes);
    }
    return file;
  }

  private void pool() {
    long start = System.nanoTime();
    Map<String, List<Institution>> kinds = new TreeMap<>();
    for (Institution institution : text.institutions()) {
      kinds.computeIfAbsent(institution.kind(), any -> new ArrayList<>()).add(institution);
    }
    Map<String, Result> tests = new TreeMap<>();
    for (List<Institution> members : kinds.values()) {
      Tokenizer tokenizer = tokenizer(members.getFirst().language());
      List<Path> shards = members.stream().map(member -> shard(member, tokenizer)).toList();
      Plan size = plan.longer(members.size());
      List<Document> dev = members.stream().flatMap(member -> member.dev().stream()).toList();
      Institution all = members.getFirst().heldOut(dev, members.getFirst().test());
      try (Learner learner = learner(all, tokenizer, shards, size)) {
        new Belt(Arm.fixed(POOLED, Reach.NOBODY, Reach.NOBODY), size, List.of(learner)).run(1);
        for (Institution member : members) {
          tests.put(member.name(), new Result(learner.bestDev(), learner.test(member)));
        }
      }
    }
    add(POOLED, tests, start, "");
  }

  private void add(String arm, Map<String, Result> tests, long start, String more) {
    results.put(arm, tests);
    System.out.printf(Locale.ROOT, "%s: %.0f s%s%n", arm, (System.nanoTime() - start) / 1e9, more);
    tests.forEach(
        (name, result) ->
            System.out.println(
                Json.text(
                    Map.of(
                        "arm",
                        arm,
                        "institution",
                        name,
                        "dev",
                        result.dev(),
                        "test",
                        result.test().value()))));
  }

  /// What is released is the better of chosen and twin on the dev text.
  private void guard() {
    Map<String, Result> chosen = results.get(CHOSEN);
    Map<String, Result> twins = results.get(ALONE);
    if (chosen == null || twins == null) {
      return;
    }
    Map<String, Result> guarded = new TreeMap<>();
    chosen.forEach(
        (name, result) -> {
          Result twin = twins.get(name);
          guarded.put(name, twin != null && twin.dev() < result.dev() ? twin : result);
        });
    results.put(GUARDED, guarded);
  }

  private void print() {
    List<String> kinds =
        text.institutions().stream().map(Institution::kind).distinct().sorted().toList();
    System.out.println("\nGain over the twin in per cent of its bits per byte\n");
    System.out.println("| arm | " + String.join(" | ", kinds) + " | mean | worst |");
    System.out.println("|---".repeat(kinds.size() + 3) + "|");
    results.forEach(
        (arm, tests) -> {
          StringBuilder line = new StringBuilder("| " + arm + " |");
          List<Double> all = new ArrayList<>();
          for (String kind : kinds) {
            List<String> gains = new ArrayList<>();
            for (Institution institution : text.institutions()) {
              if (institution.kind().equals(kind)) {
                Interval gain = gain(institution, tests);
                gains.add(
                    String.format(
                        Locale.ROOT,
                        "%+.1f (%+.1f to %+.1f)",
                        gain.value(),
                        gain.low(),
                        gain.high()));
                all.add(gain.value());
              }
            }
            line.append(' ').append(String.join("; ", gains)).append(" |");
          }
          line.append(
              String.format(
                  Locale.ROOT,
                  " %+.1f | %+.1f |",
                  all.stream().mapToDouble(Double::doubleValue).average().orElse(0),
                  all.stream().mapToDouble(Double::doubleValue).min().orElse(0)));
          System.out.println(line);
        });
  }

  /// With its paired 95 % interval by document.
  private Interval gain(Institution institution, Map<String, Result> tests) {
    Result result = tests.get(institution.name());
    Result twin = results.getOrDefault(ALONE, Map.of()).get(institution.name());
    if (result == null || twin == null) {
      throw new IllegalStateException("nothing of " + institution.name());
    }
    Comparison comparison =
        Comparison.of(institution.language(), null, result.test(), twin.test(), plan.seed());
    Interval difference = comparison.difference();
    double scale = -100 / twin.test().value();
    return difference == null
        ? new Interval(0, 0, 0)
        : new Interval(
            scale * difference.value(), scale * difference.high(), scale * difference.low());
  }
}
