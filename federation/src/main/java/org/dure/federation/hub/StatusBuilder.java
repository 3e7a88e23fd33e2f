package org.dure.federation.hub;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.dure.core.Workload.ActivityKind;
import org.dure.federation.log.Event;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.Phase;
import org.dure.federation.protocol.Study;
import org.dure.federation.protocol.TakenBack;
import org.dure.federation.secret.SecretRound;
import org.dure.federation.status.Diagnosis;
import org.dure.federation.status.Direction;
import org.dure.federation.status.RegionStats;
import org.dure.federation.status.StudyStatus;
import org.dure.federation.status.TrafficCounters;
import org.jspecify.annotations.Nullable;

/// Draws the [StudyStatus] from what the hub knows.
public final class StatusBuilder {
  private final Hub hub;
  private final RegionStats stats;
  private final List<StudyStatus.Total> totals;
  private final long now;

  private StatusBuilder(Hub hub, RegionStats stats, List<StudyStatus.Total> totals, long now) {
    this.hub = hub;
    this.stats = stats;
    this.totals = totals;
    this.now = now;
  }

  public static StudyStatus of(
      Hub hub,
      TrafficCounters traffic,
      RegionStats stats,
      StudyStatus.@Nullable Trouble trouble,
      long now) {
    StatusBuilder builder = new StatusBuilder(hub, stats, traffic.totals(), now);
    HubState state = hub.state();
    Study study = state.study();
    List<StudyStatus.Region> regions = new ArrayList<>();
    state.members().forEach((name, member) -> regions.add(builder.region(name, member)));
    long median =
        RegionStats.median(
            regions.stream()
                .mapToLong(region -> region.pace().millis())
                .filter(millis -> millis > 0)
                .toArray());
    return Diagnosis.of(
        new StudyStatus(
            study.name(),
            study.digest(),
            study.sharing(),
            new StudyStatus.Progress(
                state.stage().phase(),
                state.roundNumber(),
                state.planned(),
                study.schedule().steps(),
                state.openedAt(),
                now,
                undone(state)),
            new StudyStatus.Membership(
                state.epoch(), state.quorum(), state.toBegin(), study.merge().weightCap(), median),
            trouble,
            new StudyStatus.Load(
                stats.strangers().byReason(),
                stats.strangers().byAddress(),
                study.plannedBytes(4 * state.layout().elements(), state.members().size())),
            List.copyOf(regions),
            newest(state.rounds()).stream().map(StatusBuilder::round).toList(),
            new StudyStatus.Traffic(builder.totals, traffic.list())));
  }

  private static StudyStatus.Undone undone(HubState state) {
    return new StudyStatus.Undone(
        state.takenBack(),
        state.history().undoings().newest().stream()
            .map(
                entry ->
                    new StudyStatus.Return(
                        entry.event().base() + 1,
                        entry.event().round(),
                        entry.event().cause().byRule(),
                        entry.event().cause().region(),
                        entry.event().cause().reason(),
                        entry.time()))
            .toList(),
        drops(state));
  }

  private static StudyStatus.Drops drops(HubState state) {
    List<StudyStatus.Drop> newest = new ArrayList<>();
    for (RoundState round : state.rounds()) {
      Event.Dropped dropped = round.dropped;
      if (dropped != null) {
        newest.add(
            new StudyStatus.Drop(
                round.number,
                dropped.reason(),
                dropped.here(),
                dropped.needed(),
                dropped.regions(),
                round.droppedAt));
      }
    }
    int known = Math.min(newest.size(), StudyStatus.MOST_DROPS);
    return new StudyStatus.Drops(
        state.history().dropped(),
        state.study().schedule().rounds(),
        List.copyOf(newest.subList(newest.size() - known, newest.size())));
  }

  private static List<RoundState> newest(List<RoundState> rounds) {
    return rounds.subList(Math.max(0, rounds.size() - StudyStatus.MOST_ROUNDS), rounds.size());
  }

  private StudyStatus.Region region(String name, MemberState member) {
    Leases leases = hub.leases();
    Message.Activity activity = leases.activity(name);
    if (member.scores != null) {
      stats.finish(name, now);
    } else {
      stats.goOn(name, now);
    }
    return new StudyStatus.Region(
        name,
        member.language(),
        hub.state().study().schedule().circles().isOne() ? "" : hub.state().circles().of(name),
        new StudyStatus.Presence(
            regionState(member, leases, name),
            Math.max(leases.lastSeen(name), stats.lastSeen(name)),
            leases.leaseUntil(name)),
        doing(name, member, activity),
        new StudyStatus.Work(
            member.weight,
            bytes(name, Direction.OUT),
            bytes(name, Direction.IN),
            member.scores == null ? Map.of() : member.scores),
        pace(name, member, activity),
        stats.time(name, now),
        stats.link(name),
        new StudyStatus.Standing(
            stats.certificateUntil(name),
            member.revocation,
            stats.refusals(name),
            suspendedUntil(member),
            partFault(name),
            member.setBackAt,
            isOutOfSum(name, member)),
        null);
  }

