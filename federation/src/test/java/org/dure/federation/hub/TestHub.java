package org.dure.federation.hub;

import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.dure.core.ArtifactStore;
import org.dure.core.FolderArtifactStore;
import org.dure.core.Signatures;
import org.dure.core.Signer;
import org.dure.core.WeightSource;
import org.dure.core.Weights;
import org.dure.federation.ArithmeticWorkload;
import org.dure.federation.MemoryArtifactStore;
import org.dure.federation.log.Event;
import org.dure.federation.log.MemoryRoundStore;
import org.dure.federation.log.RoundStore;
import org.dure.federation.protocol.CommonPreparation;
import org.dure.federation.protocol.ExportHead;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.FragmentReader;
import org.dure.federation.protocol.Fragments;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.Receipt;
import org.dure.federation.protocol.SignedMessage;
import org.dure.federation.protocol.Study;
import org.dure.federation.protocol.StudyView;
import org.dure.federation.protocol.TakenBack;
import org.dure.federation.status.RegionStats;
import org.dure.federation.status.StudyStatus;
import org.dure.federation.status.TrafficCounters;

/// A hub in memory with the keys of its regions, which survives its own death.
public final class TestHub {
  record Seen(StudyStage stage, StudyStage.Happening happening) {}

  public final Study study;
  public final RoundStore log;
  public final ArtifactStore published = new MemoryArtifactStore();
  public final Map<String, ArtifactStore> received = new HashMap<>();
  final Set<Seen> seen = new HashSet<>();

  /// Whether regions have keys for simulations.
  public boolean quick;

  private final Map<String, KeyPair> keys = new TreeMap<>();
  private final Optional<CommonPreparation> preparation;
  private final Supplier<WeightSource> initial;
  public final TrafficCounters traffic = new TrafficCounters();
  public final RegionStats stats = new RegionStats(15_000);
  public Hub hub;

  /// Its own word, which an old copy of it knows again.
  LogHeadMac headMac = new LogHeadMac(new byte[32]);

  public long now = 1_000_000;

  public TestHub(Study study, RoundStore log, Optional<CommonPreparation> preparation) {
    this(study, log, preparation, ArithmeticWorkload::initial);
  }

  public TestHub(
      Study study,
      RoundStore log,
      Optional<CommonPreparation> preparation,
      Supplier<WeightSource> initial) {
    this.study = study;
    this.log = log;
    this.preparation = preparation;
    this.initial = initial;
    start();
  }

  public TestHub(Study study) {
    this(study, new MemoryRoundStore(), Optional.empty());
  }

  /// The process dies and another opens the same log.
  public void start() {
    reopen();
    hub.restore();
  }

  /// As [#start], and what is lost is made again later.
  public void reopen() {
    hub = open();
  }

  private Hub open() {
    return Hub.open(
        study, around(), now, (stage, happening) -> seen.add(new Seen(stage, happening)));
  }

  public Hub.Surroundings around() {
    return new Hub.Surroundings(log, published, this::received, initial, preparation, "", headMac);
  }

  public ArtifactStore received(String region) {
    return received.computeIfAbsent(region, name -> new MemoryArtifactStore());
  }

  public KeyPair key(String region) {
    return keys.computeIfAbsent(
        region, name -> quick ? QuickKeys.of(name) : Signatures.newKeyPair());
  }

  /// Has the keys and the chunks of another hub, of which it is an old copy.
  void adopt(TestHub newer) {
    keys.putAll(newer.keys);
    received.putAll(newer.received);
  }

  /// The region makes itself a new key.
  void renew(String region) {
    keys.put(region, Signatures.newKeyPair());
  }

  public Signer signer(String region) {
    return Signatures.signer(key(region).getPrivate(), key(region).getPublic());
  }

  public Hub.Peer peer(String region) {
    return new Hub.Peer(region, key(region).getPublic(), "");
  }

  public Receipt send(Message message) {
    byte[] bytes = message.bytes();
    return receive(message.region(), bytes, signer(message.region()).sign(bytes));
  }

  /// The bytes come in as over the wire.
  public Receipt receive(String region, byte[] bytes, byte[] signature) {
    return hub.receive(peer(region), SignedMessage.parse(bytes, signature), now);
  }

