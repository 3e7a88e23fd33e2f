package org.dure.app;

import java.nio.file.Path;
import java.security.KeyPair;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.dure.app.release.ModelCard;
import org.dure.app.release.Releases;
import org.dure.app.terminal.LanguageNames;
import org.dure.app.terminal.Output;
import org.dure.app.workload.PretrainingConfig;
import org.dure.core.LanguageProfile;
import org.dure.core.Settings;
import org.dure.core.Signatures;
import org.dure.evaluation.EvaluationReport;
import org.dure.federation.protocol.Study;
import org.dure.provenance.KeyFiles;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `dure release`: everything that someone needs to use a model and to trust it, signed.
@Command(
    name = "release",
    mixinStandardHelpOptions = true,
    description = {
      "Makes and signs a release of a model.",
      "",
      "It holds weights and tokenizer as the transformers library loads them, model card,"
          + " evaluation, the study's ledger, and a manifest of all of it signed with your key."
    },
    footer = {
      "",
      "Example:",
      "  dure release --name ko --language ko --model regions/ko/model --evaluation"
          + " regions/ko/evaluation.json --corpus regions/ko/corpus --ledger hub/ledger --study"
          + " study.toml --key regions/ko/key.pem --out release/ko",
      "  release/ko: 14 files, signed; others check it with: dure verify release/ko --key FILE"
    })
@SuppressWarnings("NullAway.Init")
final class ReleaseCommand implements Callable<Integer> {
  @Option(names = "--name", required = true, paramLabel = "NAME", description = "Of the model.")
  private String name;

  @Option(
      names = "--language",
      required = true,
      paramLabel = "CODE",
      converter = LanguageNames.class,
      description = "Of the model; the first language of its card.")
  private String language;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      description = "What a training ended with.")
  private Path model;

  @Option(
      names = "--evaluation",
      required = true,
      paramLabel = "FILE",
      description = "What dure eval or dure node wrote.")
  private Path evaluation;

  @Option(
      names = "--corpus",
      paramLabel = "DIR",
      description = "The corpus, for the card's list of licences.")
  private @Nullable Path corpus;

  @Option(names = "--ledger", paramLabel = "DIR", description = "The study's ledger.")
  private @Nullable Path ledger;

  @Option(names = "--study", paramLabel = "FILE", description = "The study (TOML).")
  private @Nullable Path study;

  @Option(
      names = "--key",
      required = true,
      paramLabel = "FILE",
      description = "Your private key; made if there is none.")
  private Path key;

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "The release.")
  private Path out;

  @Spec private CommandSpec spec;

  /// @param files how many are signed
  record Result(String release, int files) {}

  @Override
  public Integer call() {
    EvaluationReport report = EvaluationReport.read(evaluation);
    Study agreed = study == null ? null : PretrainingConfig.of(Settings.of(study)).study();
    LanguageProfile unused = LanguageProfile.of(language);
    ModelCard card =
        new ModelCard(
            name,
            List.of(language),
            Releases.config(model),
            corpus == null ? Map.of() : Releases.licences(List.of(corpus)),
            Releases.scores(report),
            agreed);
    KeyPair pair = KeyFiles.obtain(key);
    Releases.make(
        new Releases.Parts(name, language, model, evaluation, ledger, card.markdown()),
        Signatures.signer(pair.getPrivate(), pair.getPublic()),
        out);
    int files = Releases.verify(out, pair.getPublic()).files().size();
    Output output = Output.of(spec);
    output.result(
        new Result(out.toString(), files),
        "%s: %d files, signed; others check it with: dure verify %s --key FILE"
            .formatted(out, files, out));
    output.next("dure serve %s", out);
    return 0;
  }
}