  private boolean isOutOfSum(String name, MemberState member) {
    boolean open = hub.state().stage().phase() == Phase.TRAINING && hub.state().roundNumber() > 0;
    SecretRound secret = open ? hub.state().round().secret : null;
    return secret != null && member.joined && !member.out && !secret.roster().contains(name);
  }

  private String partFault(String name) {
    Event.Prepared prepared = hub.state().prepared();
    return prepared == null ? "" : prepared.leftOut().getOrDefault(name, "");
  }

  private int suspendedUntil(MemberState member) {
    TakenBack takenBack = hub.state().takenBack();
    return takenBack.place(hub.state().roundNumber()) < member.suspendedUntil
        ? member.suspendedUntil + takenBack.rounds()
        : 0;
  }

  /// What it last said, unless it has done its part since: a node that has ended says no more.
  private StudyStatus.Activity doing(
      String name, MemberState member, Message.@Nullable Activity activity) {
    int round = activity == null ? 0 : activity.round();
    return activity == null || member.scores != null
        ? new StudyStatus.Activity(ActivityKind.NONE, 0, 0, stats.doingSince(name), round)
        : new StudyStatus.Activity(
            activity.doing(), activity.done(), activity.total(), stats.doingSince(name), round);
  }

  private StudyStatus.RegionState regionState(MemberState member, Leases leases, String name) {
    if (member.scores != null) {
      return StudyStatus.RegionState.FINISHED;
    }
    if (!member.joined) {
      return StudyStatus.RegionState.EXPECTED;
    }
    return now < leases.leaseUntil(name)
        ? StudyStatus.RegionState.PRESENT
        : StudyStatus.RegionState.ABSENT;
  }

  private StudyStatus.Pace pace(
      String name, MemberState member, Message.@Nullable Activity activity) {
    HubState state = hub.state();
    boolean open = state.stage().phase() == Phase.TRAINING;
    RoundState.Accepted newest = null;
    Event.Part merged = null;
    List<RoundState> rounds = state.rounds();
    for (int i = rounds.size() - 1; i >= 0 && (newest == null || merged == null); i--) {
      RoundState round = rounds.get(i);
      newest = newest == null ? round.contributions.get(name) : newest;
      merged = round.merged == null || merged != null ? merged : round.merged.parts().get(name);
    }
    int at = activity == null ? 0 : Math.max(activity.round(), member.newest);
    return new StudyStatus.Pace(
        member.contributed,
        member.newest,
        open && member.joined ? Math.max(0, state.roundNumber() - Math.max(1, at)) : 0,
        stats.lapMillis(name),
        open && !state.delivered(name) ? stats.openMillis(name, state.round().opened, now) : 0,
        newest == null ? null : newest.message().metrics().get("loss"),
        merged == null ? null : merged.cosine(),
        merged == null ? null : merged.share());
  }

  private long bytes(String region, Direction direction) {
    return totals.stream()
        .filter(total -> total.region().equals(region) && total.direction() == direction)
        .mapToLong(StudyStatus.Total::bytes)
        .sum();
  }

  private static StudyStatus.Round round(RoundState round) {
    Map<String, StudyStatus.Contribution> contributions = new LinkedHashMap<>();
    Event.Merged merged = round.merged;
    SortedMap<String, Event.Part> parts = merged == null ? new TreeMap<>() : merged.parts();
    round.contributions.forEach(
        (region, accepted) -> {
          Event.Part part = parts.get(region);
          contributions.put(
              region,
              new StudyStatus.Contribution(
                  round.secret == null ? accepted.message().weight() : 1,
                  accepted.message().metrics(),
                  accepted.time(),
                  accepted.staleness(),
                  accepted.norm(),
                  part == null ? null : part.share(),
                  part == null ? null : part.cosine(),
                  part == null ? null : part.judgement().verdict().word()));
        });
    return new StudyStatus.Round(
        round.number, round.opened, merged == null ? null : round.mergedAt, contributions);
  }
}
