package org.dure.app;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.dure.app.home.SitePolicy;
import org.dure.app.terminal.Output;
import org.dure.app.terminal.Utf8Lines;
import org.dure.app.workload.Tokenizers;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.privacy.CountingFloor;
import org.dure.tokenizer.Tokenizer;
import org.dure.tokenizer.WordCounts;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `dure tokenizer`: learn the words of a language, and use them.
@Command(
    name = "tokenizer",
    mixinStandardHelpOptions = true,
    description = "Trains a byte-level BPE tokenizer on own text; encodes and decodes.",
    subcommands = {
      TokenizerCommand.Train.class,
      TokenizerCommand.Count.class,
      TokenizerCommand.Encode.class,
      TokenizerCommand.Decode.class
    })
final class TokenizerCommand implements Runnable {
  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "a verb is missing: train, count, encode or decode");
  }

  /// `dure tokenizer train`.
  @Command(
      name = "train",
      mixinStandardHelpOptions = true,
      description = {
        "Learns a vocabulary from a corpus at home, or from the word counts of several regions.",
        "Writes tokenizer.json, which Hugging Face tokenizers loads, and prints the fertility."
      },
      footer = {
        "",
        "Example:",
        "  dure tokenizer train --corpus corpus/ko --vocabulary 4096 --out tokenizer/ko",
        "  4,096 tokens; held-out text: 10,718 tokens: 1.61 per word, 0.374 per character, 0.161"
            + " per byte"
      })
  @SuppressWarnings("NullAway.Init")
  static final class Train implements Callable<Integer> {
    @Option(names = "--corpus", paramLabel = "DIR", description = "Train on this corpus.")
    private @Nullable Path corpus;

    @Option(
        names = "--counts",
        arity = "1..*",
        paramLabel = "FILE",
        description = "Train on exported word counts instead; several are added up.")
    private @Nullable List<Path> counts;

    @Option(
        names = "--vocabulary",
        defaultValue = "4096",
        paramLabel = "N",
        description = "Tokens to learn, bytes and specials included (default ${DEFAULT-VALUE}).")
    private int vocabulary;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Run folder.")
    private Path out;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
      if ((corpus == null) == (counts == null)) {
        throw new ParameterException(
            spec.commandLine(), "give either --corpus DIR or --counts FILE...");
      }
      Output output = Output.of(spec);
      Tokenizers.Trained trained = trained();
      output.result(trained, trained.line());
      output.next(
          "dure corpus pack --corpus %s --tokenizer %s --out DIR",
          corpus == null ? "DIR" : corpus, out.resolve(Tokenizers.FILE));
      return 0;
    }

    private Tokenizers.Trained trained() throws IOException {
      if (corpus != null) {
        return Tokenizers.train(corpus, vocabulary, out);
      }
      List<WordCounts> parts = new ArrayList<>();
      for (Path file : counts == null ? List.<Path>of() : counts) {
        AtomicFiles.requireFile(file);
        parts.add(WordCounts.parse(Files.readAllBytes(file)));
      }
      return Tokenizers.train(WordCounts.merge(parts), vocabulary, out);
    }
  }

  /// `dure tokenizer count`.
  @Command(
      name = "count",
      mixinStandardHelpOptions = true,
      description = {
        "Counts the words of a corpus and writes those that may leave.",
        "",
        "It is what a region exports when a study shares one tokenizer: only what stands often"
            + " enough in enough documents, nothing that tells a person. The rest stays home."
      },
      footer = {
        "",
        "Example:",
        "  dure tokenizer count --corpus corpus/ko --threshold 20 --out ko.counts",
        "  4,411 words of 12,093 in ko.counts: those seen at least 20 times in 5 documents"
      })
  @SuppressWarnings("NullAway.Init")
  static final class Count implements Callable<Integer> {
    @Option(names = "--corpus", required = true, paramLabel = "DIR", description = "A corpus.")
    private Path corpus;

    @Option(
        names = "--threshold",
        defaultValue = "10",
        paramLabel = "N",
        description = "Least occurrences of a word that is written (default ${DEFAULT-VALUE}).")
    private long threshold;

    @Option(
        names = "--policy",
        paramLabel = "FILE",
        description = "What the site lets leave (TOML); it may ask for more than --threshold.")
    private @Nullable Path policy;

    @Option(names = "--out", required = true, paramLabel = "FILE", description = "The counts.")
    private Path out;

    @Spec private CommandSpec spec;

    /// @param words in the file
    /// @param ofAll words of the corpus
    record Result(long words, long ofAll) {}

    @Override
    public Integer call() {
      WordCounts all = Tokenizers.count(corpus);
      SitePolicy site = policy == null ? SitePolicy.standard() : SitePolicy.read(policy);
      CountingFloor floor = site.counts();
      CountingFloor asked = new CountingFloor(threshold, floor.documents(), floor.characters());
      List<String> below = asked.below(floor, List.of("--threshold", "", ""));
      if (!below.isEmpty()) {
        throw new DureException(
            ErrorCode.EXPORT_REFUSED,
            "%s, the site's policy says".formatted(String.join(", ", below)));
      }
      WordCounts written = Tokenizers.exportable(corpus, asked, site.sensitive());
      AtomicFiles.write(out, written.bytes());
      Output output = Output.of(spec);
      output.result(
          new Result(written.size(), all.size()),
          String.format(
              Locale.ROOT,
              "%,d words of %,d in %s: those seen at least %d times in %d documents",
              written.size(),
              all.size(),
              out,
              threshold,
              floor.documents()));
      output.next("dure tokenizer train --counts %s... --out DIR", out);
      return 0;
    }
  }

  /// `dure tokenizer encode`.
  @Command(
      name = "encode",
      mixinStandardHelpOptions = true,
      description = "Reads lines, writes a line of token ids for each.",
      footer = {
        "",
        "Example:",
        "  echo '문서를 저장합니다.' | dure tokenizer encode --tokenizer tokenizer/ko/tokenizer.json",
        "  2688 1824 13"
      })
  @SuppressWarnings("NullAway.Init")
  static final class Encode implements Callable<Integer> {
    @Option(
        names = "--tokenizer",
        required = true,
        paramLabel = "FILE",
        description = "tokenizer.json.")
    private Path tokenizer;

    @Spec private CommandSpec spec;

    /// @param ids of each line
    record Result(List<int[]> ids) {}

    @Override
    public Integer call() throws IOException {
      Tokenizer words = Tokenizer.read(tokenizer);
      lines(
          spec,
          (line, number) -> words.encode(line),
          ids -> Arrays.stream(ids).mapToObj(Integer::toString).collect(Collectors.joining(" ")),
          Result::new);
      return 0;
    }
  }

  /// `dure tokenizer decode`.
  @Command(
      name = "decode",
      mixinStandardHelpOptions = true,
      description = "Reads lines of token ids, writes the text of each.",
      footer = {
        "",
        "Example:",
        "  echo 2688 1824 13 | dure tokenizer decode --tokenizer tokenizer/ko/tokenizer.json",
        "  문서를 저장합니다."
      })
  @SuppressWarnings("NullAway.Init")
  static final class Decode implements Callable<Integer> {
    @Option(
        names = "--tokenizer",
        required = true,
        paramLabel = "FILE",
        description = "tokenizer.json.")
    private Path tokenizer;

    @Spec private CommandSpec spec;

    /// @param texts of each line
    record Result(List<String> texts) {}

    @Override
    public Integer call() throws IOException {
      Tokenizer words = Tokenizer.read(tokenizer);
      lines(
          spec,
          (line, number) -> words.decode(ids(line, number, words)),
          UnaryOperator.identity(),
          Result::new);
      return 0;
    }

    private static int[] ids(String line, long number, Tokenizer words) {
      String[] fields = line.isBlank() ? new String[0] : line.strip().split("\\s+");
      int[] ids = new int[fields.length];
      for (int i = 0; i < ids.length; i++) {
        try {
          ids[i] = Integer.parseInt(fields[i]);
        } catch (NumberFormatException e) {
          ids[i] = -1;
        }
        if (ids[i] < 0 || ids[i] >= words.vocabularySize()) {
          throw new DureException(
              ErrorCode.INPUT_MALFORMED,
              "standard input, line %d: \"%s\" is no token id: expected 0 to %d"
                  .formatted(number, fields[i], words.vocabularySize() - 1));
        }
      }
      return ids;
    }
  }

  private interface LineMapper<T> {
    T map(String line, long number);
  }

  /// Maps standard input line by line: each at once as text, or all in one document.
  private static <T> void lines(
      CommandSpec spec, LineMapper<T> mapper, Function<T, String> text, Function<List<T>, ?> result)
      throws IOException {
    Output output = Output.of(spec);
    PrintWriter out = spec.commandLine().getOut();
    List<T> all = new ArrayList<>();
    Utf8Lines in = new Utf8Lines(System.in, "standard input");
    for (String line = in.next(); line != null; line = in.next()) {
      T mapped = mapper.map(line, in.number());
      if (output.isJson()) {
        all.add(mapped);
      } else {
        out.println(text.apply(mapped));
      }
    }
    if (output.isJson()) {
      output.result(result.apply(all), "");
    }
    out.flush();
  }
}
