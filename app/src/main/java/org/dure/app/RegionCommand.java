package org.dure.app;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Locale;
import java.util.LongSummaryStatistics;
import java.util.concurrent.Callable;
import org.dure.app.home.HubHome;
import org.dure.app.home.Identities;
import org.dure.app.home.KeyRotation;
import org.dure.app.home.RegionEnrolment;
import org.dure.app.home.RegionHome;
import org.dure.app.home.RegionLayout;
import org.dure.app.home.RegionProfile;
import org.dure.app.workload.PretrainingConfig;
import org.dure.app.workload.RegionProcess;
import org.dure.app.workload.RehearsalConfig;
import org.dure.app.workload.Tokenizers;
import org.dure.app.workload.WorkloadConfig;
import org.dure.core.DureException;
import org.dure.core.LanguageProfile;
import org.dure.core.Settings;
import org.dure.core.Sharing;
import org.dure.corpus.CorpusBuilder;
import org.dure.corpus.CorpusReport;
import org.dure.corpus.PackReport;
import org.dure.corpus.Packer;
import org.dure.federation.client.RegionLease;
import org.dure.federation.region.ExportLog;
import org.dure.provenance.Certificates;
import org.dure.provenance.InvitationCode;
import org.dure.provenance.KeyFiles;
import org.dure.tokenizer.Tokenizer;
import org.jspecify.annotations.Nullable;
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
      "Joins a study and takes part in it, in three commands:",
      "",
      "  dure region init --home ko --invitation CODE",
      "  dure region prepare --home ko --text DIR",
      "  dure region run --home ko"
    },
    subcommands = {
      RegionCommand.Init.class,
      RegionCommand.Prepare.class,
      RegionCommand.Run.class,
      RegionCommand.Renew.class,
      RegionCommand.Status.class
    })
