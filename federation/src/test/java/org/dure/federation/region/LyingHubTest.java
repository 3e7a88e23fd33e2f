package org.dure.federation.region;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.federation.ArithmeticWorkload;
import org.dure.federation.client.HubLink;
import org.dure.federation.hub.TestHub;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.MaskingMessage;
import org.dure.federation.protocol.MissingFragments;
import org.dure.federation.protocol.Receipt;
import org.dure.federation.protocol.SecretStep;
import org.dure.federation.protocol.SecretView;
import org.dure.federation.protocol.SignedMessage;
import org.dure.federation.protocol.Study;
import org.dure.federation.protocol.StudyView;
import org.dure.federation.protocol.TestStudies;
import org.dure.federation.protocol.UploadKind;
import org.dure.federation.secure.Roster;
import org.dure.federation.secure.Seeds;
import org.dure.federation.wire.Landing;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Regions of a secret sum whose hub tells them what would show a delta.
class LyingHubTest {
  private static final Study STUDY =
      TestStudies.with(
          "quorum = 3\naggregation = \"secret\"\nsecret.norm-bound = 3\nsecret.threshold = 3",
          "fr",
          "ja",
          "ko",
          "vi");

  @TempDir Path folder;
  private final TestHub hub = new TestHub(STUDY);
  private final Map<String, Region> regions = new TreeMap<>();

  /// What the hub tells `fr` instead.
  private UnaryOperator<SecretView> lie = view -> view;

  /// Chunks that have left each region.
  private final Map<String, List<String>> left = new HashMap<>();

  @BeforeEach
  void open() throws Exception {
    for (String name : List.of("fr", "ja", "ko", "vi")) {
      regions.put(name, new Region(name));
    }
    for (String name : List.of("fr", "ja", "ko")) {
      regions.get(name).greet();
    }
    hub.hub.revoke("vi", hub.key("vi").getPublic(), "never came", hub.now);
  }

  @AfterEach
  void close() {
    regions.values().forEach(region -> region.exports.close());
  }

  /// All go on until the open round is at the step, or merged.
  private void until(SecretStep step) throws Exception {
    for (int i = 0; i < 30 && hub.hub.secretView("ja").step() != step; i++) {
      for (String name : List.of("ja", "ko", "fr")) {
        if (hub.hub.secretView("ja").step() != step) {
          regions.get(name).step();
        }
      }
    }
    assertThat(hub.hub.secretView("ja").step()).isEqualTo(step);
  }

