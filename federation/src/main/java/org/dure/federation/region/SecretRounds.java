package org.dure.federation.region;

import java.io.IOException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;
import org.dure.federation.protocol.MaskingMessage;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.SecretStep;
import org.dure.federation.protocol.SecretSum;
import org.dure.federation.protocol.SecretView;
import org.dure.federation.protocol.StudyView;
import org.dure.federation.protocol.TakenBack;
import org.dure.federation.secure.AgreementKey;
import org.dure.federation.secure.Roster;
import org.dure.federation.secure.RoundContext;
import org.dure.federation.secure.SealedShares;
import org.dure.federation.secure.Seeds;
import org.jspecify.annotations.Nullable;

/// A region's side of a secret sum. What it is told it believes only as far as other members have
/// signed it, and what it has once settled in a round it keeps: a hub that tells one region one
/// thing and another another, or the same region two things, gets no sum of fewer members than the
/// roster's rules allow. Each step is durable in the [SecretStore] before its message leaves. Not
/// thread-safe.
final class SecretRounds {
  private final String digest;
  private final String region;
  private final SecretStore store;
  private final Transfers transfers;
  private final Outbox outbox;
  private final MemberMessages heard;
  private final Consumer<String> says;
  private final int leastThreshold;
  private final SecureRandom random = new SecureRandom();

  /// @param digest of the study
  SecretRounds(
      String digest,
      SecretSum sum,
      String region,
      SecretStore store,
      Transfers transfers,
      Outbox outbox,
      MemberTrust trust,
      Consumer<String> says) {
    this.digest = digest;
    this.region = region;
    this.store = store;
    this.transfers = transfers;
    this.outbox = outbox;
    this.heard = new MemberMessages(digest, region, trust);
    this.says = says;
    this.leastThreshold = sum.threshold();
  }

  /// Does what is due but training and sending a delta.
  ///
  /// @param newest the newest round that the region has worked, if any
  /// @return empty where the region's delta is due
  /// @throws DureException with [ErrorCode#PEER_MISBEHAVED] if the hub asks for what would show a
  ///     delta
  Optional<RegionRounds.Outcome> step(StudyView view, Optional<NodeStore.Done> newest)
      throws IOException, InterruptedException {
    int round = view.progress().round();
    forgetBefore(round);
    if (view.member().delivered()) {
      return Optional.of(RegionRounds.Outcome.WAIT);
    }
    SecretView secret = transfers.secretRound();
    if (secret.round() != round || !secret.members().contains(region)) {
      return Optional.of(RegionRounds.Outcome.AGAIN);
    }
    if (secret.step() == SecretStep.REVELATIONS && secret.said().isEmpty()) {
      // Since the view was asked for, the others have revealed enough: nothing is due any more.
      return Optional.of(RegionRounds.Outcome.WAIT);
    }
    long sequence = view.member().sequence() + 1;
    Optional<SecretStore.Held> held = store.held();
    if (held.isEmpty()) {
      TakenBack gone = view.progress().takenBack();
      held = begin(secret, newest.filter(done -> !gone.contains(done.round())));
    }
    if (held.isEmpty()) {
      says.accept(
          "round %d: this region has no keys of it any more and withdraws from it"
              .formatted(round));
      outbox.send(
          new MaskingMessage.Withdrawal(
              MaskingMessage.Withdrawal.KIND, digest, region, sequence, round));
      return Optional.of(RegionRounds.Outcome.AGAIN);
    }
    SecretStore.Held mine = held.get();
    MemberMessages.demand(
        mine.roster().equals(secret.roster()),
        "round %d has the roster %s, which was %s before",
        round,
        secret.roster(),
        mine.roster());
    remember(mine);
    return switch (secret.step()) {
      case KEYS -> sent(keys(mine, sequence));
      case SHARES -> sent(shares(mine, secret, sequence));
      case DELTAS -> {
        openBoxes(mine, secret);
        yield Optional.empty();
      }
      case CONFIRMATIONS -> sent(confirmation(mine, secret, sequence));
      case REVELATIONS -> sent(revelation(mine, secret, sequence));
    };
  }

  private Optional<RegionRounds.Outcome> sent(Message message)
      throws IOException, InterruptedException {
    outbox.send(message);
    return Optional.of(RegionRounds.Outcome.AGAIN);
  }

