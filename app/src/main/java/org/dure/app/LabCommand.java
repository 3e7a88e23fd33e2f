package org.dure.app;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.dure.app.lab.Lab;
import org.dure.app.lab.LabExpectation;
import org.dure.app.lab.LabFolder;
import org.dure.app.lab.LabOptions;
import org.dure.app.lab.LabProfile;
import org.dure.app.lab.LabReport;
import org.dure.app.lab.LabResult;
import org.dure.app.terminal.Output;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.PrivateFiles;
import org.dure.netem.LinkShape;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/// `dure lab`: the belt over links as they are between institutions, on one machine.
@Command(
    name = "lab",
    mixinStandardHelpOptions = true,
    description = {
      "Rehearses the belt over wide-area links on this machine.",
      "",
      "Runs a hub and regions as processes of their own, each on a host of its own behind a link"
          + " with delay, limited rate, loss and cuts; kills them if asked to; says how long rounds"
          + " took beside what the link allows, what crossed, and whether the weights are bit for"
          + " bit those of an undisturbed run.",
      "",
      "Links need Linux, root and /dev/net/tun; --profile loopback needs none of them."
    },
    footer = {
      "",
      "Example:",
      "  dure lab --profile asia-europe --regions 2 --bytes 10000000 --rounds 4",
      "  dure lab --profile loopback --kills 10 --rounds 12 --append runs.jsonl",
      "  dure lab --link round-trip-ms=180 --link mbit=100 --link loss=0.0005",
      "  dure lab --slow ja=4 --absent vi=0.5 --set quorum=2 --step-millis 200 --expect rate=0.9"
    },
    subcommands = {LabCommand.Report.class})
@SuppressWarnings("NullAway.Init")
final class LabCommand implements Callable<Integer> {
  private static final int HUNDRED = 100;

  @Option(
      names = "--profile",
      defaultValue = "near",
      converter = ProfileConverter.class,
      paramLabel = "NAME",
      description = {
        "Link of every region (default: ${DEFAULT-VALUE}):",
        "near: 20 ms, 200 Mbit/s",
        "asia-europe: 250 ms, 50 Mbit/s, 0.1 %% loss",
        "bad: 300 +- 100 ms, 10 Mbit/s, 1 %% loss",
        "flower: 100 ms, 85 Mbit/s",
        "cut: as flower, down 30 s every 90 s",
        "loopback: none"
      })
  private LabProfile profile;

  @Option(
      names = "--link",
      paramLabel = "KEY=VALUE",
      description =
          "Changes the link: round-trip-ms, jitter-ms, mbit, loss, reordered (shares of packets),"
              + " queue-bytes.")
  private Map<String, Double> link = new LinkedHashMap<>();

  @Option(
      names = "--regions",
      defaultValue = "4",
      paramLabel = "N",
      description = "How many (default: ${DEFAULT-VALUE}).")
  private int regions;

  @Option(
      names = "--bytes",
      defaultValue = "10000000",
      paramLabel = "B",
      description = "Of the weights, a multiple of 4 (default: ${DEFAULT-VALUE}).")
  private long bytes;

  @Option(
      names = "--tensors",
      defaultValue = "10",
      paramLabel = "T",
      description = "Into which they are divided (default: ${DEFAULT-VALUE}).")
  private int tensors;

  @Option(
      names = "--rounds",
      defaultValue = "5",
      paramLabel = "N",
      description = "Default: ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(
      names = "--steps",
      defaultValue = "20",
      paramLabel = "H",
      description = "Local steps in a round (default: ${DEFAULT-VALUE}).")
  private int steps;

  @Option(
      names = "--step-millis",
      defaultValue = "0",
      paramLabel = "MS",
      description = "How long a local step takes (default: ${DEFAULT-VALUE}).")
  private long stepMillis;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Any other setting of the study, e.g. --set quorum=3.")
  private List<String> settings = new ArrayList<>();

  @Option(
      names = "--kills",
      defaultValue = "0",
      paramLabel = "N",
      description = "Kills hub and regions (-9) so often, at seeded moments.")
  private int kills;

  @Option(
      names = "--seed",
      defaultValue = "1",
      paramLabel = "S",
      description = "Of study, links and killer (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--slow",
      paramLabel = "REGION=FACTOR",
      description =
          "A region whose local steps take so many times longer. With this or --absent the same"
              + " study runs first with all regions alike, and the two are compared.")
  private Map<String, Double> slow = new LinkedHashMap<>();

