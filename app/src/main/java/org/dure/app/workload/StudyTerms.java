package org.dure.app.workload;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.dure.app.home.Identities;
import org.dure.app.home.RegionLayout;
import org.dure.app.home.SitePolicy;
import org.dure.app.home.Terms;
import org.dure.core.DureException;
import org.dure.core.Settings;
import org.dure.federation.protocol.Circles;
import org.dure.federation.protocol.Study;
import org.jspecify.annotations.Nullable;

/// What a study takes out of a region whatever its workload, and the terms that come of it.
public final class StudyTerms {
  /// Most bytes of a message.
  private static final long MESSAGE = 16 << 10;

  /// Most bytes of what is said of the work, every two seconds.
  private static final long ACTIVITY = 512;

  /// Bytes of a list of fragments without their names and of the message that names it, and of a
  /// name.
  private static final long LIST = 1024;

  private static final long NAME = 67;

  /// Bytes that a region says of each member of a secret sum.
  private static final long MEMBER = 768;

  private StudyTerms() {}

  /// The digest by which automation accepts a study for a region, where one operator wrote the
  /// study and answers for the region, as in a demo, a lab, or a test.
  ///
  /// @param study its file
  /// @param home of the region, with its certificate
  /// @throws DureException with [ErrorCode#PEER_NOT_ADMITTED] if the study has no such region
  public static String digest(Path study, RegionLayout home, String name) {
    WorkloadConfig config = WorkloadConfig.of(Settings.of(study));
    return config.terms(config.study().member(name), Identities.authority(home)).digestOfTerms();
  }

  /// What leaves in every study: messages and weights.
  ///
  /// @param bytes of the weights of the body
  static List<Terms.Part> parts(Study study, long bytes) {
    int rounds = rounds(study);
    return List.of(
        new Terms.Part("hello", MESSAGE, 0),
        new Terms.Part("activity", ACTIVITY, 0),
        new Terms.Part("contribution", messages(study), rounds),
        new Terms.Part(SitePolicy.SCORES, MESSAGE, 1 + study.schedule().rounds()),
        new Terms.Part(SitePolicy.WEIGHTS_BODY, listed(study, bytes), rounds));
  }

  /// Bytes that travel with the list of their fragments and the word of it.
  static long listed(Study study, long bytes) {
    return bytes + LIST + (bytes / study.fragmentBytes() + 1) * NAME;
  }

  /// How often a round's work leaves, at most. Rounds that are dropped or taken back are worked
  /// again: as many as the study has, before the region asks its people anew. Each may be the last,
  /// which is scored.
  static int rounds(Study study) {
    return 2 * study.schedule().rounds();
  }

  /// Bytes of a contribution's message, and of those with which a secret sum masks it.
  private static long messages(Study study) {
    return study.secret().isPresent() ? 5 * MESSAGE + MEMBER * study.regions().size() : MESSAGE;
  }

  /// @param workload what regions do, as the study file says it
  static Terms.Subject subject(Study study, String workload, String authority) {
    return new Terms.Subject(study.name(), workload, study.digest(), authority);
  }

  /// The study's other regions.
  static List<String> others(Study study, Study.Region member) {
    return study.regions().stream()
        .map(Study.Region::name)
        .filter(name -> !name.equals(member.name()))
        .sorted()
        .toList();
  }

  /// With whose counts a region's make a tokenizer, where not with those of all; empty for nobody.
  static Optional<Terms.Circle> family(Study study, Study.Region member) {
    if (study.schedule().circles().isOne()) {
      return Optional.empty();
    }
    Circles.Stage family = study.schedule().circles().family();
    // The study file knows more of a region than its home does.
    Study.Region named =
        study.regions().stream()
            .filter(region -> region.name().equals(member.name()))
            .findFirst()
            .orElse(member);
    List<String> others =
        study.regions().stream()
            .filter(region -> family.of(region).equals(family.of(named)))
            .map(Study.Region::name)
            .filter(name -> !name.equals(member.name()))
            .sorted()
            .toList();
    return others.isEmpty() ? Optional.empty() : Optional.of(new Terms.Circle(0, others));
  }

  /// With whom the deltas of a region are merged, where not always with all.
  static List<Terms.Circle> circles(Study study, Study.Region member) {
    List<Terms.Circle> circles = new ArrayList<>();
    if (!study.schedule().circles().isOne()) {
      study
          .schedule()
          .circles()
          .around(member.name(), study.regions())
          .forEach(
              (round, regions) ->
                  circles.add(
                      new Terms.Circle(
                          round,
                          regions.stream().filter(name -> !name.equals(member.name())).toList())));
    }
    return circles;
  }

  /// @param noise by which documents are protected; null where they are not
  static Terms.Protection protection(Study study, Terms.@Nullable Noise noise) {
    int threshold = study.secretThreshold();
    int together =
        study.schedule().circles().isOne() ? study.patience().quorum() : study.leastInCircle();
    int contributors = Math.max(study.leastInSecretSum(), together);
    return new Terms.Protection(noise, threshold, contributors);
  }
}
