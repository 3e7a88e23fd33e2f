package org.dure.console;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.dure.core.Workload.ActivityKind;
import org.dure.core.page.HtmlWriter;
import org.dure.federation.protocol.Phase;
import org.dure.federation.status.StudyStatus;
import org.dure.federation.status.StudyStatus.Region;
import org.dure.federation.status.StudyStatus.RegionState;

/// The first page: where the study stands, and every region on the belt.
final class BeltPage {
  private BeltPage() {}

  static void write(HtmlWriter html, View view) {
    html.open("div", "class", "title");
    html.element("h1", View.brief(view.status().study()));
    phase(html, view);
    html.close();
    Outcome.write(
        html,
        view,
        () -> {
          html.element("p", sentence(view), "class", "status", "role", "status", "id", "status");
          Returns.write(html, view);
          Attention.write(html, view);
        });
    html.open("section", "class", "overview", "aria-labelledby", "overview");
    html.element("h2", view.text("overview.title"), "class", "hidden", "id", "overview");
    BeltDiagram.write(html, view);
    html.open("div", "class", "facts");
    progress(html, view);
    facts(html, view);
    html.close().close();
    html.open("section", "aria-labelledby", "regions");
    html.element("h2", view.text("regions.title"), "id", "regions");
    html.open("div", "class", "cards");
    Chart chart = Chart.of(view);
    for (Region region : view.status().regions()) {
      card(html, view, region, chart);
    }
    html.close();
    if (view.status().regions().isEmpty()) {
      html.element("p", view.text("regions.none"), "class", "empty");
    }
    html.close();
    Numbers.write(html, view);
  }

  private static void phase(HtmlWriter html, View view) {
    boolean paused = view.stalled() || view.status().trouble() != null;
    String style = paused ? "stalled" : View.style(view.status().progress().phase());
    String key = paused ? "phase.STALLED" : "phase." + view.status().progress().phase().name();
    html.element("p", view.text(key), "class", "phase " + style);
  }

  /// Where the study stands, in one or two sentences that change only when something happens.
  static String sentence(View view) {
    StudyStatus status = view.status();
    long present = view.count(RegionState.PRESENT) + view.count(RegionState.FINISHED);
    String sentence =
        switch (status.progress().phase()) {
          case WAITING -> waiting(view, present);
          case PREPARING ->
              ofAll(view, "status.PREPARING", "present", present) + tooFew(view).orElse("");
          case TRAINING -> training(view, present);
          case MEASURING -> ofAll(view, "status.MEASURING", "done", measured(view));
          case FINISHED -> view.text("status.FINISHED");
        };
    List<Region> absent = view.regions(RegionState.ABSENT);
    if (absent.isEmpty() || status.progress().phase() == Phase.FINISHED) {
      return sentence;
    }
    String names =
        absent.stream().map(view::label).collect(Collectors.joining(view.text("list.separator")));
    return sentence
        + view.text("sentence.separator")
        + view.text("status.absent", "regions", names);
  }

  private static String waiting(View view, long present) {
    int needed = view.status().membership().toBegin();
    String here = ofAll(view, "status.WAITING", "present", present);
    return here
        + tooFew(view)
            .orElseGet(
                () ->
                    view.text("sentence.separator")
                        + view.words()
                            .counted(
                                "status.begins", needed, "needed", view.words().number(needed)));
  }

  /// That the operator has shut out so many that no merge can be made, behind another sentence.
  private static Optional<String> tooFew(View view) {
    int left = view.members().size();
    int needed = view.status().membership().quorum();
    return left >= needed || left == view.status().regions().size()
        ? Optional.empty()
        : Optional.of(
            view.text("sentence.separator")
                + view.text(
                    "status.tooFew",
                    "left",
                    view.words().number(left),
                    "needed",
                    view.words().number(needed)));
  }

  private static String ofAll(View view, String key, String name, long count) {
    Messages words = view.words();
    String total = words.number(view.members().size());
    return words.counted(key, count, name, words.number(count), "total", total);
  }

  private static String training(View view, long present) {
    StudyStatus status = view.status();
    Messages words = view.words();
    String round = words.number(status.progress().round());
    String rounds = words.number(status.progress().rounds());
    if (view.stalled()) {
      return view.text("status.STALLED", "round", round, "rounds", rounds)
          + tooFew(view).orElse("");
    }
    if (status.progress().round() == 0) {
      return ofAll(view, "status.OPENING", "present", present) + tooFew(view).orElse("");
    }
    Set<String> arrived =
        status.history().stream()
            .filter(r -> r.number() == status.progress().round())
            .flatMap(r -> r.contributions().keySet().stream())
            .collect(Collectors.toSet());
    String open =
        words.counted(
            "status.TRAINING",
            present,
            "round",
            round,
            "rounds",
            rounds,
            "present",
            words.number(present),
            "total",
            words.number(view.members().size()),
            "contributed",
            words.counted(
                "status.contributed", arrived.size(), "arrived", words.number(arrived.size())));
    long counted =
        view.members().stream()
            .filter(r -> r.presence().state() == RegionState.PRESENT || arrived.contains(r.name()))
            .count();
    int needed = status.membership().quorum();
    return counted >= needed
        ? open
        : open
            + tooFew(view)
                .orElseGet(
                    () ->
                        view.text("sentence.separator")
                            + words.counted(
                                "status.needs", needed, "needed", words.number(needed)));
  }

