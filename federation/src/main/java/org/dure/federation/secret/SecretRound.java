package org.dure.federation.secret;

import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.dure.federation.log.Event;
import org.dure.federation.protocol.MaskingMessage;
import org.dure.federation.protocol.SecretStep;
import org.dure.federation.protocol.SecretSum;
import org.dure.federation.protocol.SignedMessage;
import org.dure.federation.protocol.Study;
import org.dure.federation.secure.Roster;
import org.dure.federation.secure.RoundContext;
import org.dure.federation.secure.Seeds;
import org.dure.federation.secure.Unmasking;

/// How far the open round of a secret sum is, and what its sum can be made of: a function of the
/// log. Not thread-safe.
public final class SecretRound {
  private final SortedSet<String> roster;
  private final int threshold;
  private SecretStep step = SecretStep.KEYS;

  /// When the present step began, and when the newest part of it came, by the log.
  private long stepOpened;

  private long cameAt;

  /// Who the present step is for.
  private SortedSet<String> members;

  /// Who has told its keys, and who of them has shared its seeds, once that is over.
  private SortedSet<String> keyed = new TreeSet<>();

  private SortedSet<String> sharing = new TreeSet<>();
  private final SortedSet<String> came = new TreeSet<>();
  private final SortedSet<String> withdrawn = new TreeSet<>();
  private final SortedSet<String> shutOut = new TreeSet<>();
  private final SortedMap<String, Seeds.Advertised> advertised = new TreeMap<>();

  /// Digests of shares and boxes, by owner and member; forgotten when the round is over.
  private final SortedMap<String, Map<String, MaskingMessage.ShareBox>> boxes = new TreeMap<>();

  /// What members are to check of each other in the present step.
  private final SortedMap<String, SignedMessage> said = new TreeMap<>();

  /// Shares by owner, and then by who has revealed them.
  private final SortedMap<String, Map<String, byte[]>> revealed = new TreeMap<>();

  private SecretRound(SortedSet<String> roster, int threshold, long opened) {
    this.roster = Collections.unmodifiableSortedSet(roster);
    this.members = roster;
    this.threshold = threshold;
    this.stepOpened = opened;
  }

  /// The secret sum of the round that opens. Where too few of the roster are present that the rule
  /// gives, it is one of those who are, if the same rule allows that and they are enough.
  ///
  /// @param last roster of the round before; empty before the first
  /// @param now who there is
  /// @param time by the log, in milliseconds
  public static SecretRound open(
      SecretSum sum, SortedSet<String> last, SecretSteps.Members now, long time) {
    SecretRound usual = of(sum, Roster.next(last, now.candidates()), time);
    SortedSet<String> here = new TreeSet<>(now.candidates());
    here.retainAll(now.present());
    SecretRound present = of(sum, Roster.next(last, here), time);
    return !usual.isEnough(here, now.quorum()) && present.isEnough(here, now.quorum())
        ? present
        : usual;
  }

  private static SecretRound of(SecretSum sum, SortedSet<String> roster, long time) {
    return new SecretRound(roster, Roster.threshold(sum.threshold(), roster.size()), time);
  }

  /// Whether so many of the roster are among these that its sum could be made.
  boolean isEnough(Set<String> regions, int quorum) {
    return roster.stream().filter(regions::contains).count() >= Math.max(least(), quorum);
  }

  /// Who was there when the round opened.
  public SortedSet<String> roster() {
    return roster;
  }

  public SecretStep step() {
    return step;
  }

  /// Who the present step is for.
  public SortedSet<String> members() {
    return Collections.unmodifiableSortedSet(members);
  }

  /// Who has done its part of the present step.
  public SortedSet<String> came() {
    return Collections.unmodifiableSortedSet(came);
  }

  /// Whether the region still has to do its part of the present step.
  public boolean owes(String region) {
    return members.contains(region) && !came.contains(region) && !withdrawn.contains(region);
  }

  /// Who has told its keys.
  public SortedSet<String> keyed() {
    return Collections.unmodifiableSortedSet(keyed);
  }

  /// Who of them has shared its seeds.
  public SortedSet<String> sharing() {
    return Collections.unmodifiableSortedSet(sharing);
  }

  /// What a member has shared with another.
  public MaskingMessage.ShareBox box(String owner, String member) {
    MaskingMessage.ShareBox box = boxes.getOrDefault(owner, Map.of()).get(member);
    return box == null ? new MaskingMessage.ShareBox("", "", "") : box;
  }

