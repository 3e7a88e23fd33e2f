package org.dure.federation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.dure.core.ArtifactStore;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;
import org.dure.core.Weights;

/// A whole study on one thread and one seed: hub and regions die and come back, requests and
/// answers are lost, doubled and come late, the clock jumps, the hub's disk is full or loses its
/// weights. After every action the invariants are checked.
final class Simulation {
  /// The process is gone; nothing catches this but the simulation.
  static final class Death extends Error {
    Death() {
      super("killed", null, false, false);
    }
  }

  private record Late(Hub.Peer peer, byte[] message, byte[] signature) {}

  private final Study study;
  private final Path folder;
  private final SplittableRandom random;
  private double trouble;
  private final TestHub hub;
  private final Map<String, Region> regions = new TreeMap<>();
  private final List<Late> late = new ArrayList<>();
  private final Set<String> contributions = new HashSet<>();
  private long checked;
  int deaths;

  /// @param trouble probability that something goes wrong, at each occasion
  Simulation(
      Study study, Path folder, long seed, double trouble, Optional<CommonPreparation> common) {
    this.study = study;
    this.folder = folder;
    this.random = new SplittableRandom(seed);
    this.hub = new TestHub(study, new FullDisk(), common);
    study.regions().forEach(region -> regions.put(region.name(), new Region(region.name())));
    this.trouble = trouble;
  }

  /// Runs until every region is finished.
  ///
  /// @return digest of the list of the final weights
  String run() {
    int actions = 0;
    while (regions.values().stream().anyMatch(region -> !region.finished)) {
      assertThat(++actions).as("a study that ends").isLessThan(100_000);
      act();
      check();
    }
    hub.published.list().forEach(hub.published::remove);
    String before = hub.hub.state().weights();
    restartHub();
    assertThat(hub.hub.state().weights()).isEqualTo(before);
    return before;
  }

  private void act() {
    int action = random.nextInt(20);
    if (action == 0 && happens()) {
      restartHub();
    } else if (action == 1 && happens()) {
      region().die();
    } else if (action == 2 && !late.isEmpty()) {
      replay();
    } else if (action == 3) {
      hub.now += random.nextLong(-30_000, 90_000);
    } else if (action == 4 && happens()) {
      hub.published.list().forEach(hub.published::remove);
      restartHub();
    } else if (action < 10) {
      atHub(hub::poll);
    } else {
      region().step();
    }
  }

  private boolean happens() {
    return random.nextDouble() < trouble;
  }

  private Region region() {
    return List.copyOf(regions.values()).get(random.nextInt(regions.size()));
  }

  private void restartHub() {
    deaths++;
    while (true) {
      try {
        hub.start();
        return;
      } catch (DureException e) {
        assertThat(e.code()).isEqualTo(ErrorCode.DISK_FULL);
      } catch (Death e) {
        deaths++;
      }
    }
  }

  /// Something at the hub, which may die or find its disk full in the middle.
  private boolean atHub(Runnable action) {
    try {
      action.run();
      return true;
    } catch (Death e) {
      restartHub();
    } catch (DureException e) {
      assertThat(e.code()).isEqualTo(ErrorCode.DISK_FULL);
    }
    return false;
  }

  private void replay() {
    Late message = late.get(random.nextInt(late.size()));
    try {
      atHub(() -> hub.hub.receive(message.peer, message.message, message.signature, hub.now));
    } catch (MessageRefused e) {
      assertThat(e.refusal()).isIn(Refusal.WRONG_SEQUENCE, Refusal.WRONG_ROUND, Refusal.NO_HELLO);
    }
  }

  /// No contribution is counted twice; no round is merged without a quorum; the log is a whole
  /// chain that leads to the state.
  private void check() {
    HubState state = hub.hub.state();
    hub.log.read(
        checked + 1,
        (number, bytes) -> {
          checked = number;
          String text = new String(bytes, StandardCharsets.UTF_8);
          if (text.contains("contribution")) {
            Event.Received received =
                (Event.Received)
                    Event.parse(bytes, number, text.replaceAll(".*\"previous\":\"(\\w+)\".*", "$1"))
                        .event();
            Message message = Message.parse(received.bytes());
            assertThat(contributions.add(message.region() + " " + message.round()))
                .as("the first contribution of %s", message)
                .isTrue();
          }
        });
    assertThat(state.number()).isEqualTo(hub.log.last());
    for (HubState.Round round : state.rounds()) {
      if (round.merged != null) {
        assertThat(round.contributions.size()).isGreaterThanOrEqualTo(study.quorum());
        double shares = round.merged.parts().values().stream().mapToDouble(Event.Part::share).sum();
        assertThat(shares).isBetween(1 - 1e-9, 1 + 1e-9);
      }
    }
  }

  /// A log whose disk is full now and then, and whose process dies before or after a write.
  private final class FullDisk implements RoundStore {
    private final RoundStore log = new MemoryRoundStore();

    @Override
    public void append(long number, byte[] event) {
      if (happens()) {
        throw new DureException(ErrorCode.DISK_FULL, "simulated");
      }
      dieHere();
      log.append(number, event);
      dieHere();
    }

    @Override
    public long last() {
      return log.last();
    }

    @Override
    public void read(long from, Reader reader) {
      log.read(from, reader);
    }