  private void refuses(String... words) {
    assertThatThrownBy(() -> regions.get("fr").step())
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.PEER_MISBEHAVED))
        .hasMessageContainingAll(words);
  }

  private static SecretView with(
      SecretView view, List<String> members, List<SecretView.Said> said) {
    return new SecretView(view.round(), view.step(), view.roster(), members, said, view.boxes());
  }

  @Test
  void theKeysOfARoundAreItsOwnersAloneAndGoneWhenItIsOver() throws Exception {
    until(SecretStep.CONFIRMATIONS);
    Path held = folder.resolve("fr/secret/held.json");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(held)))
        .isEqualTo("rw-------");
    NodeStore.Done done = regions.get("fr").files.newest().orElseThrow();
    assertThat(left.get("fr")).isNotEmpty().doesNotContainAnyElementsOf(done.delta().fragments());
    assertThat(Files.readString(folder.resolve("fr.jsonl"))).doesNotContain(done.delta().digest());
    int round = hub.hub.round();
    for (int i = 0; i < 10 && hub.hub.round() == round; i++) {
      for (String name : List.of("fr", "ja", "ko")) {
        regions.get(name).step();
      }
    }
    assertThat(hub.hub.round()).isEqualTo(round + 1);
    SecretStore store = regions.get("fr").files.secret();
    regions.get("fr").step();
    assertThat(store.held().map(SecretStore.Held::round)).hasValue(round + 1);
  }

  @Test
  void aSumOfTwoIsNotHelpedWith() throws Exception {
    until(SecretStep.CONFIRMATIONS);
    lie = view -> with(view, List.of("fr", "ja"), view.said());
    refuses("a sum of [fr, ja]", "at least 3");
  }

  @Test
  void whomToAddIsSettledOnce() throws Exception {
    until(SecretStep.CONFIRMATIONS);
    regions.get("fr").step();
    lie =
        view ->
            new SecretView(
                view.round(),
                SecretStep.REVELATIONS,
                view.roster(),
                List.of("fr", "ja", "vi"),
                view.said(),
                view.boxes());
    regions.get("ja").step();
    regions.get("ko").step();
    refuses("[fr, ja, vi]", "[fr, ja, ko] before");
  }

  @Test
  void nothingIsRevealedThatTheOthersHaveNotConfirmed() throws Exception {
    until(SecretStep.REVELATIONS);
    lie = view -> with(view, view.members(), view.said().subList(0, 2));
    refuses("confirmed by", "alone: expected 3");
    lie =
        view -> {
          List<SecretView.Said> said = new ArrayList<>(view.said());
          said.set(2, new SecretView.Said(said.get(2).message(), said.get(1).signature(), ""));
          return with(view, view.members(), said);
        };
    refuses("that it has not signed");
    lie = view -> with(view, view.members(), Collections.nCopies(3, view.said().get(1)));
    refuses("alone: expected 3");
  }

  /// The view was of before the others' shares came, the round's of after.
  @Test
  void whoseShareIsNotNeededAnyMoreWaits() throws Exception {
    until(SecretStep.REVELATIONS);
    lie = view -> with(view, view.members(), List.of());
    long before = hub.hub.number();
    regions.get("fr").step();
    assertThat(hub.hub.number()).isEqualTo(before);
    lie = view -> view;
    regions.get("fr").step();
    assertThat(hub.hub.number()).isGreaterThan(before);
  }

  @Test
  void theHubCannotPlayAMember() throws Exception {
    until(SecretStep.SHARES);
    lie =
        view -> {
          List<SecretView.Said> said = new ArrayList<>(view.said());
          Seeds.Advertised own = Seeds.draw(new SecureRandom()).advertised();
          MaskingMessage.RoundKeys keys =
              new MaskingMessage.RoundKeys(
                  MaskingMessage.RoundKeys.KIND,
                  STUDY.digest(),
                  "ja",
                  1,
                  view.round(),
                  Roster.digest(new TreeSet<>(view.roster())),
                  Base64.getEncoder().encodeToString(own.pair()),
                  Base64.getEncoder().encodeToString(own.box()),
                  own.own());
          said.set(1, SecretView.Said.of(SignedMessage.sign(keys, hub.signer("ko")), ""));
          return with(view, view.members(), said);
        };
    refuses("a message of ja that it has not signed");
    lie = view -> with(view, List.of("fr", "ja"), view.said().subList(0, 2));
    refuses("a sum of [fr, ja]");
    lie = view -> with(view, view.members(), view.said().subList(0, 2));
    refuses("the keys of [fr, ja] for the members [fr, ja, ko]");
  }

  @Test
  void aRosterThatChangesByOneIsRefused() throws Exception {
    until(SecretStep.REVELATIONS);
    int round = hub.hub.round();
    for (int i = 0; i < 10 && hub.hub.round() == round; i++) {
      for (String name : List.of("ja", "ko", "fr")) {
        regions.get(name).step();
      }
    }
    lie =
        view ->
            new SecretView(
                view.round(),
                view.step(),
                List.of("fr", "ja", "ko", "vi"),
                List.of("fr", "ja", "ko", "vi"),
                view.said(),
                view.boxes());
    refuses("the roster [fr, ja, ko, vi] after [fr, ja, ko]");
  }

  @Test
  void aRegionThatHasLostItsKeysWithdraws() throws Exception {
    until(SecretStep.DELTAS);
    regions.get("fr").files.secret().erase();
    regions.get("fr").step();
    assertThat(hub.hub.round()).isEqualTo(2);
  }

  /// A region's process without its loop.
  private final class Region {
    private final NodeStore files;
    private final ExportLog exports;
    private final RegionRounds work;
    private final String name;

    Region(String name) {
      this.name = name;
      files = new NodeStore(folder.resolve(name));
      exports =
          ExportLog.open(
              folder.resolve(name + ".jsonl"),
              ExportPolicy.standard(),
              hub.signer(name),
              InstantSource.system());
      Link link = new Link(name);
      work =
          new RegionRounds(
              STUDY,
              name,
              files,
              new ArithmeticWorkload(name),
              new Transfers(link, files.cache(), files.partialChunks(), STUDY.fragmentBytes()),
              new Outbox(STUDY.digest(), name, link, hub.signer(name), exports),
              (member, certificate) -> hub.key(member).getPublic(),
              (doing, done, total) -> {},
              line -> {});
    }

    void greet() throws Exception {
      work.hello(hub.view(name));
      hub.poll();
    }

    void step() throws Exception {
      RegionRounds.Outcome unused = work.step(hub.view(name));
    }
  }

  private final class Link implements HubLink {
    private final String region;

    Link(String region) {
      this.region = region;
    }

    @Override
    public Receipt send(byte[] message, byte[] signature) {
      Receipt receipt = hub.receive(region, message, signature);
      hub.poll();
      return receipt;
    }

    @Override
    public StudyView view(long after, Duration wait) {
      return hub.view(region);
    }

    @Override
    public SecretView secretRound() {
      SecretView view = hub.hub.secretView(region);
      return region.equals("fr") ? lie.apply(view) : view;
    }

    @Override
    public MissingFragments offer(byte[] list, UploadKind kind) {
      hub.received(region).put(list);
      return MissingFragments.of(
          FragmentList.parse(list), hub.received(region)::contains, digest -> 0);
    }

    @Override
    public void put(String digest, UploadKind kind, byte[] chunk, long begun) {
      left.computeIfAbsent(region, name -> new ArrayList<>()).add(digest);
      hub.received(region).put(chunk);
    }

    @Override
    public void get(String digest, int most, Landing landing) throws IOException {
      byte[] chunk = hub.published.get(digest);
      landing.write(chunk, (int) landing.begun(), chunk.length - (int) landing.begun());
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
