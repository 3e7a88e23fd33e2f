package org.dure.app;

import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.Locale;
import org.dure.app.consent.ConsentDesk;
import org.dure.app.home.KeyRotation;
import org.dure.app.home.RegionEnrolment;
import org.dure.app.home.RegionHome;
import org.dure.app.home.RegionLayout;
import org.dure.app.home.RegionProfile;
import org.dure.app.home.SitePolicy;
import org.dure.app.options.AcceptOptions;
import org.dure.app.options.EffortOptions;
import org.dure.app.options.InvitationOptions;
import org.dure.app.options.LinkOptions;
import org.dure.app.options.OnHome;
import org.dure.app.options.TermsLanguageOptions;
import org.dure.app.terminal.Output;
import org.dure.app.workload.PretrainingConfig;
import org.dure.app.workload.RegionProcess;
import org.dure.app.workload.RehearsalConfig;
import org.dure.app.workload.TextFloor;
import org.dure.app.workload.Tokenizers;
import org.dure.app.workload.WorkloadConfig;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.LanguageProfile;
import org.dure.core.Printable;
import org.dure.core.Sharing;
import org.dure.core.runtime.FolderLock;
import org.dure.corpus.CorpusBuilder;
import org.dure.corpus.CorpusReport;
import org.dure.corpus.Packer;
import org.dure.federation.protocol.Study;
import org.dure.provenance.Certificates;
import org.dure.provenance.InvitationCode;
import org.dure.tokenizer.Tokenizer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `dure region`: an institution's way into a study, in three commands.
@Command(
    name = "region",
    mixinStandardHelpOptions = true,
    description = {
      "Joins a study and takes part in it, in three commands.",
      "",
      "  dure region init --home ko --invitation CODE",
      "  dure region prepare --home ko --text PATH",
      "  dure region run --home ko"
    },
    subcommands = {
      RegionCommand.Init.class,
      RegionCommand.Prepare.class,
      RegionCommand.Run.class,
      RegionCommand.Terms.class,
      RegionExports.class,
      RegionCommand.Renew.class,
      RegionStatus.class
    })