  /// Erases what there is of rounds before this one.
  void forgetBefore(int round) {
    if (store.held().filter(held -> held.round() < round || !isThis(held.study())).isPresent()) {
      store.erase();
    }
  }

  private boolean isThis(String other) {
    return other.equals(digest);
  }

  /// What the open round is kept under.
  SecretStore.Held held() {
    return store
        .held()
        .orElseThrow(
            () -> new DureException(ErrorCode.INTERNAL, "there are no keys of the open round"));
  }

  RoundContext context(int round) {
    return new RoundContext(digest, round);
  }

  /// Draws seeds for a round, once.
  ///
  /// @param newest the newest round that the region has worked, if it counts
  private Optional<SecretStore.Held> begin(SecretView secret, Optional<NodeStore.Done> newest) {
    Optional<SecretStore.Last> last = store.last().filter(known -> isThis(known.study()));
    int known = last.map(SecretStore.Last::round).orElse(0);
    if (secret.step() != SecretStep.KEYS || known >= secret.round()) {
      return Optional.empty();
    }
    SortedSet<String> roster = new TreeSet<>(secret.roster());
    MemberMessages.demand(
        roster.contains(region)
            && roster.size() >= Roster.LEAST
            && List.copyOf(roster).equals(secret.roster()),
        "the roster %s: expected at least %d regions with this one",
        secret.roster(),
        Roster.LEAST);
    if (known == secret.round() - 1 && last.isPresent()) {
      MemberMessages.demand(
          Roster.differBy(new TreeSet<>(last.get().roster()), roster) != 1,
          "the roster %s after %s: one that changes by a single region shows that region's part",
          secret.roster(),
          last.get().roster());
    }
    SecretStore.Held held =
        new SecretStore.Held(
            digest,
            secret.round(),
            secret.roster(),
            Seeds.draw(random),
            newest.map(NodeStore.Done::base).orElse(""),
            Map.of(),
            Map.of(),
            Map.of(),
            List.of());
    store.keep(held);
    return Optional.of(held);
  }

  /// Before anything of a round leaves: there will be no other keys of it.
  private void remember(SecretStore.Held held) {
    SecretStore.Last last = new SecretStore.Last(digest, held.round(), held.roster());
    if (!store.last().equals(Optional.of(last))) {
      store.keepLast(last);
    }
  }

