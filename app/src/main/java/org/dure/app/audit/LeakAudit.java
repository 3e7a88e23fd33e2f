package org.dure.app.audit;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntConsumer;
import java.util.stream.Stream;
import org.dure.app.audit.Canaries.Canary;
import org.dure.app.home.RegionLayout;
import org.dure.app.home.SitePolicy;
import org.dure.app.workload.PretrainingConfig;
import org.dure.app.workload.Tokenizers;
import org.dure.core.Document;
import org.dure.core.DureException;
import org.dure.core.Json;
import org.dure.core.LanguageModel;
import org.dure.core.LanguageProfile;
import org.dure.core.LocalTrainer;
import org.dure.core.Sharing;
import org.dure.core.Weights;
import org.dure.core.privacy.CountingFloor;
import org.dure.corpus.CorpusBuilder;
import org.dure.corpus.Documents;
import org.dure.evaluation.ModelDigests;
import org.dure.model.TorchLanguageModel;
import org.dure.model.TorchTrainer;
import org.dure.tokenizer.TokenShard;
import org.dure.tokenizer.Tokenizer;
import org.dure.tokenizer.WordCounts;

/// Plants marked sentences in a copy of a region's text, does with it what a study would do, and
/// looks for them in every byte that would cross, in what a release would hold, and in what the
/// model says.
///
/// A node knows of a workload only what it hands over: its part of the common preparation, deltas
/// and numbers. These are made here as a region makes them, and searched; so nothing else of the
/// text can cross.
public final class LeakAudit {
  /// Most characters of the text that canaries are planted in, so that it fits into memory.
  private static final long MOST_CHARACTERS = 32L << 20;

  private final RegionLayout region;
  private final String name;
  private final PretrainingConfig config;
  private final SitePolicy policy;
  private final long seed;
  private final int steps;

  /// @param name of the region
  /// @param steps that the audited model is trained
  public LeakAudit(
      RegionLayout region,
      String name,
      PretrainingConfig config,
      SitePolicy policy,
      long seed,
      int steps) {
    this.region = region;
    this.name = name;
    this.config = config;
    this.policy = policy;
    this.seed = seed;
    this.steps = steps;
  }

  /// What is searched: it crosses, or is released.
  private record Made(Path counts, Path weights, Path release, LanguageModel model) {}

  /// @param scratch an empty folder, for what is made
  /// @param progress told the steps that are done
  /// @throws DureException with [ErrorCode#INPUT_EMPTY] if there is too little text
  public LeakReport run(Path scratch, IntConsumer progress) {
    LanguageProfile profile = CorpusBuilder.profile(region.corpus());
    String digest;
    List<String> texts;
    try (Documents documents = Documents.train(region.corpus())) {
      digest = documents.digest();
      texts = texts(documents);
    }
    Canaries canaries = Canaries.draw(texts, profile.spaces(), seed);
    List<String> planted = canaries.plantedIn(texts);
    CountingFloor floor =
        switch (config.sharing()) {
          case BODY -> policy.counts();
          case ALL -> config.counting().and(policy.counts());
        };
    WordCounts counts = Tokenizers.exportable(planted, profile, floor, policy.sensitive());
    Tokenizer tokenizer = Tokenizers.learn(counts, config.vocabulary());
    Path tokens = pack(planted, tokenizer, scratch.resolve("tokens.bin"));
    try (TorchTrainer trainer =
        TorchTrainer.create(
            config.model(config.paddedVocabulary()),
            config.training(),
            List.of(tokens),
            config.sharing())) {
      Made made = made(trainer, tokenizer, counts, profile, scratch, progress);
      try (LanguageModel model = made.model) {
        return report(made, canaries, floor, digest, texts.size());
      }
    } catch (IOException e) {
      throw DureException.io("write", scratch, e);
    }
  }

  private static List<String> texts(Documents documents) {
    List<String> texts = new ArrayList<>();
    long characters = 0;
    for (Document document : documents) {
      characters += document.text().length();
      if (characters > MOST_CHARACTERS) {
        break;
      }
      texts.add(document.text());
    }
    return texts;
  }