  private static long measured(View view) {
    return view.members().stream().filter(r -> !r.work().scores().isEmpty()).count();
  }

  private static void progress(HtmlWriter html, View view) {
    html.open("div", "class", "rounds-done");
    html.open("p");
    html.element(
        "span",
        view.text(
            "round.of",
            "round",
            view.words().number(view.status().progress().round()),
            "rounds",
            view.words().number(view.status().progress().rounds())),
        "class",
        "large",
        "id",
        "round-of");
    html.element("span", view.words().percent(view.share()), "class", "muted");
    html.close();
    html.open(
            "progress",
            "aria-labelledby",
            "round-of",
            "max",
            "1000",
            "value",
            Long.toString(Math.round(view.share() * 1000)))
        .close();
    html.close();
  }

  private static void facts(HtmlWriter html, View view) {
    Messages words = view.words();
    StudyStatus status = view.status();
    html.open("dl");
    fact(html, view.text("fact.timeLeft"), timeLeft(view));
    if (status.progress().started() > 0) {
      fact(
          html,
          view.text("fact.started"),
          words.dateTime(status.progress().started(), view.zone()));
      if (status.progress().phase() != Phase.FINISHED) {
        fact(
            html,
            view.text("fact.running"),
            words.duration(status.progress().now() - status.progress().started()));
      }
    }
    fact(html, view.text("fact.stepsPerRound"), words.number(status.progress().stepsPerRound()));
    fact(html, view.text("fact.tokens"), words.number(view.weight()));
    fact(
        html,
        view.text("fact.crossed"),
        view.text(
            "fact.crossed.value",
            "sent",
            words.bytes(view.sent()),
            "received",
            words.bytes(view.received())));
    html.open("div", "class", "wide").element("dt", view.text("fact.sharing"));
    html.element("dd", view.word("sharing.", status.sharing())).close();
    html.close();
  }

  private static String timeLeft(View view) {
    OptionalLong left = view.timeLeft();
    if (left.isPresent()) {
      return view.text("timeLeft.about", "duration", view.words().duration(left.getAsLong()));
    }
    if (view.stalled()) {
      return view.text("timeLeft.stalled");
    }
    return switch (view.status().progress().phase()) {
      case WAITING, PREPARING, TRAINING -> view.text("timeLeft.later");
      case MEASURING, FINISHED -> view.text("timeLeft.none");
    };
  }

  private static void fact(HtmlWriter html, String name, String value) {
    html.open("div").element("dt", name).element("dd", value).close();
  }

  private static void card(HtmlWriter html, View view, Region region, Chart chart) {
    String id = "region-" + view.status().regions().indexOf(region);
    html.open(
        "article",
        "class",
        "card " + BeltDiagram.style(region.presence().state()) + " " + view.hue(region.name()),
        "aria-labelledby",
        id);
    html.open("div", "class", "card-head");
    html.open("h3", "id", id);
    html.element("bdi", view.label(region), "lang", View.languageTag(region));
    html.close();
    html.element("p", language(view, region), "class", "muted");
    html.open("p", "class", "state " + BeltDiagram.style(region.presence().state()));
    BeltDiagram.sign(html, region.presence().state());
    html.text(view.text("state." + View.standing(region)));
    html.close().close();
    doing(html, view, region);
    chart.write(html, region);
    html.open("dl");
    fact(html, view.text("region.round"), ofRound(view, region));
    fact(html, view.text("region.tokens"), view.words().number(region.work().weight()));
    fact(html, view.text("region.seen"), seen(view, region));
    html.close().close();
  }

  /// The region's language in the reader's words, unless the heading says just that, and its code.
  private static String language(View view, Region region) {
    String code = View.brief(region.language());
    String name = view.words().languageName(region.language());
    return name.isEmpty() || name.equals(code) || name.equals(View.ownName(region))
        ? code
        : View.brief(name) + " · " + code;
  }

  private static void doing(HtmlWriter html, View view, Region region) {
    html.open("div", "class", "doing");
    html.open("p");
    if (doesNothing(region)) {
      html.element("span", view.text("doing.nothing." + View.standing(region)), "class", "muted");
    } else {
      html.element("bdi", view.word("doing.", region.activity().doing()), "class", "what");
      if (region.activity().total() > 0) {
        html.element(
            "span",
            view.text(
                "doing.done",
                "done",
                view.words().number(region.activity().done()),
                "total",
                view.words().number(region.activity().total())),
            "class",
            "muted");
      }
    }
    html.close();
    if (region.activity().total() > 0 && !doesNothing(region)) {
      html.open(
              "progress",
              "aria-label",
              view.label(region) + ": " + view.word("doing.", region.activity().doing()),
              "max",
              Long.toString(region.activity().total()),
              "value",
              Long.toString(Math.clamp(region.activity().done(), 0, region.activity().total())))
          .close();
    }
    html.close();
  }

  /// What a region last said that is away now, or has done its part, is no news.
  private static boolean doesNothing(Region region) {
    return region.activity().doing() == ActivityKind.NONE
        || View.isRevoked(region)
        || region.presence().state() != RegionState.PRESENT;
  }

  private static String ofRound(View view, Region region) {
    return region.activity().round() == 0 ? "–" : view.words().number(region.activity().round());
  }

  private static String seen(View view, Region region) {
    return region.presence().lastSeen() == 0
        ? view.text("seen.never")
        : view.text(
            "seen.ago",
            "duration",
            view.words().duration(view.status().progress().now() - region.presence().lastSeen()));
  }
}