  /// What the region is to check itself of the others, by name.
  public SortedMap<String, SignedMessage> said() {
    return Collections.unmodifiableSortedMap(said);
  }

  /// A masked delta of the region has come.
  public void contributes(String region, long time) {
    came.add(region);
    cameAt = time;
  }

  /// The region's key was taken back: nothing of it goes into the sum.
  public void shutOut(String region) {
    came.remove(region);
    withdrawn.add(region);
    shutOut.add(region);
  }

  /// Who was shut out when it was too late to leave its delta out of the sum.
  List<String> spoilers() {
    return step.ordinal() > SecretStep.DELTAS.ordinal()
        ? members.stream().filter(shutOut::contains).toList()
        : List.of();
  }

  /// A message that [SecretRules] allows has come.
  public void take(MaskingMessage message, SignedMessage signed, long time) {
    String region = message.region();
    switch (message) {
      case MaskingMessage.RoundKeys keys -> {
        advertised.put(
            region, new Seeds.Advertised(bytes(keys.pair()), bytes(keys.box()), keys.own()));
        said.put(region, signed);
      }
      case MaskingMessage.RoundShares shares -> boxes.put(region, shares.boxes());
      case MaskingMessage.Confirmation confirmation -> said.put(region, signed);
      case MaskingMessage.Revelation revelation ->
          revelation
              .shares()
              .forEach(
                  (owner, share) ->
                      revealed
                          .computeIfAbsent(owner, name -> new TreeMap<>())
                          .put(region, bytes(share)));
      case MaskingMessage.Withdrawal withdrawal -> {
        withdrawn.add(region);
        return;
      }
    }
    contributes(region, time);
  }

  /// How long the present step waits for others that are present once it has enough, in
  /// milliseconds. Only training takes so long that its own time is a measure.
  long window(Study study) {
    double most = 1000.0 * study.patience().graceSeconds();
    double share = study.patience().graceShare() * Math.max(0, cameAt - stepOpened);
    return (long) (step == SecretStep.DELTAS ? Math.min(most, share) : most);
  }

  private static byte[] bytes(String base64) {
    return Base64.getDecoder().decode(base64);
  }

  /// Whether `closed` can follow what has come.
  public boolean allows(Event.StepClosed closed) {
    return closed.step() == step
        && step != SecretStep.REVELATIONS
        && closed.members().equals(List.copyOf(came))
        && came.size() >= least();
  }

  /// Fewer than these can never go on.
  int least() {
    return switch (step) {
      case KEYS, SHARES, DELTAS -> Math.max(Roster.LEAST, threshold);
      case CONFIRMATIONS, REVELATIONS -> threshold;
    };
  }

  /// The present step is over: those who came go on.
  public void close(long time) {
    SortedSet<String> on = new TreeSet<>(came);
    switch (step) {
      case KEYS -> keyed = on;
      case SHARES -> sharing = on;
      case DELTAS, REVELATIONS -> {
        // The round has the contributions.
      }
      case CONFIRMATIONS -> {
        // Whoever has contributed may help, whether or not its own confirmation came in time.
        on = members;
      }
    }
    if (step != SecretStep.CONFIRMATIONS) {
      said.keySet().retainAll(step == SecretStep.KEYS ? on : new TreeSet<>());
    }
    members = on;
    came.clear();
    stepOpened = time;
    step = step.next();
  }

  /// Whether the masks can be taken off the sum.
  public boolean isRevealed() {
    return step == SecretStep.REVELATIONS && lacking().isEmpty();
  }

  /// Of whose seeds too few shares have come.
  List<String> lacking() {
    return sharing.stream()
        .filter(owner -> revealed.getOrDefault(owner, Map.of()).size() < threshold)
        .toList();
  }

  /// What the sum is made of.
  Unmasking unmasking(String study, int round, SortedSet<String> contributors) {
    SortedMap<String, Seeds.Advertised> shared = new TreeMap<>(advertised);
    shared.keySet().retainAll(sharing);
    return new Unmasking(
        new Unmasking.Round(
            new RoundContext(study, round), threshold, Roster.places(keyed), shared, contributors),
        revealed);
  }

  /// The round is over: what only its steps needed is forgotten.
  public void end() {
    boxes.clear();
    said.clear();
    came.clear();
  }
}