  public Receipt hello(String region) {
    return send(Message.Hello.of(study.digest(), region, hub.layout().digest()));
  }

  public StudyView view(String region) {
    return hub.view(region, now, "");
  }

  /// Uploads a delta that is the same everywhere.
  public FragmentList upload(String region, float value) {
    Weights delta = Weights.allocate(ArithmeticWorkload.LAYOUT, Arena.ofAuto());
    for (long i = 0; i < delta.layout().elements(); i++) {
      delta.set(i, value);
    }
    return Fragments.put(delta, study.fragmentBytes(), received(region));
  }

  public Message.Contribution contribution(String region, float value, long weight) {
    return contribution(region, upload(region, value), weight);
  }

  public Message.Contribution contribution(String region, FragmentList delta, long weight) {
    StudyView view = view(region);
    return new Message.Contribution(
        Message.Contribution.KIND,
        study.digest(),
        region,
        view.member().sequence() + 1,
        view.progress().round(),
        view.progress().weights(),
        delta.digest(),
        weight,
        Map.of("loss", 1.5),
        ExportHead.NONE);
  }

  public Receipt contribute(String region, float value) {
    return send(contribution(region, value, 10));
  }

  /// Uploads a part of the common preparation.
  public String part(String region, String part) {
    byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
    return Fragments.put(bytes, study.fragmentBytes(), received(region)).digest();
  }

  Receipt prepare(String region, String part) {
    return send(
        new Message.Preparation(
            Message.Preparation.KIND,
            study.digest(),
            region,
            view(region).member().sequence() + 1,
            0,
            part(region, part)));
  }

  Receipt score(String region, double score) {
    StudyView view = view(region);
    return send(
        new Message.Scores(
            Message.Scores.KIND,
            study.digest(),
            region,
            view.member().sequence() + 1,
            view.progress().round(),
            view.progress().weights(),
            Map.of("end", score)));
  }

  /// What people are shown.
  public StudyStatus status() {
    return StatusBuilder.of(hub, traffic, stats, null, now);
  }

  public void poll() {
    hub.poll(now);
  }

  /// Those that the open round starts from.
  public Weights shared() {
    Weights weights = Weights.allocate(hub.layout(), Arena.ofAuto());
    FragmentList list = FragmentList.parse(published.get(digestOfWeights()));
    Fragments.fill(weights, list, published);
    return weights;
  }

  List<Float> weights() {
    Weights weights = shared();
    List<Float> values = new ArrayList<>();
    for (long i = 0; i < weights.layout().elements(); i++) {
      values.add(weights.get(i));
    }
    return values;
  }

  /// The first value of a region's weights.
  float first(String region) {
    FragmentList list = FragmentList.parse(published.get(view(region).progress().weights()));
    float[] value = new float[1];
    try (FragmentReader reader = new FragmentReader(published, list.fragments().getFirst())) {
      reader.read(value, 1);
    }
    return value[0];
  }

  /// Exports the ledger to `folder/name`, with what regions have sent in `folder/hub`.
  Path ledger(Path folder, String name) {
    received.forEach(
        (region, chunks) -> {
          ArtifactStore store =
              new FolderArtifactStore(folder.resolve("hub/received").resolve(region));
          chunks.list().forEach(chunk -> store.put(chunks.get(chunk)));
        });
    Ledger.export(log, folder.resolve(name));
    return folder.resolve(name);
  }

  public long number() {
    return hub.number();
  }

  /// Digest of the last event.
  public String head() {
    return hub.state().head();
  }

  public long epoch() {
    return hub.state().epoch();
  }

  /// Of the only circle, or of all of them, by their names.
  public String digestOfWeights() {
    return String.join(" ", digestsOfWeights());
  }

  public List<String> digestsOfWeights() {
    return hub.state().circles().now().values().stream().map(Event.Standing::weights).toList();
  }

  /// Which rounds count no more.
  public TakenBack takenBack() {
    return hub.state().takenBack();
  }

  /// Whether the region was revoked.
  public boolean isOut(String region) {
    return hub.state().member(region).out;
  }
}
