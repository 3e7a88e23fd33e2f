package org.dure.app.consent;

import java.io.Console;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.dure.app.home.Consent;
import org.dure.app.home.Identities;
import org.dure.app.home.RegionHome;
import org.dure.app.home.RegionLayout;
import org.dure.app.home.SitePolicy;
import org.dure.app.home.Terms;
import org.dure.app.terminal.Output;
import org.dure.app.workload.WorkloadConfig;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Printable;
import org.dure.federation.protocol.Study;
import org.jspecify.annotations.Nullable;

/// Where an institution says yes or no to what a study takes out: before its text is read, and
/// whenever a study asks for more than was accepted.
public final class ConsentDesk {
  /// Languages that terms have a text in; others get English.
  public static final List<String> LANGUAGES = TermsText.LANGUAGES;

  /// Asks a person.
  @FunctionalInterface
  interface Asking {
    /// @return the answer; null if there is none
    @Nullable String ask(String question);
  }

  private final RegionLayout home;
  private final Terms asked;
  private final SitePolicy policy;
  private final TermsText texts;
  private final String language;
  private final Output output;

  /// @throws DureException with [ErrorCode#EXPORT_REFUSED] if the site's policy is stricter than
  ///     the study, with [ErrorCode#CONFIGURATION_INVALID] naming every problem of the policy
  public ConsentDesk(
      RegionLayout home, WorkloadConfig workloadConfig, Study.Region member, Output output) {
    this(home, workloadConfig, member, member.language(), output);
  }

  /// As above, in another language than the region's.
  ///
  /// @param language BCP 47 code
  public ConsentDesk(
      RegionLayout home,
      WorkloadConfig workloadConfig,
      Study.Region member,
      String language,
      Output output) {
    this.home = home;
    this.policy = SitePolicy.of(home);
    this.asked = workloadConfig.terms(member, Identities.authority(home));
    this.texts = new TermsText(language);
    this.language = language;
    this.output = output;
    policy.check(asked);
  }

  /// The terms.
  public Terms terms() {
    return asked;
  }

  /// The terms for people, and their digest on a line of its own.
  public String text() {
    return String.join("%n".formatted(), lines()) + "%n%s".formatted(asked.digestOfTerms());
  }

  private List<String> lines() {
    List<String> lines = new ArrayList<>(texts.lines(asked, policy));
    before()
        .filter(study -> !study.equals(asked.study()))
        .ifPresent(study -> lines.add(1, texts.another(study)));
    return lines;
  }

  /// The study that was accepted in this home, or that it was admitted to.
  private Optional<String> before() {
    try {
      Optional<String> accepted = Consent.of(home).map(given -> given.terms().study());
      return accepted.isPresent() ? accepted : RegionHome.studyName(home);
    } catch (DureException e) {
      // What is wrong with it is said where it counts.
      return Optional.empty();
    }
  }

  /// Says, where there is no text in the region's language, how to get one in another.
  public void remark() {
    if (!LANGUAGES.contains(language)) {
      output.note(
          "these terms have no text in %s: dure region terms (or node terms) shows them in %s with"
                  .formatted(Printable.line(language), String.join(", ", LANGUAGES))
              + " --language CODE");
    }
  }

  /// Goes on if what the study takes was accepted, or is accepted now.
  ///
  /// @param accept digest of the terms that automation accepts; null to ask a person, where there
  ///     is a terminal
  /// @throws DureException with [ErrorCode#CONSENT_MISSING] if nobody accepts
  public void require(@Nullable String accept) {
    require(accept, terminal());
  }

  /// @param asking empty where there is nobody to ask
  void require(@Nullable String accept, Optional<Asking> asking) {
    Consent given = Consent.of(home).orElse(null);
    List<String> beyond = Consent.beyond(given, asked);
    if (given != null && beyond.isEmpty()) {
      tell(given);
      return;
    }
    remark();
    beyond.forEach(line -> output.say("! " + Printable.line(line)));
    lines().forEach(output::say);
    if (accept != null) {
      byDigest(accept);
      return;
    }
    String answer = asking.map(person -> person.ask(texts.question())).orElse("");
    if (!texts.isYes(answer)) {
      if (asking.isPresent()) {
        output.say(texts.of("declined"));
      }
      throw Consent.missing(home, asked, beyond);
    }
    keep("terminal");
  }

  /// Accepts the terms, also where they were accepted before: what has left since then counts
  /// no more.
  ///
  /// @param accept digest of the terms
  /// @throws DureException with [ErrorCode#CONSENT_MISSING] if it is another
  public void again(String accept) {
    byDigest(accept);
  }

  /// A changed study that takes no more goes on, and says so.
  private void tell(Consent given) {
    if (!given.terms().subject().digest().equals(asked.subject().digest())) {
      output.say(texts.within());
    }
    if (!given.policy().equals(policy.digest())) {
      output.say(texts.policyChanged());
    }
  }

  private void byDigest(String accept) {
    if (!accept.equals(asked.digestOfTerms())) {
      throw new DureException(
          ErrorCode.CONSENT_MISSING,
          "--accept %s is not what study %s takes out: that is %s"
              .formatted(
                  Printable.line(accept), Printable.line(asked.study()), asked.digestOfTerms()));
    }
    keep("digest");
  }

  private void keep(String how) {
    Consent unused = Consent.give(home, asked, policy, how, InstantSource.system());
    output.say(texts.accepted());
  }

  private static Optional<Asking> terminal() {
    Console console = System.console();
    return console != null && console.isTerminal()
        ? Optional.of(question -> console.readLine("%s ", question))
        : Optional.empty();
  }
}
