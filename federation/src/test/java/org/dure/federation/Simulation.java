package org.dure.federation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
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
import java.util.TreeSet;
import java.util.stream.Stream;
import org.dure.core.ArtifactStore;
import org.dure.core.AtomicFiles;
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

  /// After so many actions nothing goes wrong any more.
  private static final int CALM = 250;

  private static final long HOURS = 6 * 3_600_000L;

  private record Late(Hub.Peer peer, byte[] message, byte[] signature) {}

  private final Study study;
  private final Path folder;
  private final SplittableRandom random;
  private double trouble;
  private final TestHub hub;
  private final Map<String, Region> regions = new TreeMap<>();
  private final List<Late> late = new ArrayList<>();
  private final Set<String> counted = new HashSet<>();
  private final Set<String> inRound = new TreeSet<>();
  private long checked;
  private String head = Event.NOTHING;
  private long epoch;
  private int open = 1;
  private int revoked;
  private boolean operated;
  private List<String> present = List.of();
  int deaths;

  /// @param trouble probability that something goes wrong, at each occasion
  Simulation(
      Study study, Path folder, long seed, double trouble, Optional<CommonPreparation> common) {
    this.study = study;
    this.folder = folder;
    this.random = new SplittableRandom(seed);
    this.hub = new TestHub(study, new FullDisk(), common);
    this.hub.quick = !hasRealKeys(seed);
    study.regions().forEach(region -> regions.put(region.name(), new Region(region.name())));
    this.trouble = trouble;
  }

  /// Whether the regions of this schedule sign as they would outside of simulations.
  static boolean hasRealKeys(long seed) {
    return Math.floorMod(seed, 500) == 1;
  }

  /// Also lets newcomers in, takes a key back, and sets regions' folders back to old copies; for
  /// studies whose bits may depend on time.
  Simulation withAnOperator() {
    operated = true;
    return this;
  }

  /// Runs until every region is finished; trouble stops some time before that.
  ///
  /// @return digest of the list of the final weights
  String run() {
    int actions = 0;
    while (regions.values().stream().anyMatch(region -> !region.finished)) {
      assertThat(++actions).as("a study that ends").isLessThan(20_000);
      if (actions == CALM) {
        trouble = 0;
      }
      act();
      check();
    }
    hub.published.list().forEach(hub.published::remove);
    String before = hub.hub.state().weights();
    restartHub();
    assertThat(hub.hub.state().weights()).isEqualTo(before);
    return before;
  }

  RoundStore log() {
    return hub.log;
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
      hub.now += happens() ? random.nextLong(-HOURS, HOURS) : random.nextLong(0, 6_000);
    } else if (action == 4 && happens()) {
      hub.published.list().forEach(hub.published::remove);
      restartHub();
    } else if (action == 5 && operated && happens()) {
      operate();
    } else if (action < 10) {
      atHub(hub::poll);
    } else {
      region().step();
    }
  }

  /// What people do while a study runs.
  private void operate() {
    switch (random.nextInt(4)) {
      case 0 -> {
        atHub(() -> hub.hub.enrol("zz", "vi", hub.now));
        if (hub.hub.state().members().containsKey("zz")) {
          regions.computeIfAbsent("zz", Region::new);
        }
      }
      case 1 -> revoke(region());
      case 2 -> region().backUp();
      default -> region().setBack();
    }
  }

  /// Also a hub that dies over it has either logged it or not.
  private void revoke(Region gone) {
    if (regions.size() > study.quorum() + 1 && !gone.name.equals("zz")) {
      atHub(() -> hub.hub.revoke(gone.name, hub.key(gone.name).getPublic(), "simulated", hub.now));
      if (hub.hub.state().member(gone.name).out) {
        gone.exports.close();
        regions.remove(gone.name);
      }
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
      assertThat(e.refusal())
          .isIn(
              Refusal.WRONG_SEQUENCE,
              Refusal.WRONG_ROUND,
              Refusal.TOO_LATE,
              Refusal.REGION_FORKED,
              Refusal.KEY_REVOKED,
              Refusal.NO_HELLO);
    }
  }

  /// The log is a whole chain that leads to the state; no contribution is counted twice or too
  /// late; no round is merged without a quorum; epochs only grow, and every region is told the
  /// same.
  private void check() {
    HubState state = hub.hub.state();
    hub.log.read(
        checked + 1,
        (number, bytes) -> {
          Event.Logged logged = Event.parse(bytes, number, head);
          checked = number;
          head = logged.digest();
          check(logged.event());
        });
    assertThat(state.number()).isEqualTo(checked);
    assertThat(state.head()).isEqualTo(head);
    assertThat(state.epoch()).isEqualTo(epoch);
    for (String region : regions.keySet()) {
      Standing standing = hub.standing(region);
      assertThat(standing.epoch()).isEqualTo(epoch);
      assertThat(standing.present()).isEqualTo(present);
    }
  }

  private void check(Event event) {
    switch (event) {
      case Event.Received received -> {
        if (Message.parse(received.bytes()) instanceof Message.Contribution message) {
          assertThat(counted.add(message.region() + " " + message.round()))
              .as("the first contribution of %s from round %d", message.region(), message.round())
              .isTrue();
          assertThat(open - message.round()).isBetween(0, study.lateRounds());
          assertThat(inRound.add(message.region())).as("one in round %d", open).isTrue();
        }
      }
      case Event.Merged merged -> {
        assertThat(merged.round()).isEqualTo(open);
        assertThat(merged.parts().keySet()).isEqualTo(inRound);
        assertThat(merged.parts().size()).isGreaterThanOrEqualTo(study.quorum() - revoked);
        double shares = merged.parts().values().stream().mapToDouble(Event.Part::share).sum();
        assertThat(shares).isBetween(1 - 1e-9, 1 + 1e-9);
        inRound.clear();
        open++;
      }
      case Event.Membership membership -> {
        assertThat(membership.epoch()).isEqualTo(++epoch);
        present = membership.present();
      }
      case Event.Revoked gone -> revoked++;
      case Event.Opened opened -> {}
      case Event.Admitted admitted -> {}
      case Event.Prepared prepared -> {}
      case Event.Enrolled enrolled -> {}
      case Event.SetBack setBack -> {}
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
        trainOn(outcome == RegionWork.Outcome.WAIT);
      } catch (Death e) {
        die();
      } catch (IOException e) {
        greeted = false;
        outage();
      } catch (DureException e) {
        assertThat(e.code()).isEqualTo(ErrorCode.DISK_FULL);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      } catch (MessageRefused e) {
        assertThat(e.refusal())
            .isIn(
                Refusal.WRONG_ROUND,
                Refusal.WRONG_SEQUENCE,
                Refusal.WRONG_BASE,
                Refusal.TOO_LATE,
                Refusal.NO_HELLO,
                Refusal.CHUNK_MISSING);
        greeted = false;
      }
    }

    private void trainOn(boolean waits) {
      if (waits && work.canTrainOn()) {
        work.trainOn(() -> random.nextInt(3) == 0);
      }
    }

    private void outage() {
      try {
        trainOn(random.nextBoolean());
      } catch (Death e) {
        die();
      } catch (DureException e) {
        assertThat(e.code()).isEqualTo(ErrorCode.DISK_FULL);
      }
    }

    /// A copy of the folder is put aside.
    void backUp() {
      AtomicFiles.delete(folder.resolve(name + "-copy"));
      copy(folder.resolve(name), folder.resolve(name + "-copy"));
    }

    /// The copy is put in the place of the folder.
    void setBack() {
      if (Files.exists(folder.resolve(name + "-copy")) && !finished) {
        exports.close();
        AtomicFiles.delete(folder.resolve(name));
        copy(folder.resolve(name + "-copy"), folder.resolve(name));
        start();
      }
    }

    private static void copy(Path from, Path to) {
      try (Stream<Path> files = Files.walk(from)) {
        for (Path file : files.toList()) {
          Files.copy(file, to.resolve(from.relativize(file).toString()));
        }
      } catch (IOException e) {
        throw new AssertionError(e);
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
        if (happens()) {
          throw new DureException(ErrorCode.DISK_FULL, "simulated");
        }
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