final class RegionCommand implements Runnable {
  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "a verb is missing: init, prepare, run, renew or status");
  }

  /// What every command here needs.
  @SuppressWarnings("NullAway.Init")
  private abstract static class OnHome implements Callable<Integer> {
    @Option(
        names = "--home",
        required = true,
        paramLabel = "DIR",
        description = "The region's own folder.")
    Path home;

    @Spec CommandSpec spec;

    RegionLayout folder() {
      return new RegionLayout(home);
    }

    PrintWriter out() {
      return spec.commandLine().getOut();
    }

    void say(String format, Object... values) {
      out().printf(Locale.ROOT, format + "%n", values);
      out().flush();
    }

    WorkloadConfig workloadConfig() {
      RegionHome unused = RegionHome.read(folder());
      return WorkloadConfig.of(Settings.of(RegionHome.study(folder())));
    }
  }

  /// `dure region init`.
  @Command(
      name = "init",
      mixinStandardHelpOptions = true,
      description = {
        "Makes the region's home and its key, which never leaves it, asks the hub to be admitted,",
        "and waits for the approval. Broken off, the same command goes on."
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
    @Option(
        names = "--invitation",
        required = true,
        paramLabel = "CODE",
        description = "What the hub's operator sent.")
    private String invitation;

    @Option(
        names = "--profile",
        paramLabel = "FILE",
        description = "A language profile of your own (TOML), kept in the home for prepare.")
    private @Nullable Path profile;

    @Option(
        names = "--proxy",
        defaultValue = "",
        paramLabel = "URL",
        description =
            "An HTTP proxy on the way, http://[USER:PASSWORD@]HOST:PORT, kept in the home"
                + " (default: HTTPS_PROXY, unless NO_PROXY names the hub).")
    private String proxy;

    @Override
    public Integer call() throws InterruptedException {
      InvitationCode code = InvitationCode.parse(invitation);
      LanguageProfile given = profile == null ? null : LanguageProfile.of(code.language(), profile);
      new RegionEnrolment(folder(), code, proxy, InstantSource.system(), out()).join();
      if (given != null) {
        LanguageProfile unused = RegionProfile.keep(folder(), given);
      }
      say("%s", RegionProfile.line(folder(), code.language()));
      say(
          "next: dure region prepare --home %s --text DIR%s, then dure region run --home %s",
          home, RegionProfile.isMissing(folder(), code.language()) ? " --profile FILE" : "", home);
      return 0;
    }
  }

  /// `dure region prepare`.
  @Command(
      name = "prepare",
      mixinStandardHelpOptions = true,
      description = {
        "Makes of the region's text what the study works on: the corpus, the tokenizer, the"
            + " tokens,",
        "with the study's settings. All stays in the home; what is done already is skipped."
      },
      footer = {
        "",
        "Example:",
        "  dure region prepare --home ko --text text/ko",
        "  ko: 1,200 documents read, 1,102 to train on, 58 held out; 40 dropped ...",
        "  4,096 tokens; held-out text: ..."
      })
  @SuppressWarnings("NullAway.Init")
  static final class Prepare extends OnHome {
    @Option(names = "--text", paramLabel = "DIR", description = "Folder of the region's text.")
    private @Nullable Path text;

    @Option(
        names = "--profile",
        paramLabel = "FILE",
        description = "A language profile of your own (TOML), kept in the home.")
    private @Nullable Path profile;

    @Option(
        names = "--held-out",
        defaultValue = "0.05",
        paramLabel = "SHARE",
        description = "Share of documents kept for measuring, 0 to 0.5 (default ${DEFAULT-VALUE}).")
    private double heldOut;

    @Override
    public Integer call() {
      RegionHome region = RegionHome.read(folder());
      switch (workloadConfig()) {
        case RehearsalConfig rehearsal ->
            say("a rehearsal needs no text: dure region run --home %s", home);
        case PretrainingConfig config -> prepare(region, config);
      }
      return 0;
    }

    private void prepare(RegionHome region, PretrainingConfig config) {
      if (text == null) {
        throw new ParameterException(spec.commandLine(), "--text DIR is needed");
      }
      RegionLayout folder = folder();
      LanguageProfile language = RegionProfile.obtain(folder, region.language(), profile);
      say("%s", RegionProfile.line(folder, region.language()));
      CorpusReport corpus =
          CorpusBuilder.build(
              language,
              text,
              folder.corpus(),
              heldOut,
              CorpusBuilder.Purpose.TRAINING_AND_MEASURING);
      corpus.lines(region.language()).forEach(line -> say("%s", line));
      if (config.study().sharing() == Sharing.BODY) {
        say("%s", Tokenizers.train(folder.corpus(), config.vocabulary(), folder.tokenizer()));
        Tokenizer tokenizer = Tokenizer.read(folder.tokenizer().resolve(Tokenizers.FILE));
        PackReport packed = Packer.pack(folder.corpus(), tokenizer, folder.tokens());
        say("%,d tokens to train on", packed.figures().tokens());
      } else {
        say("the study shares one tokenizer: it is made when all regions have come");
      }
      say("ready: dure region run --home %s", home);
    }
  }

  /// `dure region run`.
  @Command(
      name = "run",
      mixinStandardHelpOptions = true,
      description = {
        "Takes part in the study until it is finished, through any outage; killed, the same"
            + " command",
        "goes on. Renews the region's certificate by itself in time."
      },
      footer = {"", "Example:", "  dure region run --home ko", "  round 1: training 38 of 800"})
  @SuppressWarnings("NullAway.Init")
  static final class Run extends OnHome {
    @Mixin private EffortOptions effort;

    @Override
    public Integer call() throws InterruptedException {
      RegionHome region = RegionHome.read(folder());
      new RegionProcess(folder(), region, workloadConfig(), effort.effort(), out()).run();
      return 0;
    }
  }

  /// `dure region renew`.
  @Command(
      name = "renew",
      mixinStandardHelpOptions = true,
      description = {
        "Gets a certificate for a new key from the hub, proven by the present one. A running"
            + " region",
        "takes it up within seconds; the old key ends when the new one has said hello."
      },
      footer = {
        "",
        "Example:",
        "  dure region renew --home ko",
        "  ko has a new key and a certificate until 2027-11-22T09:31:00Z"
      })
  static final class Renew extends OnHome {
    @Override
    public Integer call() throws InterruptedException {
      KeyRotation rotation = new KeyRotation(folder(), RegionHome.read(folder()));
      X509Certificate renewed = rotation.renew();
      say(
          "%s has a new key and a certificate until %s",
          Certificates.name(renewed), renewed.getNotAfter().toInstant());
      if (!rotation.settleIfIdle()) {
        say("the running region takes it up within seconds");
      }
      return 0;
    }
  }

  /// `dure region status`.
  @Command(
      name = "status",
      mixinStandardHelpOptions = true,
      description = "Shows the region's certificate, what the hub says of it, and what has left.",
      footer = {
        "",
        "Example:",
        "  dure region status --home ko",
        "  region ko of https://hub.example:8402, study demo",
        "  certificate until 2027-11-22T09:31:00Z, 365 days left"
      })
  static final class Status extends OnHome {
    @Override
    public Integer call() throws InterruptedException {
      RegionHome region = RegionHome.read(folder());
      X509Certificate own = Certificates.read(folder().certificate()).getFirst();
      say(
          "region %s of %s, study %s",
          region.region(), region.hub(), workloadConfig().study().name());
      say(
          "certificate until %s, %d days left, key %s",
          own.getNotAfter().toInstant(),
          Duration.between(InstantSource.system().instant(), own.getNotAfter().toInstant())
              .toDays(),
          HubHome.spoken(KeyFiles.fingerprint(own.getPublicKey())));
      say("%s", lease(region));
      Path log = folder().node().resolve("exports.jsonl");
      if (Files.exists(log)) {
        LongSummaryStatistics left = new LongSummaryStatistics();
        ExportLog.verify(log, own.getPublicKey(), export -> left.accept(export.bytes()));
        say(
            "what left: %,d exports of %,d bytes at most; see %s",
            left.getCount(), left.getSum(), log);
      } else {
        say("nothing has left");
      }
      return 0;
    }

    private String lease(RegionHome region) throws InterruptedException {
      try {
        return "hub: " + RegionLease.ask(region.hub(), Identities.region(folder()), region.way());
      } catch (DureException e) {
        return "hub: " + e.getMessage();
      } catch (IOException e) {
        return "hub: away (%s)".formatted(e.getMessage());
      }
    }
  }
}
