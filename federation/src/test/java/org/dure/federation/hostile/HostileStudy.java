package org.dure.federation.hostile;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.dure.core.WeightSource;
import org.dure.core.Weights;
import org.dure.core.Workload.ActivityKind;
import org.dure.federation.hub.TestHub;
import org.dure.federation.log.MemoryRoundStore;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.Fragments;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.Study;
import org.dure.federation.status.StudyStatus;
import org.dure.federation.status.StudyStatus.Concern;
import org.jspecify.annotations.Nullable;

/// A whole study at a real hub, with regions that train and, among them, regions that attack.
public final class HostileStudy {
  /// What came of it.
  ///
  /// @param loss mean of the honest regions' held-out losses at the end
  /// @param named the round by whose end a region was first named as being wrong, by region
  /// @param suspended regions that ever sat out
  /// @param leftOut how many deltas of a region were left out
  /// @param verdicts the same by region and verdict
  public record Outcome(
      double loss,
      SortedMap<String, Integer> named,
      SortedSet<String> suspended,
      SortedMap<String, Integer> leftOut,
      SortedMap<String, Integer> verdicts) {}

  private static final List<Concern.Code> NAMING =
      List.of(
          Concern.Code.REFUSED,
          Concern.Code.SUSPENDED,
          Concern.Code.LEFT_OUT,
          Concern.Code.CLIPPED,
          Concern.Code.LATE);

  private final TestHub hub;
  private final Map<String, Learner> learners;
  private final Map<String, Attack> attacks;
  private final SplittableRandom random;
  private final List<Weights> bases = new ArrayList<>();
  private final List<String> baseDigests = new ArrayList<>();
  private final Map<String, List<Weights>> sent = new TreeMap<>();
  private final SortedMap<String, Integer> named = new TreeMap<>();
  private final SortedMap<String, Integer> leftOut = new TreeMap<>();
  private final SortedSet<String> suspended = new TreeSet<>();
  private final SortedMap<String, Integer> verdicts = new TreeMap<>();

  /// @param learners by region; those of hostile ones are what they could do honestly
  /// @param attacks by hostile region
  public HostileStudy(
      Study study,
      WeightSource initial,
      Map<String, Learner> learners,
      Map<String, Attack> attacks,
      long seed) {
    this.hub = new TestHub(study, new MemoryRoundStore(), Optional.empty(), () -> initial);
    this.hub.quick = true;
    this.learners = new TreeMap<>(learners);
    this.attacks = Map.copyOf(attacks);
    this.random = new SplittableRandom(seed);
  }

  /// Messages are signed as outside of simulations, so that a ledger can be checked.
  public HostileStudy withRealKeys() {
    hub.quick = false;
    return this;
  }

  public Outcome run() {
    learners.keySet().forEach(hub::hello);
    int rounds = hub.study.schedule().rounds();
    for (int round = 1; round <= rounds; round++) {
      round(round);
      watch(round);
    }
    Weights end = hub.shared();
    double loss =
        learners.entrySet().stream()
            .filter(entry -> !attacks.containsKey(entry.getKey()))
            .mapToDouble(entry -> entry.getValue().loss(end))
            .average()
            .orElse(Double.NaN);
    return new Outcome(loss, named, suspended, leftOut, verdicts);
  }

  /// The hub, for a look at its log.
  public TestHub hub() {
    return hub;
  }

  private void round(int round) {
    Weights base = hub.shared();
    bases.add(base);
    baseDigests.add(hub.view(learners.keySet().iterator().next()).progress().weights());
    for (String region : learners.keySet()) {
      hub.send(
          new Message.Activity(
              Message.Activity.KIND,
              hub.study.digest(),
              region,
              0,
              round,
              ActivityKind.TRAINING,
              0,
              0));
    }
    Map<String, Weights> made = new TreeMap<>();
    learners.forEach((region, learner) -> made.put(region, learner.work(round, base)));
    List<Weights> honest =
        made.entrySet().stream()
            .filter(entry -> !attacks.containsKey(entry.getKey()))
            .map(Map.Entry::getValue)
            .toList();
    made.forEach(
        (region, own) -> {
          Attack attack = attacks.get(region);
          if (attack == null) {
            boolean unused = send(region, own, claim(), round);
          } else {
            attack(region, attack, own, honest, round);
          }
        });
    for (int wait = 0; wait < 3 && hub.hub.round() == round; wait++) {
      hub.now += 2_000;
      hub.poll();
    }
  }

  private long claim() {
    return hub.study.mostWeight();
  }

  private void attack(String region, Attack attack, Weights own, List<Weights> honest, int round) {
    List<Weights> before = sent.computeIfAbsent(region, name -> new ArrayList<>());
    Weights delta =
        attack.make(
            new Attack.Knowledge(
                learner(region), round, own, honest, bases, List.copyOf(before), random));
    before.add(delta);
    int started = attack == Attack.STALE ? round - Attack.STALE_ROUNDS : round;
    if (started < 1) {
      return;
    }
    if (attack == Attack.TOKENS && !send(region, delta, Long.MAX_VALUE, started)) {
      boolean unused = send(region, delta, claim(), started);
    } else if (attack != Attack.TOKENS) {
      boolean unused = send(region, delta, claim(), started);
    }
  }

  private Learner learner(String region) {
    Learner learner = learners.get(region);
    if (learner == null) {
      throw new IllegalArgumentException(region);
    }
    return learner;
  }

  /// @return whether the hub took it
  private boolean send(String region, Weights delta, long weight, int started) {
    FragmentList list = Fragments.put(delta, hub.study.fragmentBytes(), hub.received(region));
    Message.Contribution message = hub.contribution(region, list, weight);
    Message.Contribution from =
        new Message.Contribution(
            message.kind(),
            message.study(),
            region,
            message.sequence(),
            started,
            baseDigests.get(started - 1),
            message.delta(),
            weight,
            message.metrics(),
            message.exportLog());
    try {
      var unused = hub.send(from);
      hub.stats.recordLogged(region);
      return true;
    } catch (MessageRejected e) {
      hub.stats.recordRefusal(region, true, e.refusal(), hub.now);
      return false;
    }
  }

  private void watch(int round) {
    StudyStatus status = hub.status();
    for (StudyStatus.Region region : status.regions()) {
      Concern concern = region.concern();
      boolean refused =
          region.standing().refusals().values().stream().anyMatch(one -> one.count() > 0);
      if (refused || (concern != null && NAMING.contains(concern.code()))) {
        named.putIfAbsent(region.name(), round);
      }
      if (region.standing().suspendedUntil() > 0) {
        suspended.add(region.name());
      }
    }
    status.history().stream()
        .filter(one -> one.number() == round)
        .forEach(one -> one.contributions().forEach((name, part) -> count(name, part.verdict())));
  }

  private void count(String region, @Nullable String verdict) {
    if (verdict != null && !verdict.equals("counted") && !verdict.equals("clipped")) {
      leftOut.merge(region, 1, Integer::sum);
      verdicts.merge(region + " " + verdict, 1, Integer::sum);
    }
  }
}