  @Option(
      names = "--absent",
      paramLabel = "REGION=SHARE",
      description = "A region whose link is down for this share of every 40 s.")
  private Map<String, Double> absent = new LinkedHashMap<>();

  @Option(
      names = "--outage",
      defaultValue = "0",
      paramLabel = "SECONDS",
      description = "The hub is killed half-way and comes back only after so long.")
  private int outage;

  @Option(
      names = "--congestion",
      defaultValue = "cubic",
      paramLabel = "NAME",
      description = "TCP's congestion control: cubic or bbr (default: ${DEFAULT-VALUE}).")
  private String congestion;

  @Option(
      names = "--preload",
      paramLabel = "FILE",
      description = "A library to load into the hub before others (LD_PRELOAD).")
  private @Nullable Path preload;

  @Option(
      names = "--heap",
      defaultValue = "" + LabOptions.HUB_HEAP,
      paramLabel = "MB",
      description = "The hub's Java heap (default: ${DEFAULT-VALUE}).")
  private int heap;

  @Option(
      names = "--patience",
      defaultValue = "300",
      paramLabel = "SECONDS",
      description = "Give up when nothing moves for so long (default: ${DEFAULT-VALUE}).")
  private int patience;

  @Option(
      names = "--expect",
      paramLabel = "WHAT=VALUE",
      description = {
        "Fails if the run misses it: round (median, seconds, at most), in-use (share of the link,"
            + " at least), wire (bytes for each byte of payload, at most), resident (the hub's,"
            + " megabytes, at most), back (of a killed hub, seconds, at most), rate (rounds in the"
            + " same time, of those with all regions alike, at least), lost (local steps that"
            + " regions did and no merge has, at most), again (fragments sent again for each kill,"
            + " at most)."
      })
  private Map<String, Double> expected = new LinkedHashMap<>();

  @Option(names = "--label", defaultValue = "", paramLabel = "TEXT", description = "For the JSON.")
  private String label;

  @Option(
      names = "--exec",
      paramLabel = "COMMAND",
      description =
          "Only builds the links and runs this command of the shell, which finds the namespaces in"
              + " DURE_LAB_HUB and DURE_LAB_REGIONS and the hub's address in DURE_LAB_ADDRESS.")
  private @Nullable String exec;

  @Option(
      names = "--append",
      paramLabel = "FILE",
      description = "Appends the result to this file, as one line of JSON.")
  private @Nullable Path runs;

  @Option(
      names = "--home",
      paramLabel = "DIR",
      description = "Keeps homes and logs here (default: a temporary folder, deleted).")
  private @Nullable Path home;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    Output output = Output.of(spec);
    try (LabFolder folder = home == null ? LabFolder.temporary() : LabFolder.kept(home)) {
      LabOptions options = options(folder.path());
      LabResult result;
      try (Lab lab = new Lab(options, folder, output::say)) {
        if (exec != null) {
          return lab.command(exec);
        }
        result = lab.measure();
      }
      String json = result.json(Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
      output.result(
          Json.object(json.getBytes(StandardCharsets.UTF_8)),
          "lab %s: %s%n%s"
              .formatted(profile.title(), result.passed() ? "passed" : "FAILED", result.table()));
      if (runs != null) {
        append(runs, json);
        output.next("dure lab report %s", runs);
      }
      if (!result.passed() && home == null) {
        output.say("  to keep homes and logs, give --home DIR");
      }
      return result.passed() ? 0 : ErrorCode.Type.PEER.exitStatus();
    }
  }

