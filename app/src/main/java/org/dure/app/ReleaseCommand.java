package org.dure.app;

import java.nio.file.Path;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.dure.app.release.ReleaseDraft;
import org.dure.app.release.Releases;
import org.dure.app.terminal.LanguageNames;
import org.dure.app.terminal.Output;
import org.dure.app.workload.PretrainingConfig;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.LanguageProfile;
import org.dure.core.Printable;
import org.dure.core.Settings;
import org.dure.core.Signatures;
import org.dure.corpus.CorpusBuilder;
import org.dure.provenance.KeyFiles;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `dure release`: everything that someone needs to use a model and to trust it, signed.
@Command(
    name = "release",
    mixinStandardHelpOptions = true,
    description = {
      "Makes and signs a release of a model.",
      "",
      "It holds weights and tokenizer as the transformers library loads them, model card,"
          + " evaluation, the study's ledger, and a manifest of all of it signed with your key.",
      "",
      "What was measured on other weights, with another tokenizer, on another language's text or"
          + " in another study is refused by name; so are weights that are not finite."
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
  private static final String SEVERAL = "mul";

  @Option(
      names = "--name",
      required = true,
      paramLabel = "NAME",
      description = "Name of the model.")
  private String name;

  @Option(
      names = "--language",
      paramLabel = "CODE",
      converter = LanguageNames.class,
      description = {
        "Language of the model; mul for several",
        "(default: that of its corpora or profiles)."
      })
  private @Nullable String language;

  @Option(
      names = "--profile",
      paramLabel = "FILE",
      description = "A language profile of your own (TOML), where no --corpus has it.")
  private List<Path> profiles = new ArrayList<>();

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
      description =
          "The corpus that was measured, for its language profile and the card's list of licences.")
  private List<Path> corpora = new ArrayList<>();

  @Option(
      names = "--ledger",
      paramLabel = "DIR",
      description = "The ledger of the study whose last weights these are.")
  private @Nullable Path ledger;

  @Option(
      names = "--study",
      paramLabel = "FILE",
      description = "The study (TOML), to compare with the ledger's.")
  private @Nullable Path study;

  @Option(
      names = "--audit",
      paramLabel = "FILE",
      description = "What dure audit found out about these weights; several may be given.")
  private List<Path> audits = new ArrayList<>();

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
    if (study != null && ledger == null) {
      throw new ParameterException(
          spec.commandLine(),
          "--study needs --ledger: only the ledger shows that these weights are of that study");
    }
    List<LanguageProfile> written = profiles();
    ReleaseDraft draft =
        ReleaseDraft.of(
            new ReleaseDraft.Parts(
                name, language(written), model, evaluation, corpora, ledger, written, audits));
    if (study != null) {
      checkStudy(PretrainingConfig.of(Settings.of(study)).study().digest(), draft.study());
    }
    KeyPair pair = KeyFiles.obtain(key);
    draft.sign(Signatures.signer(pair.getPrivate(), pair.getPublic()), out);
    int files = Releases.verify(out, pair.getPublic()).files().size();
    Output output = Output.of(spec);
    output.result(
        new Result(out.toString(), files),
        "%s: %d files, signed; others check it with: dure verify %s --key FILE"
            .formatted(out, files, Printable.shellWord(out)));
    output.next("dure serve %s", out);
    return 0;
  }

  /// Those that the corpora were built by, the files', or the one that Dure brings along.
  private List<LanguageProfile> profiles() {
    List<LanguageProfile> found = new ArrayList<>();
    corpora.forEach(corpus -> found.add(CorpusBuilder.profile(corpus)));
    profiles.forEach(file -> found.add(LanguageProfile.of(file)));
    if (found.isEmpty() && language != null && LanguageProfile.BUILT_IN.contains(language)) {
      found.add(LanguageProfile.of(language));
    }
    return found.stream().distinct().toList();
  }

  private String language(List<LanguageProfile> written) {
    if (language != null) {
      if (!language.equals(SEVERAL) && written.size() == 1) {
        return written.getFirst().require(language, "the profile of corpus or --profile").code();
      }
      return language;
    }
    if (written.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "--language CODE is needed where there is no --corpus or --profile");
    }
    return written.size() == 1 ? written.getFirst().code() : SEVERAL;
  }

  private void checkStudy(String given, @Nullable String ofLedger) {
    if (!given.equals(ofLedger)) {
      throw new DureException(
          ErrorCode.CLAIM_UNFOUNDED,
          "%s is the study %s: the ledger is of %s".formatted(study, given, ofLedger));
    }
  }
}