    @Override
    public void note(String name, byte[] value) {
      log.note(name, value);
    }

    @Override
    public Optional<byte[]> noted(String name) {
      return log.noted(name);
    }

    @Override
    public void close() {
      log.close();
    }
  }

  private void dieHere() {
    if (happens()) {
      deaths++;
      throw new Death();
    }
  }

  /// A region's process.
  private final class Region {
    private final String name;
    private RegionWork work;
    private ExportLog exports;
    private boolean greeted;
    private boolean finished;

    Region(String name) {
      this.name = name;
      start();
    }

    private void start() {
      Path home = folder.resolve(name);
      RegionFolder.sweep(home);
      RegionFolder files = new RegionFolder(home);
      exports =
          ExportLog.open(
              exportsFile(home),
              ExportPolicy.standard(),
              hub.signer(name),
              () -> Instant.ofEpochMilli(hub.now));
      Link link = new Link(name);
      work =
          new RegionWork(
              study,
              name,
              files,
              new Watched(name, files),
              new Transfers(link, files.cache(), files.arrivals(), study.fragmentBytes()),
              new Outbox(study.digest(), name, link, hub.signer(name), exports),
              (doing, done, total) -> {},
              line -> {});
      greeted = false;
    }

    private static Path exportsFile(Path home) {
      try {
        Files.createDirectories(home);
      } catch (IOException e) {
        throw new AssertionError(e);
      }
      return home.resolve("exports.jsonl");
    }

    void die() {
      exports.close();
      start();
    }

    void step() {
      try {
        if (!greeted) {
          work.hello(new Link(name).standing(-1, Duration.ZERO));
          greeted = true;
        }
        RegionWork.Outcome outcome = work.step(new Link(name).standing(-1, Duration.ZERO));
        finished |= outcome == RegionWork.Outcome.FINISHED;
      } catch (Death e) {
        die();
      } catch (IOException e) {
        greeted = false;
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      } catch (MessageRefused e) {
        assertThat(e.refusal())
            .isIn(
                Refusal.WRONG_ROUND,
                Refusal.WRONG_SEQUENCE,
                Refusal.WRONG_BASE,
                Refusal.NO_HELLO,
                Refusal.CHUNK_MISSING);
        greeted = false;
      }
    }

    /// Work that is durable is not done again.
    private final class Watched extends ArithmeticWorkload {
      private final RegionFolder files;

      Watched(String region, RegionFolder files) {
        super(region);
        this.files = files;
      }

      @Override
      public Contribution work(int round, Weights shared, Activity activity) {
        int newest = files.newest().map(RegionFolder.Done::round).orElse(0);
        assertThat(newest).as("the newest durable round of %s", name).isLessThan(round);
        dieHere();
        Contribution made = super.work(round, shared, activity);
        dieHere();
        return made;
      }

      @Override
      public void save(Path target) {
        dieHere();
        super.save(target);
        dieHere();
      }
    }
  }

  /// A bad link to a hub that may die.
  private final class Link implements HubLink {
    private final String region;

    Link(String region) {
      this.region = region;
    }

    private void before() throws IOException {
      dieHere();
      if (happens()) {
        throw new IOException("request lost");
      }
    }

    private void after() throws IOException {
      if (happens()) {
        throw new IOException("answer lost");
      }
      dieHere();
    }

    @Override
    public Hub.Receipt send(byte[] message, byte[] signature) throws IOException {
      before();
      late.add(new Late(hub.peer(region), message, signature));
      Hub.Receipt[] receipt = new Hub.Receipt[1];
      for (int copies = happens() ? 2 : 1; copies > 0; copies--) {
        boolean alive =
            atHub(
                () -> receipt[0] = hub.hub.receive(hub.peer(region), message, signature, hub.now));
        if (!alive) {
          throw new IOException("the hub went away");
        }
      }
      after();
      return receipt[0];
    }

    @Override
    public Standing standing(long number, Duration wait) throws IOException {
      before();
      Standing standing = hub.standing(region);
      after();
      return standing;
    }

    @Override
    public Lacking offer(byte[] list, String kind) throws IOException {
      before();
      hub.received(region).put(list);
      Lacking lacking =
          Lacking.of(FragmentList.parse(list), hub.received(region)::contains, digest -> 0);
      after();
      return lacking;
    }

    @Override
    public void put(String digest, String kind, byte[] chunk, long begun) throws IOException {
      before();
      assertThat(Sha256.of(chunk)).isEqualTo(digest);
      hub.received(region).put(chunk);
      after();
    }

    @Override
    public void get(String digest, int most, Landing landing) throws IOException {
      before();
      ArtifactStore store = hub.published;
      if (!store.contains(digest)) {
        throw new MessageRefused(Refusal.CHUNK_MISSING, digest);
      }
      byte[] chunk = store.get(digest);
      int from = (int) landing.begun();
      int to = happens() ? from + random.nextInt(chunk.length - from + 1) : chunk.length;
      landing.write(chunk, from, to - from);
      if (to < chunk.length) {
        throw new IOException("cut");
      }
      after();
    }

    @Override
    public int atOnce() {
      return 1;
    }

    @Override
    public void close() {
      // Nothing is held.
    }
  }
}
