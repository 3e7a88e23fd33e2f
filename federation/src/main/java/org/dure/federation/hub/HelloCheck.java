package org.dure.federation.hub;

import java.util.Optional;
import org.dure.federation.log.Event;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.RejectReason;

/// What a hello says of the past, beside what the log says: whether hub or region was restored from
/// an old copy.
final class HelloCheck {
  private HelloCheck() {}

  /// Whether the hub deals with this region under this key at all.
  ///
  /// @param key base64
  /// @throws MessageRefused with [RejectReason#NOT_ADMITTED] or [RejectReason#KEY_REVOKED]
  static void checkKey(String region, String key, HubState state) {
    Rules.demand(
        state.members().containsKey(region),
        RejectReason.NOT_ADMITTED,
        "region \"%s\": the study admits %s",
        region,
        state.members().keySet());
    Rules.demand(
        !state.isRevoked(key),
        RejectReason.KEY_REVOKED,
        "the key of this certificate of %s was revoked",
        region);
  }

  /// @throws MessageRefused if the region is set up for another study than the log's, or another
  ///     copy of it is at work
  static void check(Message.Hello hello, HubState state) {
    Rules.demand(
        hello.layout().equals(state.layout().digest()),
        RejectReason.WRONG_LAYOUT,
        "the region's tensors have the layout %s: the study's is %s",
        hello.layout(),
        state.layout().digest());
    Rules.demandPrepared(state, hello.region());
    String common = state.common(hello.region());
    Rules.demand(
        hello.past().common().isEmpty() || common.isEmpty() || hello.past().common().equals(common),
        RejectReason.WRONG_COMMON,
        "the region works with the common preparation %s: the study's is %s",
        hello.past().common(),
        common);
    MemberState member = state.member(hello.region());
    Rules.demand(
        isOld(hello, member)
            || hello.past().newest() == 0
            || hello.past().newest() != member.counted
            || hello.past().delta().equals(member.countedDelta),
        RejectReason.REGION_FORKED,
        "the region's round %d has the delta %s and the hub counted %s: two copies of one region"
            + " are at work",
        hello.past().newest(),
        hello.past().delta(),
        member.countedDelta);
  }

  /// What a region says of the hub's log concerns all regions: only the hub's own word counts.
  ///
  /// @throws MessageRefused with [RejectReason#HEAD_UNPROVEN]
  static void checkProof(Message.Hello hello, LogHeadMac headMac) {
    Rules.demand(
        hello.past().seen().number() == 0
            || headMac.holds(
                hello.study(),
                hello.past().seen().number(),
                hello.past().seen().head(),
                hello.past().seen().proof()),
        RejectReason.HEAD_UNPROVEN,
        "%s says that it has seen event %d of this hub's log (%s), and this hub's %s does not prove"
            + " it",
        hello.region(),
        hello.past().seen().number(),
        hello.past().seen().head(),
        LogHeadMac.FILE);
  }

  /// A hello that was overtaken by a message of the same region proves nothing about the past.
  private static boolean isOld(Message.Hello hello, MemberState member) {
    return hello.past().last() != member.sequence;
  }

  /// What is wrong with the hub's log if the region has seen what it says.
  static Optional<String> hubSetBack(Message.Hello hello, HubState state, EventDigests past) {
    long number = hello.past().seen().number();
    if (number == 0) {
      return Optional.empty();
    }
    if (number > state.number()) {
      return Optional.of(
          "the hub was rolled back: %s has seen event %d of its log, which ends at event %d"
              .formatted(hello.region(), number, state.number()));
    }
    String head = number == state.number() ? state.head() : past.at(number);
    return head.equals(hello.past().seen().head())
        ? Optional.empty()
        : Optional.of(
            "the hub's log has forked: %s has seen event %d as %s, it is %s"
                .formatted(hello.region(), number, hello.past().seen().head(), head));
  }

  /// What is to be noted of the region's folder.
  static Optional<Event.SetBack> folderSetBack(Message.Hello hello, HubState state) {
    MemberState member = state.member(hello.region());
    boolean begins = member.anew && hello.past().newest() == 0;
    boolean older = !isOld(hello, member) && !begins && hello.past().newest() < member.counted;
    boolean noted = member.noted.equals(member.counted + " " + hello.past().newest());
    return older && !noted
        ? Optional.of(
            new Event.SetBack(
                hello.region(), Event.SetBack.FOLDER, member.counted, hello.past().newest(), ""))
        : Optional.empty();
  }

  /// What is to be noted of the region's export log.
  static Optional<Event.SetBack> exportsSetBack(Message.Hello hello, HubState state) {
    MemberState member = state.member(hello.region());
    boolean same =
        hello.past().exportLog().exports() == member.exports
            && hello.past().exportLog().exportsHead().equals(member.exportsHead);
    return isOld(hello, member) || same
        ? Optional.empty()
        : Optional.of(
            new Event.SetBack(
                hello.region(),
                Event.SetBack.EXPORTS,
                member.exports,
                hello.past().exportLog().exports(),
                hello.past().exportLog().exportsHead()));
  }
}
