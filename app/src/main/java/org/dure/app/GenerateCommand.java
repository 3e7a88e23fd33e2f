package org.dure.app;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.dure.app.release.Releases;
import org.dure.app.terminal.Output;
import org.dure.core.LanguageModel;
import org.dure.model.Libtorch;
import org.dure.serving.TextGenerator;
import org.dure.serving.text.Sampling;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `dure generate`: let a model go on with a text.
@Command(
    name = "generate",
    mixinStandardHelpOptions = true,
    description =
        "Continues a text with a release's or a training's model, once, on this terminal.",
    footer = {
      "",
      "Example:",
      "  dure generate demo/release/ko-1 --prompt '문서를 저장하려면 ' --max-tokens 40 --seed 1",
      "  문서를 저장하려면 4개"
    })
@SuppressWarnings("NullAway.Init")
final class GenerateCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "DIR", description = "A release, or a model's folder.")
  private Path folder;

  @Option(
      names = "--prompt",
      required = true,
      paramLabel = "TEXT",
      description = "The text to continue.")
  private String prompt;

  @Option(
      names = "--max-tokens",
      defaultValue = "64",
      paramLabel = "N",
      description = "Most tokens to add (default ${DEFAULT-VALUE}).")
  private int maxTokens;

  @Option(
      names = "--seed",
      defaultValue = "1",
      paramLabel = "S",
      description = "The same seed gives the same text (default ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--temperature",
      defaultValue = "0.8",
      paramLabel = "T",
      description =
          "0 always takes the likeliest token; higher varies more, up to 2 (default"
              + " ${DEFAULT-VALUE}).")
  private double temperature;

  @Spec private CommandSpec spec;

  /// @param text that the model added
  record Result(String prompt, String text) {}

  @Override
  public Integer call() {
    Output output = Output.of(spec);
    PrintWriter out = output.text();
    StringBuilder added = new StringBuilder();
    Libtorch.threads(Runtime.getRuntime().availableProcessors());
    try (LanguageModel model = Releases.open(folder)) {
      TextGenerator.Request request =
          TextGenerator.Request.of(model, prompt, maxTokens)
              .withSampling(Sampling.PLAIN.withTemperature(temperature), seed);
      out.print(prompt);
      out.flush();
      var unused =
          TextGenerator.generate(
              model,
              request,
              piece -> {
                added.append(piece.text());
                out.print(piece.text());
                out.flush();
              });
      out.println();
    }
    output.document(new Result(prompt, added.toString()));
    return 0;
  }
}
