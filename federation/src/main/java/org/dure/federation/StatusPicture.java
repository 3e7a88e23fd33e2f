package org.dure.federation;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Draws the [StudyStatus] from what the hub knows.
final class StatusPicture {
  private StatusPicture() {}

  static StudyStatus of(Hub hub, List<StudyStatus.Crossing> crossings, long now) {
    HubState state = hub.state();
    Study study = state.study();
    List<StudyStatus.Region> regions = new ArrayList<>();
    state
        .members()
        .forEach(
            (name, member) ->
                regions.add(region(hub, new Study.Region(name, member.language), crossings, now)));
    return new StudyStatus(
        study.name(),
        study.sharing(),
        state.stage().phase(),
        state.roundNumber(),
        study.rounds(),
        study.steps(),
        state.openedAt(),
        now,
        List.copyOf(regions),
        state.rounds().stream().map(StatusPicture::round).toList(),
        crossings);
  }

  private static StudyStatus.Region region(
      Hub hub, Study.Region region, List<StudyStatus.Crossing> crossings, long now) {
    String name = region.name();
    HubState.Member member = hub.state().member(name);
    Presence presence = hub.presence();
    Message.Activity activity = presence.activity(name);
    return new StudyStatus.Region(
        name,
        region.language(),
        regionState(member, presence, name, now),
        presence.lastSeen(name),
        presence.leaseUntil(name),
        activity == null ? "" : activity.doing(),
        activity == null ? 0 : activity.done(),
        activity == null ? 0 : activity.total(),
        activity == null ? 0 : activity.round(),
        member.weight,
        bytes(crossings, name, "out"),
        bytes(crossings, name, "in"),
        member.scores == null ? Map.of() : member.scores);
  }

  private static StudyStatus.RegionState regionState(
      HubState.Member member, Presence presence, String name, long now) {
    if (member.scores != null) {
      return StudyStatus.RegionState.FINISHED;
    }
    if (!member.joined) {
      return StudyStatus.RegionState.EXPECTED;
    }
    return now < presence.leaseUntil(name)
        ? StudyStatus.RegionState.PRESENT
        : StudyStatus.RegionState.ABSENT;
  }

  private static long bytes(List<StudyStatus.Crossing> crossings, String region, String direction) {
    return crossings.stream()
        .filter(
            crossing -> crossing.region().equals(region) && crossing.direction().equals(direction))
        .mapToLong(StudyStatus.Crossing::bytes)
        .sum();
  }

  private static StudyStatus.Round round(HubState.Round round) {
    Map<String, StudyStatus.Contribution> contributions = new LinkedHashMap<>();
    Event.Merged merged = round.merged;
    round.contributions.forEach(
        (region, accepted) -> {
          Event.Part part = merged == null ? null : merged.parts().get(region);
          contributions.put(
              region,
              new StudyStatus.Contribution(
                  accepted.message().weight(),
                  accepted.message().metrics(),
                  accepted.time(),
                  accepted.norm(),
                  part == null ? null : part.cosine()));
        });
    return new StudyStatus.Round(
        round.number, round.opened, merged == null ? null : round.mergedAt, contributions);
  }
}
