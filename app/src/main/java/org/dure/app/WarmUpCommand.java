package org.dure.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.dure.app.home.Identities;
import org.dure.app.home.RegionLayout;
import org.dure.app.process.Ports;
import org.dure.app.workload.PretrainingConfig;
import org.dure.app.workload.StudyTerms;
import org.dure.core.AtomicFiles;
import org.dure.core.Settings;
import org.dure.provenance.KeyFiles;
import org.dure.provenance.ReleaseManifest;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `dure warm-up`: touches what the quick verbs and a starting hub and node use while the launcher
/// records an ahead-of-time cache of classes, and unpacks the native libraries. Not for people.
@Command(name = "warm-up", hidden = true, description = "Run by the launcher after a build.")
@SuppressWarnings("NullAway.Init")
final class WarmUpCommand implements Callable<Integer> {
  private static final String STUDY =
      "name = \"warm-up\"\nsharing = \"body\"\n[regions.ko]\nlanguage = \"ko\"\n";
  private static final String REHEARSAL =
      """
      name = "warm-up"
      workload = "rehearsal"
      rounds = 3
      steps = 1
      rehearsal.bytes = 40000
      rehearsal.tensors = 2
      [regions.ko]
      language = "ko"
      """;

  private static final Duration MOST_BELT = Duration.ofSeconds(30);

  @Option(
      names = "--admit",
      paramLabel = "DIR",
      description = "Only makes a hub and its region there.")
  private @Nullable Path admit;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (admit != null) {
      admit(admit);
      return 0;
    }
    Path folder = Files.createTempDirectory("dure-warm-up-");
    try {
      Path key = folder.resolve("key.pem");
      Path publicKey = folder.resolve("public-key.pem");
      KeyFiles.writePublic(publicKey, KeyFiles.create(key).getPublic());
      Path release = Files.createDirectory(folder.resolve("release"));
      Files.write(release.resolve("model.safetensors"), new byte[1 << 20]);
      ReleaseManifest signed =
          ReleaseManifest.sign(
              release, "warm-up", "ko", Instant.now(), Map.of(), KeyFiles.signer(key));
      PretrainingConfig config = PretrainingConfig.of(Settings.parse("warm-up", STUDY));
      spec.commandLine().getErr().println(signed.name() + config.study().digest());
      Dure.execute("--help");
      Dure.execute("verify", release.toString(), "--key", publicKey.toString());
      belt(folder);
      return Dure.execute("doctor");
    } finally {
      AtomicFiles.delete(folder);
    }
  }

  private static void admit(Path folder) {
    RegionLayout region = new RegionLayout(folder.resolve("ko"));
    Identities.initialiseHub(folder.resolve("hub"), "warm-up", List.of());
    Identities.admit(folder.resolve("hub"), Identities.request(region, "ko"), region.path());
  }

  /// [#admit] in a process of its own: the classes that issue certificates come from signed
  /// archives, which no cache can hold, and a cache of classes that need them would make every
  /// later process read those archives before it does anything.
  private static void admitElsewhere(Path folder) throws IOException, InterruptedException {
    new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            Dure.class.getName(),
            "warm-up",
            "--admit",
            folder.toString())
        .inheritIO()
        .start()
        .waitFor();
  }

  /// A whole study in this process: what a hub needs to be back soon after it has died.
  private static void belt(Path folder) throws IOException, InterruptedException {
    Path study = folder.resolve("study.toml");
    AtomicFiles.write(study, REHEARSAL);
    admitElsewhere(folder);
    Path hubHome = folder.resolve("hub");
    RegionLayout region = new RegionLayout(folder.resolve("ko"));
    int port = Ports.orAnyFree(0);
    int consolePort = Ports.orAnyFree(0);
    Thread hub = command("hub", study, hubHome, "--port=" + port, "--console-port=" + consolePort);
    String digest = StudyTerms.digest(study, region, "ko");
    Thread node =
        command(
            "node",
            study,
            region.path(),
            "--region=ko",
            "--hub=https://127.0.0.1:" + port,
            "--accept=" + digest);
    node.join(MOST_BELT);
    Dure.execute("status", "--home", hubHome.toString());
    node.interrupt();
    hub.interrupt();
    hub.join(MOST_BELT);
  }

  private static Thread command(String verb, Path study, Path home, String... more) {
    List<String> arguments = new ArrayList<>(List.of(verb, "--study=" + study, "--home=" + home));
    arguments.addAll(List.of(more));
    return Thread.ofPlatform().daemon().start(() -> Dure.execute(arguments.toArray(String[]::new)));
  }
}
