package org.dure.federation.hub;

import java.lang.foreign.Arena;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.dure.core.Sha256;
import org.dure.core.Weights;
import org.dure.federation.ArithmeticWorkload;
import org.dure.federation.protocol.ExportHead;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.Fragments;
import org.dure.federation.protocol.MaskingMessage;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.SecretSum;
import org.dure.federation.protocol.SecretView;
import org.dure.federation.secure.AgreementKey;
import org.dure.federation.secure.FixedPoint;
import org.dure.federation.secure.Masks;
import org.dure.federation.secure.Roster;
import org.dure.federation.secure.RoundContext;
import org.dure.federation.secure.SealedShares;
import org.dure.federation.secure.Seeds;

/// Members of a secret sum that say what they are told to, step by step, to a [TestHub], which is
/// to be polled once all have spoken.
final class SecretMembers {
  final TestHub hub;
  final Map<String, Seeds> seeds = new HashMap<>();

  /// Shares by owner and member.
  final Map<String, Map<String, Seeds.Shares>> shares = new HashMap<>();

  private final SecureRandom random = new SecureRandom();
  private int round;

  SecretMembers(TestHub hub) {
    this.hub = hub;
  }

  private SecretView view(String region) {
    return hub.hub.secretView(region);
  }

  private long sequence(String region) {
    return hub.view(region).member().sequence() + 1;
  }

  void keys(String... regions) {
    for (String region : regions) {
      SecretView view = view(region);
      if (round != view.round()) {
        seeds.clear();
        shares.clear();
        round = view.round();
      }
      seeds.put(region, Seeds.draw(random));
      hub.send(keysOf(region, Roster.digest(new TreeSet<>(view.roster()))));
    }
  }

  MaskingMessage.RoundKeys keysOf(String region, String roster) {
    Seeds.Advertised advertised = seeds.get(region).advertised();
    return new MaskingMessage.RoundKeys(
        MaskingMessage.RoundKeys.KIND,
        hub.study.digest(),
        region,
        sequence(region),
        hub.hub.round(),
        roster,
        base64(advertised.pair()),
        base64(advertised.box()),
        advertised.own());
  }

  void shares(String... regions) {
    for (String region : regions) {
      share(region, seeds.get(region));
    }
  }

  /// Shares other seeds than the region advertised.
  void shareFalsely(String region) {
    share(region, Seeds.draw(random));
  }

  private void share(String region, Seeds shared) {
    hub.send(sharesOf(region, shared));
  }

  MaskingMessage.RoundShares sharesOf(String region, Seeds shared) {
    SortedSet<String> members = new TreeSet<>(view(region).members());
    Map<String, Seeds.Shares> made =
        shared.shares(
            Roster.places(members),
            members.size(),
            Roster.threshold(
                hub.study.secret().orElseThrow().threshold(), view(region).roster().size()),
            random);
    shares.put(region, made);
    Map<String, MaskingMessage.ShareBox> boxes = new TreeMap<>();
    made.forEach(
        (member, share) ->
            boxes.put(
                member,
                new MaskingMessage.ShareBox(
                    member.equals(region)
                        ? ""
                        : base64(
                            SealedShares.seal(
                                share,
                                context(),
                                AgreementKey.of(seeds.get(region).box()),
                                seeds.get(member).advertised().box(),
                                region,
                                member,
                                random)),
                    Sha256.of(share.own()),
                    Sha256.of(share.pair()))));
    return new MaskingMessage.RoundShares(
        MaskingMessage.RoundShares.KIND,
        hub.study.digest(),
        region,
        sequence(region),
        hub.hub.round(),
        boxes);
  }

  private RoundContext context() {
    return new RoundContext(hub.study.digest(), hub.hub.round());
  }

  /// Every value of the region's delta is `value`.
  void delta(float value, String... regions) {
    for (String region : regions) {
      hub.send(contribution(region, value, upload(region, value).digest(), 1));
    }
  }

  Message.Contribution contribution(String region, float value, String delta, double norm) {
    return new Message.Contribution(
        Message.Contribution.KIND,
        hub.study.digest(),
        region,
        sequence(region),
        hub.hub.round(),
        hub.view(region).progress().weights(),
        delta,
        10,
        Map.of("loss", (double) value, SecretSum.NORM, norm, SecretSum.COSINE, 0.0),
        ExportHead.NONE);
  }

  FragmentList upload(String region, float value) {
    Weights delta = Weights.allocate(ArithmeticWorkload.LAYOUT, Arena.ofAuto());
    for (long i = 0; i < delta.layout().elements(); i++) {
      delta.set(i, value);
    }
    Map<String, byte[]> others = new TreeMap<>();
    shares
        .keySet()
        .forEach(
            other -> {
              if (!other.equals(region)) {
                others.put(other, seeds.get(other).advertised().pair());
              }
            });
    Masks masks = new Masks(seeds.get(region), context(), region, others);
    FixedPoint scale =
        new FixedPoint(hub.study.secret().orElseThrow().normBound(), view(region).roster().size());
    FragmentList plain = Fragments.list(delta, hub.study.fragmentBytes());
    List<String> fragments = new ArrayList<>();
    for (int i = 0; i < plain.fragments().size(); i++) {
      byte[] fragment = masks.apply(i, Fragments.slice(delta.values(), plain, i), scale, 1);
      fragments.add(hub.received(region).put(fragment));
    }
    FragmentList list =
        FragmentList.masked(ArithmeticWorkload.LAYOUT, hub.study.fragmentBytes(), fragments);
    hub.received(region).put(list.encode());
    return list;
  }

  void confirm(String... regions) {
    for (String region : regions) {
      hub.send(
          new MaskingMessage.Confirmation(
              MaskingMessage.Confirmation.KIND,
              hub.study.digest(),
              region,
              sequence(region),
              hub.hub.round(),
              view(region).members()));
      hub.poll();
      if (hub.hub.state().round().secret.step().ordinal() > 3) {
        return;
      }
    }
  }

  void reveal(String... regions) {
    for (String region : regions) {
      hub.send(revelation(region, view(region).members(), share -> share));
    }
    hub.poll();
  }

  MaskingMessage.Revelation revelation(
      String region, Collection<String> contributors, UnaryOperator<byte[]> change) {
    Map<String, String> revealed = new TreeMap<>();
    shares.forEach(
        (owner, made) -> {
          Seeds.Shares held = made.get(region);
          byte[] share = contributors.contains(owner) ? held.own() : held.pair();
          revealed.put(owner, base64(change.apply(share)));
        });
    return new MaskingMessage.Revelation(
        MaskingMessage.Revelation.KIND,
        hub.study.digest(),
        region,
        sequence(region),
        hub.hub.round(),
        revealed);
  }

  void withdraw(String... regions) {
    for (String region : regions) {
      hub.send(
          new MaskingMessage.Withdrawal(
              MaskingMessage.Withdrawal.KIND,
              hub.study.digest(),
              region,
              sequence(region),
              hub.hub.round()));
    }
    hub.poll();
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }
}