  private static void append(Path file, String line) {
    try {
      PrivateFiles.prepare(file);
      Files.writeString(
          file,
          line + "\n",
          StandardCharsets.UTF_8,
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw DureException.io("write", file, e);
    }
  }

  private LabOptions options(Path folder) {
    require(regions >= 1 && regions <= HUNDRED, "--regions", regions, "1 to 100");
    require(rounds >= 1, "--rounds", rounds, "1 or more");
    require(kills >= 0, "--kills", kills, "0 or more");
    require(heap >= 32, "--heap", heap, "32 or more megabytes");
    require(patience >= 1, "--patience", patience, "1 or more seconds");
    require(outage >= 0 && outage < patience, "--outage", outage, "0 seconds to the patience");
    List<String> names = LabOptions.names(regions);
    slow.forEach(
        (region, factor) -> {
          requireRegion("--slow", region, names);
          require(factor > 0 && factor <= 1e6, "--slow " + region, factor, "a factor above 0");
        });
    absent.forEach(
        (region, share) -> {
          requireRegion("--absent", region, names);
          require(share > 0 && share < 1, "--absent " + region, share, "a share from 0 to 1");
        });
    if (profile == LabProfile.LOOPBACK && !(absent.isEmpty() && link.isEmpty())) {
      throw wrong("--profile loopback has no links: leave out --link and --absent");
    }
    if (profile == LabProfile.LOOPBACK && exec != null) {
      throw wrong("--profile loopback has no links: leave out --exec");
    }
    if (home != null && Files.exists(home.resolve("hub"))) {
      throw new DureException(
          ErrorCode.HOME_CONFLICT, "%s holds a run of the lab already".formatted(home));
    }
    LabOptions options =
        new LabOptions(
            new LabOptions.Network(profile, shape(), congestion),
            names,
            new LabOptions.Work(bytes, tensors, rounds, steps, stepMillis, settings),
            new LabOptions.Mishaps(kills, slow, absent, Duration.ofSeconds(outage)),
            seed,
            new LabOptions.HubProcess(heap, Optional.ofNullable(preload).map(Path::toAbsolutePath)),
            folder,
            label,
            expectations(),
            Duration.ofSeconds(patience));
    var unused = options.study();
    return options;
  }

  private List<LabExpectation> expectations() {
    List<LabExpectation> list = new ArrayList<>();
    expected.forEach(
        (what, value) ->
            list.add(
                LabExpectation.of(what, value)
                    .orElseThrow(
                        () ->
                            wrong(
                                "--expect %s: expected one of %s"
                                    .formatted(what, LabExpectation.names())))));
    return list;
  }

  private LinkShape shape() {
    LinkShape shape = profile.shape();
    double roundTrip = shape.roundTripMillis();
    double jitter = shape.jitterMillis();
    double megabits = shape.megabits();
    double loss = shape.loss();
    double reordered = shape.reordered();
    long queue = shape.queueBytes();
    for (Map.Entry<String, Double> change : link.entrySet()) {
      double value = change.getValue();
      String name = "--link " + change.getKey();
      switch (change.getKey()) {
        case "round-trip-ms" -> roundTrip = ranged(name, value, 0, 10_000);
        case "jitter-ms" -> jitter = ranged(name, value, 0, 10_000);
        case "mbit" -> megabits = ranged(name, value, 0.01, 10_000);
        case "loss" -> loss = ranged(name, value, 0, 1);
        case "reordered" -> reordered = ranged(name, value, 0, 1);
        case "queue-bytes" -> queue = (long) ranged(name, value, 3_000, 1e9);
        default ->
            throw wrong(
                "%s: expected round-trip-ms, jitter-ms, mbit, loss, reordered or queue-bytes"
                    .formatted(name));
      }
    }
    return new LinkShape(roundTrip, jitter, megabits, loss, reordered, queue, shape.cuts());
  }

  private double ranged(String name, double value, double least, double most) {
    require(value >= least && value <= most, name, value, "%s to %s".formatted(least, most));
    return value;
  }

  private void requireRegion(String option, String region, List<String> names) {
    if (!names.contains(region)) {
      throw wrong("%s %s: the regions are %s".formatted(option, region, names));
    }
  }

  private void require(boolean holds, String name, Number found, String expected) {
    if (!holds) {
      throw wrong("%s is %s: expected %s".formatted(name, found, expected));
    }
  }

  private ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  /// `dure lab report`.
  @Command(
      name = "report",
      mixinStandardHelpOptions = true,
      description = "Prints the runs of a file of JSON lines as a table, one run a line.",
      footer = {
        "",
        "Example:",
        "  dure lab report runs.jsonl",
        "  run             MB  round s  limit s  plain TCP s  in use   wire  hub MB  verdict"
      })
  static final class Report implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "What --append wrote.")
    private Path file;

    @Spec private CommandSpec spec;

    /// @param runs each as `dure lab --json` gives it
    record Result(List<Map<String, @Nullable Object>> runs) {}

    @Override
    public Integer call() {
      List<Map<String, @Nullable Object>> runs = LabReport.runs(file);
      Output.of(spec).result(new Result(runs), LabReport.table(runs));
      return 0;
    }
  }

  /// `asia-europe` for [LabProfile#ASIA_EUROPE].
  static final class ProfileConverter implements ITypeConverter<LabProfile> {
    @Override
    public LabProfile convert(String value) {
      for (LabProfile candidate : LabProfile.values()) {
        if (candidate.title().equals(value)) {
          return candidate;
        }
      }
      throw new TypeConversionException(
          "there is no profile %s: choose one of %s"
              .formatted(value, List.of(LabProfile.values())));
    }
  }
}