  private static Path pack(List<String> texts, Tokenizer tokenizer, Path file) {
    try (TokenShard.Writer shard = TokenShard.writer(file, tokenizer.digest())) {
      for (String text : texts) {
        int[] ids = tokenizer.encode(text);
        int[] framed = new int[ids.length + 2];
        framed[0] = tokenizer.beginToken();
        System.arraycopy(ids, 0, framed, 1, ids.length);
        framed[ids.length + 1] = tokenizer.endToken();
        shard.add(framed, text.getBytes(StandardCharsets.UTF_8).length);
      }
    }
    return file;
  }

  /// Trains, and writes what would leave.
  private Made made(
      TorchTrainer trainer,
      Tokenizer tokenizer,
      WordCounts counts,
      LanguageProfile profile,
      Path scratch,
      IntConsumer progress)
      throws IOException {
    Path crossing = Files.createDirectories(scratch.resolve("counts"));
    if (config.sharing() == Sharing.ALL) {
      Files.write(crossing.resolve("counts"), counts.bytes());
    }
    Path weights = Files.createDirectories(scratch.resolve("weights"));
    try (Arena arena = Arena.ofConfined()) {
      Weights before = Weights.allocate(trainer.shared(), arena);
      trainer.read(before);
      LocalTrainer.Result result = trainer.train(steps, step -> progress.accept((int) step.step()));
      trainer.delta(before, before);
      write(before, weights.resolve("delta"));
      Files.write(
          weights.resolve("numbers"),
          Json.bytes(Map.of("loss", result.loss(), "tokens", result.tokens())));
    }
    Path release = Files.createDirectories(scratch.resolve("release"));
    tokenizer.write(release);
    trainer.exportTo(release);
    TorchLanguageModel.describe(release);
    return new Made(
        crossing,
        weights,
        release,
        trainer.languageModel(tokenizer, profile.code(), profile.code()));
  }

  private static void write(Weights weights, Path file) throws IOException {
    long bytes = weights.values().byteSize();
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      for (long at = 0; at < bytes; ) {
        ByteBuffer piece =
            weights.values().asSlice(at, Math.min(bytes - at, 1 << 20)).asByteBuffer();
        at += channel.write(piece);
      }
    }
  }

  private LeakReport report(
      Made made, Canaries canaries, CountingFloor floor, String text, int documents) {
    Map<String, String> marks = new HashMap<>();
    for (Canary canary : canaries.all()) {
      canaries.marks(canary, floor).forEach(mark -> marks.put(mark, canary.sentence()));
    }
    ByteSearch search = new ByteSearch(marks);
    Set<String> inCounts = search.inFiles(made.counts);
    Set<String> inWeights = search.inFiles(made.weights);
    Set<String> inRelease = search.inFiles(made.release);
    Exposure exposure = new Exposure(made.model, canaries.alternatives());
    List<LeakReport.Group> groups = new ArrayList<>();
    for (int times : Canaries.TIMES) {
      List<Canary> group =
          canaries.all().stream().filter(canary -> canary.times() == times).toList();
      double[] bits = group.stream().mapToDouble(exposure::of).toArray();
      groups.add(
          new LeakReport.Group(
              times,
              group.getFirst().documents(),
              group.size(),
              found(group, inCounts),
              found(group, inWeights),
              found(group, inRelease),
              (int) group.stream().filter(exposure::reproduces).count(),
              Arrays.stream(bits).average().orElse(0),
              Arrays.stream(bits).max().orElse(0)));
    }
    return new LeakReport(
        LeakReport.VERSION,
        new LeakReport.Subject(
            config.study().digest(), name, policy.digest(), text, ModelDigests.of(made.release)),
        seed,
        documents,
        steps,
        size(made.counts) + size(made.weights),
        size(made.release),
        groups);
  }

  private static int found(List<Canary> group, Set<String> sentences) {
    return (int) group.stream().filter(canary -> sentences.contains(canary.sentence())).count();
  }

  private static long size(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    } catch (IOException e) {
      throw DureException.io("read", folder, e);
    }
  }
}
