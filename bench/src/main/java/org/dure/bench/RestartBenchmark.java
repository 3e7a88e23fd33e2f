package org.dure.bench;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.dure.core.ArtifactStore;
import org.dure.core.FolderArtifactStore;
import org.dure.core.Signatures;
import org.dure.core.Weights;
import org.dure.federation.hub.Hub;
import org.dure.federation.hub.LogHeadMac;
import org.dure.federation.log.RoundStore;
import org.dure.federation.log.SqliteRoundStore;
import org.dure.federation.protocol.ExportHead;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.Fragments;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.Receipt;
import org.dure.federation.protocol.SignedMessage;
import org.dure.federation.protocol.Study;
import org.dure.federation.protocol.StudyView;

/// How long `dure hub` takes from the start of its process until regions can connect, with nothing
/// in its log and with a long history, beside the two seconds that are allowed.
///
/// ```
/// java -cp ... org.dure.bench.RestartBenchmark DURE [EVENTS [FOLDER]]
/// ```
///
/// DURE is the command. The history is that of a real study of four regions and small weights:
/// signed messages, deltas, merges, made by a [Hub] in this process on the home of the command.
public final class RestartBenchmark {
  private static final double ALLOWED = 2;
  private static final int STARTS = 5;
  private static final int EVENTS = 10_000;
  private static final List<String> REGIONS = List.of("fr", "ja", "ko", "vi");

  private final String command;
  private final Path home;
  private final Path study;
  private long now = System.currentTimeMillis();

  private RestartBenchmark(String command, Path folder) {
    this.command = command;
    this.home = folder.resolve("hub");
    this.study = folder.resolve("study.toml");
  }

  public static void main(String[] arguments) throws Exception {
    int events = arguments.length > 1 ? Integer.parseInt(arguments[1]) : EVENTS;
    Path folder =
        Files.createTempDirectory(
            arguments.length > 2
                ? Path.of(arguments[2])
                : Path.of(System.getProperty("java.io.tmpdir")),
            "dure-bench-");
    try {
      new RestartBenchmark(arguments[0], folder).run(events);
    } finally {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private void run(int events) throws Exception {
    int rounds = Math.ceilDiv(events, REGIONS.size() + 1) + 1;
    StringBuilder toml = new StringBuilder();
    toml.append("name = \"restart\"\nworkload = \"rehearsal\"\nrounds = %d\n".formatted(rounds));
    toml.append("rehearsal.bytes = 4000\nrehearsal.tensors = 2\n");
    REGIONS.forEach(
        region -> toml.append("regions.%s.language = \"%s\"\n".formatted(region, region)));
    Files.writeString(study, toml);
    double unused = start();
    print("hub: serves after %.2f s with an empty log (of %.0f s: %.2f)", starts());
    long last = live(events);
    print("hub: serves after %.2f s with " + last + " events (of %.0f s: %.2f)", starts());
  }

  private double starts() throws Exception {
    double[] seconds = new double[STARTS];
    for (int i = 0; i < STARTS; i++) {
      seconds[i] = start();
    }
    Arrays.sort(seconds);
    return seconds[STARTS / 2];
  }

  private double start() throws Exception {
    int port = freePort();
    ProcessBuilder builder =
        new ProcessBuilder(
            command,
            "hub",
            "--study=" + study,
            "--home=" + home,
            "--port=" + port,
            "--console-port=" + freePort());
    builder.environment().put("DURE_NO_BUILD", "1");
    builder.redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    long before = System.nanoTime();
    Process process = builder.start();
    try {
      while (!isReached(port)) {
        if (!process.isAlive()) {
          throw new IOException("the hub ended with status " + process.exitValue());
        }
        Thread.sleep(5);
      }
      return (System.nanoTime() - before) / 1e9;
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  private static boolean isReached(int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 500);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /// Lives a study until it has at least so many events.
  ///
  /// @return how many
  private long live(int events) throws IOException {
    Study agreed = Study.recorded(Files.readString(home.resolve("study.toml")));
    Map<String, ArtifactStore> received = new TreeMap<>();
    REGIONS.forEach(
        region -> received.put(region, new Soon(home.resolve("received").resolve(region))));
    Map<String, KeyPair> keys = new TreeMap<>();
    REGIONS.forEach(region -> keys.put(region, Signatures.newKeyPair()));
    try (RoundStore log = SqliteRoundStore.open(home)) {
      Hub.Surroundings around =
          new Hub.Surroundings(
              log,
              new Soon(home.resolve("published")),
              region -> Objects.requireNonNull(received.get(region)),
              () -> {
                throw new IllegalStateException("the initial weights are there");
              },
              Optional.empty(),
              "",
              LogHeadMac.of(home));
      Hub hub = Hub.open(agreed, around, now, (stage, happening) -> {});
      for (String region : REGIONS) {
        String layout = hub.layout().digest();
        send(hub, keys, Message.Hello.of(agreed.digest(), region, layout));
      }
      while (hub.number() < events) {
        for (String region : REGIONS) {
          send(hub, keys, contribution(hub, region, around.received().apply(region)));
        }
        hub.poll(now);
      }
      return hub.number();
    }
  }

  private Message.Contribution contribution(Hub hub, String region, ArtifactStore received) {
    StudyView view = hub.view(region, now, "");
    FragmentList delta;
    try (Arena arena = Arena.ofConfined()) {
      Weights values = Weights.allocate(hub.layout(), arena);
      for (long i = 0; i < values.layout().elements(); i++) {
        values.set(i, 1e-3f * (view.progress().round() + i + region.charAt(0)));
      }
      delta = Fragments.put(values, hub.study().fragmentBytes(), received);
    }
    return new Message.Contribution(
        Message.Contribution.KIND,
        hub.study().digest(),
        region,
        view.member().sequence() + 1,
        view.progress().round(),
        view.progress().weights(),
        delta.digest(),
        1_000,
        Map.of("loss", 1.0 / view.progress().round()),
        ExportHead.NONE);
  }

  private void send(Hub hub, Map<String, KeyPair> keys, Message message) {
    KeyPair key = Objects.requireNonNull(keys.get(message.region()));
    SignedMessage signed =
        SignedMessage.sign(message, Signatures.signer(key.getPrivate(), key.getPublic()));
    now += 100;
    Receipt unused = hub.receive(new Hub.Peer(message.region(), key.getPublic(), ""), signed, now);
  }

  private static void print(String format, double seconds) {
    System.out.println(String.format(Locale.ROOT, format, seconds, ALLOWED, seconds / ALLOWED));
  }

  /// As the hub's own, but without forcing anything to the disk: making a history shall be quick.
  private static final class Soon implements ArtifactStore {
    private final FolderArtifactStore folder;

    Soon(Path folder) {
      this.folder = new FolderArtifactStore(folder);
    }

    @Override
    public String put(byte[] bytes) {
      return folder.putSoon(bytes);
    }

    @Override
    public String putSoon(byte[] bytes) {
      return folder.putSoon(bytes);
    }

    @Override
    public void put(String digest, InputStream content) {
      folder.put(digest, content);
    }

    @Override
    public boolean contains(String digest) {
      return folder.contains(digest);
    }

    @Override
    public long size(String digest) {
      return folder.size(digest);
    }

    @Override
    public byte[] get(String digest) {
      return folder.get(digest);
    }

    @Override
    public InputStream open(String digest) {
      return folder.open(digest);
    }

    @Override
    public void remove(String digest) {
      folder.remove(digest);
    }

    @Override
    public List<String> list() {
      return folder.list();
    }
  }
}