  private Message keys(SecretStore.Held held, long sequence) {
    Seeds.Advertised advertised = held.seeds().advertised();
    return new MaskingMessage.RoundKeys(
        MaskingMessage.RoundKeys.KIND,
        digest,
        region,
        sequence,
        held.round(),
        Roster.digest(new TreeSet<>(held.roster())),
        base64(advertised.pair()),
        base64(advertised.box()),
        advertised.own());
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  private int threshold(SecretStore.Held held) {
    return Roster.threshold(leastThreshold, held.roster().size());
  }

  private Message shares(SecretStore.Held held, SecretView secret, long sequence) {
    Map<String, MaskingMessage.ShareBox> boxes = held.boxes();
    if (boxes.isEmpty()) {
      SortedMap<String, SecretStore.Peer> peers = heard.keys(held, secret);
      demandEnough(held, peers.keySet());
      SortedMap<String, Seeds.Shares> shares =
          held.seeds()
              .shares(
                  Roster.places(new TreeSet<>(peers.keySet())),
                  peers.size(),
                  threshold(held),
                  random);
      boxes = seal(held, peers, shares);
      Seeds.Shares own = shares.get(region);
      if (own == null) {
        throw new DureException(ErrorCode.INTERNAL, "no share for the region itself");
      }
      store.keep(held.with(peers, boxes, Map.of(region, own)));
    }
    return new MaskingMessage.RoundShares(
        MaskingMessage.RoundShares.KIND, digest, region, sequence, held.round(), boxes);
  }

  private SortedMap<String, MaskingMessage.ShareBox> seal(
      SecretStore.Held held,
      Map<String, SecretStore.Peer> peers,
      Map<String, Seeds.Shares> shares) {
    AgreementKey box = AgreementKey.of(held.seeds().box());
    SortedMap<String, MaskingMessage.ShareBox> boxes = new TreeMap<>();
    shares.forEach(
        (member, given) -> {
          SecretStore.Peer peer = peers.get(member);
          String sealed =
              member.equals(region) || peer == null
                  ? ""
                  : base64(
                      SealedShares.seal(
                          given, context(held.round()), box, peer.box(), region, member, random));
          boxes.put(
              member,
              new MaskingMessage.ShareBox(sealed, Sha256.of(given.own()), Sha256.of(given.pair())));
        });
    return boxes;
  }

  private void demandEnough(SecretStore.Held held, Set<String> members) {
    MemberMessages.demand(
        members.contains(region) && members.size() >= Math.max(Roster.LEAST, threshold(held)),
        "a sum of %s: expected this region and at least %d in all",
        members,
        Math.max(Roster.LEAST, threshold(held)));
  }

  /// Takes the shares of all members that masks are agreed with, once.
  private void openBoxes(SecretStore.Held held, SecretView secret) {
    if (held.shares().size() > 1) {
      return;
    }
    demandEnough(held, new TreeSet<>(secret.members()));
    MemberMessages.demand(
        held.peers().keySet().containsAll(secret.members()),
        "shares of %s, whose keys it has not shown",
        secret.members());
    AgreementKey box = AgreementKey.of(held.seeds().box());
    SortedMap<String, Seeds.Shares> shares = new TreeMap<>();
    for (String owner : secret.members()) {
      shares.put(owner, open(held, box, owner, secret.boxes().get(owner)));
    }
    store.keep(held.withShares(shares));
  }

  /// Empty shares where the box is not what its sender says: it will be one share short.
  private Seeds.Shares open(
      SecretStore.Held held,
      AgreementKey box,
      String owner,
      MaskingMessage.@Nullable ShareBox given) {
    SecretStore.Peer peer = held.peers().get(owner);
    try {
      if (given != null && peer != null) {
        Seeds.Shares own = held.shares().get(owner);
        Seeds.Shares shares =
            own != null
                ? own
                : SealedShares.open(
                    Base64.getDecoder().decode(given.sealed()),
                    context(held.round()),
                    box,
                    peer.box(),
                    owner,
                    region);
        if (Sha256.of(shares.own()).equals(given.own())
            && Sha256.of(shares.pair()).equals(given.pair())) {
          return shares;
        }
      }
      says.accept(
          "round %d: the shares of %s are not what it says they are"
              .formatted(held.round(), owner));
    } catch (IllegalArgumentException | DureException e) {
      says.accept("round %d: %s".formatted(held.round(), e.getMessage()));
    }
    return new Seeds.Shares(new byte[0], new byte[0]);
  }

  /// Whom to add is settled once: what this region reveals of whom follows from it.
  private SecretStore.Held settle(SecretStore.Held held, SecretView secret) {
    if (!held.contributors().isEmpty()) {
      MemberMessages.demand(
          held.contributors().equals(secret.members()),
          "the contributors %s, which were %s before",
          secret.members(),
          held.contributors());
      return held;
    }
    SortedSet<String> contributors = new TreeSet<>(secret.members());
    MemberMessages.demand(
        held.shares().keySet().containsAll(contributors)
            && List.copyOf(contributors).equals(secret.members()),
        "the contributors %s of %s",
        secret.members(),
        held.shares().keySet());
    demandEnough(held, contributors);
    SecretStore.Held settled = held.withContributors(secret.members());
    store.keep(settled);
    return settled;
  }

  private Message confirmation(SecretStore.Held held, SecretView secret, long sequence) {
    return new MaskingMessage.Confirmation(
        MaskingMessage.Confirmation.KIND,
        digest,
        region,
        sequence,
        held.round(),
        settle(held, secret).contributors());
  }

  private Message revelation(SecretStore.Held held, SecretView secret, long sequence) {
    SecretStore.Held settled = settle(held, secret);
    SortedSet<String> confirmed = heard.confirmed(settled, secret);
    MemberMessages.demand(
        confirmed.size() >= threshold(settled),
        "the contributors %s, confirmed by %s alone: expected %d",
        settled.contributors(),
        confirmed,
        threshold(settled));
    SortedMap<String, String> shares = new TreeMap<>();
    settled
        .shares()
        .forEach(
            (owner, kept) -> {
              byte[] share = settled.contributors().contains(owner) ? kept.own() : kept.pair();
              if (share.length > 0) {
                shares.put(owner, base64(share));
              }
            });
    return new MaskingMessage.Revelation(
        MaskingMessage.Revelation.KIND, digest, region, sequence, settled.round(), shares);
  }
}