final class RegionCommand implements Runnable {
  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "a verb is missing: init, prepare, run, terms, exports, renew or status");
  }

  /// `dure region init`.
  @Command(
      name = "init",
      mixinStandardHelpOptions = true,
      description = {
        "Makes the region's home and key, asks the hub to be admitted and waits for the approval.",
        "",
        "Then it shows what the study would take out, and waits for a yes. The key never leaves the"
            + " home. Broken off, the same command goes on."
      },
      footer = {
        "",
        "Example:",
        "  dure region init --home ko --invitation DURE1-04XKD9W3-...",
        "  region ko (ko) asks https://hub.example:8402 to be admitted",
        "  waiting for approval: read this region's key to the hub's operator by telephone"
      })
  @SuppressWarnings("NullAway.Init")
  static final class Init extends OnHome {
    @ArgGroup(multiplicity = "1")
    private InvitationOptions invitation;

    @Option(
        names = "--profile",
        paramLabel = "FILE",
        description = "A language profile of your own (TOML), kept in the home for prepare.")
    private @Nullable Path profile;

    @Option(
        names = "--policy",
        paramLabel = "FILE",
        description = "What the site lets leave (TOML), kept in the home (default: see docs).")
    private @Nullable Path policy;

    @Mixin private AcceptOptions accept;

    @Option(
        names = "--proxy",
        defaultValue = "",
        paramLabel = "URL",
        description = {
          "An HTTP proxy on the way,",
          "http://[USER:PASSWORD@]HOST:PORT, kept in the",
          "home (default: HTTPS_PROXY, unless NO_PROXY",
          "names the hub)."
        })
    private String proxy;

    /// @param hub by which it is reached
    record Result(String region, String language, String hub, String home) {}

    @Override
    public Integer call() throws InterruptedException {
      RegionLayout folder = RegionLayout.toMake(home);
      InvitationCode code = InvitationCode.parse(invitation.text(spec));
      Output output = output();
      LanguageProfile given = profile == null ? null : LanguageProfile.of(code.language(), profile);
      SitePolicy site = policy == null ? SitePolicy.of(folder) : SitePolicy.read(policy);
      // Before the hub is asked: a kill must not leave an admitted home without its policy.
      site.keep(folder);
      new RegionEnrolment(folder, code, proxy, InstantSource.system(), output.way()).join();
      if (given != null) {
        LanguageProfile unused = RegionProfile.keep(folder, given);
      }
      if (workloadConfig() instanceof PretrainingConfig) {
        output.say(RegionProfile.line(folder, code.language()));
      }
      accept.require(folder, workloadConfig(), RegionHome.read(folder).member(), output);
      output.result(
          new Result(code.region(), code.language(), code.hub().toString(), home.toString()),
          "region %s is admitted".formatted(code.region()));
      output.next("%s", next(folder, workloadConfig(), code.language()));
      return 0;
    }

    /// What follows an admission: a rehearsal needs no text.
    static String next(RegionLayout folder, WorkloadConfig config, String language) {
      String home = Printable.shellWord(folder.path());
      String run = "dure region run --home " + home;
      return switch (config) {
        case RehearsalConfig rehearsal -> run;
        case PretrainingConfig pretraining ->
            "dure region prepare --home %s --text PATH%s, then %s"
                .formatted(
                    home, RegionProfile.isMissing(folder, language) ? " --profile FILE" : "", run);
      };
    }
  }

  /// `dure region prepare`.
  @Command(
      name = "prepare",
      mixinStandardHelpOptions = true,
      description = {
        "Makes of the region's text the corpus, the tokenizer and the tokens of the study.",
        "",
        "All stays in the home; what is done already is skipped."
      },
      footer = {
        "",
        "Example:",
        "  dure region prepare --home ko --text text/ko",
        "  ko: 1,200 documents read, 1,102 to train on, 19 to choose by, 39 held out; 40 dropped ...",
        "  4,096 tokens; held-out text: ..."
      })
  @SuppressWarnings("NullAway.Init")
  static final class Prepare extends OnHome {
    @Mixin private LinkOptions links;

    @Option(
        names = "--text",
        paramLabel = "PATH",
        description = "The region's text: a folder, or a file.")
    private @Nullable Path text;

    @Option(
        names = "--profile",
        paramLabel = "FILE",
        description = "A language profile of your own (TOML), kept in the home.")
    private @Nullable Path profile;

    @Mixin private AcceptOptions accept;

    @Option(
        names = "--held-out",
        defaultValue = "0.05",
        paramLabel = "SHARE",
        description =
            "Share of documents that are not trained on, 0 to 0.5: a third of them to choose by, the"
                + " others to measure on (default ${DEFAULT-VALUE}).")
    private double heldOut;

    /// @param corpus absent in a rehearsal, which needs no text
    /// @param tokenizer absent where the study shares one, which is made when all have come
    /// @param tokens to train on, where there is a tokenizer
    record Result(
        String home,
        @Nullable CorpusReport corpus,
        Tokenizers.@Nullable Trained tokenizer,
        @Nullable Long tokens) {}

    @Override
    public Integer call() {
      RegionHome region = RegionHome.read(folder());
      Output output = output();
      accept.require(folder(), workloadConfig(), region.member(), output);
      switch (workloadConfig()) {
        case RehearsalConfig rehearsal ->
            output.result(
                new Result(home.toString(), null, null, null), "a rehearsal needs no text");
        case PretrainingConfig config -> prepare(region, config, output);
      }
      output.next("dure region run --home %s", home);
      return 0;
    }

    private void prepare(RegionHome region, PretrainingConfig config, Output output) {
      if (text == null) {
        throw new ParameterException(spec.commandLine(), "--text PATH is needed");
      }
      RegionLayout folder = folder();
      LanguageProfile language = RegionProfile.obtain(folder, region.language(), profile);
      output.say(RegionProfile.line(folder, region.language()));
      CorpusReport corpus =
          CorpusBuilder.build(
              language,
              links.input(text),
              folder.corpus(),
              heldOut,
              CorpusBuilder.Purpose.TRAINING_AND_MEASURING);
      corpus.lines(region.language()).forEach(output::say);
      if (config.study().sharing() == Sharing.ALL) {
        output.result(
            new Result(home.toString(), corpus, null, null),
            "the study shares one tokenizer: it is made when all regions have come");
        return;
      }
      Tokenizers.Trained trained =
          Tokenizers.train(
              folder.corpus(), config.vocabulary(), SitePolicy.of(folder), folder.tokenizer());
      output.say(trained.line());
      Tokenizer tokenizer = Tokenizer.read(folder.tokenizer().resolve(Tokenizers.FILE));
      long tokens = Packer.pack(folder.corpus(), tokenizer, folder.tokens()).figures().tokens();
      TextFloor.requireTokens(folder, tokenizer);
      output.result(
          new Result(home.toString(), corpus, trained, tokens),
          String.format(Locale.ROOT, "%,d tokens to train on", tokens));
    }
  }

  /// `dure region run`.
  @Command(
      name = "run",
      mixinStandardHelpOptions = true,
      description = {
        "Takes part in the study until it is finished, through any outage.",
        "",
        "Killed, the same command goes on. It renews the region's certificate by itself in time."
      },
      footer = {
        "",
        "Example:",
        "  dure region run --home ko",
        "  round 1: training, step 38 of 800",
        "  study first is finished",
        "  the model: ko/model",
        "  its scores: ko/evaluation.json"
      })
  @SuppressWarnings("NullAway.Init")
  static final class Run extends OnHome {
    @Mixin private EffortOptions effort;
    @Mixin private AcceptOptions accept;

    /// A study that this region has finished.
    ///
    /// @param model its folder; absent after a rehearsal
    /// @param evaluation its file; absent after a rehearsal
    record Result(
        String study,
        String region,
        String home,
        @Nullable String model,
        @Nullable String evaluation) {}

    @Override
    public Integer call() throws InterruptedException {
      RegionHome region = RegionHome.read(folder());
      requireIdle(region);
      WorkloadConfig config = workloadConfig();
      Output output = output();
      accept.require(folder(), config, region.member(), output);
      new RegionProcess(folder(), region, config, effort.effort(), output.way()).run();
      String study = config.study().name();
      String finished = "study %s is finished".formatted(study);
      RegionOutcome outcome = new RegionOutcome(folder());
      if (!outcome.isThere()) {
        output.result(new Result(study, region.region(), home.toString(), null, null), finished);
        return 0;
      }
      output.result(
          new Result(
              study,
              region.region(),
              home.toString(),
              folder().model().toString(),
              folder().evaluation().toString()),
          "%s%n%s".formatted(finished, outcome.text()));
      outcome.next(region, output);
      return 0;
    }

    /// That a folder is locked tells a person little.
    private void requireIdle(RegionHome region) {
      try (FolderLock unused = FolderLock.of(folder().node(), "node")) {
        return;
      } catch (DureException e) {
        throw e.code() == ErrorCode.HOME_IN_USE
            ? new DureException(
                ErrorCode.HOME_IN_USE,
                "region %s runs already: %s; dure region status --home %s shows how it stands"
                    .formatted(region.region(), e.getMessage(), Printable.shellWord(home)),
                e)
            : e;
      }
    }
  }

  /// `dure region terms`.
  @Command(
      name = "terms",
      mixinStandardHelpOptions = true,
      description = {
        "Shows what the study would take out of the region, beside the site's policy.",
        "",
        "Its last line is the digest that --accept takes. With --accept they are accepted, also"
            + " anew: what has left before counts no more."
      },
      footer = {"", "Example:", "  dure region terms --home ko"})
  @SuppressWarnings("NullAway.Init")
  static final class Terms extends OnHome {
    @Mixin private AcceptOptions accept;
    @Mixin private TermsLanguageOptions language;

    @Override
    public Integer call() {
      Output output = output();
      Study.Region member = RegionHome.read(folder()).member();
      ConsentDesk desk =
          new ConsentDesk(folder(), workloadConfig(), member, language.of(member), output);
      desk.remark();
      output.result(desk.terms(), desk.text());
      accept.again(desk);
      return 0;
    }
  }

  /// `dure region renew`.
  @Command(
      name = "renew",
      mixinStandardHelpOptions = true,
      description = {
        "Gets a certificate for a new key from the hub, proven by the present one.",
        "",
        "A running region takes it up within seconds; the old key ends when the new one has said"
            + " hello."
      },
      footer = {
        "",
        "Example:",
        "  dure region renew --home ko",
        "  ko has a new key and a certificate until 2027-11-22T09:31:00Z"
      })
  static final class Renew extends OnHome {
    /// @param until when the new certificate ends
    record Result(String region, String until) {}

    @Override
    public Integer call() throws InterruptedException {
      KeyRotation rotation = new KeyRotation(folder(), RegionHome.read(folder()));
      X509Certificate renewed = rotation.renew();
      Result result =
          new Result(Certificates.name(renewed), renewed.getNotAfter().toInstant().toString());
      output()
          .result(
              result,
              "%s has a new key and a certificate until %s"
                  .formatted(result.region(), result.until()));
      if (!rotation.settleIfIdle()) {
        output().say("the running region takes it up within seconds");
      }
      return 0;
    }
  }
}
